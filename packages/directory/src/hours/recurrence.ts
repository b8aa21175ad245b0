import type { Schedule } from '../hsds/objects.ts'

/** On which days a schedule holds: the RRULE fields of HSDS (RFC 5545), weekly and monthly. Days are counted since 1970. */

const DAY = 86_400_000

export type Recurrence = Pick<
  Schedule,
  | 'valid_from'
  | 'valid_to'
  | 'dtstart'
  | 'until'
  | 'count'
  | 'wkst'
  | 'freq'
  | 'interval'
  | 'byday'
  | 'byweekno'
  | 'bymonthday'
  | 'byyearday'
>

export const weekdayCodes = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const

/** The day a date names, `YYYY-MM-DD`; undefined for anything else. */
export function dayOf(date: string | undefined): number | undefined {
  if (!date || !/^\d{4}-\d{2}-\d{2}/.test(date)) return undefined
  const at = Date.parse(`${date.slice(0, 10)}T00:00:00Z`)
  return Number.isNaN(at) ? undefined : at / DAY
}

export const dateOfDay = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)

/** Sunday is 0. */
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7

interface WeekdayRule {
  weekday: number
  /** which of the month, from its end when negative; 0: each */
  nth: number
}

function weekdaysIn(byday: string | undefined): WeekdayRule[] {
  return (byday ?? '').split(',').flatMap((part) => {
    const match = /^([+-]?\d{1,2})?\s*(SU|MO|TU|WE|TH|FR|SA)$/i.exec(part.trim())
    if (!match) return []
    return [{ weekday: weekdayCodes.indexOf(match[2]!.toUpperCase() as 'SU'), nth: Number(match[1] ?? 0) }]
  })
}

const numbersIn = (list: string | undefined): number[] =>
  (list ?? '').split(',').flatMap((part) => (/^\s*[+-]?\d{1,3}\s*$/.test(part) ? [Number(part)] : []))

const yearOf = (day: number) => new Date(day * DAY).getUTCFullYear()
const firstOfYear = (year: number) => Date.UTC(year, 0, 1) / DAY
const firstOfMonth = (day: number, ahead = 0) => {
  const date = new Date(day * DAY)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1) / DAY
}
const monthNumber = (day: number) => {
  const date = new Date(day * DAY)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** A "count" is not followed further than this: some fifty years of days. */
const maxDaysCounted = 20_000

/**
 * The days of a schedule as a question. A schedule that names neither a rule nor a day holds on no day: what it says
 * is in its description.
 */
export function compileRecurrence(rule: Recurrence): (day: number) => boolean {
  const from = dayOf(rule.valid_from)
  const to = dayOf(rule.valid_to)
  const start = dayOf(rule.dtstart)
  const until = dayOf(rule.until)
  const within = (day: number) =>
    (from === undefined || day >= from) &&
    (to === undefined || day <= to) &&
    (start === undefined || day >= start) &&
    (until === undefined || day <= until)
  const weekdays = weekdaysIn(rule.byday)
  const monthDays = numbersIn(rule.bymonthday)
  const freq =
    rule.freq ??
    (monthDays.length > 0 || weekdays.some(({ nth }) => nth !== 0)
      ? 'MONTHLY'
      : weekdays.length > 0
        ? 'WEEKLY'
        : undefined)
  if (freq === undefined) {
    // A single day, or every day of a stretch of time.
    if (start !== undefined && from === undefined) return (day) => day === start
    return from !== undefined && to !== undefined ? within : () => false
  }
  const matches =
    freq === 'WEEKLY' ? weekly(rule, weekdays, start) : monthly(rule, weekdays, monthDays, start)
  const filtered = withYearFilters(rule, matches)
  const last = lastCounted(rule, start, filtered)
  return (day) => within(day) && (last === undefined || day <= last) && filtered(day)
}

function weekly(rule: Recurrence, weekdays: readonly WeekdayRule[], start: number | undefined) {
  const days = new Set(weekdays.map(({ weekday }) => weekday))
  if (days.size === 0 && start !== undefined) days.add(weekdayOf(start))
  const weekStart = weekdayCodes.indexOf(rule.wkst ?? 'MO')
  const weekOf = (day: number) => Math.floor((day - ((weekdayOf(day) - weekStart + 7) % 7) + 7) / 7)
  const interval = intervalOf(rule)
  return (day: number) =>
    days.has(weekdayOf(day)) && (start === undefined || (weekOf(day) - weekOf(start)) % interval === 0)
}

function monthly(
  rule: Recurrence,
  weekdays: readonly WeekdayRule[],
  monthDays: readonly number[],
  start: number | undefined,
) {
  const interval = intervalOf(rule)
  const ofMonth =
    monthDays.length > 0 || weekdays.length > 0 || start === undefined
      ? monthDays
      : [new Date(start * DAY).getUTCDate()]
  return (day: number) => {
    if (start !== undefined && (monthNumber(day) - monthNumber(start)) % interval !== 0) return false
    const first = firstOfMonth(day)
    const length = firstOfMonth(day, 1) - first
    const date = day - first + 1
    if (ofMonth.length > 0 && !ofMonth.some((each) => each === date || each === date - length - 1))
      return false
    if (weekdays.length === 0) return ofMonth.length > 0
    const nth = Math.ceil(date / 7)
    const nthFromEnd = -Math.ceil((length - date + 1) / 7)
    return weekdays.some(
      (each) =>
        each.weekday === weekdayOf(day) && (each.nth === 0 || each.nth === nth || each.nth === nthFromEnd),
    )
  }
}

const intervalOf = ({ interval }: Recurrence) =>
  interval !== undefined && Number.isInteger(interval) && interval > 1 ? interval : 1

function withYearFilters(rule: Recurrence, matches: (day: number) => boolean) {
  const weeks = numbersIn(rule.byweekno)
  const yearDays = numbersIn(rule.byyearday)
  if (weeks.length === 0 && yearDays.length === 0) return matches
  const weekStart = weekdayCodes.indexOf(rule.wkst ?? 'MO')
  // The first week of a year is the first with four of its days (RFC 5545, BYWEEKNO).
  const firstWeek = (year: number) => {
    const first = firstOfYear(year)
    const offset = (weekdayOf(first) - weekStart + 7) % 7
    return offset <= 3 ? first - offset : first - offset + 7
  }
  return (day: number) => {
    if (!matches(day)) return false
    const year = yearOf(day)
    if (yearDays.length > 0) {
      const length = firstOfYear(year + 1) - firstOfYear(year)
      const ofYear = day - firstOfYear(year) + 1
      if (!yearDays.some((each) => each === ofYear || each === ofYear - length - 1)) return false
    }
    if (weeks.length === 0) return true
    const weekYear = day >= firstWeek(year + 1) ? year + 1 : day < firstWeek(year) ? year - 1 : year
    const number = Math.floor((day - firstWeek(weekYear)) / 7) + 1
    const count = (firstWeek(weekYear + 1) - firstWeek(weekYear)) / 7
    return weeks.some((each) => each === number || each === number - count - 1)
  }
}

function lastCounted(
  rule: Recurrence,
  start: number | undefined,
  matches: (day: number) => boolean,
): number | undefined {
  if (rule.count === undefined || start === undefined) return undefined
  let left = rule.count
  for (let day = start; day < start + maxDaysCounted; day++) {
    if (matches(day)) left -= 1
    if (left <= 0) return left < 0 ? start - 1 : day
  }
  return undefined
}
