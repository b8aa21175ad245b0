/** Joining, leaving, inviting and the rest, for local users: the checks of Enlace, then the one door or a partner's. */
import { parseRoomAlias, serverNameOf } from '@enlace/room-model'
import type { Context } from '../../context.ts'
import { forbidden, invalidParam, MatrixError, notFound } from '../../errors.ts'

type Content = Record<string, unknown>

/** What a member event says of its user, from the profile (client-server API, "m.room.member"). */
export async function profileContent(ctx: Context, userId: string): Promise<Content> {
  const profile = ctx.accounts.isLocal(userId) ? await ctx.profiles.get(userId) : undefined
  return {
    ...(typeof profile?.['displayname'] === 'string' ? { displayname: profile['displayname'] } : {}),
    ...(typeof profile?.['avatar_url'] === 'string' ? { avatar_url: profile['avatar_url'] } : {}),
  }
}

/** The room meant by an id or alias, and servers through which it can be joined. */
export async function resolveRoom(
  ctx: Context,
  roomIdOrAlias: string,
  via: readonly string[],
): Promise<{ roomId: string; via: string[] }> {
  if (roomIdOrAlias.startsWith('!')) {
    const own = serverNameOf(roomIdOrAlias)
    return { roomId: roomIdOrAlias, via: [...new Set([...via, ...(own ? [own] : [])])] }
  }
  if (!parseRoomAlias(roomIdOrAlias)) throw invalidParam('That is neither a room ID nor a room alias.')
  const found = await ctx.aliases.resolve(roomIdOrAlias)
  if (!found) throw notFound('There is no room with that alias.')
  return { roomId: found.roomId, via: [...new Set([...via, ...found.servers])] }
}

/** One answer for a room that is not there and one that lets nobody in uninvited: which it is, is not for strangers. */
const closed = () =>
  forbidden('There is no such room here, or it does not let you in. Ask somebody in it for an invitation.')

/** Sends the first membership event of somebody; a refusal tells a stranger nothing of the room. */
async function enter(
  ctx: Context,
  draft: { roomId: string; userId: string; content: Content },
  isStranger: boolean,
): Promise<void> {
  const { roomId, userId, content } = draft
  try {
    await ctx.rooms.send({ roomId, sender: userId, type: 'm.room.member', stateKey: userId, content })
  } catch (error) {
    throw isStranger && error instanceof MatrixError && error.errcode === 'M_FORBIDDEN' ? closed() : error
  }
}

export async function joinRoom(
  ctx: Context,
  userId: string,
  roomIdOrAlias: string,
  options: { via?: readonly string[]; content?: Content } = {},
): Promise<string> {
  const { roomId, via } = await resolveRoom(ctx, roomIdOrAlias, options.via ?? [])
  const current = await ctx.rooms.membership(roomId, userId)
  const room = await ctx.rooms.room(roomId)
  const content = { ...(options.content ?? {}), ...(await profileContent(ctx, userId)), membership: 'join' }
  if (room?.joinedLocally) {
    if (current?.membership === 'join') return roomId
    const refusal = await ctx.policy.checkMembership({ roomId, userId, actor: userId, action: 'join' })
    if (refusal) throw refusal
    const authorised = await restrictedAuthoriser(ctx, roomId, userId)
    if (authorised.kind === 'remote') {
      await ctx.federation.joinRemote({ roomId, userId, via: authorised.via, content })
      return roomId
    }
    const by =
      authorised.kind === 'local' ? { join_authorised_via_users_server: authorised.userId } : undefined
    await enter(ctx, { roomId, userId, content: { ...content, ...by } }, current === undefined)
    return roomId
  }
  const servers = new Set(via)
  // Whoever invited is in the room; so is the server of a version's room ID.
  if (current?.membership === 'invite') servers.add(serverNameOf(current.event.pdu.sender) ?? '')
  servers.delete(ctx.serverName)
  servers.delete('')
  if (servers.size === 0) throw closed()
  const joined = await ctx.federation.joinRemote({ roomId, userId, via: [...servers], content })
  return joined.roomId
}

/** For restricted rooms: a local member who may invite, when the user is in one of the rooms that let people in. */
async function restrictedAuthoriser(
  ctx: Context,
  roomId: string,
  userId: string,
): Promise<{ kind: 'none' } | { kind: 'local'; userId: string } | { kind: 'remote'; via: string[] }> {
  const state = await ctx.rooms.currentState(roomId)
  const rules = state.get('m.room.join_rules')?.pdu.content
  if (rules?.['join_rule'] !== 'restricted' && rules?.['join_rule'] !== 'knock_restricted')
    return { kind: 'none' }
  const membership = (await ctx.rooms.membership(roomId, userId))?.membership
  if (membership === 'invite' || membership === 'join') return { kind: 'none' }
  const authoriser = await ctx.rooms.restrictedJoinAuthoriser(roomId, userId)
  if (authoriser.outcome === 'authorised') return { kind: 'local', userId: authoriser.userId }
  if (authoriser.outcome === 'not-allowed')
    throw membership === undefined
      ? closed()
      : forbidden('You are not in any of the rooms that let people into this one.')
  const via = (await ctx.rooms.joinedServers(roomId)).filter((server) => server !== ctx.serverName)
  return { kind: 'remote', via }
}

export async function inviteUser(
  ctx: Context,
  args: { roomId: string; sender: string; userId: string; reason?: string; isDirect?: boolean },
): Promise<void> {
  const { roomId, sender, userId } = args
  if (!serverNameOf(userId)) throw invalidParam('That is not a user ID.')
  const own = await ctx.rooms.membership(roomId, sender)
  if (own?.membership !== 'join') throw forbidden('You are not in this room.')
  const server = serverNameOf(userId)!
  if (!ctx.accounts.isLocal(userId)) ctx.federation.checkServer(server, 'invite')
  const current = (await ctx.rooms.membership(roomId, userId))?.membership
  if (current === 'join') throw forbidden('That person is in the room already.')
  if (current === 'ban') throw forbidden('That person is banned from the room.')
  const content: Content = {
    ...(await profileContent(ctx, userId)),
    membership: 'invite',
    ...(args.reason === undefined ? {} : { reason: args.reason }),
    ...(args.isDirect ? { is_direct: true } : {}),
  }
  const draft = { roomId, sender, type: 'm.room.member', stateKey: userId, content }
  // Rights first: a refusal by the room must not tell what the policy thinks of a stranger.
  const template = await ctx.rooms.makeTemplate(draft)
  const refusal = await ctx.policy.checkMembership({ roomId, userId, actor: sender, action: 'invite' })
  if (refusal) throw refusal
  if (ctx.accounts.isLocal(userId)) {
    if (!(await ctx.accounts.exists(userId))) throw notFound('There is no such person on this server.')
    await ctx.rooms.send(draft)
    return
  }
  const event = ctx.rooms.finish(template.event, template.version)
  const inviteState = await ctx.rooms.invitePdus(roomId, sender)
  await ctx.rooms.sendFinished(await ctx.federation.inviteRemote({ event, inviteState, destination: server }))
}

export async function leaveRoom(
  ctx: Context,
  userId: string,
  roomId: string,
  reason?: string,
): Promise<void> {
  const current = await ctx.rooms.membership(roomId, userId)
  if (!current || current.membership === 'ban') throw forbidden('You are not in this room.')
  if (current.membership === 'leave') return
  const content = { membership: 'leave', ...(reason === undefined ? {} : { reason }) }
  const room = await ctx.rooms.room(roomId)
  if (room?.joinedLocally) {
    await ctx.rooms.send({ roomId, sender: userId, type: 'm.room.member', stateKey: userId, content })
    return
  }
  const inviter = serverNameOf(current.event.pdu.sender)
  const via = [inviter, serverNameOf(roomId)].filter(
    (server): server is string => server !== undefined && server !== ctx.serverName,
  )
  await ctx.federation.leaveRemote({ roomId, userId, via, content })
}

/** Kick, ban, unban: one person changes another's membership. */
export async function changeMembership(
  ctx: Context,
  args: {
    roomId: string
    sender: string
    userId: string
    membership: 'leave' | 'ban'
    action: 'kick' | 'ban' | 'unban'
    reason?: string
  },
): Promise<void> {
  const { roomId, sender, userId, membership, action, reason } = args
  if (!serverNameOf(userId)) throw invalidParam('That is not a user ID.')
  const own = await ctx.rooms.membership(roomId, sender)
  if (!own || !(await ctx.rooms.room(roomId))) throw forbidden('You are not in this room.')
  const current = (await ctx.rooms.membership(roomId, userId))?.membership
  if (action === 'kick' && current !== 'join' && current !== 'invite' && current !== 'knock') {
    throw forbidden('That person is not in the room.')
  }
  if (action === 'unban' && current !== 'ban')
    throw new MatrixError(403, 'M_BAD_STATE', 'That person is not banned.')
  await ctx.rooms.send({
    roomId,
    sender,
    type: 'm.room.member',
    stateKey: userId,
    content: { membership, ...(reason === undefined ? {} : { reason }) },
  })
}

export async function knockRoom(
  ctx: Context,
  userId: string,
  roomIdOrAlias: string,
  options: { via?: readonly string[]; reason?: string },
): Promise<string> {
  const { roomId, via } = await resolveRoom(ctx, roomIdOrAlias, options.via ?? [])
  const content = {
    ...(await profileContent(ctx, userId)),
    membership: 'knock',
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  }
  const room = await ctx.rooms.room(roomId)
  if (room?.joinedLocally) {
    const refusal = await ctx.policy.checkMembership({ roomId, userId, actor: userId, action: 'knock' })
    if (refusal) throw refusal
    const known = await ctx.rooms.membership(roomId, userId)
    await enter(ctx, { roomId, userId, content }, known === undefined)
    return roomId
  }
  const servers = via.filter((server) => server !== ctx.serverName)
  if (servers.length === 0) throw closed()
  return (await ctx.federation.knockRemote({ roomId, userId, via: servers, content })).roomId
}
