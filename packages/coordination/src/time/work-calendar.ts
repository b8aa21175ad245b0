/**
 * Working hours and holidays of Honduras and Guatemala. Both keep UTC-6 all year, so a day is a fixed stretch of time.
 * National holidays are the directory's; local and extraordinary days are added by coordinators (`CalendarChange`).
 */
import { halfDaysOf, holidaysOf } from '@enlace/directory/holidays'
import { z } from 'zod'
import { borderOffsetMs, localDate } from './border-time.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const NOON = 12 * 60

/** Minutes of the day [from, to) of one stretch of work. */
export type Stretch = readonly [from: number, to: number]

export interface WorkCalendar {
  /** Sunday first */
  week: readonly (readonly Stretch[])[]
  /** @param day local date, `YYYY-MM-DD` */
  isHoliday(day: string): boolean
  /** Work ends at noon that day. */
  isHalfDay?(day: string): boolean
}

const dateSchema = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/)
const minuteOfDay = z.int().min(0).max(1440)
const stretches = z
  .array(z.tuple([minuteOfDay, minuteOfDay]))
  .max(4)
  .refine(
    (list) => list.every(([from, to], at) => from < to && (at === 0 || list[at - 1]![1] <= from)),
    'stretches of work must be in order and must not overlap',
  )

/** What coordinators change of a calendar: hours of the week, days off and days on. */
export const calendarChangeSchema = z.strictObject({
  week: z.array(stretches).length(7).optional(),
  holidays_added: z.array(dateSchema).max(100).optional(),
  holidays_removed: z.array(dateSchema).max(100).optional(),
  /** work ends at noon */
  half_days_added: z.array(dateSchema).max(100).optional(),
})
export type CalendarChange = z.output<typeof calendarChangeSchema>

const office: readonly Stretch[] = [
  [8 * 60, 12 * 60],
  [13 * 60, 16 * 60],
]
const none: readonly Stretch[] = []
export const officeWeek: WorkCalendar['week'] = [none, office, office, office, office, office, none]

/** What holds for all with what one institution adds: it may also work on days that are off for the others. */
export function changesTogether(
  general: CalendarChange | undefined,
  own: CalendarChange | undefined,
): CalendarChange | undefined {
  if (!general || !own) return own ?? general
  const works = new Set(own.holidays_removed)
  const both = (
    key: 'holidays_added' | 'holidays_removed' | 'half_days_added',
    except?: ReadonlySet<string>,
  ) => [...new Set([...(general[key] ?? []).filter((day) => !except?.has(day)), ...(own[key] ?? [])])]
  const week = own.week ?? general.week
  return {
    ...(week ? { week } : {}),
    holidays_added: both('holidays_added', works),
    half_days_added: both('half_days_added', works),
    holidays_removed: both('holidays_removed'),
  }
}

export function workCalendar(country: string, change?: CalendarChange): WorkCalendar {
  const added = new Set(change?.holidays_added)
  const removed = new Set(change?.holidays_removed)
  const halves = new Set(change?.half_days_added)
  const week = change?.week?.some((day) => day.length > 0) ? change.week : officeWeek
  return {
    week,
    isHoliday: (day) =>
      added.has(day) || (!removed.has(day) && holidaysOf(country, Number(day.slice(0, 4))).has(day)),
    isHalfDay: (day) =>
      halves.has(day) || (!removed.has(day) && halfDaysOf(country, Number(day.slice(0, 4))).has(day)),
  }
}

const weekday = (day: number) => new Date(day).getUTCDay()

/** Midnight (local) of the day a moment is in, as a moment. */
const dayStart = (at: number) => Math.floor((at + borderOffsetMs) / DAY) * DAY - borderOffsetMs

function stretchesOf(calendar: WorkCalendar, start: number): readonly Stretch[] {
  const day = localDate(start)
  if (calendar.isHoliday(day)) return none
  const stretches = calendar.week[weekday(start + borderOffsetMs)] ?? none
  if (!calendar.isHalfDay?.(day)) return stretches
  return stretches.flatMap(([from, to]) => (from < NOON ? [[from, Math.min(to, NOON)] as const] : []))
}

/** Most days looked at: ten years. A calendar in which nobody works for ten years counts like a clock. */
const MAX_DAYS = 3_660

/** The moment when `minutes` of working time have passed since `from`. */
export function addWorkingTime(calendar: WorkCalendar, from: number, minutes: number): number {
  let left = minutes * MINUTE
  let day = dayStart(from)
  for (let n = 0; n < MAX_DAYS; n++, day += DAY) {
    for (const [start, end] of stretchesOf(calendar, day)) {
      const begin = Math.max(from, day + start * MINUTE)
      const length = day + end * MINUTE - begin
      if (length <= 0) continue
      if (left <= length) return begin + left
      left -= length
    }
  }
  return from + minutes * MINUTE
}

/** Working time between two moments, milliseconds; 0 when `to` is not after `from`. At most ten years are looked at. */
export function workingTimeBetween(calendar: WorkCalendar, from: number, to: number): number {
  let sum = 0
  let day = dayStart(from)
  for (let n = 0; n < MAX_DAYS && day < to; n++, day += DAY)
    for (const [start, end] of stretchesOf(calendar, day))
      sum += Math.max(0, Math.min(to, day + end * MINUTE) - Math.max(from, day + start * MINUTE))
  return sum
}
