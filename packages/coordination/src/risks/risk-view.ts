/** Reports as people see them: rows for the network and for the public, filters, clusters by zoom and counts by month. */
import { localDate } from '../time/border-time.ts'
import { endOfUntil, type PublicRisk } from './public-risk.ts'
import { detailsOf, publicationOf, type RiskGroup } from './risk.ts'
import {
  type ClusterKm,
  type ClusterPlace,
  clusterKm,
  coarsened,
  type PlaceGuard,
  type RiskPlace,
} from './risk-place.ts'
import type { Publication, RiskReport } from './risk-state.ts'
import { type Reliability, type RiskKind, type RiskSource, reliabilityKeys, riskKinds } from './risk-words.ts'

const DAY_MS = 86_400_000
/** Days from the end of its validity until a report is off the map. */
export const fadingDays = 30

/** What the network knows besides. */
export interface NetworkRisk extends PublicRisk {
  /** of the report in front */
  id: string
  roomId: string
  /** institutions that reported it, the first in front */
  institutions: string[]
  publication: Publication
  note?: string
}

type CountryOf = (institution: string) => string | undefined

const isMoreSure = (a: Reliability, b: Reliability) => reliabilityKeys.indexOf(a) > reliabilityKeys.indexOf(b)

/** What a group of duplicates says: of the first of these, with the latest end and the best reliability of them all. */
function joined(members: readonly RiskReport[]) {
  const all = members.flatMap((one) => detailsOf(one) ?? [])
  const [first] = all
  if (!first) return undefined
  let { until, reliability } = first
  let place: RiskPlace | undefined = first.place
  for (const one of all) {
    if (one.until > until) until = one.until
    if (isMoreSure(one.reliability, reliability)) reliability = one.reliability
    if (one.indoors && place) place = coarsened(place, 'cell_25')
  }
  return { ...first, place, until, reliability, reports: all.length }
}

/** For members of the channel: places as the guard lets them be, days whole. Withdrawn and unreadable reports are none. */
export function networkRisks(
  groups: Iterable<RiskGroup>,
  guard: PlaceGuard,
  countryOf: CountryOf,
): NetworkRisk[] {
  const rows: NetworkRisk[] = []
  for (const { first, members } of groups) {
    const whole = joined(members)
    if (!whole || first.withdrawn) continue
    const { kind, day, until, source, reliability, reports, note } = whole
    const states = members.map((one) => publicationOf(one, countryOf))
    rows.push({
      id: first.id,
      roomId: first.roomId,
      kind,
      place: whole.place && guard.settle(whole.place),
      when: day,
      until,
      source,
      reliability,
      reports,
      institutions: [...new Set(members.map((one) => one.opened.by.institution))],
      publication: states.includes('public') ? 'public' : publicationOf(first, countryOf),
      ...(note === undefined ? {} : { note }),
    })
  }
  return rows.sort((a, b) => (a.when < b.when ? 1 : a.when > b.when ? -1 : a.id < b.id ? -1 : 1))
}

/**
 * For anybody: what two coordinators of two countries approved, as coarse as its kind asks, without note, institution, person or
 * event. One report with an objection keeps the whole group inside.
 */
export function publicRisks(
  groups: Iterable<RiskGroup>,
  guard: PlaceGuard,
  countryOf: CountryOf,
): PublicRisk[] {
  const rows: PublicRisk[] = []
  for (const { members } of groups) {
    const states = new Map(members.map((one) => [one, publicationOf(one, countryOf)]))
    if ([...states.values()].includes('objected')) continue
    const whole = joined(members.filter((one) => states.get(one) === 'public'))
    if (!whole) continue
    const { kind, source, reliability, reports } = whole
    const { publicAtLeast, publicTime } = riskKinds[kind]
    const shown = (day: string) => (publicTime === 'day' ? day : day.slice(0, 7))
    rows.push({
      kind,
      place: whole.place && guard.settle(whole.place, publicAtLeast),
      when: shown(whole.day),
      until: shown(whole.until),
      source,
      reliability,
      reports,
    })
  }
  // By what they say alone: the order in which they were reported would say when.
  return rows
    .map((row) => ({ row, key: JSON.stringify([row.when, row.kind, row.place ?? null, row]) }))
    .sort((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0))
    .map(({ row }) => row)
}

/** How strongly a report is drawn: 1 while it is valid, then less from day to day, 0 after `fadingDays`. */
export function strengthOf({ until }: Pick<PublicRisk, 'until'>, now: number): number {
  const over = now - endOfUntil(until)
  if (over <= 0) return 1
  return Math.max(0, 1 - over / (fadingDays * DAY_MS))
}
export const isExpired = (risk: Pick<PublicRisk, 'until'>, now: number): boolean =>
  now > endOfUntil(risk.until)

/** What is not given is not asked. */
export interface RiskFilter {
  kinds?: readonly RiskKind[]
  /** local days, `YYYY-MM-DD`, both included; a row with a month alone is in if the month touches them */
  from?: string
  to?: string
  /** this and better */
  reliability?: Reliability
  sources?: readonly RiskSource[]
  /** also what has faded altogether */
  faded?: boolean
}

export function filteredRisks<Row extends PublicRisk>(
  rows: Iterable<Row>,
  filter: RiskFilter,
  now: number,
): Row[] {
  const { kinds, from, to, reliability, sources, faded } = filter
  return [...rows].filter(
    (row) =>
      (!kinds || kinds.length === 0 || kinds.includes(row.kind)) &&
      (!sources || sources.length === 0 || sources.includes(row.source)) &&
      (from === undefined || row.when >= from.slice(0, row.when.length)) &&
      (to === undefined || row.when <= to.slice(0, row.when.length)) &&
      (reliability === undefined || !isMoreSure(reliability, row.reliability)) &&
      (faded === true || strengthOf(row, now) > 0),
  )
}

/** Side of what is counted together at a web map's zoom (0 the world, 20 a house). Never under 5 km, whatever the zoom. */
export function clusterKmAt(zoom: number): ClusterKm {
  /** as wide as a finger */
  const PIXELS = 46
  const kmOfPixel = (156.543 * Math.cos((15 * Math.PI) / 180)) / 2 ** zoom
  return clusterKm.find((km) => km >= kmOfPixel * PIXELS) ?? 200
}

export interface RiskCluster extends ClusterPlace {
  /** rows here, and reports they stand for */
  rows: number
  reports: number
  kinds: Partial<Record<RiskKind, number>>
}

/** Rows counted by square or municipality, most first. Rows whose place is withheld are in none. */
export function riskClusters(rows: Iterable<PublicRisk>, zoom: number, guard: PlaceGuard): RiskCluster[] {
  const km = clusterKmAt(zoom)
  const clusters = new Map<string, RiskCluster>()
  for (const { place, kind, reports } of rows) {
    const settled = place && guard.settle(place)
    const at = settled && guard.cluster(settled, km)
    if (!at) continue
    const one = clusters.get(at.key) ?? { ...at, rows: 0, reports: 0, kinds: {} }
    clusters.set(at.key, one)
    one.rows += 1
    one.reports += reports
    one.kinds[kind] = (one.kinds[kind] ?? 0) + 1
  }
  return [...clusters.values()].sort((a, b) => b.rows - a.rows || (a.key < b.key ? -1 : 1))
}

/** Rows of each month, `YYYY-MM`, the earliest first; months without any between them are there with 0. */
export function risksByMonth(rows: Iterable<PublicRisk>): { month: string; rows: number }[] {
  const counts = new Map<string, number>()
  for (const { when } of rows) counts.set(when.slice(0, 7), (counts.get(when.slice(0, 7)) ?? 0) + 1)
  const months = [...counts.keys()].sort()
  const [first, last] = [months[0], months.at(-1)]
  if (first === undefined || last === undefined) return []
  const all: { month: string; rows: number }[] = []
  for (let month = first; month <= last; month = monthAfter(month))
    all.push({ month, rows: counts.get(month) ?? 0 })
  return all
}

function monthAfter(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`
}

/** The last day a report made today is offered to be valid. */
export const offeredUntil = (kind: RiskKind, now: number): string =>
  localDate(now + riskKinds[kind].days * DAY_MS)
