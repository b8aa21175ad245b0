/**
 * Cases as a projection of the room log (ARCHITECTURE, "Cases and escalations"). Cost of one case event: one indexed query for
 * the case's events (most in memory), one upsert. Rows are in memory for boards, and on disk for the next start.
 */
import {
  afterOf,
  type CaseRow,
  caseEventType,
  caseRow,
  caseUpdateEventType,
  nextDue,
  reduceCase,
} from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { WorkPool } from '../lib/work-pool.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { StreamEntry } from '../stream/entries.ts'
import { timelineEvent } from '../stream/envelopes.ts'
import { createCaseHistory } from './history.ts'
import { openCaseModels } from './models.ts'
import { createReferences } from './references.ts'
import type { BoardEntry, CaseDoc, Cases } from './types.ts'

/** Cases brought up to date at once: their writes share one turn of the disk. */
const AT_ONCE = 16
const RETRY_MS = 15_000
/** Rows held in memory, about 1.5 KiB each: all open ones, then the ended ones that changed last. */
const MAX_ROWS = 50_000
const CURSOR = 'cases'
const CURSOR_DELAY_MS = 2_000
const PAGE = 500

export async function createCases(ctx: Context): Promise<Cases> {
  const models = await openCaseModels(ctx.db)
  const references = createReferences(ctx, models)
  const rows = new Map<string, BoardEntry>()
  const listeners = new Set<(row: CaseRow) => void>()

  await load()
  let done = (await models.Cursor.findById(CURSOR).lean())?.pos ?? 0
  let written = done
  /** One case at a time, many cases at once; what comes for one meanwhile is in its next turn. */
  const pool = new WorkPool(bringUpToDate, AT_ONCE)
  /** Cases that could not be brought up to date: tried again. */
  const failed = new Set<string>()
  let closed = false
  /** Events whose case is still being looked up, in the order of the log. */
  let queue: Promise<void> = catchUp()
  let timer: NodeJS.Timeout | undefined
  const unsubscribe = ctx.stream.subscribe((entries) => {
    const mine = entries.filter(concerns)
    if (mine.length > 0) queue = queue.then(() => take(mine))
  })

  async function load(): Promise<void> {
    // Served by {ended, changed_ts}, both times.
    for (const ended of [false, true]) {
      const cursor = models.Case.find({ ended }, { row: 1, root_pos: 1 })
        .sort({ changed_ts: -1 })
        .limit(MAX_ROWS - rows.size)
        .lean()
        .cursor({ batchSize: PAGE })
      for await (const doc of cursor)
        rows.set(doc._id, { row: JSON.parse(doc.row) as CaseRow, rootPos: doc.root_pos })
      if (rows.size >= MAX_ROWS) return
    }
  }

  /** What the log has gathered since the cursor was written; again after a crash, which changes nothing. */
  async function catchUp(): Promise<void> {
    for (;;) {
      const events = await ctx.rooms.envelopesSince(done, PAGE)
      for (const event of events) {
        await guarded(() => onEvent(event))
        done = Math.max(done, event.pos ?? 0)
      }
      if (events.length < PAGE) break
    }
    cursorSoon()
  }

  async function take(entries: readonly StreamEntry[]): Promise<void> {
    for (const entry of entries) {
      if (entry.kind !== 'event') continue
      await guarded(() => onEvent(entry.event))
      done = Math.max(done, entry.pos)
    }
    cursorSoon()
  }

  async function bringUpToDate(caseId: string): Promise<void> {
    try {
      await project(caseId)
      failed.delete(caseId)
    } catch (error) {
      if (closed) return
      ctx.log.error({ err: error, case: caseId }, 'a case could not be brought up to date')
      failed.add(caseId)
      setTimeout(() => pool.ask(caseId), RETRY_MS).unref()
    }
  }

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      ctx.log.error({ err: error }, 'a case could not be brought up to date')
    }
  }

  function cursorSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void guarded(writeCursor)
    }, CURSOR_DELAY_MS)
    timer.unref()
  }

  async function writeCursor(): Promise<void> {
    if (done === written) return
    // It moves only while nothing is unfinished: after a crash the rest is looked at again, which changes nothing.
    if (!pool.idle || failed.size > 0) return cursorSoon()
    const pos = done
    await models.Cursor.updateOne({ _id: CURSOR }, { $max: { pos } }, { upsert: true })
    written = pos
  }

  async function onEvent(event: StoredEvent): Promise<void> {
    const { type, content } = event.pdu
    if (type === caseEventType) return pool.ask(event.eventId)
    if (type === caseUpdateEventType) {
      const target = targetOf(content)
      // A redacted step says no more which case it was of.
      if (target !== undefined) return pool.ask(target)
      return projectWhere(event.eventId)
    }
    const redacted = event.pdu.content['redacts'] ?? (event.pdu as { redacts?: unknown }).redacts
    if (type === 'm.room.redaction' && typeof redacted === 'string') await projectWhere(redacted)
  }

  async function projectWhere(eventId: string): Promise<void> {
    // The step it redacts may have come a moment ago.
    await pool.caughtUp()
    // Served by {seen}.
    const doc = await models.Case.findOne({ seen: eventId }, { _id: 1 }).lean()
    if (doc) pool.ask(doc._id)
  }

  /** The case's events as the log has them now, redacted steps that others follow among them. */
  async function eventsOf(root: StoredEvent): Promise<StoredEvent[]> {
    const events = (await ctx.rooms.envelopesAbout(root.roomId, root.eventId)).filter(
      (event) => event.pdu.type === caseUpdateEventType,
    )
    const known = new Set(events.map((event) => event.eventId))
    const named = new Set(events.flatMap((event) => afterOf(event.pdu.content)))
    const missing = [...named].filter((id) => !known.has(id) && id !== root.eventId)
    if (missing.length === 0) return events
    const gone = (await ctx.rooms.events(missing.slice(0, 100))).filter(
      (event) => event.redactedBy !== undefined && event.roomId === root.roomId,
    )
    return [...events, ...gone]
  }

  async function rootOf(caseId: string): Promise<StoredEvent | undefined> {
    const root = await ctx.rooms.event(caseId)
    if (root?.pdu.type !== caseEventType || root.outlier || root.verdict !== 'accept') return undefined
    return root
  }

  async function reduced(root: StoredEvent, unbelieved: ReadonlySet<string>) {
    const events = await eventsOf(root)
    const state = reduceCase(
      timelineEvent(root),
      events.map(timelineEvent),
      (event) => !unbelieved.has(event.event_id),
    )
    return { state, events }
  }

  async function project(caseId: string): Promise<void> {
    const root = await rootOf(caseId)
    if (!root) return
    const doc = await models.Case.findById(caseId, { seen: 1, unbelieved: 1 }).lean()
    const seen = new Set(doc?.seen)
    const unbelieved = new Set(doc?.unbelieved)
    for (const event of [root, ...(await eventsOf(root))]) {
      // Judged once, when it arrives: a later change of the federation list does not rewrite what was done.
      if (seen.has(event.eventId)) continue
      seen.add(event.eventId)
      if (!isBelieved(event)) unbelieved.add(event.eventId)
    }
    const { state } = await reduced(root, unbelieved)
    if (typeof state === 'string') {
      rows.delete(caseId)
      await models.Case.deleteOne({ _id: caseId })
      return
    }
    const row = caseRow(state)
    const next: Omit<CaseDoc, '_id'> = {
      room_id: root.roomId,
      root_pos: root.pos ?? 0,
      row: JSON.stringify(row),
      ended: row.status === 'closed' || row.status === 'revoked',
      opened_ts: row.opened_ts,
      changed_ts: row.changed_ts,
      seen: [...seen],
      unbelieved: [...unbelieved],
    }
    await models.Case.updateOne({ _id: caseId }, { $set: next }, { upsert: true })
    if (!doc && ctx.accounts.isLocal(root.pdu.sender)) await references.used(row.reference)
    rows.set(caseId, { row, rootPos: next.root_pos })
    if (rows.size > MAX_ROWS) dropOldestEnded()
    for (const listener of listeners) listener(row)
  }

  function isBelieved(event: StoredEvent): boolean {
    const institution = (event.pdu.content['by'] as { institution?: unknown } | undefined)?.institution
    const server = serverNameOf(event.pdu.sender)
    if (typeof institution !== 'string' || server === undefined) return true
    return ctx.federation.hosts(server, institution)
  }

  function dropOldestEnded(): void {
    let oldest: BoardEntry | undefined
    for (const entry of rows.values()) {
      if (entry.row.status !== 'closed' && entry.row.status !== 'revoked') continue
      if (!oldest || entry.row.changed_ts < oldest.row.changed_ts) oldest = entry
    }
    if (oldest) rows.delete(oldest.row.id)
  }

  async function settled(): Promise<void> {
    await queue
    await pool.caughtUp()
  }

  function revisit(events: readonly StoredEvent[]): void {
    queue = queue.then(async () => {
      for (const event of events) await guarded(() => onEvent(event))
    })
  }

  const history = await createCaseHistory(ctx, models, (events) => {
    revisit(events)
    ctx.escalations.revisit(events)
  })

  return {
    async state(caseId) {
      const root = await rootOf(caseId)
      if (!root) return undefined
      const doc = await models.Case.findById(caseId, { unbelieved: 1 }).lean()
      const { state } = await reduced(root, new Set(doc?.unbelieved))
      return typeof state === 'string' ? undefined : state
    },
    row: (caseId) => rows.get(caseId)?.row,
    entries: () => rows.values(),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    lapsed(now) {
      const lapsed: CaseRow[] = []
      let nextTs: number | undefined
      for (const { row } of rows.values()) {
        if (!ctx.accounts.isLocal(row.opened_by)) continue
        const due = nextDue(row)
        if (!due) continue
        if (due.at <= now) lapsed.push(row)
        else if (nextTs === undefined || due.at < nextTs) nextTs = due.at
      }
      return { rows: lapsed, nextTs }
    },
    references,
    revisit,
    joined: (roomId) => history.joined(roomId),
    settled,
    async close() {
      history.close()
      unsubscribe()
      await queue
      clearTimeout(timer)
      // What is left is looked at again at the next start.
      closed = true
      if (await pool.close()) await guarded(writeCursor)
      clearTimeout(timer)
    },
  }
}

function concerns(entry: StreamEntry): boolean {
  if (entry.kind !== 'event') return false
  const { type } = entry.event.pdu
  return type === caseEventType || type === caseUpdateEventType || type === 'm.room.redaction'
}

function targetOf(content: Record<string, unknown>): string | undefined {
  const target = (content['m.relates_to'] as { event_id?: unknown } | undefined)?.event_id
  return typeof target === 'string' ? target : undefined
}
