/** Measures a bilateral meeting reads, computed from envelopes alone. */
import { localMonth } from '../time/border-time.ts'
import { type CaseRow, nextDue, toCsv } from './case-board.ts'
import type { CaseFamily } from './case-families.ts'
import { type CaseKind, familyEntry, familyOf } from './case-kinds.ts'

export type MeasureGroup = 'kind' | 'institution' | 'country' | 'month'

export interface Spread {
  count: number
  /** milliseconds */
  median?: number
  p90?: number
}

export interface EscalationTimes {
  /** case or message event the escalation is about */
  caseId?: string
  raisedAt: number
  acknowledgedAt?: number
}

export interface Measure {
  /** the kind, institution key, country code, `YYYY-MM`; `` for all */
  key: string
  cases: number
  /** from sent on */
  acknowledged: Spread
  issued: Spread
  delivered: Spread
  /** of those fulfilled, how many by their deadline; undefined when none is fulfilled */
  withinTarget?: number
  overdueNow: number
  rejected: number
  escalations: number
  escalationAcknowledged: Spread
}

export interface MeasureOptions {
  now: number
  /** sent in [from, to) */
  from?: number
  to?: number
  kinds?: readonly CaseKind[]
  families?: readonly CaseFamily[]
  country?: string
  institution?: string
  /** ISO 3166 code of an institution's country */
  countryOf(institution: string): string | undefined
}

/** Linear interpolation between the closest ranks, as spreadsheets do (PERCENTILE.INC). */
export function percentile(sorted: readonly number[], p: number): number | undefined {
  if (sorted.length === 0) return undefined
  const at = (sorted.length - 1) * p
  const low = Math.floor(at)
  const a = sorted[low]!
  return a + ((sorted[low + 1] ?? a) - a) * (at - low)
}

function spread(values: number[]): Spread {
  values.sort((a, b) => a - b)
  const median = percentile(values, 0.5)
  const p90 = percentile(values, 0.9)
  return {
    count: values.length,
    ...(median === undefined ? {} : { median }),
    ...(p90 === undefined ? {} : { p90 }),
  }
}

/** One measure per group, by key. Cases without escalations of their own count none. */
export function measure(
  rows: Iterable<CaseRow>,
  escalations: Iterable<EscalationTimes>,
  group: MeasureGroup | 'all',
  options: MeasureOptions,
): Measure[] {
  const groups = new Map<string, { rows: CaseRow[]; escalations: EscalationTimes[] }>()
  const keyOf = new Map<string, string>()
  for (const row of rows) {
    if (!counts(row, options)) continue
    const key = groupKey(row, group, options)
    keyOf.set(row.id, key)
    const found = groups.get(key)
    if (found) found.rows.push(row)
    else groups.set(key, { rows: [row], escalations: [] })
  }
  for (const escalation of escalations) {
    const key = escalation.caseId === undefined ? undefined : keyOf.get(escalation.caseId)
    if (key !== undefined) groups.get(key)!.escalations.push(escalation)
  }
  return [...groups]
    .map(([key, found]) => one(key, found.rows, found.escalations, options.now))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

function counts(row: CaseRow, options: MeasureOptions): boolean {
  if (options.from !== undefined && row.opened_ts < options.from) return false
  if (options.to !== undefined && row.opened_ts >= options.to) return false
  if (options.kinds && !options.kinds.includes(row.kind)) return false
  if (options.families && !options.families.includes(familyOf(row.kind))) return false
  if (options.institution !== undefined && row.owner !== options.institution) return false
  return options.country === undefined || options.countryOf(row.owner) === options.country
}

function groupKey(row: CaseRow, group: MeasureGroup | 'all', options: MeasureOptions): string {
  switch (group) {
    case 'all':
      return ''
    case 'kind':
      return row.kind
    case 'institution':
      return row.owner
    case 'country':
      return options.countryOf(row.owner) ?? '?'
    case 'month':
      return localMonth(row.opened_ts)
  }
}

function one(
  key: string,
  rows: readonly CaseRow[],
  escalations: readonly EscalationTimes[],
  now: number,
): Measure {
  const since = (pick: (row: CaseRow) => number | undefined) =>
    spread(
      rows.flatMap((row) => {
        const at = pick(row)
        // Clocks of two institutions differ: an answer is never counted as earlier than the question.
        return at === undefined ? [] : [Math.max(0, at - row.opened_ts)]
      }),
    )
  const fulfilled = rows.flatMap((row) => {
    const at = fulfilledAt(row)
    return at === undefined ? [] : [at <= row.deadline]
  })
  const overdueNow = rows.filter((row) => {
    const due = nextDue(row)
    return due !== undefined && due.at <= now
  }).length
  return {
    key,
    cases: rows.length,
    acknowledged: since((row) => row.times.acknowledged),
    issued: since((row) => row.times.issued),
    delivered: since((row) => (familyEntry(row.kind).delivers ? fulfilledAt(row) : undefined)),
    ...(fulfilled.length > 0 ? { withinTarget: fulfilled.filter(Boolean).length / fulfilled.length } : {}),
    overdueNow,
    rejected: rows.filter((row) => row.times.rejected !== undefined).length,
    escalations: escalations.length,
    escalationAcknowledged: spread(
      escalations.flatMap((escalation) =>
        escalation.acknowledgedAt === undefined
          ? []
          : [Math.max(0, escalation.acknowledgedAt - escalation.raisedAt)],
      ),
    ),
  }
}

const fulfilledAt = (row: CaseRow): number | undefined => row.times[familyEntry(row.kind).fulfilledBy]

export function measuresCsv(group: MeasureGroup | 'all', measures: readonly Measure[]): string {
  const hours = (ms: number | undefined) => (ms === undefined ? '' : (ms / 3_600_000).toFixed(2))
  const head = [
    group,
    'cases',
    'acknowledged',
    'acknowledged_median_h',
    'acknowledged_p90_h',
    'issued',
    'issued_median_h',
    'issued_p90_h',
    'delivered',
    'delivered_median_h',
    'delivered_p90_h',
    'within_target',
    'overdue_now',
    'rejected',
    'escalations',
    'escalation_acknowledged_median_h',
    'escalation_acknowledged_p90_h',
  ]
  const three = (value: Spread) => [String(value.count), hours(value.median), hours(value.p90)]
  const lines = measures.map((one) => [
    one.key || '*',
    String(one.cases),
    ...three(one.acknowledged),
    ...three(one.issued),
    ...three(one.delivered),
    one.withinTarget === undefined ? '' : one.withinTarget.toFixed(3),
    String(one.overdueNow),
    String(one.rejected),
    String(one.escalations),
    hours(one.escalationAcknowledged.median),
    hours(one.escalationAcknowledged.p90),
  ])
  return toCsv([head, ...lines])
}
