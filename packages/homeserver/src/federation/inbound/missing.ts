/**
 * What an event builds on and this node does not have (server-server API, "Backfilling and retrieving missing events",
 * "Retrieving event authorisation information"). Effort is bounded:
 *   1 the events between, by get_missing_events, in a few rounds
 *   2 the auth events that are missing, by event_auth
 *   3 where the gap is wider than that: the state before its far edge, by state_ids, and the events of it
 */
import {
  type PduReading,
  type RoomVersion,
  readPdu,
  resolveState,
  serverNameOf,
  stateKeyOf,
} from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { createKeyedQueue } from '../../lib/in-turn.ts'
import type { StoredEvent } from '../../rooms/types.ts'
import { reasonOf } from '../client.ts'
import type { FederationClient, KeyRing } from '../types.ts'
import type { Missing } from './types.ts'

const ROUND = 50
const MAX_ROUNDS = 10
const MAX_BETWEEN = 500
/** Times the state before an event is fetched for one gap: each can be large. */
const MAX_STATES = 4
/** Up to so many unknown events of a state are asked for one by one; more come with all of it. */
const SINGLY = 30
const AT_ONCE = 5
const MAX_STATE = 50_000
const STATE_BYTES = 64 * 1024 * 1024
/**
 * What a server may cost in one room within a minute, whatever it sends and however its answers lead on: requests to it
 * and time waited for them. Beyond, its gaps stay open until the minute is over.
 */
const EFFORT = { requests: 300, ms: 120_000 }
const EFFORT_WINDOW_MS = 60_000

const anything = z.array(z.unknown())
const missingAnswer = z.looseObject({ events: anything })
const eventAnswer = z.looseObject({ pdus: anything })
const authAnswer = z.looseObject({ auth_chain: anything })
const stateAnswer = z.looseObject({ pdus: anything, auth_chain: anything })
const stateIdsAnswer = z.looseObject({ pdu_ids: z.array(z.string()), auth_chain_ids: z.array(z.string()) })

export function createMissing(
  ctx: Context,
  client: FederationClient,
  keyRing: Pick<KeyRing, 'ensure'>,
): Missing {
  const path = (...parts: string[]) =>
    `/_matrix/federation/v1/${parts.map((part) => encodeURIComponent(part)).join('/')}`

  /** Gaps of a room are filled one after the other: what fills one may fill the next. */
  const inTurn = createKeyedQueue()
  const efforts = new LRUCache<string, { requests: number; ms: number }>({
    max: 2_000,
    ttl: EFFORT_WINDOW_MS,
    noUpdateTTL: true,
    perf: { now: () => ctx.clock.monotonic() },
  })

  /** @returns undefined when it could not be had, or is not what was asked for; the reason is in the log */
  async function ask<S extends z.ZodType>(
    server: string,
    roomId: string,
    where: string,
    expected: S,
    more: { query?: Record<string, string>; body?: unknown; maxBytes?: number; timeoutMs?: number } = {},
  ): Promise<z.output<S> | undefined> {
    const key = `${server}|${roomId}`
    const left = efforts.get(key) ?? { ...EFFORT }
    efforts.set(key, left)
    if (left.requests <= 0 || left.ms <= 0) {
      ctx.log.debug({ server, room: roomId, path: where }, 'nothing more is fetched from this server for now')
      return undefined
    }
    left.requests -= 1
    if (left.requests === 0)
      ctx.log.warn({ server, room: roomId }, 'a server leaves gaps that have no end; some stay open')
    const start = performance.now()
    try {
      const timeoutMs = Math.min(more.timeoutMs ?? 20_000, left.ms)
      const method = more.body === undefined ? 'GET' : 'POST'
      const entryPoint = /^\/_matrix\/federation\/v1\/(state|event_auth)/.test(where) ? 'state' : 'backfill'
      const request = { entryPoint, method, path: where, ...more, timeoutMs } as const
      return await client.requestJson(server, request, expected)
    } catch (error) {
      ctx.log.info({ server, path: where, reason: reasonOf(error) }, 'could not fetch what is missing')
      return undefined
    } finally {
      left.ms -= performance.now() - start
    }
  }

  /** Only events of that room: a partner must not fill in another room's history with its answer. */
  function read(raw: unknown, roomId: string, version: RoomVersion): PduReading | undefined {
    const event = readPdu(raw, version)
    return event.ok && event.roomId === roomId ? event : undefined
  }

  /** Ids of the events that are in the timeline here. */
  async function inTimeline(ids: readonly string[]): Promise<Set<string>> {
    const events = await ctx.rooms.events([...new Set(ids)])
    return new Set(events.filter((event) => !event.outlier).map((event) => event.eventId))
  }

  /** The events between `latest` and what is known, oldest first, as far as the limits go. */
  async function between(server: string, latest: PduReading): Promise<PduReading[]> {
    const { roomId, version } = latest
    const extremities = (await ctx.rooms.room(roomId))?.extremities ?? []
    const known = await ctx.rooms.events(extremities)
    const minDepth = known.length > 0 ? Math.min(...known.map((event) => event.pdu.depth)) : 0
    const found = new Map<string, PduReading>()
    let edge = [latest.eventId]
    for (let round = 0; round < MAX_ROUNDS && edge.length > 0 && found.size < MAX_BETWEEN; round++) {
      const answer = await ask(server, roomId, path('get_missing_events', roomId), missingAnswer, {
        body: {
          latest_events: edge.slice(0, 20),
          earliest_events: extremities.slice(0, 20),
          limit: ROUND,
          min_depth: Math.max(0, minDepth),
        },
      })
      const fresh = (answer?.events ?? [])
        .slice(0, ROUND)
        .flatMap((raw) => read(raw, roomId, version) ?? [])
        .filter((one) => !found.has(one.eventId))
      if (fresh.length === 0) break
      for (const one of fresh) found.set(one.eventId, one)
      const prev = [...found.values()].flatMap((one) => one.pdu.prev_events)
      const here = await inTimeline(prev)
      edge = [...found.values()]
        .filter((one) => one.pdu.prev_events.some((id) => !found.has(id) && !here.has(id)))
        .map((one) => one.eventId)
    }
    return [...found.values()].sort((a, b) => a.pdu.depth - b.pdu.depth)
  }

  async function fetchEvent(server: string, roomId: string, id: string): Promise<unknown> {
    return (await ask(server, roomId, path('event', id), eventAnswer))?.pdus[0]
  }

  async function fetchAuth(server: string, roomId: string, version: RoomVersion, id: string): Promise<void> {
    const where = path('event_auth', roomId, id)
    const answer = await ask(server, roomId, where, authAnswer, { maxBytes: STATE_BYTES })
    await store(server, roomId, version, (answer?.auth_chain ?? []).slice(0, MAX_STATE))
  }

  /** Keys of all who wrote these events, with the help of the server that has them. */
  const ensureKeys = (events: readonly PduReading[], via: string) => keyRing.ensure(sendersOf(events), via)

  /** Stores events known by reference, of that room only. */
  async function store(server: string, roomId: string, version: RoomVersion, raw: readonly unknown[]) {
    const events = raw.flatMap((one) => read(one, roomId, version) ?? [])
    if (events.length === 0) return
    await ensureKeys(events, server)
    await ctx.rooms.receiveOutliers(roomId, version, events)
  }

  /** The state before an event as the server has it: events, all checked and stored. */
  async function stateBefore(
    server: string,
    roomId: string,
    version: RoomVersion,
    id: string,
  ): Promise<StoredEvent[] | undefined> {
    const query = { event_id: id }
    const where = path('state_ids', roomId)
    const answer = await ask(server, roomId, where, stateIdsAnswer, { query, timeoutMs: 60_000 })
    if (!answer) return undefined
    const wanted = answer.pdu_ids.slice(0, MAX_STATE)
    const all = [...new Set([...answer.auth_chain_ids.slice(0, MAX_STATE), ...wanted])]
    const known = new Set((await ctx.rooms.events(all)).map((event) => event.eventId))
    const unknown = all.filter((one) => !known.has(one))
    if (unknown.length > SINGLY) {
      const whole = await ask(server, roomId, path('state', roomId), stateAnswer, {
        query,
        timeoutMs: 120_000,
        maxBytes: STATE_BYTES,
      })
      const both = [...(whole?.auth_chain ?? []), ...(whole?.pdus ?? [])]
      await store(server, roomId, version, both.slice(0, 2 * MAX_STATE))
    } else if (unknown.length > 0) {
      const fetched: unknown[] = []
      for (let at = 0; at < unknown.length; at += AT_ONCE) {
        const some = unknown.slice(at, at + AT_ONCE).map((one) => fetchEvent(server, roomId, one))
        fetched.push(...(await Promise.all(some)))
      }
      await store(server, roomId, version, fetched)
    }
    const usable = (await ctx.rooms.events(wanted)).filter(
      (event) => event.roomId === roomId && event.verdict === 'accept' && event.pdu.state_key !== undefined,
    )
    // Without its beginning it is no state of a room.
    return usable.some((event) => event.pdu.type === 'm.room.create') ? usable : undefined
  }

  /** The state after an event that is not here: before it, and the event itself where it is state. */
  async function stateAfter(
    server: string,
    roomId: string,
    version: RoomVersion,
    id: string,
  ): Promise<Map<string, string> | undefined> {
    const before = await stateBefore(server, roomId, version, id)
    if (!before) return undefined
    const state = new Map(before.map((event) => [keyOf(event), event.eventId]))
    const raw = await fetchEvent(server, roomId, id)
    const found = read(raw, roomId, version)
    if (found?.eventId !== id) return undefined
    if (found.pdu.state_key !== undefined) {
      await store(server, roomId, version, [raw])
      const stored = await ctx.rooms.event(id)
      if (stored?.verdict === 'accept') state.set(keyOf(stored), id)
    }
    return state
  }

  /** Ids of the state before an event, from the state after each event it follows. */
  async function stateFor(server: string, event: PduReading): Promise<string[] | undefined> {
    const { roomId, version } = event
    const here = await inTimeline(event.pdu.prev_events)
    const sets: ReadonlyMap<string, string>[] = []
    for (const prev of event.pdu.prev_events.slice(0, MAX_STATES)) {
      const state = here.has(prev)
        ? (await ctx.rooms.stateAfter(prev))?.ids
        : await stateAfter(server, roomId, version, prev)
      if (!state) {
        // The server may know the state before the event and not say what it follows.
        const direct = await stateBefore(server, roomId, version, event.eventId)
        return direct?.map((one) => one.eventId)
      }
      sets.push(state)
    }
    if (sets.length <= 1) return sets[0] && [...sets[0].values()]
    const ids = sets.flatMap((set) => [...set.values()])
    const events = new Map<string, StoredEvent>()
    for (const one of [...(await ctx.rooms.events(ids)), ...(await ctx.rooms.authChain(ids))])
      events.set(one.eventId, one)
    const resolved = resolveState(version, sets, (id) => {
      const one = events.get(id)
      return one && one.verdict !== 'reject' ? one.pdu : undefined
    })
    return [...resolved.values()]
  }

  const take: Missing['take'] = async (server, event, states, options = {}) => {
    const { roomId, version } = event
    let outcome = await ctx.rooms.receive(event, options)
    if (outcome.outcome === 'missing' && outcome.authEvents.length > 0) {
      await fetchAuth(server, roomId, version, event.eventId)
      outcome = await ctx.rooms.receive(event, options)
    }
    if (outcome.outcome === 'missing' && outcome.prevEvents.length > 0 && states.left > 0) {
      states.left -= 1
      const ids = await stateFor(server, event)
      if (ids) outcome = await ctx.rooms.receive(event, { ...options, stateBefore: ids })
    }
    return outcome
  }

  return {
    read,
    take,
    ensureKeys,

    fill: (server, event) =>
      inTurn(event.roomId, async () => {
        const states = { left: MAX_STATES }
        // What filled the gap before may have been waited for.
        const now = await ctx.rooms.receive(event)
        if (now.outcome !== 'missing') return now
        for (const one of await between(server, event))
          if (one.eventId !== event.eventId) await take(server, one, states)
        states.left = Math.max(states.left, 1)
        return take(server, event, states)
      }),

    async catchUp(server, latest) {
      const states = { left: 1 }
      for (const one of await between(server, latest))
        if (one.eventId !== latest.eventId) await take(server, one, states)
    },
  }
}

/** Servers whose users wrote the events, or whose signature they may carry. */
function* sendersOf(events: readonly PduReading[]): Generator<string> {
  for (const { pdu } of events) {
    const server = serverNameOf(pdu.sender)
    if (server !== undefined) yield server
  }
}

const keyOf = (event: StoredEvent) => stateKeyOf(event.pdu.type, event.pdu.state_key ?? '')
