/**
 * The one way in which a part of the node follows the log: cases, escalations, push, delivery.
 *
 * A projection names what concerns it, the keys an event is about (a case, a call, a room), and the work that brings
 * one key up to date. It gets from here:
 *
 * - Order. Events are handed over in the order of the log, once each while the process lives, and not before they have
 *   taken effect: when a redaction is handed over, its target is redacted, whichever of the two came first.
 * - One worker per key, several keys side by side. What comes for a key while it is worked on is in its next turn.
 * - Retry. Work that throws is done again, later each time, together with what has come for its key meanwhile; others do
 *   not wait for it. The same where the keys of an event could not be found.
 * - A cursor on disk: everything of the log up to it is done. It is written at most every two seconds, and never passes
 *   an event whose work is unfinished.
 *
 * What a crash leaves: work that was under way may be half done, and what was done since the cursor was last written (two
 * seconds, or as long as a key kept failing) is handed over again at the next start, redactions included. Nothing is
 * skipped. So the work has to be idempotent: it makes its rows from what the log says now, or repeats what does no harm
 * twice. It must not count events, nor rely on being told of each one separately.
 *
 * What only keeps a copy of the log's tail in memory (unread counts, sync) subscribes to the stream instead: after a
 * start it has nothing to catch up with.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts'
import { WorkPool } from '../lib/work-pool.ts'
import type { LogRange, StoredEvent } from '../rooms/types.ts'
import { type Cursors, openCursors } from './cursors.ts'
import type { Projection } from './types.ts'

const CURSOR_DELAY_MS = 2_000
const PAGE = 500
const RETRY: BackoffPolicy = { firstMs: 15_000, longestMs: 3_600_000, jitter: { from: 0.8, to: 1.2 } }
/** The log could not be read: everything waits for it. */
const READ_RETRY: BackoffPolicy = { firstMs: 500, longestMs: 30_000 }
/** Marks the key of an event whose keys are still to be found; no key of a projection begins so. */
const UNPLACED = '\u0000'

export type ProjectionParts = {
  /** Names the cursor and the metric. */
  name: string
  /** Where a projection without a cursor begins: to make rows of everything, or only of what comes from now on. */
  startsAt: 'beginning' | 'now'
  /** Asked of each event of the log as it comes by. Does not throw. */
  concerns(event: StoredEvent): boolean
  /** Events in the range that may concern it, in the order of the log: by an index, at most `limit`. */
  read(range: LogRange): Promise<readonly StoredEvent[]>
  /** What is to be brought up to date because of the event. Called in the order of the log. */
  keysOf(event: StoredEvent): readonly string[] | Promise<readonly string[]>
  /** @param events of the log that ask for it, in order; none when it was asked for otherwise */
  work(key: string, events: readonly StoredEvent[]): Promise<void>
  /** Keys worked on side by side: their writes share one turn of the disk. */
  atOnce: number
  retry?: BackoffPolicy
}

/** What a projection needs of the node. */
export type ProjectionDeps = {
  stream: Pick<Context['stream'], 'stable' | 'recentSince' | 'subscribe' | 'projections'>
  log: Pick<Context['log'], 'error' | 'warn'>
  cursors: Cursors
  /** Resolves when what the event does to others, or they to it, is on disk: redactions. */
  takeEffect(event: StoredEvent): Promise<void>
}

export async function openProjection(ctx: Context, parts: ProjectionParts): Promise<Projection> {
  const { stream, log } = ctx
  const cursors = await openCursors(ctx.db)
  return createProjection({ stream, log, cursors, takeEffect: (event) => ctx.rooms.takeEffect(event) }, parts)
}

export async function createProjection(deps: ProjectionDeps, parts: ProjectionParts): Promise<Projection> {
  const { stream, log, cursors } = deps
  const { name } = parts
  const pool = new WorkPool(bringUpToDate, parts.atOnce)
  /** Events handed over whose work is not done, by key, in the order of the log. */
  const unfinished = new Map<string, StoredEvent[]>()
  /** How often a key failed in a row, and when it is tried again. */
  const failures = new Map<string, { failed: number; retry: NodeJS.Timeout }>()
  const stopped = new AbortController()
  /** Everything of the log up to here was handed over. */
  let at = await begin()
  let written = at
  let handing: Promise<void> | undefined
  let unsubscribe: (() => void) | undefined
  let timer: NodeJS.Timeout | undefined

  async function begin(): Promise<number> {
    const known = await cursors.get(name)
    if (known !== undefined) return known
    const from = parts.startsAt === 'now' ? stream.stable : 0
    // A crash before the next write must not make it begin later.
    if (parts.startsAt === 'now') await cursors.set(name, from)
    return from
  }

  function wake(): void {
    if (!unsubscribe || stopped.signal.aborted || handing) return
    handing = handOver().finally(() => {
      handing = undefined
      // What was published since the last look, and found this still under way.
      if (at < stream.stable) wake()
    })
  }

  async function handOver(): Promise<void> {
    while (!stopped.signal.aborted && at < stream.stable) {
      const upTo = stream.stable
      const tail = stream.recentSince(at)
      if (tail) {
        for (const entry of tail) {
          if (stopped.signal.aborted) return
          if (entry.kind !== 'event' || !parts.concerns(entry.event)) continue
          at = entry.pos - 1
          await place(entry.event)
        }
        at = upTo
      } else {
        const page = await readPage({ after: at, upTo, limit: PAGE })
        for (const event of page) {
          if (stopped.signal.aborted) return
          if (!parts.concerns(event)) continue
          at = event.pos! - 1
          await place(event)
        }
        if (!stopped.signal.aborted) at = page.length < PAGE ? upTo : page.at(-1)!.pos!
      }
    }
  }

  async function readPage(range: LogRange): Promise<readonly StoredEvent[]> {
    for (let failed = 1; !stopped.signal.aborted; failed++) {
      try {
        return await parts.read(range)
      } catch (error) {
        log.error({ err: error, projection: name }, 'the log could not be read; tried again')
        await wait(backoffMs(READ_RETRY, failed), undefined, { ref: false, signal: stopped.signal }).catch(
          () => undefined,
        )
      }
    }
    return []
  }

  /** Finds the keys of an event and asks for them. Does not throw: what fails here is tried again like any work. */
  async function place(event: StoredEvent): Promise<void> {
    const own = UNPLACED + event.eventId
    note(own, event)
    try {
      await ask(event)
      unfinished.delete(own)
    } catch (error) {
      retryLater(own, error)
    }
    cursorSoon()
  }

  async function ask(event: StoredEvent): Promise<void> {
    await deps.takeEffect(event)
    for (const key of await parts.keysOf(event)) {
      note(key, event)
      pool.ask(key)
    }
  }

  function note(key: string, event: StoredEvent): void {
    const events = unfinished.get(key)
    if (events) events.push(event)
    else unfinished.set(key, [event])
  }

  async function bringUpToDate(key: string): Promise<void> {
    const events = [...(unfinished.get(key) ?? [])]
    try {
      if (key.startsWith(UNPLACED)) for (const event of events) await ask(event)
      else await parts.work(key, events)
      clearTimeout(failures.get(key)?.retry)
      failures.delete(key)
      const left = (unfinished.get(key) ?? []).slice(events.length)
      if (left.length > 0) unfinished.set(key, left)
      else unfinished.delete(key)
    } catch (error) {
      retryLater(key, error)
    }
    cursorSoon()
  }

  function retryLater(key: string, error: unknown): void {
    if (stopped.signal.aborted) return
    const before = failures.get(key)
    clearTimeout(before?.retry)
    const failed = (before?.failed ?? 0) + 1
    const retry = setTimeout(() => pool.ask(key), backoffMs(parts.retry ?? RETRY, failed)).unref()
    failures.set(key, { failed, retry })
    const about = key.replace(UNPLACED, '')
    log.error({ err: error, projection: name, about, failed }, 'not brought up to date; tried again')
  }

  /** Everything up to here is done. */
  function reached(): number {
    let lowest = at
    for (const events of unfinished.values()) {
      // History fetched later has its place before the log, and holds no cursor back.
      const first = events.find((event) => event.pos! > 0)
      if (first) lowest = Math.min(lowest, first.pos! - 1)
    }
    return lowest
  }

  function cursorSoon(): void {
    if (stopped.signal.aborted) return
    timer ??= setTimeout(() => {
      timer = undefined
      void writeCursor()
    }, CURSOR_DELAY_MS)
    timer.unref()
  }

  async function writeCursor(): Promise<void> {
    const pos = reached()
    try {
      if (pos > written) await cursors.set(name, pos)
      written = Math.max(written, pos)
    } catch (error) {
      log.warn({ err: error, projection: name }, 'the place in the log was not written; tried again')
      cursorSoon()
    }
  }

  async function handedOver(): Promise<void> {
    const upTo = stream.stable
    while (unsubscribe && !stopped.signal.aborted && at < upTo) {
      wake()
      await handing
    }
  }

  async function caughtUp(): Promise<void> {
    await handedOver()
    await pool.caughtUp()
  }

  const lag = () => (unfinished.size === 0 && !handing ? 0 : stream.stable - reached())

  return {
    async start() {
      unsubscribe = stream.subscribe(wake)
      stream.projections.set(name, lag)
      await handedOver()
    },
    ask: (key) => pool.ask(key),
    async revisit(events) {
      for (const event of events) if (parts.concerns(event)) await place(event)
    },
    worked: () => pool.caughtUp(),
    caughtUp,
    async settled() {
      do {
        await caughtUp()
        await pool.settled()
      } while (!pool.idle)
    },
    get idle() {
      return pool.idle && !handing
    },
    lag,
    async close() {
      unsubscribe?.()
      stopped.abort()
      if (stream.projections.get(name) === lag) stream.projections.delete(name)
      clearTimeout(timer)
      for (const { retry } of failures.values()) clearTimeout(retry)
      await handing
      await pool.close()
      await writeCursor()
    },
  }
}
