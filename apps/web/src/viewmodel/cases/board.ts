import {
  type BoardFilter,
  byUrgency,
  type CaseRow,
  type CaseState,
  caseRow,
  flagsOf,
  matches,
  partiesOf,
  refusalOf,
} from '@enlace/coordination'
import { z } from 'zod'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import { type BoardCounts, type BoardRow, type DeletedCase, rowSchema } from '../../model/cases/records.ts'
import type { BoardQuery } from '../../model/cases/types.ts'
import type { Session } from '../../model/session/types.ts'
import type { AcknowledgeResult, Board, BoardChoice, BoardState, Bulk } from './types.ts'

const PAGE = 200
const MAX_KEPT = 1_000
const TICK_MS = 30_000
const KEPT = 'board'
const keptSchema = z.object({ at: z.number(), rows: z.array(rowSchema) })

export const startChoice: BoardChoice = { tab: 'institution', reference: '', ended: false }

export function queryOf(choice: BoardChoice): BoardQuery {
  const { tab, room, family, kind, priority, flag, reference, ended } = choice
  return {
    view: tab === 'room' ? 'all' : tab,
    ...(tab === 'room' && room ? { room } : {}),
    ...(family ? { family } : {}),
    ...(kind ? { kind } : {}),
    ...(priority ? { priority } : {}),
    ...(flag ? { flag } : {}),
    ...(reference.trim() ? { reference: reference.trim() } : {}),
    ended,
  }
}

/** The same choice applied here, for rows this device kept. */
export function chosen(
  rows: readonly BoardRow[],
  choice: BoardChoice,
  who: { userId: string; institution: string | undefined },
): BoardRow[] {
  const filter: BoardFilter = {
    ...(choice.tab === 'mine' ? { mine: who.userId } : {}),
    ...(choice.tab === 'room' && choice.room ? { room: choice.room } : {}),
    ...(choice.family ? { families: [choice.family] } : {}),
    ...(choice.kind ? { kinds: [choice.kind] } : {}),
    ...(choice.priority ? { priorities: [choice.priority] } : {}),
    ...(choice.flag ? { flag: choice.flag } : {}),
    ...(choice.reference.trim() ? { reference: choice.reference } : {}),
    ended: choice.ended,
  }
  return rows
    .filter(
      (row) =>
        matches(row, filter, row.flags) &&
        (choice.tab !== 'overdue' || row.flags.includes('overdue')) &&
        (choice.tab !== 'institution' ||
          (who.institution !== undefined && partiesOf(row).includes(who.institution))),
    )
    .sort(byUrgency)
}

/** The row, or a fresher one where sync has brought a step since the node's board was asked. */
export function fresher(row: BoardRow, state: CaseState | undefined): BoardRow {
  if (!state || state.waiting.length > 0) return row
  const own = caseRow(state)
  return own.changed_ts > row.changed_ts ? { ...own, flags: row.flags, escalation: row.escalation } : row
}

const flagged = (row: BoardRow, now: number): BoardRow => {
  const flags = flagsOf(row, now, row.escalation !== undefined || row.flags.includes('escalated'))
  return flags.join() === row.flags.join() ? row : { ...row, flags }
}

export function createBoard(session: Session): Board {
  const { cases, database, userId } = session
  let choice = startChoice
  let rows: BoardRow[] = []
  let total = 0
  let counts: BoardCounts | undefined
  let deleted: readonly DeletedCase[] = []
  let next: string | undefined
  let source: BoardState['source'] = 'kept'
  let asOf: number | undefined
  let skew = 0
  let loading = false
  let failure: Failure | undefined
  let asked = 0
  let closed = false
  const seen = new Map<string, BoardRow>()
  const selected = createStore<ReadonlySet<string>>(new Set())
  const bulk = createStore<Bulk | undefined>(undefined)

  const who = () => ({ userId, institution: session.me.get()?.institution?.key })
  const state = createStore<BoardState>(build())

  function build(): BoardState {
    const now = Date.now() + skew
    const known = cases.known.get()
    let shown: BoardRow[]
    if (source === 'node') shown = rows.map((row) => flagged(fresher(row, known.get(row.id)), now))
    else {
      const all =
        source === 'kept'
          ? [...seen.values()].map((row) => fresher(row, known.get(row.id)))
          : [...known.values()].map((one) => ({ ...caseRow(one), flags: [] }))
      shown = chosen(
        all.map((row) => flagged(row, now)),
        choice,
        who(),
      )
    }
    return {
      choice,
      rows: shown,
      deleted,
      total: source === 'node' ? total : shown.length,
      ...(source === 'node' && counts ? { counts } : {}),
      source,
      ...(asOf === undefined ? {} : { asOf }),
      now,
      loading,
      more: source === 'node' && next !== undefined,
      ...(failure ? { failure } : {}),
    }
  }
  const show = () => {
    if (!closed) state.set(build())
  }

  async function ask(from: string | undefined): Promise<void> {
    const mine = ++asked
    loading = true
    show()
    try {
      // As many as are shown now, so that a board that was scrolled far does not fall back to its first page.
      const limit = PAGE
      let page = await cases.api.board({ ...queryOf(choice), limit, ...(from ? { from } : {}) })
      if (mine !== asked || closed) return
      failure = undefined
      if (page === undefined) {
        source = 'timelines'
        return
      }
      const got = [...page.rows]
      while (from === undefined && page?.next !== undefined && got.length < rows.length) {
        page = await cases.api.board({ ...queryOf(choice), limit, from: page.next })
        if (mine !== asked || closed || !page) return
        got.push(...page.rows)
      }
      rows = from === undefined ? got : distinct([...rows, ...got])
      total = page.total
      counts = page.counts
      next = page.next
      skew = page.now - Date.now()
      asOf = page.now
      source = 'node'
      deleted = page.deleted
      // What this device kept of them is no board any more.
      for (const { id } of deleted) seen.delete(id)
      for (const row of got) {
        seen.delete(row.id)
        seen.set(row.id, row)
      }
      keepSoon()
    } catch (error) {
      if (mine !== asked || closed) return
      failure = failureOf(error)
      // Rows of another choice are not shown as the answer to this one.
      if (from === undefined) source = 'kept'
    } finally {
      if (mine === asked) {
        loading = false
        show()
      }
    }
  }

  const keepSoon = coalesce(() => {
    for (const id of seen.keys()) {
      if (seen.size <= MAX_KEPT) break
      seen.delete(id)
    }
    void database
      .put('facts', KEPT, { at: asOf ?? Date.now(), rows: [...seen.values()] })
      .catch(() => undefined)
  }, 1_500)

  void database.get('facts', KEPT).then(
    (value) => {
      const parsed = keptSchema.safeParse(value)
      if (!parsed.success || closed) return
      for (const row of parsed.data.rows) if (!seen.has(row.id)) seen.set(row.id, row)
      asOf ??= parsed.data.at
      show()
    },
    () => undefined,
  )

  const refresh = () => ask(undefined)
  const refreshSoon = coalesce(() => void refresh(), 500, 3_000)
  const chosenAnew = coalesce(() => void refresh(), 250)
  const redraw = coalesce(show, 50)
  const stops = [
    cases.arrivals.subscribe(refreshSoon),
    cases.known.subscribe(redraw),
    session.escalations.all.subscribe(refreshSoon),
    session.me.subscribe(refreshSoon),
    session.connection.subscribe(() => session.connection.get() === 'online' && refreshSoon()),
  ]
  const stopTicking = everyWhileSeen(TICK_MS, show)
  void refresh()

  async function acknowledgeOne(id: string): Promise<AcknowledgeResult> {
    const reference = seen.get(id)?.reference ?? cases.known.get().get(id)?.reference ?? ''
    try {
      const file = await cases.api.one(id)
      const one = file ? cases.learn(file.events) : cases.known.get().get(id)
      const by = cases.actor()
      if (!one || !by || refusalOf(one, { step: 'acknowledge', by }) !== undefined)
        return { id, reference, problem: { kind: 'not_now' } }
      await cases.step(id, { step: 'acknowledge' }, `k${crypto.randomUUID()}`)
      return { id, reference }
    } catch (error) {
      return { id, reference, problem: failureOf(error) }
    }
  }

  return {
    state,
    selected,
    bulk,
    choose(change) {
      const before = choice
      choice = { ...choice, ...change }
      if (choice.tab !== before.tab) selected.set(new Set())
      // Until the node answers: what this device has, filtered here.
      source = source === 'timelines' ? source : 'kept'
      rows = []
      next = undefined
      loading = true
      show()
      chosenAnew()
    },
    refresh,
    async loadMore() {
      if (next !== undefined && !loading) await ask(next)
    },
    toggle: (id) =>
      selected.update((now) => {
        const after = new Set(now)
        if (!after.delete(id)) after.add(id)
        return after
      }),
    selectNone: () => selected.set(new Set()),
    async acknowledge(ids) {
      if (bulk.get()?.running || ids.length === 0) return
      bulk.set({ total: ids.length, results: [], running: true })
      for (const id of ids) {
        const result = await acknowledgeOne(id)
        bulk.update((now) => now && { ...now, results: [...now.results, result] })
      }
      const failed = new Set(
        bulk
          .get()
          ?.results.filter((one) => one.problem)
          .map((one) => one.id),
      )
      selected.update((now) => new Set([...now].filter((id) => failed.has(id))))
      bulk.update((now) => now && { ...now, running: false })
      refreshSoon()
    },
    dismissBulk: () => bulk.set(undefined),
    csv: () => cases.api.csv(queryOf(choice)),
    close() {
      closed = true
      stopTicking()
      for (const one of [refreshSoon, chosenAnew, redraw, keepSoon]) one.cancel()
      for (const stop of stops) stop()
    },
  }
}

function distinct(rows: readonly BoardRow[]): BoardRow[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()]
}

/** Whether the account may acknowledge this case now, as far as the row tells. */
export function mayAcknowledge(row: CaseRow, institution: string | undefined): boolean {
  if (institution === undefined) return false
  if (row.unacknowledged) return row.unacknowledged.includes(institution)
  if (row.kind === 'transfer') return row.status === 'sent' && row.offered_to === institution
  return (
    row.owner === institution &&
    row.times.acknowledged === undefined &&
    (row.status === 'sent' || row.kind === 'child_return')
  )
}
