/**
 * History of topic channels that this node joined late: every board is made of the same events, so the cases opened before
 * the join are fetched from partners without anybody scrolling up. One channel at a time, a page at a time; what a crash
 * or an outage interrupts goes on later.
 */
import { caseEventType, escalationEventType, topicPolicyEventType } from '@enlace/coordination'
import type { Context } from '../context.ts'
import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { CaseModels } from './types.ts'

const PAGE = 100
/** 20,000 events: about a year of a busy channel. What is older comes when somebody scrolls up to it. */
const MAX_PAGES = 200
const BACKOFF: BackoffPolicy = { firstMs: 5_000, longestMs: 30 * 60_000 }

export interface CaseHistory {
  /** To be called when somebody of this node has come into a room, before they are told so. */
  joined(roomId: string): Promise<void>
  close(): void
}

/** @param revisit takes events of the past into the projections */
export async function createCaseHistory(
  ctx: Context,
  models: CaseModels,
  revisit: (events: readonly StoredEvent[]) => void,
): Promise<CaseHistory> {
  const known = new Set<string>()
  const waiting = new Set<string>()
  let running = false
  let closed = false
  let failures = 0
  let timer: NodeJS.Timeout | undefined

  // Served by {done}.
  for (const doc of await models.History.find({ done: false }).lean()) waiting.add(doc._id)
  if (waiting.size > 0) later(BACKOFF.firstMs)

  function later(ms: number): void {
    if (closed) return
    timer ??= setTimeout(() => {
      timer = undefined
      void run()
    }, ms)
    timer.unref()
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    let failed = false
    try {
      for (const roomId of [...waiting]) {
        if (closed) return
        if (await gather(roomId)) {
          waiting.delete(roomId)
          await models.History.updateOne({ _id: roomId }, { done: true })
        } else failed = true
      }
    } catch (error) {
      failed = true
      ctx.log.warn({ err: error }, 'the history of a channel could not be fetched; tried again later')
    } finally {
      running = false
      failures = failed ? failures + 1 : 0
      if (failed || waiting.size > 0) later(backoffMs(BACKOFF, failures + 1))
    }
  }

  /** @returns whether there is nothing more to fetch */
  async function gather(roomId: string): Promise<boolean> {
    if (!(await ctx.rooms.room(roomId))?.joinedLocally) return true
    if (!(await ctx.rooms.currentState(roomId)).get(topicPolicyEventType)) return true
    let complete = false
    for (let page = 0; page < MAX_PAGES && !closed; page++) {
      const [oldest] = await ctx.rooms.timeline(roomId, { dir: 'f', limit: 1 })
      if (!oldest || oldest.pdu.type === 'm.room.create') {
        complete = true
        break
      }
      const arrived = await ctx.federation.backfill(roomId, [oldest.eventId], PAGE).catch(() => 0)
      if (arrived === 0) break
      complete = page === MAX_PAGES - 1
    }
    // Pages that were taken in before a crash may have missed the projections.
    revisit(await ctx.rooms.eventsOfTypes(roomId, [caseEventType, escalationEventType]))
    return complete
  }

  return {
    async joined(roomId) {
      if (known.has(roomId)) return
      const [oldest] = await ctx.rooms.timeline(roomId, { dir: 'f', limit: 1 })
      if (oldest && oldest.pdu.type !== 'm.room.create') {
        const doc = await models.History.findOneAndUpdate(
          { _id: roomId },
          { $setOnInsert: { done: false } },
          { upsert: true, returnDocument: 'after' },
        ).lean()
        if (!doc.done) {
          waiting.add(roomId)
          later(0)
        }
      }
      known.add(roomId)
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
