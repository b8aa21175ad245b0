/** POST /createRoom and /upgrade (client-server API, "Creation", "Room upgrades"). */
import { randomBytes } from 'node:crypto'
import { corridorEventType, topicPolicyEventType } from '@enlace/coordination'
import { parseRoomAlias, type RoomVersion, roomVersion, serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import { checkCaseSettings } from '../../cases/door.ts'
import type { Context } from '../../context.ts'
import { badJson, forbidden, invalidParam, MatrixError } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { inviteUser, profileContent } from './membership-actions.ts'
import { content, roomParams, userId } from './schemas.ts'

const createBody = z.looseObject({
  visibility: z.enum(['public', 'private']).optional(),
  room_alias_name: z.string().min(1).max(200).optional(),
  name: z.string().max(10_000).optional(),
  topic: z.string().max(30_000).optional(),
  invite: z.array(userId).max(500).optional(),
  invite_3pid: z.array(z.unknown()).optional(),
  room_version: z.string().max(32).optional(),
  creation_content: content.optional(),
  initial_state: z
    .array(
      z.looseObject({
        type: z.string().min(1).max(255),
        state_key: z.string().max(255).default(''),
        content,
      }),
    )
    .max(200)
    .optional(),
  preset: z.enum(['private_chat', 'public_chat', 'trusted_private_chat']).optional(),
  is_direct: z.boolean().optional(),
  power_level_content_override: content.optional(),
})
type CreateBody = z.output<typeof createBody>

const PRESETS = {
  private_chat: { join_rule: 'invite', history_visibility: 'shared', guest_access: 'can_join' },
  trusted_private_chat: { join_rule: 'invite', history_visibility: 'shared', guest_access: 'can_join' },
  public_chat: { join_rule: 'public', history_visibility: 'shared', guest_access: 'forbidden' },
} as const

function powerLevels(version: RoomVersion, creator: string, body: CreateBody): Record<string, unknown> {
  const trusted = body.preset === 'trusted_private_chat' ? (body.invite ?? []) : []
  const users = version.creatorsHavePower
    ? {}
    : Object.fromEntries([creator, ...trusted].map((user) => [user, 100]))
  const base: Record<string, unknown> = {
    users,
    users_default: 0,
    events: {
      'm.room.name': 50,
      'm.room.power_levels': 100,
      'm.room.history_visibility': 100,
      'm.room.canonical_alias': 50,
      'm.room.avatar': 50,
      'm.room.tombstone': version.creatorsHavePower ? 150 : 100,
      'm.room.server_acl': 100,
      'm.room.encryption': 100,
      [topicPolicyEventType]: 100,
    },
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: 0,
    historical: 100,
  }
  return { ...base, ...body.power_level_content_override }
}

const isPolicy = ({ type }: { type: string }): boolean => type === topicPolicyEventType
type InitialEvent = { type: string; stateKey: string; content: Record<string, unknown> }

/** What is looked at where it comes in a way of its own (who may be invited, what somebody is called, where an alias leads). */
const OWN_WAYS: ReadonlyMap<string, string> = new Map([
  ['m.room.create', 'creation_content'],
  ['m.room.member', 'invite'],
  ['m.room.canonical_alias', 'room_alias_name'],
])

/** What the preset says, where the request says nothing of its own. */
const unlessIn = (
  initial: ReadonlyMap<string, unknown>,
  preset: (typeof PRESETS)[keyof typeof PRESETS],
): InitialEvent[] =>
  [
    { type: 'm.room.join_rules', stateKey: '', content: { join_rule: preset.join_rule } },
    {
      type: 'm.room.history_visibility',
      stateKey: '',
      content: { history_visibility: preset.history_visibility },
    },
    { type: 'm.room.guest_access', stateKey: '', content: { guest_access: preset.guest_access } },
  ].filter(({ type }) => !initial.has(`${type}\u0000`))

/** As the door will ask of each event, before there is half a room. @throws MatrixError */
async function checkInitialState(ctx: Context, creator: string, events: InitialEvent[]): Promise<void> {
  const contents = new Map(events.map((one) => [`${one.type}\u0000${one.stateKey}`, one.content]))
  // The policy first: what it lacks says more than what is wrong with the rest.
  for (const event of [...events].sort((a, b) => Number(isPolicy(b)) - Number(isPolicy(a)))) {
    const refusal = await ctx.channels.against({ roomId: '', sender: creator, ...event }, (type, stateKey) =>
      contents.get(`${type}\u0000${stateKey}`),
    )
    if (refusal) throw refusal
  }
}

export async function createRoom(ctx: Context, creator: string, body: CreateBody): Promise<string> {
  const servers = (body.invite ?? []).map((user) => serverNameOf(user) ?? '')
  for (const server of servers) ctx.federation.checkServer(server, 'invite')
  // One that a partner of theirs does not take would be a room the person invited cannot enter.
  const versionId =
    body.room_version ?? (await ctx.federation.versionFor(servers, ctx.config.rooms.default_version))
  const version = roomVersion(versionId)
  if (!version)
    throw new MatrixError(
      400,
      'M_UNSUPPORTED_ROOM_VERSION',
      `This server does not know room version ${versionId}.`,
    )
  if (body.invite_3pid && body.invite_3pid.length > 0) {
    throw invalidParam('Invitations by e-mail or telephone are not possible here.')
  }
  const preset = PRESETS[body.preset ?? (body.visibility === 'public' ? 'public_chat' : 'private_chat')]
  const alias = body.room_alias_name === undefined ? undefined : `#${body.room_alias_name}:${ctx.serverName}`
  if (alias !== undefined) {
    if (!parseRoomAlias(alias) || /[:\s]/.test(body.room_alias_name!))
      throw invalidParam('That alias is not valid.')
    if (await ctx.aliases.resolve(alias))
      throw new MatrixError(400, 'M_ROOM_IN_USE', 'That alias is taken. Choose another one.')
  }
  const initial = new Map(
    (body.initial_state ?? []).map((event) => [`${event.type}\u0000${event.state_key}`, event]),
  )
  for (const { type, state_key, content: value } of initial.values()) {
    const way = OWN_WAYS.get(type)
    if (way !== undefined) throw badJson(`initial_state: ${type} is set with ${way}.`)
    await checkCaseSettings(ctx, creator, { type, stateKey: state_key, content: value })
  }
  const levels = powerLevels(version, creator, body)
  await checkInitialState(ctx, creator, [
    ...[...initial.values()].map((one) => ({
      type: one.type,
      stateKey: one.state_key,
      content: one.content,
    })),
    { type: 'm.room.power_levels', stateKey: '', content: levels },
    ...unlessIn(initial, preset),
  ])
  const createContent = creationContent(version, creator, body)
  const roomId = await ctx.rooms.createRoom({
    version,
    roomId: version.roomIdIsCreateHash
      ? undefined
      : `!${randomBytes(12).toString('base64url')}:${ctx.serverName}`,
    creator,
    content: createContent,
  })
  const put = async (type: string, stateKey: string, value: Record<string, unknown>) => {
    try {
      await ctx.rooms.send({ roomId, sender: creator, type, stateKey, content: value })
    } catch (error) {
      // A room whose creation fails half-way is left by its creator: nobody can find it.
      const isOwnRule = error instanceof MatrixError && 'org.enlace.rule' in error.extra
      if (error instanceof MatrixError && error.status === 403 && !isOwnRule)
        throw badJson(`${type}: ${error.message}`)
      throw error
    }
  }
  await put('m.room.member', creator, { ...(await profileContent(ctx, creator)), membership: 'join' })
  await put('m.room.power_levels', '', levels)
  if (alias !== undefined) {
    await ctx.aliases.create(alias, roomId, creator)
    await put('m.room.canonical_alias', '', { alias })
  }
  for (const { type, content: value } of unlessIn(initial, preset)) await put(type, '', value)
  // A policy is taken when all that it asks of a room is there.
  const events = [...initial.values()]
  for (const event of [...events.filter((one) => !isPolicy(one)), ...events.filter(isPolicy)])
    await put(event.type, event.state_key, event.content)
  if (body.name !== undefined) await put('m.room.name', '', { name: body.name })
  if (body.topic !== undefined) {
    await put('m.room.topic', '', { topic: body.topic, 'm.topic': { 'm.text': [{ body: body.topic }] } })
  }
  if (body.visibility === 'public') await ctx.aliases.publish(roomId, true)
  for (const user of new Set(body.invite ?? [])) {
    if (user !== creator)
      await inviteUser(ctx, { roomId, sender: creator, userId: user, isDirect: body.is_direct })
  }
  return roomId
}

function creationContent(version: RoomVersion, creator: string, body: CreateBody): Record<string, unknown> {
  const given = { ...(body.creation_content ?? {}) }
  delete given['creator']
  const more = new Set<string>()
  if (version.creatorsHavePower) {
    const listed = given['additional_creators']
    if (listed !== undefined) {
      if (!Array.isArray(listed) || !listed.every((one) => userId.safeParse(one).success)) {
        throw invalidParam('additional_creators: must be a list of user IDs')
      }
      for (const one of listed as string[]) more.add(one)
    }
    if (body.preset === 'trusted_private_chat') for (const one of body.invite ?? []) more.add(one)
    more.delete(creator)
    delete given['additional_creators']
  }
  return {
    ...given,
    ...(more.size > 0 ? { additional_creators: [...more] } : {}),
    room_version: version.id,
    ...(version.id === '10' ? { creator } : {}),
  }
}

/** State carried over to the room that replaces one. */
const CARRIED = [
  'm.room.server_acl',
  'm.room.encryption',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.guest_access',
  'm.room.history_visibility',
  'm.room.join_rules',
  topicPolicyEventType,
  corridorEventType,
  'm.space.child',
  'm.space.parent',
]

export const createRoomRoutes: Route[] = [
  route({
    method: 'POST',
    path: clientPaths('/createRoom'),
    auth: 'user',
    body: createBody,
    handler: async ({ ctx, requester, body }) => ({ room_id: await createRoom(ctx, requester.userId, body) }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/upgrade'),
    auth: 'user',
    params: roomParams,
    body: z.looseObject({ new_version: z.string().max(32), additional_creators: z.array(userId).optional() }),
    async handler({ ctx, requester, params, body }) {
      const { roomId } = params
      const version = roomVersion(body.new_version)
      if (!version) {
        throw new MatrixError(
          400,
          'M_UNSUPPORTED_ROOM_VERSION',
          `This server does not know room version ${body.new_version}.`,
        )
      }
      const own = (await ctx.rooms.room(roomId)) && (await ctx.rooms.membership(roomId, requester.userId))
      if (
        own?.membership !== 'join' ||
        !(await ctx.rooms.maySendState(roomId, requester.userId, 'm.room.tombstone'))
      ) {
        throw forbidden('You cannot replace this room.')
      }
      const state = await ctx.rooms.currentState(roomId)
      const events = (await state.all()).filter(
        ({ pdu }) => CARRIED.includes(pdu.type) && Object.keys(pdu.content).length > 0,
      )
      const levels = { ...(state.get('m.room.power_levels')?.pdu.content ?? {}) }
      const creators = [requester.userId, ...(body.additional_creators ?? [])]
      if (version.creatorsHavePower && typeof levels['users'] === 'object' && levels['users'] !== null) {
        levels['users'] = Object.fromEntries(
          Object.entries(levels['users']).filter(([user]) => !creators.includes(user)),
        )
      } else if (!version.creatorsHavePower) {
        levels['users'] = { ...(levels['users'] as object | undefined), [requester.userId]: 100 }
      }
      const create = state.get('m.room.create')!.pdu.content
      const replacement = await createRoom(ctx, requester.userId, {
        room_version: version.id,
        creation_content: {
          ...(create['type'] === undefined ? {} : { type: create['type'] }),
          ...(create['m.federate'] === undefined ? {} : { 'm.federate': create['m.federate'] }),
          ...(body.additional_creators ? { additional_creators: body.additional_creators } : {}),
          predecessor: { room_id: roomId, event_id: [...(await ctx.rooms.room(roomId))!.extremities][0] },
        },
        initial_state: events.map(({ pdu }) => ({
          type: pdu.type,
          state_key: pdu.state_key ?? '',
          content: pdu.content,
        })),
        power_level_content_override: levels,
      })
      for (const { pdu } of await state.all()) {
        if (pdu.type !== 'm.room.member' || pdu.content['membership'] !== 'ban') continue
        await ctx.rooms.send({
          roomId: replacement,
          sender: requester.userId,
          type: 'm.room.member',
          stateKey: pdu.state_key!,
          content: { membership: 'ban' },
        })
      }
      await ctx.rooms.send({
        roomId,
        sender: requester.userId,
        type: 'm.room.tombstone',
        stateKey: '',
        content: { body: 'This room has been replaced', replacement_room: replacement },
      })
      if (await ctx.aliases.isPublished(roomId)) {
        await ctx.aliases.publish(replacement, true)
        await ctx.aliases.publish(roomId, false)
      }
      return { replacement_room: replacement }
    },
  }),
]
