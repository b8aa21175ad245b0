/**
 * Events a partner has and this node lost: from the partner's newest ones back to what is here, then taken oldest first, each
 * through the same checks as any event of a partner. Unlike history fetched for who scrolls up, they are of the present.
 */
import type { PduReading } from '@enlace/room-model'
import { z } from 'zod'
import { createKeyedQueue } from '../../lib/in-turn.ts'
import type { Missing } from '../inbound/types.ts'
import type { Federation } from '../types.ts'
import { type Deps, v1 } from './handshake.ts'

const PAGE = 100
/** Of one room, at a time in memory; what is older is fetched like any other history. */
const MAX_EVENTS = 20_000
/** Times the state before an event is fetched where the gap stays open. */
const MAX_STATES = 5

const eventsAnswer = z.looseObject({ pdus: z.array(z.unknown()) })

export function createLostHistory({ ctx, client }: Deps, missing: Missing): Federation['catchUp'] {
  const inTurn = createKeyedQueue()

  async function unknown(ids: Iterable<string>): Promise<string[]> {
    const all = [...new Set(ids)]
    const here = new Set(
      (await ctx.rooms.events(all)).filter((event) => !event.outlier).map((event) => event.eventId),
    )
    return all.filter((id) => !here.has(id))
  }

  async function fetchBack(server: string, roomId: string, heads: readonly string[]): Promise<PduReading[]> {
    const { version } = (await ctx.rooms.room(roomId))!
    const found = new Map<string, PduReading>()
    const asked = new Set<string>()
    let edge = await unknown(heads)
    while (edge.length > 0 && found.size < MAX_EVENTS) {
      const some = edge.slice(0, 20)
      for (const id of some) asked.add(id)
      const request = {
        entryPoint: 'backfill',
        method: 'GET',
        path: v1('backfill', roomId),
        query: { v: some, limit: String(PAGE) },
        timeoutMs: 60_000,
      } as const
      const { pdus } = await client.requestJson(server, request, eventsAnswer)
      const before: string[] = []
      for (const raw of pdus.slice(0, PAGE)) {
        const event = missing.read(raw, roomId, version)
        if (!event || found.has(event.eventId)) continue
        found.set(event.eventId, event)
        before.push(...event.pdu.prev_events)
      }
      const open = [...edge.slice(20), ...before].filter((id) => !found.has(id) && !asked.has(id))
      edge = await unknown(open)
    }
    return [...found.values()].sort(
      (a, b) => a.pdu.depth - b.pdu.depth || a.pdu.origin_server_ts - b.pdu.origin_server_ts,
    )
  }

  return (server, roomId, heads) =>
    inTurn(roomId, async () => {
      const events = await fetchBack(server, roomId, heads)
      const here = new Set(await unknown(events.map((event) => event.eventId)))
      const fresh = events.filter((event) => here.has(event.eventId))
      await missing.ensureKeys(fresh, server)
      const states = { left: MAX_STATES }
      for (const event of fresh) {
        const outcome = await missing.take(server, event, states)
        if (outcome.outcome === 'missing' || outcome.outcome === 'refused')
          ctx.log.warn(
            { server, room: roomId, event: event.eventId, outcome: outcome.outcome },
            'lost event not taken',
          )
      }
      return (await unknown(heads)).length
    })
}
