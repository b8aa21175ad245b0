import type { SearchAsked, SearchFilters } from './types.ts'

const DAY_MS = 86_400_000
const DAYS = { today: 0, week: 6, month: 29 } as const

export const isNarrowed = (filters: SearchFilters): boolean =>
  Object.values(filters).some((one) => one !== undefined && one !== false && one !== '')

/** From when until when, in the time of this device; the end is not part of it. */
export function spanOf(filters: SearchFilters, now: number): { since?: number; until?: number } {
  const { span, from, to } = filters
  const today = new Date(now).setHours(0, 0, 0, 0)
  if (span === 'year') return { since: new Date(new Date(now).getFullYear(), 0, 1).getTime() }
  // Days are not all of 24 hours.
  if (span) return { since: new Date(today - DAYS[span] * DAY_MS + DAY_MS / 2).setHours(0, 0, 0, 0) }
  const since = from ? startOf(from) : undefined
  const until = to ? startOf(to, 1) : undefined
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) }
}

function startOf(day: string, later = 0): number | undefined {
  const [year, month, date] = day.split('-').map(Number)
  const at = new Date(year ?? Number.NaN, (month ?? 1) - 1, (date ?? 1) + later).getTime()
  return Number.isNaN(at) ? undefined : at
}

const FIELDS = ['sender', 'roomId', 'span', 'from', 'to', 'documents'] as const

export const sameSearch = (a: SearchAsked, b: SearchAsked): boolean =>
  a.text.trim() === b.text.trim() &&
  FIELDS.every((field) => (a.filters[field] || undefined) === (b.filters[field] || undefined))
