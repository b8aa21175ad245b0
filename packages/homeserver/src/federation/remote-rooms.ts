/** What this server asks of others for its own people: joining, leaving, knocking, inviting, older history. */
import {
  eventId as eventIdOf,
  finishEvent,
  type Pdu,
  parsePdu,
  type RoomVersion,
  roomVersion,
  supportedRoomVersions,
} from '@enlace/room-model'
import { z } from 'zod'
import type { Context, Federation } from '../context.ts'
import { forbidden, MatrixError, notFound } from '../errors.ts'
import type { FederationClient } from './client.ts'
import { FederationError } from './errors.ts'
import type { Inbound } from './inbound.ts'
import type { ListEnforcement } from './list.ts'

const made = z.looseObject({
  room_version: z.string().default('1'),
  event: z.record(z.string(), z.unknown()),
})
const sendJoinAnswer = z.looseObject({
  state: z.array(z.unknown()).max(100_000),
  auth_chain: z.array(z.unknown()).max(100_000),
  event: z.record(z.string(), z.unknown()).optional(),
})

type Membership = 'join' | 'leave' | 'knock'
type Remote = Pick<Federation, 'joinRemote' | 'leaveRemote' | 'knockRemote' | 'inviteRemote' | 'backfill'>

export function createRemoteRooms(
  ctx: Context,
  client: FederationClient,
  list: ListEnforcement,
  inbound: () => Inbound,
): Remote {
  const joining = new Map<string, Promise<{ roomId: string }>>()

  /** Asks servers in turn until one does it. The first refusal that means something is what the person is told. */
  async function tryEach<T>(
    via: readonly string[],
    entryPoint: 'join' | 'invite' | 'knock',
    attempt: (server: string) => Promise<T>,
  ): Promise<T> {
    let refusal: unknown
    for (const server of [...new Set(via)].filter((one) => one !== ctx.serverName).slice(0, 10)) {
      try {
        list.check(server, entryPoint)
        return await attempt(server)
      } catch (error) {
        // A server that knows the room and says no outweighs one that cannot be reached.
        if (refusal === undefined || weight(error) > weight(refusal)) refusal = error
        ctx.log.debug({ err: error, server }, `${entryPoint} not possible through this server`)
      }
    }
    throw asMatrixError(refusal)
  }

  async function template(server: string, membership: Membership, roomId: string, userId: string) {
    const raw = await client.requestJson(server, {
      method: 'GET',
      path: `/_matrix/federation/v1/make_${membership}/${encodeURIComponent(roomId)}/${encodeURIComponent(userId)}`,
      query: membership === 'leave' ? {} : { ver: [...supportedRoomVersions] },
      timeoutMs: 20_000,
    })
    const parsed = made.safeParse(raw)
    const version = parsed.success ? roomVersion(parsed.data.room_version) : undefined
    if (!parsed.success || !version) throw new FederationError(server, 'gave no usable template')
    const { event } = parsed.data
    // The template is a suggestion: what the event says is decided here.
    const fits =
      event['type'] === 'm.room.member' &&
      event['room_id'] === roomId &&
      event['sender'] === userId &&
      event['state_key'] === userId
    const content = event['content'] as Record<string, unknown> | undefined
    if (!fits || content?.['membership'] !== membership)
      throw new FederationError(server, 'gave a template of something else')
    return { event, content, version }
  }

  function finish(
    event: Record<string, unknown>,
    content: Record<string, unknown>,
    version: RoomVersion,
  ): { pdu: Pdu; eventId: string } {
    const draft = {
      type: 'm.room.member',
      room_id: event['room_id'],
      sender: event['sender'],
      state_key: event['state_key'],
      content,
      origin_server_ts: Date.now(),
      depth: event['depth'],
      prev_events: event['prev_events'],
      auth_events: event['auth_events'],
    }
    const finished = finishEvent(draft as unknown as Pdu, version, ctx.serverName, ctx.signingKey)
    const parsed = parsePdu(finished.pdu, version)
    if (!parsed.ok)
      throw new FederationError(String(event['room_id']), `the template is not valid: ${parsed.reason}`)
    return finished
  }

  async function join(
    server: string,
    roomId: string,
    userId: string,
    content: Record<string, unknown>,
  ): Promise<{ roomId: string }> {
    const { event, content: suggested, version } = await template(server, 'join', roomId, userId)
    const authoriser = suggested?.['join_authorised_via_users_server']
    const { pdu, eventId } = finish(
      event,
      {
        ...content,
        membership: 'join',
        ...(typeof authoriser === 'string' ? { join_authorised_via_users_server: authoriser } : {}),
      },
      version,
    )
    const raw = await client.requestJson(server, {
      method: 'PUT',
      path: `/_matrix/federation/v2/send_join/${encodeURIComponent(roomId)}/${encodeURIComponent(eventId)}`,
      body: pdu,
      timeoutMs: 60_000,
    })
    const answer = sendJoinAnswer.safeParse(raw)
    if (!answer.success) throw new FederationError(server, 'answered the join with something else')
    // For restricted rooms the resident server adds its signature.
    const returned = answer.data.event ? parsePdu(answer.data.event, version) : undefined
    const signed = returned?.ok && eventIdOf(returned.pdu, version) === eventId ? returned.pdu : pdu
    await ctx.rooms.importJoin({
      roomId,
      version,
      join: signed,
      state: answer.data.state,
      authChain: answer.data.auth_chain,
      origin: server,
    })
    return { roomId }
  }

  return {
    async joinRemote({ roomId, userId, via, content }) {
      const key = `${roomId}|${userId}`
      const running =
        joining.get(key) ?? tryEach(via, 'join', (server) => join(server, roomId, userId, content))
      joining.set(key, running)
      try {
        return await running
      } finally {
        joining.delete(key)
      }
    },

    async leaveRemote({ roomId, userId, via, content }) {
      const current = await ctx.rooms.membership(roomId, userId)
      if (!current) throw forbidden('You are not in this room.')
      const { version } = current.event
      let pdu: Pdu | undefined
      try {
        pdu = await tryEach(via, 'invite', async (server) => {
          const { event, version: v } = await template(server, 'leave', roomId, userId)
          const finished = finish(event, { ...content, membership: 'leave' }, v)
          await client.requestJson(server, {
            method: 'PUT',
            path: `/_matrix/federation/v2/send_leave/${encodeURIComponent(roomId)}/${encodeURIComponent(finished.eventId)}`,
            body: finished.pdu,
            timeoutMs: 20_000,
          })
          return finished.pdu
        })
      } catch (error) {
        // Nobody who can be reached knows the room: the invitation is refused here, for this person.
        ctx.log.info({ err: error, room: roomId }, 'invitation refused locally')
      }
      pdu ??= finishEvent(
        {
          type: 'm.room.member',
          room_id: roomId,
          sender: userId,
          state_key: userId,
          content: { ...(content as Pdu['content']), membership: 'leave' },
          origin_server_ts: Date.now(),
          depth: current.event.pdu.depth + 1,
          prev_events: [current.event.eventId],
          auth_events: [],
        },
        version,
        ctx.serverName,
        ctx.signingKey,
      ).pdu
      await ctx.rooms.storeOutOfRoomMembership({ roomId, version, pdu, strippedState: [] })
    },

    async knockRemote({ roomId, userId, via, content }) {
      return tryEach(via, 'knock', async (server) => {
        const { event, version } = await template(server, 'knock', roomId, userId)
        const { pdu, eventId } = finish(event, { ...content, membership: 'knock' }, version)
        const answer = (await client.requestJson(server, {
          method: 'PUT',
          path: `/_matrix/federation/v1/send_knock/${encodeURIComponent(roomId)}/${encodeURIComponent(eventId)}`,
          body: pdu,
          timeoutMs: 20_000,
        })) as { knock_room_state?: unknown }
        await ctx.rooms.storeOutOfRoomMembership({
          roomId,
          version,
          pdu,
          strippedState: strip(answer.knock_room_state),
        })
        return { roomId }
      })
    },

    async inviteRemote({ pdu, version, inviteState, destination }) {
      list.check(destination, 'invite')
      const eventId = eventIdOf(pdu, version)
      try {
        const answer = (await client.requestJson(destination, {
          method: 'PUT',
          path: `/_matrix/federation/v2/invite/${encodeURIComponent(pdu.room_id ?? '')}/${encodeURIComponent(eventId)}`,
          body: { room_version: version.id, event: pdu, invite_room_state: inviteState },
          timeoutMs: 30_000,
        })) as { event?: unknown }
        const parsed = parsePdu(answer.event, version)
        if (!parsed.ok || eventIdOf(parsed.pdu, version) !== eventId)
          throw new FederationError(destination, 'signed something else')
        const theirs = parsed.pdu.signatures[destination]
        if (!theirs) throw new FederationError(destination, 'did not sign the invitation')
        return { ...pdu, signatures: { ...pdu.signatures, [destination]: theirs } }
      } catch (error) {
        throw asMatrixError(error)
      }
    },

    async backfill(roomId, fromEventIds, limit) {
      const room = await ctx.rooms.room(roomId)
      if (!room) return 0
      const servers = (await ctx.rooms.joinedServers(roomId)).filter(
        (server) => server !== ctx.serverName && list.allows(server),
      )
      for (const server of servers.slice(0, 5)) {
        try {
          const answer = (await client.requestJson(server, {
            method: 'GET',
            path: `/_matrix/federation/v1/backfill/${encodeURIComponent(roomId)}`,
            query: { v: [...fromEventIds], limit: String(Math.min(limit, 100)) },
            timeoutMs: 20_000,
          })) as { pdus?: unknown }
          const arrived = await store(
            server,
            roomId,
            room.version,
            Array.isArray(answer.pdus) ? answer.pdus.slice(0, 100) : [],
          )
          if (arrived > 0) return arrived
        } catch (error) {
          ctx.log.debug({ err: error, server }, 'history not fetched from this server')
        }
      }
      return 0
    },
  }

  /** Stores history oldest first, so that each event finds what it follows; the first gets its state from the server. */
  async function store(
    server: string,
    roomId: string,
    version: RoomVersion,
    raw: readonly unknown[],
  ): Promise<number> {
    const events = raw.flatMap((one) => {
      const parsed = parsePdu(one, version)
      return parsed.ok && (parsed.pdu.room_id === roomId || parsed.pdu.type === 'm.room.create')
        ? [{ pdu: parsed.pdu, id: eventIdOf(parsed.pdu, version) }]
        : []
    })
    const known = new Set(
      (await ctx.rooms.events(events.map((one) => one.id)))
        .filter((event) => !event.outlier)
        .map((event) => event.eventId),
    )
    const fresh = events.filter((one) => !known.has(one.id)).sort((a, b) => a.pdu.depth - b.pdu.depth)
    if (fresh.length === 0) return 0
    const lowest = await ctx.rooms.reserveBackfill(roomId, fresh.length)
    let arrived = 0
    let lookups = 0
    for (const [index, { pdu, id }] of fresh.entries()) {
      const backfillPos = lowest + index
      const body = pdu.room_id === undefined ? { ...pdu } : pdu
      let outcome = await ctx.rooms.receive(body, server, { backfillPos })
      if (outcome.outcome === 'missing' && lookups++ < 5) {
        if (outcome.authEvents.length > 0) await inbound().fetchAuth(server, roomId, id)
        const stateBefore =
          outcome.prevEvents.length > 0 ? await inbound().fetchState(server, roomId, id) : undefined
        if (stateBefore) outcome = await ctx.rooms.receive(body, server, { backfillPos, stateBefore })
      }
      if (outcome.outcome === 'accepted') arrived += 1
    }
    return arrived
  }
}

/** What a room shows to somebody outside it, from full events or stripped ones. */
export function strip(raw: unknown): Record<string, unknown>[] {
  if (!Array.isArray(raw)) return []
  return raw.slice(0, 100).flatMap((one) => {
    const { type, state_key, sender, content } = (one ?? {}) as Record<string, unknown>
    if (
      typeof type !== 'string' ||
      typeof sender !== 'string' ||
      typeof content !== 'object' ||
      content === null
    )
      return []
    return [{ type, state_key: typeof state_key === 'string' ? state_key : '', sender, content }]
  })
}

function weight(error: unknown): number {
  if (error instanceof FederationError) return error.refused ? 3 : 1
  return error instanceof MatrixError ? 2 : 0
}

/** What the person is told: the partner's refusal (a FederationError is a MatrixError), or that nobody knows the room. */
function asMatrixError(error: unknown): Error {
  return error instanceof Error ? error : notFound('No server could be found that knows this room.')
}
