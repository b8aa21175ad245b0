/** The board: one row per case, flags, filters and order. Rows are envelopes; nothing in them is secret from a server. */
import type { CaseState } from './case.ts'
import {
  type CaseFamily,
  type CaseStatus,
  finalStatuses,
  fulfilledStatuses,
  type Priority,
} from './case-families.ts'
import { type CaseKind, familyEntry, familyOf } from './case-kinds.ts'

/** A case as boards, deadlines and measures see it. Times in milliseconds since the Unix epoch. */
export interface CaseRow {
  id: string
  room_id: string
  reference: string
  kind: CaseKind
  status: CaseStatus
  priority: Priority
  requesting: string
  owner: string
  offered_to?: string
  /** institutions of a return notice that have not acknowledged it */
  unacknowledged?: string[]
  opened_by: string
  opened_ts: number
  acknowledge_by: number
  deadline: number
  assignee?: string
  /** who follows it up for the institution that asks, where it is not who opened it */
  follower?: string
  /** references of the cases this one waits for, and their events */
  waits_for?: { event_id: string; room_id: string; reference: string }[]
  duplicate_of?: string
  times: Partial<Record<CaseStatus, number>>
  /** of the newest step */
  changed_ts: number
  refused: number
}

export function caseRow(state: CaseState): CaseRow {
  const waitsFor = state.links.filter((link) => link.rel === 'waits_for')
  const unacknowledged = state.receiving.filter((one) => one.acknowledgedAt === undefined)
  return {
    id: state.id,
    room_id: state.roomId,
    reference: state.reference,
    kind: state.kind,
    status: state.status,
    priority: state.priority,
    requesting: state.requesting,
    owner: state.owner,
    ...(state.offered ? { offered_to: state.offered.to } : {}),
    ...(unacknowledged.length > 0 ? { unacknowledged: unacknowledged.map((one) => one.institution) } : {}),
    opened_by: state.openedBy,
    opened_ts: state.openedAt,
    acknowledge_by: state.acknowledgeBy,
    deadline: state.deadline,
    ...(state.assignee ? { assignee: state.assignee } : {}),
    ...(state.follower ? { follower: state.follower } : {}),
    ...(waitsFor.length > 0
      ? { waits_for: waitsFor.map(({ event_id, room_id, reference }) => ({ event_id, room_id, reference })) }
      : {}),
    ...(state.duplicateOf ? { duplicate_of: state.duplicateOf.reference } : {}),
    times: state.times,
    changed_ts: state.history.at(-1)?.at ?? state.openedAt,
    refused: state.refused.length,
  }
}

export type DueFor = 'acknowledgement' | 'fulfilment'

/** What a case owes next and when; undefined when it owes nothing any more. */
export function nextDue(row: CaseRow): { what: DueFor; at: number } | undefined {
  if (finalStatuses.has(row.status)) return undefined
  const acknowledgement =
    row.times.acknowledged === undefined &&
    (row.status === 'sent' || familyEntry(row.kind).acknowledgedInAnyStatus || row.unacknowledged)
  if (acknowledgement && row.acknowledge_by < row.deadline)
    return { what: 'acknowledgement', at: row.acknowledge_by }
  if (fulfilledStatuses.has(row.status)) return undefined
  return { what: 'fulfilment', at: row.deadline }
}

export type CaseFlag = 'overdue' | 'almost_due' | 'escalated' | 'possible_duplicate'

const WEEK = 7 * 86_400_000

/** The last quarter of the time there was, and never more than a week before the end. */
export function almostDueFrom(row: CaseRow): number | undefined {
  const due = nextDue(row)
  return due && due.at - Math.min(Math.max(0, due.at - row.opened_ts) / 4, WEEK)
}

export function flagsOf(row: CaseRow, now: number, escalated: boolean): CaseFlag[] {
  const flags: CaseFlag[] = []
  const due = nextDue(row)
  if (due && now >= due.at) flags.push('overdue')
  else if (due && now >= almostDueFrom(row)!) flags.push('almost_due')
  if (escalated) flags.push('escalated')
  if (row.duplicate_of) flags.push('possible_duplicate')
  return flags
}

export interface BoardFilter {
  /** cases this person has in hand */
  mine?: string
  /** cases the institution opened, owns, is offered or is to acknowledge */
  institution?: string
  room?: string
  families?: readonly CaseFamily[]
  kinds?: readonly CaseKind[]
  statuses?: readonly CaseStatus[]
  priorities?: readonly Priority[]
  flag?: CaseFlag
  /** part of the reference, any case */
  reference?: string
  /** cases that are closed, rejected or revoked too */
  ended?: boolean
}

export function matches(row: CaseRow, filter: BoardFilter, flags: readonly CaseFlag[]): boolean {
  if (!filter.ended && !filter.statuses && (row.status === 'closed' || row.status === 'revoked')) return false
  if (filter.mine !== undefined && !isMine(row, filter.mine)) return false
  if (filter.institution !== undefined && !partiesOf(row).includes(filter.institution)) return false
  if (filter.room !== undefined && row.room_id !== filter.room) return false
  if (filter.families && !filter.families.includes(familyOf(row.kind))) return false
  if (filter.kinds && !filter.kinds.includes(row.kind)) return false
  if (filter.statuses && !filter.statuses.includes(row.status)) return false
  if (filter.priorities && !filter.priorities.includes(row.priority)) return false
  if (filter.flag && !flags.includes(filter.flag)) return false
  return filter.reference === undefined || row.reference.includes(filter.reference.trim().toUpperCase())
}

/** Whether the person has it in hand: it is assigned to them, or they follow it up for the institution that asks. */
export const isMine = (row: CaseRow, userId: string): boolean =>
  row.assignee === userId || (row.follower ?? row.opened_by) === userId

/** Institutions that have something to do with a case. */
export function partiesOf(row: CaseRow): string[] {
  return [
    row.requesting,
    row.owner,
    ...(row.offered_to ? [row.offered_to] : []),
    ...(row.unacknowledged ?? []),
  ]
}

const rank: Record<Priority, number> = { high: 0, medium: 1, low: 2 }

/** What is due first comes first, then what is most urgent, then the oldest; what owes nothing comes last. */
export const byUrgency = (a: CaseRow, b: CaseRow): number => urgency(a, dueTime(a), b, dueTime(b))

/** The same order for many rows: when each is due is worked out once, not in every comparison. */
export function inOrderOfUrgency<T>(items: readonly T[], rowOf: (item: T) => CaseRow): T[] {
  return items
    .map((item) => ({ item, row: rowOf(item), due: dueTime(rowOf(item)) }))
    .sort((a, b) => urgency(a.row, a.due, b.row, b.due))
    .map(({ item }) => item)
}

const dueTime = (row: CaseRow) => nextDue(row)?.at ?? Number.POSITIVE_INFINITY

function urgency(a: CaseRow, dueA: number, b: CaseRow, dueB: number): number {
  if (dueA !== dueB) return dueA - dueB
  return rank[a.priority] - rank[b.priority] || a.opened_ts - b.opened_ts || (a.id < b.id ? -1 : 1)
}

/** Envelopes as CSV (RFC 4180, UTF-8), times as RFC 3339. A cell never begins a formula. */
export function boardCsv(rows: readonly CaseRow[], now: number, escalated: ReadonlySet<string>): string {
  const head = [
    'reference',
    'kind',
    'status',
    'priority',
    'requesting',
    'owner',
    'opened',
    'acknowledge_by',
    'acknowledged',
    'deadline',
    'issued',
    'delivered',
    'closed',
    'flags',
    'waits_for',
  ]
  const time = (at: number | undefined) => (at === undefined ? '' : new Date(at).toISOString())
  const lines = rows.map((row) => [
    row.reference,
    row.kind,
    row.status,
    row.priority,
    row.requesting,
    row.owner,
    time(row.opened_ts),
    time(row.acknowledge_by),
    time(row.times.acknowledged),
    time(row.deadline),
    time(row.times.issued),
    time(row.times.delivered),
    time(row.times.closed),
    flagsOf(row, now, escalated.has(row.id)).join(' '),
    (row.waits_for ?? []).map((link) => link.reference).join(' '),
  ])
  return toCsv([head, ...lines])
}

/** Numbers are written as they are: one with a minus is no formula. */
export function toCsv(lines: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    if (typeof value === 'number') return String(value)
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return `${lines.map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`
}
