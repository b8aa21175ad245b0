/**
 * Cases as a projection of the room log (ARCHITECTURE, "Cases and escalations"; `stream/projection.ts`). Cost of one case
 * event: the row as it was, one indexed query for the case's events (most in memory), one upsert. Rows are in memory for
 * boards, and on disk for the next start.
 */
import {
  type CaseRow,
  type CaseState,
  caseEventType,
  caseRow,
  caseUpdateEventType,
  nextDue,
  reduceCase,
} from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { openCursors } from '../stream/cursors.ts'
import { institutionOf, rootOf, rootsConcerned, stepsOf, timelineEvent } from '../stream/envelopes.ts'
import { openProjection } from '../stream/projection.ts'
import { createDeletedCases } from './deleted.ts'
import { createCaseHistory } from './history.ts'
import { openCaseModels } from './models.ts'
import { createReferences } from './references.ts'
import { openRows } from './rows.ts'
import type { Cases, Judged } from './types.ts'

/** A mark among the cursors: rows of deleted cases were looked for. */
const DELETED_DROPPED = 'cases: deleted ones dropped'
const LOOKED_AT = 500
/** Cases brought up to date at once: their writes share one turn of the disk. */
const AT_ONCE = 16
/** Cases whose events were judged lately: a case in use is not read from the disk for each step. */
const MAX_JUDGED = 2_000

export async function createCases(ctx: Context): Promise<Cases> {
  const models = await openCaseModels(ctx.db)
  const references = createReferences(ctx, models)
  const deleted = createDeletedCases(ctx)
  const rows = await openRows(models)
  const listeners = new Set<(row: CaseRow) => void>()
  /** As on disk. */
  const judgements = growingCache<string, Judged>(MAX_JUDGED)
  const projection = await openProjection(ctx, {
    name: 'cases',
    startsAt: 'beginning',
    atOnce: AT_ONCE,
    concerns: ({ pdu: { type } }) => isCaseEnvelope(type) || type === 'm.room.redaction',
    read: (range) => ctx.rooms.envelopesIn(range),
    keysOf: (event) =>
      rootsConcerned(event, {
        rooms: ctx.rooms,
        rootType: caseEventType,
        isEnvelope: isCaseEnvelope,
        holding: rows.holding,
        worked: () => projection.worked(),
      }),
    work: project,
  })

  const judgedBefore = async (caseId: string): Promise<Judged | undefined> =>
    judgements.get(caseId) ?? (await rows.judged(caseId))

  /**
   * The case as the log has it now, from one reading of its events: each is judged that is reduced. What was judged when
   * it arrived stays so: a later change of the federation list does not rewrite what was done.
   */
  async function reduced(
    root: StoredEvent,
    before: Judged | undefined,
  ): Promise<{ state: CaseState | undefined; judged: Judged; about: StoredEvent[] }> {
    const about = await stepsOf(ctx.rooms, root)
    const steps = about.filter(({ pdu }) => pdu.type === caseUpdateEventType)
    const seen = new Set(before?.seen)
    const unbelieved = new Set(before?.unbelieved)
    for (const event of [root, ...steps]) {
      if (seen.has(event.eventId)) continue
      seen.add(event.eventId)
      if (!isBelieved(event)) unbelieved.add(event.eventId)
    }
    const state = reduceCase(
      timelineEvent(root),
      steps.map(timelineEvent),
      (event) => !unbelieved.has(event.event_id),
    )
    return { state: typeof state === 'string' ? undefined : state, judged: { seen, unbelieved }, about }
  }

  async function project(caseId: string): Promise<void> {
    const root = await rootOf(ctx.rooms, caseId, caseEventType)
    if (!root) return
    const before = await judgedBefore(caseId)
    const { state, judged } = await reduced(root, before)
    if (!state) {
      judgements.delete(caseId)
      await rows.drop(caseId)
      deleted.forget(root.roomId)
      return
    }
    const row = caseRow(state)
    await rows.keep(row, root, judged)
    judgements.set(caseId, judged)
    if (!before && ctx.accounts.isLocal(root.pdu.sender)) await references.used(row.reference)
    for (const listener of listeners) listener(row)
  }

  async function read(caseId: string): ReturnType<Cases['read']> {
    const root = await rootOf(ctx.rooms, caseId, caseEventType)
    if (!root) return undefined
    const { state, about } = await reduced(root, await judgedBefore(caseId))
    const events = [root, ...about.filter((event) => event.redactedBy === undefined)]
    return state && { state, events }
  }

  function isBelieved(event: StoredEvent): boolean {
    const institution = institutionOf(event)
    const server = serverNameOf(event.pdu.sender)
    if (institution === undefined || server === undefined) return true
    return ctx.federation.hosts(server, institution)
  }

  /**
   * Once: rows that an earlier version left standing for cases that had been deleted. A board that lists them opens what is
   * not there, and a call is raised about them.
   */
  async function dropDeleted(): Promise<void> {
    const cursors = await openCursors(ctx.db)
    if ((await cursors.get(DELETED_DROPPED)) !== undefined) return
    const ids = [...rows.entries()].map(({ row }) => row.id)
    for (let at = 0; at < ids.length && !closed; at += LOOKED_AT) {
      const events = await ctx.rooms.events(ids.slice(at, at + LOOKED_AT))
      revisit(events.filter((event) => event.redactedBy !== undefined))
      await projection.caughtUp()
    }
    if (!closed) await cursors.set(DELETED_DROPPED, 1)
  }

  function revisit(events: readonly StoredEvent[]): void {
    for (const roomId of new Set(events.map((event) => event.roomId))) deleted.forget(roomId)
    void projection.revisit(events)
  }

  const history = await createCaseHistory(ctx, models, (events) => {
    revisit(events)
    ctx.escalations.revisit(events)
    ctx.meetings.revisit(events)
  })
  let closed = false
  void projection.start()
  void dropDeleted().catch((error: unknown) => ctx.log.warn({ err: error }, 'deleted cases not looked for'))

  return {
    state: async (caseId) => (await read(caseId))?.state,
    read,
    row: rows.row,
    entries: rows.entries,
    ended: rows.ended,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    lapsed(now) {
      const lapsed: CaseRow[] = []
      let nextTs: number | undefined
      for (const { row } of rows.entries()) {
        if (!ctx.accounts.isLocal(row.opened_by)) continue
        const due = nextDue(row)
        if (!due) continue
        if (due.at <= now) lapsed.push(row)
        else if (nextTs === undefined || due.at < nextTs) nextTs = due.at
      }
      return { rows: lapsed, nextTs }
    },
    references,
    deleted,
    revisit,
    joined: (roomId) => history.joined(roomId),
    settled: projection.caughtUp,
    async close() {
      closed = true
      history.close()
      await projection.close()
    },
  }
}

const isCaseEnvelope = (type: string) => type === caseEventType || type === caseUpdateEventType
