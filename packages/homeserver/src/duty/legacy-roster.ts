/** The roster of the endpoint from before there were positions: shifts and a weekly pattern, of the position `guardia`. */
import {
  type DutyBook,
  dutyBookSchema,
  dutyOverrideSchema,
  dutyTurnSchema,
  emptyDutyBook,
  generalPosition,
} from '@enlace/coordination/duty'
import { z } from 'zod'

const MAX_SHIFTS = 500
const MAX_WEEKLY = 200
const MAX_SHIFT_MS = 31 * 86_400_000

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

const position = generalPosition.key
const isGeneral = (one: { position: string }) => one.position === position

/** The book with the position `guardia` held as the roster says. All else stays. */
export function withRoster(book: DutyBook, { shifts, weekly }: DutyRoster): DutyBook {
  const known = book.positions.some(({ key }) => key === position)
  return dutyBookSchema.parse({
    ...book,
    positions: known ? book.positions : [...book.positions, generalPosition],
    turns: [
      ...book.turns.filter((one) => !isGeneral(one)),
      ...weekly.map((one) => dutyTurnSchema.parse({ position, ...one })),
    ],
    overrides: [
      ...book.overrides.filter((one) => !isGeneral(one)),
      ...shifts.map((one) => dutyOverrideSchema.parse({ position, ...one })),
    ],
  })
}

/** What the endpoint has always told: shifts and weekly turns, here of `guardia`. */
export function rosterOf(book: DutyBook): DutyRoster {
  return {
    shifts: book.overrides
      .filter(isGeneral)
      .flatMap(({ user_id, from_ts, to_ts }) => (user_id === undefined ? [] : [{ user_id, from_ts, to_ts }])),
    weekly: book.turns
      .filter(isGeneral)
      .map(({ user_id, weekdays, from, to }) => ({ user_id, weekdays, from, to })),
  }
}

/** A roster that was kept before there were books. */
export const bookOfRoster = (roster: DutyRoster): DutyBook =>
  roster.shifts.length + roster.weekly.length === 0 ? emptyDutyBook : withRoster(emptyDutyBook, roster)
