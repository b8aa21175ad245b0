/** Server-server endpoints. Each is named as in the specification; access is checked before anything is read. */
import {
  eventId as eventIdOf,
  type Pdu,
  parsePdu,
  roomVersion,
  serverNameOf,
  signPdu,
} from '@enlace/room-model'
import { z } from 'zod'
import { openIdFederationRoutes } from '../client-server/misc/openid.ts'
import { mayPreview, publicRooms, roomSummary, spaceChildren } from '../client-server/rooms/directory.ts'
import type { Context } from '../context.ts'
import { badJson, forbidden, invalidParam, MatrixError, notFound } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { mediaFederationRoutes } from '../media/federation-routes.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { FederationService } from './federation.ts'
import { strip } from './remote-rooms.ts'

const V1 = '/_matrix/federation/v1'
const MAX_TRANSACTION_BYTES = 50 * 1024 * 1024
const roomParams = z.object({ roomId: z.string().max(255) })
const eventParams = roomParams.extend({ eventId: z.string().max(255) })
const userParams = roomParams.extend({ userId: z.string().max(255) })
const anyObject = z.record(z.string(), z.unknown())
const strings = (value: string | string[] | undefined) =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** The room, for a server that is in it. One answer for "not there" and "not yours". */
async function accessRoom(ctx: Context, origin: string, roomId: string) {
  const room = await ctx.rooms.room(roomId)
  const inside = room?.joinedLocally && (await ctx.rooms.joinedServers(roomId)).includes(origin)
  if (!room || !inside || !(await ctx.rooms.serverAllowed(roomId, origin)))
    throw forbidden('That server is not in such a room.')
  return room
}

/** The room, for a server that wants to enter it. */
async function enterRoom(ctx: Context, origin: string, roomId: string) {
  const room = await ctx.rooms.room(roomId)
  if (!room?.joinedLocally) throw notFound('There is no such room here.')
  if (!(await ctx.rooms.serverAllowed(roomId, origin)))
    throw forbidden('The room’s access control list refuses that server.')
  return room
}

async function accessEvent(
  ctx: Context,
  origin: string,
  roomId: string | undefined,
  eventId: string,
): Promise<StoredEvent> {
  const event = await ctx.rooms.event(eventId)
  if (!event || (roomId !== undefined && event.roomId !== roomId)) throw notFound('There is no such event.')
  await accessRoom(ctx, origin, event.roomId)
  return event
}

function checkOwner(origin: string, userId: string): void {
  if (serverNameOf(userId) !== origin) throw forbidden('The user is of another server.')
}

const pdus = (events: readonly StoredEvent[]): Pdu[] => events.map((event) => event.pdu)

async function stateOf(ctx: Context, origin: string, roomId: string, eventId: string) {
  await accessRoom(ctx, origin, roomId)
  const event = await ctx.rooms.event(eventId)
  const state = event?.roomId === roomId ? await ctx.rooms.stateBefore(eventId) : undefined
  if (!state) throw notFound('There is no such event.')
  const ids = [...state.ids.values()]
  return { ids, chain: await ctx.rooms.authChain(ids) }
}

/** make_join, make_leave, make_knock. */
function makeRoute(membership: 'join' | 'leave' | 'knock'): Route {
  return route({
    method: 'GET',
    path: `${V1}/make_${membership}/:roomId/:userId`,
    auth: 'server',
    params: userParams,
    query: z.object({ ver: z.array(z.string()).optional() }),
    repeated: ['ver'],
    async handler({ ctx, origin, params, query }) {
      const { roomId, userId } = params
      checkOwner(origin, userId)
      const room = await enterRoom(ctx, origin, roomId)
      if (membership !== 'leave' && !(query.ver ?? ['1']).includes(room.version.id)) {
        throw new MatrixError(
          400,
          'M_INCOMPATIBLE_ROOM_VERSION',
          'That server does not know the version of this room.',
          {
            room_version: room.version.id,
          },
        )
      }
      if (membership !== 'leave') {
        const refusal = await ctx.policy.checkMembership({
          roomId,
          userId,
          actor: userId,
          action: membership,
        })
        if (refusal) throw refusal
      }
      const content: Record<string, unknown> = { membership }
      if (membership === 'join') {
        const state = await ctx.rooms.currentState(roomId)
        const rule = state.get('m.room.join_rules')?.pdu.content['join_rule']
        const current = (await ctx.rooms.membership(roomId, userId))?.membership
        if (
          (rule === 'restricted' || rule === 'knock_restricted') &&
          current !== 'join' &&
          current !== 'invite'
        ) {
          const authoriser = await ctx.rooms.restrictedJoinAuthoriser(roomId, userId)
          if (authoriser.outcome === 'unable') {
            throw new MatrixError(
              400,
              'M_UNABLE_TO_AUTHORISE_JOIN',
              'This server cannot authorise the join: ask another one.',
            )
          }
          if (authoriser.outcome === 'not-allowed')
            throw forbidden('The user is in none of the rooms that let people into this one.')
          content['join_authorised_via_users_server'] = authoriser.userId
        }
      }
      const { event } = await ctx.rooms.makeTemplate({
        roomId,
        sender: userId,
        type: 'm.room.member',
        stateKey: userId,
        content,
      })
      return { room_version: room.version.id, event: { ...event, origin: ctx.serverName } }
    },
  })
}

/** send_join, send_leave, send_knock: the event, checked for being what the path says and from whom. */
async function takeMembership(
  ctx: Context,
  origin: string,
  membership: 'join' | 'leave' | 'knock',
  params: { roomId: string; eventId: string },
  body: Record<string, unknown>,
): Promise<StoredEvent> {
  const { roomId, eventId } = params
  const room = await enterRoom(ctx, origin, roomId)
  const parsed = parsePdu(body, room.version)
  if (!parsed.ok) throw badJson(`The event is not valid: ${parsed.reason}.`)
  let { pdu } = parsed
  if (pdu.room_id !== roomId) throw invalidParam('The event is of another room.')
  if (pdu.type !== 'm.room.member' || pdu.content['membership'] !== membership)
    throw badJson(`The event is no ${membership}.`)
  if (pdu.state_key !== pdu.sender) throw badJson('The event is about another user than its sender.')
  checkOwner(origin, pdu.sender)
  if (eventIdOf(pdu, room.version) !== eventId) throw invalidParam('The event ID in the path is another one.')
  if (membership !== 'leave') {
    const refusal = await ctx.policy.checkMembership({
      roomId,
      userId: pdu.sender,
      actor: pdu.sender,
      action: membership,
    })
    if (refusal) throw refusal
  }
  const authoriser = pdu.content['join_authorised_via_users_server']
  if (membership === 'join' && typeof authoriser === 'string') {
    if (serverNameOf(authoriser) !== ctx.serverName)
      throw badJson('The join is authorised by another server.')
    const current = (await ctx.rooms.membership(roomId, pdu.sender))?.membership
    const allowed =
      current === 'invite' || current === 'join'
        ? undefined
        : await ctx.rooms.restrictedJoinAuthoriser(roomId, pdu.sender)
    if (allowed && allowed.outcome !== 'authorised')
      throw forbidden('The user is in none of the rooms that let people into this one.')
    pdu = signPdu(pdu, room.version, ctx.serverName, ctx.signingKey)
  }
  const outcome = await ctx.rooms.receive(pdu, origin, { relay: true })
  switch (outcome.outcome) {
    case 'accepted':
    case 'known':
      return outcome.event
    case 'missing':
      throw badJson('The event builds on events that are not known here.')
    default:
      throw forbidden(`The ${membership} is not allowed: ${outcome.reason}.`)
  }
}

async function joinAnswer(ctx: Context, event: StoredEvent) {
  const before = await ctx.rooms.stateBefore(event.eventId)
  const ids = [...(before?.ids.values() ?? [])]
  return {
    origin: ctx.serverName,
    event: event.pdu,
    state: pdus(await ctx.rooms.events(ids)),
    auth_chain: pdus(await ctx.rooms.authChain([...ids, event.eventId])).filter((pdu) => pdu !== event.pdu),
    members_omitted: false,
  }
}

async function takeInvite(
  ctx: Context,
  federation: FederationService,
  origin: string,
  params: { roomId: string; eventId: string },
  versionId: string,
  event: unknown,
  inviteState: unknown,
): Promise<Pdu> {
  const version = roomVersion(versionId)
  if (!version) {
    throw new MatrixError(
      400,
      'M_INCOMPATIBLE_ROOM_VERSION',
      'This server does not know the version of that room.',
      { room_version: versionId },
    )
  }
  const parsed = parsePdu(event, version)
  if (!parsed.ok) throw badJson(`The event is not valid: ${parsed.reason}.`)
  const { pdu } = parsed
  const invited = pdu.state_key ?? ''
  if (pdu.type !== 'm.room.member' || pdu.content['membership'] !== 'invite')
    throw badJson('The event is no invitation.')
  if (pdu.room_id !== params.roomId) throw invalidParam('The event is of another room.')
  if (eventIdOf(pdu, version) !== params.eventId)
    throw invalidParam('The event ID in the path is another one.')
  if (serverNameOf(pdu.sender) !== origin) throw forbidden('The sender is of another server.')
  if (!ctx.accounts.isLocal(invited) || !(await ctx.accounts.exists(invited)))
    throw notFound('There is no such person on this server.')
  ctx.federation.checkServer(origin, 'invite')
  const signed = await ctx.keyRing.verifyEvent(pdu, version)
  if (!signed.ok) throw forbidden('The invitation is not signed by its sender’s server.')
  const room = await ctx.rooms.room(params.roomId)
  if (room && !(await ctx.rooms.serverAllowed(params.roomId, origin)))
    throw forbidden('The room’s access control list refuses that server.')
  const both = signPdu(pdu, version, ctx.serverName, ctx.signingKey)
  // This server is in the room: the invitation counts at once, not only when the inviter's transaction arrives.
  if (room?.joinedLocally) {
    const reason = await federation.inbound.take(origin, params.roomId, both)
    if (reason !== undefined) throw forbidden(`The invitation is not allowed: ${reason}.`)
    return both
  }
  await ctx.rooms.storeOutOfRoomMembership({
    roomId: params.roomId,
    version,
    pdu: both,
    strippedState: [...strip(inviteState), ...strip([both])],
  })
  return both
}

export function federationRoutes(federation: FederationService): Route[] {
  return [
    route({
      method: 'GET',
      path: ['/_matrix/key/v2/server', '/_matrix/key/v2/server/:keyId'],
      auth: 'none',
      handler: () => federation.keyRing.ownKeys(),
    }),
    route({
      method: 'GET',
      path: '/_matrix/key/v2/query/:serverName',
      auth: 'none',
      params: z.object({ serverName: z.string().max(255) }),
      query: z.object({ minimum_valid_until_ts: z.coerce.number().int().default(0) }),
      async handler({ ctx, params, query }) {
        ctx.federation.checkServer(params.serverName, 'keys')
        const keys = await federation.keyRing.notarised(params.serverName, query.minimum_valid_until_ts)
        return { server_keys: keys ? [keys] : [] }
      },
    }),
    route({
      method: 'POST',
      path: '/_matrix/key/v2/query',
      auth: 'none',
      rateLimit: 'read',
      body: z.looseObject({
        server_keys: z.record(
          z.string(),
          z.record(z.string(), z.looseObject({ minimum_valid_until_ts: z.number().int().optional() })),
        ),
      }),
      async handler({ ctx, body }) {
        const names = Object.keys(body.server_keys).slice(0, 50)
        for (const name of names) ctx.federation.checkServer(name, 'keys')
        const all = await Promise.all(
          names.map((name) => {
            const wanted = Object.values(body.server_keys[name]!).map(
              (one) => one.minimum_valid_until_ts ?? 0,
            )
            return federation.keyRing.notarised(name, Math.max(0, ...wanted))
          }),
        )
        return { server_keys: all.filter((one) => one !== undefined) }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/version`,
      auth: 'none',
      handler: () => ({ server: { name: 'Enlace', version: '0.1.0' } }),
    }),
    route({
      method: 'PUT',
      path: `${V1}/send/:txnId`,
      auth: 'server',
      params: z.object({ txnId: z.string().min(1).max(255) }),
      body: z.looseObject({
        pdus: z.array(z.unknown()).max(50),
        edus: z.array(z.unknown()).max(100).default([]),
      }),
      maxBody: MAX_TRANSACTION_BYTES,
      rateLimit: 'none',
      handler: ({ origin, params, body }) => federation.inbound.transaction(origin, params.txnId, body),
    }),
    makeRoute('join'),
    makeRoute('leave'),
    makeRoute('knock'),
    route({
      method: 'PUT',
      path: '/_matrix/federation/v2/send_join/:roomId/:eventId',
      auth: 'server',
      params: eventParams,
      body: anyObject,
      handler: async ({ ctx, origin, params, body }) =>
        joinAnswer(ctx, await takeMembership(ctx, origin, 'join', params, body)),
    }),
    route({
      method: 'PUT',
      path: `${V1}/send_join/:roomId/:eventId`,
      auth: 'server',
      params: eventParams,
      body: anyObject,
      handler: async ({ ctx, origin, params, body }) => [
        200,
        await joinAnswer(ctx, await takeMembership(ctx, origin, 'join', params, body)),
      ],
    }),
    route({
      method: 'PUT',
      path: '/_matrix/federation/v2/send_leave/:roomId/:eventId',
      auth: 'server',
      params: eventParams,
      body: anyObject,
      async handler({ ctx, origin, params, body }) {
        await takeMembership(ctx, origin, 'leave', params, body)
        return {}
      },
    }),
    route({
      method: 'PUT',
      path: `${V1}/send_leave/:roomId/:eventId`,
      auth: 'server',
      params: eventParams,
      body: anyObject,
      async handler({ ctx, origin, params, body }) {
        await takeMembership(ctx, origin, 'leave', params, body)
        return [200, {}]
      },
    }),
    route({
      method: 'PUT',
      path: `${V1}/send_knock/:roomId/:eventId`,
      auth: 'server',
      params: eventParams,
      body: anyObject,
      async handler({ ctx, origin, params, body }) {
        const event = await takeMembership(ctx, origin, 'knock', params, body)
        return { knock_room_state: await ctx.rooms.strippedState(params.roomId, event.pdu.sender) }
      },
    }),
    route({
      method: 'PUT',
      path: '/_matrix/federation/v2/invite/:roomId/:eventId',
      auth: 'server',
      params: eventParams,
      body: z.looseObject({
        room_version: z.string(),
        event: anyObject,
        invite_room_state: z.unknown().optional(),
      }),
      handler: async ({ ctx, origin, params, body }) => ({
        event: await takeInvite(
          ctx,
          federation,
          origin,
          params,
          body.room_version,
          body.event,
          body.invite_room_state,
        ),
      }),
    }),
    route({
      method: 'PUT',
      path: `${V1}/invite/:roomId/:eventId`,
      auth: 'server',
      params: eventParams,
      body: anyObject,
      handler: async ({ ctx, origin, params, body }) => {
        const unsigned = body['unsigned'] as { invite_room_state?: unknown } | undefined
        // Version 1 of the endpoint is for rooms of version 1 and 2, which this server does not know.
        return [
          200,
          {
            event: await takeInvite(ctx, federation, origin, params, '1', body, unsigned?.invite_room_state),
          },
        ]
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/event/:eventId`,
      auth: 'server',
      params: z.object({ eventId: z.string().max(255) }),
      async handler({ ctx, origin, params }) {
        const event = await accessEvent(ctx, origin, undefined, params.eventId)
        return {
          origin: ctx.serverName,
          origin_server_ts: Date.now(),
          pdus: await ctx.rooms.visibleToServer(origin, [event]),
        }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/state/:roomId`,
      auth: 'server',
      params: roomParams,
      query: z.object({ event_id: z.string().max(255) }),
      async handler({ ctx, origin, params, query }) {
        const { ids, chain } = await stateOf(ctx, origin, params.roomId, query.event_id)
        return { pdus: pdus(await ctx.rooms.events(ids)), auth_chain: pdus(chain) }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/state_ids/:roomId`,
      auth: 'server',
      params: roomParams,
      query: z.object({ event_id: z.string().max(255) }),
      async handler({ ctx, origin, params, query }) {
        const { ids, chain } = await stateOf(ctx, origin, params.roomId, query.event_id)
        return { pdu_ids: ids, auth_chain_ids: chain.map((event) => event.eventId) }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/event_auth/:roomId/:eventId`,
      auth: 'server',
      params: eventParams,
      async handler({ ctx, origin, params }) {
        await accessRoom(ctx, origin, params.roomId)
        const event = await accessEvent(ctx, origin, params.roomId, params.eventId)
        return {
          auth_chain: pdus(await ctx.rooms.authChain([event.eventId])).filter((pdu) => pdu !== event.pdu),
        }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/backfill/:roomId`,
      auth: 'server',
      params: roomParams,
      query: z.object({
        v: z.array(z.string().max(255)).min(1).max(20),
        limit: z.coerce.number().int().min(1),
      }),
      repeated: ['v'],
      async handler({ ctx, origin, params, query }) {
        await accessRoom(ctx, origin, params.roomId)
        const events = await ctx.rooms.backfillFrom(
          params.roomId,
          strings(query.v),
          Math.min(query.limit, 100),
        )
        return {
          origin: ctx.serverName,
          origin_server_ts: Date.now(),
          pdus: await ctx.rooms.visibleToServer(origin, events),
        }
      },
    }),
    route({
      method: 'POST',
      path: `${V1}/get_missing_events/:roomId`,
      auth: 'server',
      params: roomParams,
      rateLimit: 'read',
      body: z.looseObject({
        earliest_events: z.array(z.string().max(255)).max(50),
        latest_events: z.array(z.string().max(255)).max(50),
        limit: z.number().int().min(0).default(10),
        min_depth: z.number().int().default(0),
      }),
      async handler({ ctx, origin, params, body }) {
        await accessRoom(ctx, origin, params.roomId)
        const events = await ctx.rooms.missingBetween(
          params.roomId,
          body.earliest_events,
          body.latest_events,
          Math.min(body.limit, 50),
          body.min_depth,
        )
        return { events: await ctx.rooms.visibleToServer(origin, events) }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/timestamp_to_event/:roomId`,
      auth: 'server',
      params: roomParams,
      query: z.object({ ts: z.coerce.number().int(), dir: z.enum(['f', 'b']) }),
      async handler({ ctx, origin, params, query }) {
        await accessRoom(ctx, origin, params.roomId)
        const event = await ctx.rooms.eventAt(params.roomId, query.ts, query.dir)
        if (!event) throw notFound('There is no event at that time.')
        return { event_id: event.eventId, origin_server_ts: event.pdu.origin_server_ts }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/query/profile`,
      auth: 'server',
      query: z.object({ user_id: z.string().max(255), field: z.string().max(255).optional() }),
      async handler({ ctx, query }) {
        const profile = ctx.accounts.isLocal(query.user_id)
          ? await ctx.profiles.get(query.user_id)
          : undefined
        if (!profile) throw notFound('There is no such person on this server.')
        if (query.field === undefined) return profile
        return Object.hasOwn(profile, query.field) ? { [query.field]: profile[query.field] } : {}
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/query/directory`,
      auth: 'server',
      query: z.object({ room_alias: z.string().max(255) }),
      async handler({ ctx, query }) {
        const own = serverNameOf(query.room_alias) === ctx.serverName
        const found = own ? await ctx.aliases.resolve(query.room_alias) : undefined
        if (!found) throw notFound('There is no room with that alias.')
        return { room_id: found.roomId, servers: found.servers }
      },
    }),
    route({
      method: 'GET',
      path: `${V1}/user/devices/:userId`,
      auth: 'server',
      params: z.object({ userId: z.string().max(255) }),
      async handler({ ctx, params }) {
        if (!ctx.accounts.isLocal(params.userId) || !(await ctx.accounts.exists(params.userId))) {
          throw notFound('There is no such person on this server.')
        }
        return { user_id: params.userId, ...(await ctx.deviceKeys.localDevices(params.userId)) }
      },
    }),
    route({
      method: 'POST',
      path: `${V1}/user/keys/query`,
      auth: 'server',
      rateLimit: 'read',
      body: z.looseObject({ device_keys: z.record(z.string(), z.array(z.string())) }),
      handler: ({ ctx, body }) => ctx.deviceKeys.queryLocal(body.device_keys, undefined),
    }),
    route({
      method: 'POST',
      path: `${V1}/user/keys/claim`,
      auth: 'server',
      rateLimit: 'read',
      body: z.looseObject({ one_time_keys: z.record(z.string(), z.record(z.string(), z.string())) }),
      handler: async ({ ctx, body }) => ({
        one_time_keys: await ctx.deviceKeys.claimLocal(body.one_time_keys),
      }),
    }),
    route({
      method: 'GET',
      path: `${V1}/publicRooms`,
      auth: 'server',
      query: z.object({ limit: z.coerce.number().int().optional(), since: z.string().optional() }),
      handler: ({ ctx, query }) => publicRooms(ctx, query),
    }),
    route({
      method: 'POST',
      path: `${V1}/publicRooms`,
      auth: 'server',
      rateLimit: 'read',
      body: z.looseObject({
        limit: z.number().int().optional(),
        since: z.string().optional(),
        filter: z
          .looseObject({
            generic_search_term: z.string().nullish(),
            room_types: z.array(z.string().nullable()).nullish(),
          })
          .optional(),
      }),
      handler: ({ ctx, body }) =>
        publicRooms(ctx, {
          limit: body.limit,
          since: body.since,
          term: body.filter?.generic_search_term ?? undefined,
          roomTypes: body.filter?.room_types ?? undefined,
        }),
    }),
    route({
      method: 'GET',
      path: `${V1}/hierarchy/:roomId`,
      auth: 'server',
      params: roomParams,
      query: z.object({ suggested_only: z.enum(['true', 'false']).default('false') }),
      async handler({ ctx, origin, params, query }) {
        const visible = async (roomId: string) => {
          const room = await ctx.rooms.room(roomId)
          if (!room?.joinedLocally) return false
          return (
            (await ctx.rooms.joinedServers(roomId)).includes(origin) || (await mayPreview(ctx, roomId, ''))
          )
        }
        if (!(await visible(params.roomId))) throw notFound('There is no such room here.')
        const children = await spaceChildren(ctx, params.roomId, query.suggested_only === 'true')
        const known: Record<string, unknown>[] = []
        const inaccessible: string[] = []
        for (const child of children) {
          if (await visible(child.state_key)) known.push(await roomSummary(ctx, child.state_key))
          else if ((await ctx.rooms.room(child.state_key))?.joinedLocally) inaccessible.push(child.state_key)
        }
        return {
          room: { ...(await roomSummary(ctx, params.roomId)), children_state: children },
          children: known,
          inaccessible_children: inaccessible,
        }
      },
    }),
    ...mediaFederationRoutes,
    ...openIdFederationRoutes,
  ]
}
