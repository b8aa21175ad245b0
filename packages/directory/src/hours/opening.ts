import type { Schedule } from '../hsds/objects.ts'
import type { BilingualText } from '../text.ts'
import { halfDaysOf, holidaysOf } from './holidays.ts'
import { compileRecurrence, dateOfDay, weekdayOf } from './recurrence.ts'

/** Whether a place is open, until when, and when it opens: from HSDS schedules, with days off and holidays. */

const MINUTE = 60_000
const DAY = 86_400_000

/** Both countries keep UTC-6 all year. Used where a schedule names no time zone, as lists of offices there never do. */
const borderOffset = -6

/** Far enough for a service that is given once a month. */
const daysAhead = 70

/** A schedule with what HSDS has no field for; see `marks.ts`. */
export interface ScheduleFacts extends Schedule {
  /** `hours`: on its days these hours replace all others. `closed`: on its days, or in its hours, nothing is open */
  exception?: 'hours' | 'closed'
  /** whether it holds on national holidays; not known when absent */
  onHolidays?: 'as_usual' | 'closed'
}

export interface OpeningOptions {
  /** milliseconds since the Unix epoch */
  now: number
  /** the country whose holidays count, where the place is */
  country: string
  /** how far to look for when it opens or closes; 70 days unless told, and with fewer it is quickly said */
  days?: number
}

export interface Opening {
  state: 'open' | 'closed' | 'unknown'
  /** when an open place closes; undefined when it never does, or not within two months */
  closesAt?: number
  /** when a closed place opens; undefined when it is not known */
  opensAt?: number
  /** today, or the day it opens, is a holiday of which the place does not say whether it opens: ask before going */
  holiday?: true
  /** the local day and time of the answer are in this zone, hours from UTC */
  offset: number
}

interface Interval {
  from: number
  to: number
  uncertain: boolean
}

/** Hours and minutes, and the zone where the text says one. */
interface Clock {
  minutes: number
  offset?: number
}

function clockOf(text: string | undefined): Clock | undefined {
  const match = /^([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d(?:\.\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i.exec(
    text?.trim() ?? '',
  )
  if (!match) return undefined
  const minutes = Number(match[1]) * 60 + Number(match[2])
  if (minutes > 1440) return undefined
  const zone = match[3]
  if (!zone) return { minutes }
  if (zone.toUpperCase() === 'Z') return { minutes, offset: 0 }
  const [, sign, hours, rest] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)!
  return { minutes, offset: (sign === '-' ? -1 : 1) * (Number(hours) + Number(rest ?? 0) / 60) }
}

interface Compiled {
  holds: (day: number) => boolean
  opens?: number
  /** later than a day's end when it closes after midnight */
  closes?: number
  offset: number
  facts: ScheduleFacts
}

function compile(facts: ScheduleFacts): Compiled {
  const opens = clockOf(facts.opens_at)
  const closes = clockOf(facts.closes_at)
  const offset = opens?.offset ?? closes?.offset ?? facts.timezone ?? borderOffset
  return {
    holds: compileRecurrence(facts),
    ...(opens && closes
      ? {
          opens: opens.minutes,
          closes: closes.minutes > opens.minutes ? closes.minutes : closes.minutes + 1440,
        }
      : {}),
    offset: Math.min(Math.max(offset, -14), 14),
    facts,
  }
}

/** Whether it is open now. Schedules without hours or days say nothing, unless they are exceptions that close. */
export function openingOf(
  schedules: readonly ScheduleFacts[],
  { now, country, days = daysAhead }: OpeningOptions,
): Opening {
  const compiled = schedules.map(compile)
  const offset = compiled[0]?.offset ?? borderOffset
  const timed = compiled.filter(({ opens, facts }) => opens !== undefined && facts.exception !== 'closed')
  if (timed.length === 0) return { state: 'unknown', offset }
  const today = Math.floor((now + offset * 60 * MINUTE) / DAY)
  const intervals: Interval[] = []
  for (let day = today - 2; day <= today + days; day++) intervals.push(...hoursOn(compiled, day, country))
  // A closing of today also ends what began yesterday evening.
  const merged = merge(withoutClosures(intervals, compiled, today, days))
  const current = merged.find(({ from, to }) => from <= now && now < to)
  const horizon = (today + days - 2) * DAY
  if (current) {
    return {
      state: 'open',
      ...(current.to < horizon ? { closesAt: current.to } : {}),
      ...(current.uncertain ? { holiday: true } : {}),
      offset,
    }
  }
  const next = merged.find(({ from }) => from > now)
  return {
    state: 'closed',
    ...(next ? { opensAt: next.from } : {}),
    ...(next?.uncertain ? { holiday: true } : {}),
    offset,
  }
}

function hoursOn(compiled: readonly Compiled[], day: number, country: string): Interval[] {
  const date = dateOfDay(day)
  const year = Number(date.slice(0, 4))
  const holiday = holidaysOf(country, year).has(date)
  const halfDay = halfDaysOf(country, year).has(date)
  const holding = compiled.filter(
    (each) => each.opens !== undefined && each.facts.exception !== 'closed' && each.holds(day),
  )
  const replacing = holding.filter(({ facts }) => facts.exception === 'hours')
  const chosen = replacing.length > 0 ? replacing : holding
  return chosen.flatMap((each) => {
    // Hours given for a certain day are meant for that day, holiday or not.
    const whole = { ...span(each, day), uncertain: false }
    const { onHolidays } = each.facts
    if (replacing.length > 0 || onHolidays === 'as_usual') return [whole]
    const closed = onHolidays === 'closed'
    if (holiday) return closed ? [] : [{ ...whole, uncertain: true }]
    if (!halfDay) return [whole]
    const noon = day * DAY - each.offset * 60 * MINUTE + 720 * MINUTE
    const parts = [
      { ...whole, to: Math.min(whole.to, noon) },
      { from: Math.max(whole.from, noon), to: whole.to, uncertain: true },
    ]
    return parts.filter((part) => part.from < part.to && !(closed && part.uncertain))
  })
}

function span(each: Compiled, day: number): { from: number; to: number } {
  const midnight = day * DAY - each.offset * 60 * MINUTE
  return { from: midnight + (each.opens ?? 0) * MINUTE, to: midnight + (each.closes ?? 1440) * MINUTE }
}

function withoutClosures(
  intervals: readonly Interval[],
  compiled: readonly Compiled[],
  today: number,
  days: number,
): Interval[] {
  const closures = compiled.filter(({ facts }) => facts.exception === 'closed')
  if (closures.length === 0) return [...intervals]
  let left = [...intervals]
  for (let day = today - 2; day <= today + days; day++) {
    for (const closure of closures) {
      if (!closure.holds(day)) continue
      const { from, to } = span(closure, day)
      left = left.flatMap((each) => {
        if (each.to <= from || each.from >= to) return [each]
        return [
          { ...each, to: from },
          { ...each, from: to },
        ].filter((part) => part.from < part.to)
      })
    }
  }
  return left
}

/** Intervals that touch are one: who works in shifts round the clock never closes. */
function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = []
  for (const each of [...intervals].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const last = merged.at(-1)
    // A doubtful stretch is no part of a certain one, except where both are there at once.
    if (last && each.from <= last.to && (each.uncertain === last.uncertain || each.from < last.to))
      last.to = Math.max(last.to, each.to)
    else merged.push({ ...each })
  }
  return merged
}

const weekdayNames = {
  es: ['domingo', 'lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
} as const

const monthNames = {
  es: [
    'enero',
    'febrero',
    'marzo',
    'abril',
    'mayo',
    'junio',
    'julio',
    'agosto',
    'septiembre',
    'octubre',
    'noviembre',
    'diciembre',
  ],
  en: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
} as const

/** "Abierto ahora; cierra a las 16:00", "Cerrado; abre el lunes a las 8:00". */
export function openingText(opening: Opening, now: number): BilingualText {
  const ask = opening.holiday
    ? { es: ' Es feriado: confirme antes de ir.', en: ' It is a public holiday: confirm before you go.' }
    : { es: '', en: '' }
  if (opening.state === 'unknown')
    return {
      es: 'Horario por confirmar: pregunte antes de ir.',
      en: 'Hours not confirmed: ask before you go.',
    }
  if (opening.state === 'open') {
    if (opening.closesAt === undefined)
      return { es: `Abierto las 24 horas.${ask.es}`, en: `Open 24 hours.${ask.en}` }
    const when = whenText(opening.closesAt, now, opening.offset)
    return { es: `Abierto ahora; cierra ${when.es}.${ask.es}`, en: `Open now; closes ${when.en}.${ask.en}` }
  }
  if (opening.opensAt === undefined)
    return { es: 'Cerrado. Pregunte cuándo abre.', en: 'Closed. Ask when it opens.' }
  const when = whenText(opening.opensAt, now, opening.offset)
  return { es: `Cerrado; abre ${when.es}.${ask.es}`, en: `Closed; opens ${when.en}.${ask.en}` }
}

function whenText(at: number, now: number, offset: number): BilingualText {
  const local = new Date(at + offset * 60 * MINUTE)
  const day = Math.floor(local.getTime() / DAY)
  const today = Math.floor((now + offset * 60 * MINUTE) / DAY)
  const hour = local.getUTCHours()
  const clock = `${hour}:${String(local.getUTCMinutes()).padStart(2, '0')}`
  const time = { es: `${hour === 1 ? 'a la' : 'a las'} ${clock}`, en: `at ${clock}` }
  if (day === today) return time
  if (day === today + 1) return { es: `mañana ${time.es}`, en: `tomorrow ${time.en}` }
  if (day < today + 7) {
    const name = { es: weekdayNames.es[weekdayOf(day)]!, en: weekdayNames.en[weekdayOf(day)]! }
    return { es: `el ${name.es} ${time.es}`, en: `on ${name.en} ${time.en}` }
  }
  const date = local.getUTCDate()
  const month = local.getUTCMonth()
  return {
    es: `el ${date} de ${monthNames.es[month]} ${time.es}`,
    en: `on ${date} ${monthNames.en[month]} ${time.en}`,
  }
}
