import type { Failure } from '../lib/failure.ts'
import { borderTimeZone } from '../lib/time-zones.ts'
import type { Language, Words } from './types.ts'

const regional = { es: 'es-HN', en: 'en-GB' } as const

const cache = new Map<string, Intl.DateTimeFormat>()
function format(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options)
  const made = cache.get(key) ?? new Intl.DateTimeFormat(regional[language], options)
  cache.set(key, made)
  return made
}

export function time(ts: number, language: Language): string {
  return format(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ts)
}

const dayStart = (ts: number) => new Date(ts).setHours(0, 0, 0, 0)
const daysAgo = (ts: number, now: number) => Math.round((dayStart(now) - dayStart(ts)) / 86_400_000)

export function day(ts: number, language: Language, words: Words, now = Date.now()): string {
  const ago = daysAgo(ts, now)
  if (ago === 0) return words.channel.today
  if (ago === 1) return words.channel.yesterday
  const sameYear = new Date(ts).getFullYear() === new Date(now).getFullYear()
  return format(language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(ts)
}

/** The same in the middle of a sentence, where “today” begins small. */
export function dayWithin(ts: number, language: Language, words: Words, now = Date.now()): string {
  const text = day(ts, language, words, now)
  return daysAgo(ts, now) < 2 ? text.toLowerCase() : text
}

/** Short, for lists: the hour today, the day before that. */
export function brief(ts: number, language: Language, words: Words, now = Date.now()): string {
  const ago = daysAgo(ts, now)
  if (ago === 0) return time(ts, language)
  if (ago === 1) return words.channel.yesterday
  // Of what is still to come the name of the day would be the last one's.
  if (ago > 0 && ago < 7) return format(language, { weekday: 'short' }).format(ts)
  return format(language, { day: '2-digit', month: '2-digit', year: '2-digit' }).format(ts)
}

export function dateTime(ts: number, language: Language, words: Words): string {
  return daysAgo(ts, Date.now()) === 0
    ? time(ts, language)
    : `${brief(ts, language, words)} ${time(ts, language)}`
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  if (size < 1024 * 1024) return `${Math.round(size / 1024)} KB`
  if (size < 1024 ** 3) return `${(size / 1024 / 1024).toFixed(1)} MB`
  return `${(size / 1024 ** 3).toFixed(1)} GB`
}

/** The sentence for a failure, with the server's own reason where it gave one. */
export function failureText(failure: Failure, language: Language, words: Words): string {
  switch (failure.kind) {
    case 'too_many':
      return words.failure.too_many(failure.waitSeconds)
    case 'held':
      return words.failure.held[failure.hold.kind]
    case 'refused':
      return failure.message?.[language] ?? words.failure.refused
    default:
      return words.failure[failure.kind]
  }
}

/** A moment in full, in the time of Honduras and Guatemala whatever the device is set to: for deadlines. */
export function moment(ts: number, language: Language): string {
  return format(language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: borderTimeZone,
  }).format(ts)
}

/** @param key `2026-01` */
export function month(key: string, language: Language): string {
  const [year, number] = key.split('-').map(Number)
  return format(language, { month: 'long', year: 'numeric' }).format(
    new Date(year ?? 2000, (number ?? 1) - 1, 15),
  )
}

export function decimal(value: number, language: Language): string {
  return new Intl.NumberFormat(regional[language], { maximumFractionDigits: 1 }).format(value)
}

/** A day of the border, short: for columns. */
export function localDay(ts: number, language: Language): string {
  return format(language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: borderTimeZone,
  }).format(ts)
}

export function localTime(ts: number, language: Language): string {
  return format(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: borderTimeZone,
  }).format(ts)
}

/** @param date `2026-11-24` */
export function localDateText(date: string, language: Language): string {
  return format(language, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    Date.parse(`${date}T12:00:00Z`),
  )
}
