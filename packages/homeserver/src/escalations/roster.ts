/** Duty rosters: who of an institution is called, by shifts and by a weekly pattern. */
import { borderOffsetMs } from '@enlace/coordination'
import { z } from 'zod'

const MAX_SHIFTS = 500
const MAX_WEEKLY = 200
const MAX_SHIFT_MS = 31 * 86_400_000
const DAY_MS = 86_400_000

const userId = z.string().min(3).max(255).startsWith('@')
const ts = z.int().min(0).max(8_640_000_000_000)
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 07:30')

const shiftSchema = z
  .strictObject({ user_id: userId, from_ts: ts, to_ts: ts })
  .refine((shift) => shift.to_ts > shift.from_ts, 'a shift ends after it begins')
  .refine((shift) => shift.to_ts - shift.from_ts <= MAX_SHIFT_MS, 'a shift lasts 31 days at most')

/** Local time of the border (UTC-6). An end at or before the beginning is on the next day. Weekdays: 1 Monday to 7 Sunday. */
const weeklySchema = z.strictObject({
  user_id: userId,
  weekdays: z.array(z.int().min(1).max(7)).min(1).max(7),
  from: time,
  to: time,
})

/** Shifts come before the weekly pattern: while a shift runs, it alone says who is on duty. */
export const dutyRosterSchema = z.strictObject({
  shifts: z.array(shiftSchema).max(MAX_SHIFTS).default([]),
  weekly: z.array(weeklySchema).max(MAX_WEEKLY).default([]),
})
export type DutyRoster = z.output<typeof dutyRosterSchema>

/** Who is on duty; undefined: the roster says nothing about this moment. */
export function onDutyAt(roster: DutyRoster, at: number): ReadonlySet<string> | undefined {
  const shifts = roster.shifts.filter((shift) => shift.from_ts <= at && at < shift.to_ts)
  if (shifts.length > 0) return new Set(shifts.map((shift) => shift.user_id))
  const local = at + borderOffsetMs
  const minute = Math.floor((((local % DAY_MS) + DAY_MS) % DAY_MS) / 60_000)
  // 1 January 1970 was a Thursday.
  const weekday = ((Math.floor(local / DAY_MS) + 3) % 7) + 1
  const yesterday = weekday === 1 ? 7 : weekday - 1
  const weekly = roster.weekly.filter(({ weekdays, from, to }) => {
    const start = minuteOf(from)
    const end = minuteOf(to)
    if (start < end) return weekdays.includes(weekday) && minute >= start && minute < end
    return (weekdays.includes(weekday) && minute >= start) || (weekdays.includes(yesterday) && minute < end)
  })
  return weekly.length > 0 ? new Set(weekly.map((one) => one.user_id)) : undefined
}

const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
