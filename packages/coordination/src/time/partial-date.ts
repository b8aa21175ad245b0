/**
 * Dates that are known in part, as those of birth often are: a day, a month, a year, "about so many years old" as of a day, or
 * not at all. They are kept as text, the plain date among them, so that what was written before is read as it always was:
 * `2018-03-14`, `2018-03`, `2018`, `~8@2026-05-04`, `unknown`.
 */
import { type BilingualText, foldText, seenText } from '@enlace/directory/text'
import { localDate, momentOf } from './border-time.ts'

export type PartialDate =
  | { known: 'day'; date: string }
  | { known: 'month'; year: number; month: number }
  | { known: 'year'; year: number }
  | { known: 'age'; years: number; asOf: string }
  | { known: 'nothing' }

export const partialDateKinds = [
  'day',
  'month',
  'year',
  'age',
  'nothing',
] as const satisfies readonly PartialDate['known'][]

const MAX_AGE = 120
const FIRST_YEAR = 1880
const LAST_YEAR = 2100

const pad = (n: number, length = 2) => String(n).padStart(length, '0')
const isDay = (date: string) => momentOf(`${date}T00:00`) !== undefined

/** Reads what `writePartialDate` wrote; undefined when it is none. */
export function parsePartialDate(text: string | undefined): PartialDate | undefined {
  const value = (text ?? '').trim()
  if (value === 'unknown') return { known: 'nothing' }
  const age = /^~(\d{1,3})@(\d{4}-\d\d-\d\d)$/.exec(value)
  if (age) {
    const years = Number(age[1])
    return years <= MAX_AGE && isDay(age[2]!) ? { known: 'age', years, asOf: age[2]! } : undefined
  }
  const parts = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(value)
  if (!parts) return undefined
  const year = Number(parts[1])
  if (parts[3] !== undefined) return isDay(value) ? { known: 'day', date: value } : undefined
  if (parts[2] === undefined) return { known: 'year', year }
  const month = Number(parts[2])
  return month >= 1 && month <= 12 ? { known: 'month', year, month } : undefined
}

export function writePartialDate(date: PartialDate): string {
  switch (date.known) {
    case 'day':
      return date.date
    case 'month':
      return `${pad(date.year, 4)}-${pad(date.month)}`
    case 'year':
      return pad(date.year, 4)
    case 'age':
      return `~${date.years}@${date.asOf}`
    case 'nothing':
      return 'unknown'
  }
}

/** First and last day it may be; undefined when nothing is known. Whoever is "about 8" may be older or younger. */
export function dateRange(date: PartialDate): { first: string; last: string } | undefined {
  switch (date.known) {
    case 'day':
      return { first: date.date, last: date.date }
    case 'month': {
      const last = new Date(Date.UTC(date.year, date.month, 0)).getUTCDate()
      const month = writePartialDate(date)
      return { first: `${month}-01`, last: `${month}-${pad(last)}` }
    }
    case 'year':
      return { first: `${pad(date.year, 4)}-01-01`, last: `${pad(date.year, 4)}-12-31` }
    case 'age': {
      const give = ageMargin(date.years)
      const youngest = yearsBefore(date.asOf, Math.max(0, date.years - give))
      // Of full age N is who was born less than N + 1 years ago.
      return { first: nextDay(yearsBefore(date.asOf, date.years + give + 1)), last: youngest }
    }
    case 'nothing':
      return undefined
  }
}

/** By how many years a guess of an age may be wrong: two, and more of older people. */
export const ageMargin = (years: number): number => Math.max(2, Math.round(years / 10))

function yearsBefore(day: string, years: number): string {
  const moved = `${pad(Number(day.slice(0, 4)) - years, 4)}${day.slice(4)}`
  return isDay(moved) ? moved : `${moved.slice(0, 4)}-03-01`
}

const nextDay = (day: string) => new Date(Date.parse(`${day}T00:00Z`) + 86_400_000).toISOString().slice(0, 10)

export type Majority = 'adult' | 'child' | 'uncertain'

/** Whether somebody born then is of age today: `uncertain` where the date leaves room for both, and where there is none. */
export function majorityOf(birth: PartialDate | undefined, now: number): Majority {
  const range = birth && dateRange(birth)
  if (!range) return 'uncertain'
  // Strings of this form compare as the dates do; who was born on 29 February comes of age on 1 March.
  const today = localDate(now)
  const limit = `${pad(Number(today.slice(0, 4)) - 18, 4)}${today.slice(4)}`
  if (range.last <= limit) return 'adult'
  return range.first > limit ? 'child' : 'uncertain'
}

/** Whether both may be one date. Where one is not known at all nothing speaks against it. */
export function datesAgree(a: PartialDate, b: PartialDate): boolean {
  const [one, other] = [dateRange(a), dateRange(b)]
  if (!one || !other) return true
  return one.first <= other.last && other.first <= one.last
}

/** Whether day and month of one date are those of the other, swapped: 03/04 and 04/03. */
export function dayAndMonthSwapped(a: PartialDate, b: PartialDate): boolean {
  if (a.known !== 'day' || b.known !== 'day' || a.date === b.date) return false
  const [year, month, day] = a.date.split('-')
  return b.date === `${year}-${day}-${month}`
}

/** For sorting: by the first day it may be, those of which nothing is known last. */
export function comparePartialDates(a: PartialDate, b: PartialDate): number {
  const key = (one: PartialDate) => dateRange(one)?.first ?? '9999'
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0
}

export const monthNames: Readonly<Record<'es' | 'en', readonly string[]>> = {
  es: 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'.split(' '),
  en: 'January February March April May June July August September October November December'.split(' '),
}

/** As a person reads it, on a page, in a file and in a table. */
export function partialDateText(date: PartialDate): BilingualText {
  switch (date.known) {
    case 'day': {
      const text = dayText(date.date)
      return { es: text, en: text }
    }
    case 'month':
      return {
        es: `${monthNames.es[date.month - 1]} de ${date.year} (día no conocido)`,
        en: `${monthNames.en[date.month - 1]} ${date.year} (day not known)`,
      }
    case 'year':
      return { es: `${date.year} (solo se conoce el año)`, en: `${date.year} (only the year is known)` }
    case 'age': {
      const when = dayText(date.asOf)
      const { years } = date
      if (years === 0) return { es: `menos de 1 año al ${when}`, en: `less than 1 year old on ${when}` }
      return {
        es: `unos ${years} ${years === 1 ? 'año' : 'años'} de edad al ${when}`,
        en: `about ${years} ${years === 1 ? 'year' : 'years'} old on ${when}`,
      }
    }
    case 'nothing':
      return { es: 'no se conoce', en: 'not known' }
  }
}

const dayText = (date: string) => `${date.slice(8)}/${date.slice(5, 7)}/${date.slice(0, 4)}`

/** What a person typed or wrote in a message, in Spanish or English; undefined when it says no date, or more than one could be meant. */
export function readPartialDate(text: string, now: number): PartialDate | undefined {
  const stored = parsePartialDate(text)
  if (stored) return stored
  const said = foldText(seenText(text))
    .replace(/[.,;]+$/, '')
    // 15-ago-2012
    .replace(/(?<=[a-z])[-/]|[-/](?=[a-z])/g, ' ')
    .replace(/^(?:nacid[oa]|nacio|naci|born)\b[:,]? */, '')
    .replace(/^(?:el|on)(?: dia)? (?=\d)/, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (
    /^(?:no (?:se )?(?:sabe|conoce|consta)|desconocid[oa]|se desconoce|ignorad[oa]|unknown|not known|n\/?[ac])$/.test(
      said,
    )
  )
    return { known: 'nothing' }
  const age =
    /^(?:(?:tiene|hace|de|como|unos|unas|aprox(?:imadamente|\.)?|alrededor de|cerca de|about|around|aged?|approximately|mas o menos) )*(\d{1,3}) ?(ano|anos|a|year|years|mes|meses|month|months|dia|dias|day|days|semana|semanas|week|weeks)?(?: (?:de edad|old|mas o menos|aprox\.?|aproximadamente|cumplidos))*$/.exec(
      said,
    )
  // A number alone is an age only where it cannot be a year.
  if (age && (age[2] !== undefined || age[1]!.length < 3)) {
    const n = Number(age[1])
    const unit = age[2] ?? 'ano'
    const years = /^(?:ano|a$|year)/.test(unit) ? n : /^(?:mes|month)/.test(unit) ? Math.floor(n / 12) : 0
    return years <= MAX_AGE ? { known: 'age', years, asOf: localDate(now) } : undefined
  }
  const whole = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$/.exec(said)
  if (whole) return dayOf(whole[3]!, whole[2]!, whole[1]!)
  const turned = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(said)
  if (turned) return dayOf(turned[1]!, turned[2]!, turned[3]!)
  const monthly = /^(\d{1,2})[-/. ](\d{4})$/.exec(said) ?? undefined
  if (monthly) return monthOf(monthly[2]!, Number(monthly[1]))
  const year = /^(?:en |el |in |ano |del )*(\d{4})$/.exec(said)
  if (year) return { known: 'year', year: Number(year[1]) }
  const named =
    /^(?:(?:el )?(\d{1,2})(?:o|º|st|nd|rd|th)? (?:de )?)?([a-z]{3,10})\.?(?: (\d{1,2})(?:st|nd|rd|th)?,?)? (?:de |del )?(?:ano )?(\d{4})$/.exec(
      said,
    )
  if (named) {
    const month = monthNamed(named[2]!)
    const day = named[1] ?? named[3]
    if (month === undefined) return undefined
    return day === undefined ? monthOf(named[4]!, month) : dayOf(named[4]!, String(month), day)
  }
  return undefined
}

function dayOf(year: string, month: string, day: string): PartialDate | undefined {
  const date = `${year}-${pad(Number(month))}-${pad(Number(day))}`
  return isDay(date) ? { known: 'day', date } : undefined
}

const monthOf = (year: string, month: number): PartialDate | undefined =>
  month >= 1 && month <= 12 ? { known: 'month', year: Number(year), month } : undefined

function monthNamed(word: string): number | undefined {
  if (word === 'setiembre') return 9
  for (const names of [monthNames.es, monthNames.en]) {
    const at = names.findIndex(
      (name) => foldText(name) === word || (word.length <= 4 && foldText(name).startsWith(word)),
    )
    if (at >= 0) return at + 1
  }
  return undefined
}

export type PartialDateFault = 'future' | 'year'

/** What cannot be of a date of birth. */
export function partialDateFault(date: PartialDate, now: number): PartialDateFault | undefined {
  const today = localDate(now)
  if (date.known === 'nothing') return undefined
  if (date.known === 'age') return date.asOf > today ? 'future' : undefined
  const year = date.known === 'day' ? Number(date.date.slice(0, 4)) : date.year
  if (year < FIRST_YEAR || year > LAST_YEAR) return 'year'
  return dateRange(date)!.first > today ? 'future' : undefined
}
