/** Older history than this node has (server-server API, "Backfilling and retrieving missing events"). */
import { z } from 'zod'
import { reasonOf } from '../client.ts'
import type { Missing } from '../inbound/types.ts'
import type { Federation } from '../types.ts'
import { type Deps, v1 } from './handshake.ts'

const MAX_EVENTS = 100
const MAX_SERVERS = 5
/** Times the state before an event is fetched for one page of history. */
const MAX_STATES = 5

const eventsAnswer = z.looseObject({ pdus: z.array(z.unknown()) })

export function createBackfill({ ctx, client, list }: Deps, missing: Missing): Federation['backfill'] {
  /** One page at a time per room: two people scrolling up get the same events once. */
  const running = new Map<string, Promise<number>>()

  async function fetchPage(roomId: string, from: readonly string[], limit: number): Promise<number> {
    const room = await ctx.rooms.room(roomId)
    if (!room) return 0
    const servers = (await ctx.rooms.joinedServers(roomId)).filter(
      (server) => server !== ctx.serverName && list.allows(server),
    )
    for (const server of servers.slice(0, MAX_SERVERS)) {
      try {
        const request = {
          entryPoint: 'backfill',
          method: 'GET',
          path: v1('backfill', roomId),
          query: { v: from.slice(0, 20), limit: String(Math.min(limit, MAX_EVENTS)) },
          timeoutMs: 20_000,
        } as const
        const { pdus } = await client.requestJson(server, request, eventsAnswer)
        const arrived = await store(server, roomId, pdus.slice(0, MAX_EVENTS))
        if (arrived > 0) return arrived
      } catch (error) {
        ctx.log.info(
          { server, room: roomId, reason: reasonOf(error) },
          'history not fetched from this server',
        )
      }
    }
    return 0
  }

  /** Oldest first, so that each event finds what it follows; the first gets its state from the server. */
  async function store(server: string, roomId: string, raw: readonly unknown[]): Promise<number> {
    const { version } = (await ctx.rooms.room(roomId))!
    const found = raw.flatMap((one) => missing.read(one, roomId, version) ?? [])
    const known = new Set(
      (await ctx.rooms.events(found.map((one) => one.eventId)))
        .filter((event) => !event.outlier)
        .map((event) => event.eventId),
    )
    const fresh = [...new Map(found.map((one) => [one.eventId, one])).values()]
      .filter((one) => !known.has(one.eventId))
      .sort((a, b) => a.pdu.depth - b.pdu.depth || a.pdu.origin_server_ts - b.pdu.origin_server_ts)
    if (fresh.length === 0) return 0
    await missing.ensureKeys(fresh, server)
    const lowest = await ctx.rooms.reserveBackfill(roomId, fresh.length)
    const states = { left: MAX_STATES }
    let arrived = 0
    for (const [index, event] of fresh.entries()) {
      const outcome = await missing.take(server, event, states, {
        backfillPos: lowest + index,
      })
      if (outcome.outcome === 'accepted') {
        arrived += 1
        ctx.cases.revisit([outcome.event])
        ctx.escalations.revisit([outcome.event])
      } else if (outcome.outcome !== 'known')
        ctx.log.info(
          { server, room: roomId, event: event.eventId, outcome: outcome.outcome },
          'history not taken',
        )
    }
    return arrived
  }

  return (roomId, from, limit) => {
    const before = running.get(roomId)
    if (before) return before
    const work = fetchPage(roomId, from, limit).finally(() => running.delete(roomId))
    running.set(roomId, work)
    return work
  }
}
