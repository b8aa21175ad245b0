/** Quiet hours: when a person wants to hear of urgent things only, by the clock and week of their country. */
import { inBoth } from '@enlace/directory/both-languages'
import { z } from 'zod'

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, inBoth('Escriba la hora como 22:00.', 'Write the time as 22:00.'))

export const quietHoursSchema = z
  .strictObject({
    start: timeOfDay,
    /** Before `start`: the next morning. */
    end: timeOfDay,
    time_zone: z.enum(['America/Tegucigalpa', 'America/Guatemala']),
    /** ISO 8601: 1 is Monday. The days on which they begin. */
    weekdays: z
      .array(z.int().min(1).max(7))
      .min(1, inBoth('Elija al menos un día.', 'Choose at least one day.'))
      .max(7)
      .refine(
        (days) => new Set(days).size === days.length,
        inBoth('Elija cada día una sola vez.', 'Choose each day once.'),
      ),
  })
  .refine(
    ({ start, end }) => start !== end,
    inBoth(
      'La hora en que empieza y la hora en que termina no pueden ser la misma.',
      'The hour it begins and the hour it ends cannot be the same.',
    ),
  )

export type QuietHours = z.output<typeof quietHoursSchema>

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60

const formats = new Map<string, Intl.DateTimeFormat>()
function localTime(ts: number, timeZone: string): { weekday: number; minute: number } {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  formats.set(timeZone, format)
  const parts = Object.fromEntries(format.formatToParts(ts).map(({ type, value }) => [type, value]))
  const weekday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts['weekday']!) + 1
  return { weekday, minute: Number(parts['hour']) * 60 + Number(parts['minute']) }
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

/** When the quiet hours that hold now end; undefined when it is not quiet. */
export function quietUntil(quiet: QuietHours | undefined, now: number): number | undefined {
  if (!quiet) return undefined
  const { weekday, minute } = localTime(now, quiet.time_zone)
  const yesterday = weekday === 1 ? 7 : weekday - 1
  const [start, end] = [minutes(quiet.start), minutes(quiet.end)]
  const began = (day: number) => quiet.weekdays.includes(day)
  let left: number | undefined
  if (start < end) {
    if (began(weekday) && minute >= start && minute < end) left = end - minute
  } else if (began(weekday) && minute >= start) left = DAY_MINUTES - minute + end
  else if (began(yesterday) && minute < end) left = end - minute
  return left === undefined ? undefined : Math.floor(now / MINUTE_MS) * MINUTE_MS + left * MINUTE_MS
}
