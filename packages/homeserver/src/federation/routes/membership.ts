/** make_* and send_*: joining, leaving and knocking through this server (server-server API, "Joining Rooms" and after). */
import { addSignature, type Pdu, readPdu, serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { badJson, forbidden, invalidParam, MatrixError } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import type { StoredEvent } from '../../rooms/types.ts'
import { anyObject, checkOwner, enterRoom, eventParams, id, V1, V2 } from './access.ts'

type Membership = 'join' | 'leave' | 'knock'

/** The topic policy speaks when somebody wants in. */
async function checkPolicy(ctx: Context, roomId: string, userId: string, action: Membership): Promise<void> {
  if (action === 'leave') return
  const refusal = await ctx.policy.checkMembership({ roomId, userId, actor: userId, action })
  if (refusal) throw refusal
}

/** For restricted rooms: who of this server lets the user in; undefined where nobody has to. @throws MatrixError */
async function authoriserFor(ctx: Context, roomId: string, userId: string): Promise<string | undefined> {
  const state = await ctx.rooms.currentState(roomId)
  const rule = state.get('m.room.join_rules')?.pdu.content['join_rule']
  if (rule !== 'restricted' && rule !== 'knock_restricted') return undefined
  const current = (await ctx.rooms.membership(roomId, userId))?.membership
  if (current === 'join' || current === 'invite') return undefined
  const found = await ctx.rooms.restrictedJoinAuthoriser(roomId, userId)
  if (found.outcome === 'authorised') return found.userId
  if (found.outcome === 'not-allowed')
    throw forbidden('The user is in none of the rooms that let people into this one.')
  throw new MatrixError(
    400,
    'M_UNABLE_TO_AUTHORISE_JOIN',
    'This server cannot tell whether the user may join: ask another server of the room.',
  )
}

const makeRoute = (membership: Membership): Route =>
  route({
    method: 'GET',
    path: `${V1}/make_${membership}/:roomId/:userId`,
    auth: 'server',
    entryPoint: membership,
    params: z.object({ roomId: id, userId: id }),
    query: z.object({ ver: z.array(z.string()).default(['1']) }),
    repeated: ['ver'],
    async handler({ ctx, origin, params, query }) {
      const { roomId, userId } = params
      checkOwner(origin, userId)
      const { version } = await enterRoom(ctx, origin, roomId)
      if (membership !== 'leave' && !query.ver.includes(version.id))
        throw new MatrixError(
          400,
          'M_INCOMPATIBLE_ROOM_VERSION',
          'That server does not know the version of this room.',
          { room_version: version.id },
        )
      const authoriser = membership === 'join' ? await authoriserFor(ctx, roomId, userId) : undefined
      await checkPolicy(ctx, roomId, userId, membership)
      const { event } = await ctx.rooms.makeTemplate({
        roomId,
        sender: userId,
        type: 'm.room.member',
        stateKey: userId,
        content: {
          membership,
          ...(authoriser === undefined ? {} : { join_authorised_via_users_server: authoriser }),
        },
      })
      return { room_version: version.id, event: { ...event, origin: ctx.serverName } }
    },
  })

/** The event of send_join, send_leave or send_knock, checked for being what the path says and from whom; then taken. */
async function takeMembership(
  ctx: Context,
  origin: string,
  membership: Membership,
  params: { roomId: string; eventId: string },
  body: Record<string, unknown>,
): Promise<StoredEvent> {
  const { roomId, eventId } = params
  const { version } = await enterRoom(ctx, origin, roomId)
  const event = readPdu(body, version)
  if (!event.ok) throw badJson(`The event is not valid: ${event.reason}.`)
  const { pdu } = event
  let signed = event
  if (pdu.room_id !== roomId) throw invalidParam('The event is of another room.')
  if (pdu.type !== 'm.room.member' || pdu.content['membership'] !== membership)
    throw invalidParam(`The event is no ${membership}.`)
  if (pdu.state_key !== pdu.sender) throw invalidParam('The event is about another user than its sender.')
  checkOwner(origin, pdu.sender)
  if (event.eventId !== eventId) throw invalidParam('The event ID in the path is another one.')
  const authoriser = pdu.content['join_authorised_via_users_server']
  if (membership === 'join' && typeof authoriser === 'string') {
    if (serverNameOf(authoriser) !== ctx.serverName)
      throw invalidParam('The join is authorised by another server.')
    // Looked at again: between make_join and send_join rules and memberships change.
    await authoriserFor(ctx, roomId, pdu.sender)
    signed = addSignature(event, ctx.serverName, ctx.signingKey)
  }
  await checkPolicy(ctx, roomId, pdu.sender, membership)
  const outcome = await ctx.rooms.receive(signed, { relay: true })
  switch (outcome.outcome) {
    case 'accepted':
    case 'known':
      return outcome.event
    case 'missing':
      throw invalidParam('The event builds on events that are not known here.')
    default:
      throw forbidden(`The ${membership} is not allowed: ${outcome.reason}.`)
  }
}

const pdus = (events: readonly StoredEvent[]): Pdu[] => events.map((event) => event.pdu)

async function joinAnswer(ctx: Context, event: StoredEvent): Promise<Record<string, unknown>> {
  const before = await ctx.rooms.stateBefore(event.eventId)
  const ids = [...(before?.ids.values() ?? [])]
  const chain = await ctx.rooms.authChain([...ids, event.eventId])
  return {
    origin: ctx.serverName,
    event: event.pdu,
    state: pdus(await ctx.rooms.events(ids)),
    auth_chain: pdus(chain.filter((one) => one.eventId !== event.eventId)),
    members_omitted: false,
    servers_in_room: await ctx.rooms.joinedServers(event.roomId),
  }
}

const sendRoute = (
  membership: Membership,
  path: string,
  answer: (ctx: Context, event: StoredEvent) => Promise<unknown> | unknown,
): Route =>
  route({
    method: 'PUT',
    path: `${path}/send_${membership}/:roomId/:eventId`,
    auth: 'server',
    entryPoint: membership,
    params: eventParams,
    body: anyObject,
    handler: async ({ ctx, origin, params, body }) =>
      answer(ctx, await takeMembership(ctx, origin, membership, params, body)),
  })

export const membershipRoutes: Route[] = [
  makeRoute('join'),
  makeRoute('leave'),
  makeRoute('knock'),
  sendRoute('join', V2, joinAnswer),
  sendRoute('join', V1, async (ctx, event) => [200, await joinAnswer(ctx, event)]),
  sendRoute('leave', V2, () => ({})),
  sendRoute('leave', V1, () => [200, {}]),
  sendRoute('knock', V1, async (ctx, { roomId, pdu }) => ({
    knock_room_state: await ctx.rooms.invitePdus(roomId, pdu.sender),
  })),
]
