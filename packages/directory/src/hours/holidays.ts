import type { BilingualText } from '../text.ts'

/**
 * National holidays of Honduras and Guatemala by law: Honduras, Código del Trabajo art. 339 with the October days joined
 * in the week of Morazán (Decreto 78-2015); Guatemala, Código de Trabajo art. 127 with Decreto 19-2018, of which the
 * Constitutional Court left the move of 30 June alone (16 April 2020: 1 May and 20 October do not move), and the half days
 * from noon. Local and extraordinary days are not here: an office says them of itself.
 */

const DAY = 86_400_000

export interface Holiday {
  /** local date, `YYYY-MM-DD` */
  date: string
  name: BilingualText
  /** work ends at noon; a whole day off without it */
  fromNoon?: true
  /** the date the law names, where the day off is taken on another */
  insteadOf?: string
}

const known = new Map<string, { list: readonly Holiday[]; whole: Set<string>; half: Set<string> }>()

function yearOf(country: string, year: number) {
  const key = `${country}${year}`
  const found = known.get(key)
  if (found) return found
  const days = country === 'HN' ? honduras(year) : country === 'GT' ? guatemala(year) : []
  const list = days.sort((a, b) => (a.date < b.date ? -1 : 1))
  const dates = (half: boolean) =>
    new Set(list.filter((one) => (one.fromNoon === true) === half).map((one) => one.date))
  const made = { list, whole: dates(false), half: dates(true) }
  if (known.size > 200) known.clear()
  known.set(key, made)
  return made
}

/** National holidays of a year in order, half days too. A country without a table has none. */
export const holidayList = (country: string, year: number): readonly Holiday[] => yearOf(country, year).list

/** Whole days off, `YYYY-MM-DD`. */
export const holidaysOf = (country: string, year: number): ReadonlySet<string> => yearOf(country, year).whole

/** Days on which work ends at noon. */
export const halfDaysOf = (country: string, year: number): ReadonlySet<string> => yearOf(country, year).half

const dateOf = (day: number) => new Date(day).toISOString().slice(0, 10)
const off = (day: number, es: string, en: string, more: Partial<Holiday> = {}): Holiday => ({
  date: dateOf(day),
  name: { es, en },
  ...more,
})

function holyWeek(easter: number): Holiday[] {
  return [
    off(easter - 3 * DAY, 'Jueves Santo', 'Maundy Thursday'),
    off(easter - 2 * DAY, 'Viernes Santo', 'Good Friday'),
    off(easter - DAY, 'Sábado Santo', 'Holy Saturday'),
  ]
}

function honduras(year: number): Holiday[] {
  const october = Date.UTC(year, 9, 1)
  const wednesday = october + ((3 - weekday(october) + 7) % 7) * DAY
  return [
    off(Date.UTC(year, 0, 1), 'Año Nuevo', 'New Year'),
    ...holyWeek(easterOf(year)),
    off(Date.UTC(year, 3, 14), 'Día de las Américas', 'Day of the Americas'),
    off(Date.UTC(year, 4, 1), 'Día del Trabajo', 'Labour Day'),
    off(Date.UTC(year, 8, 15), 'Día de la Independencia', 'Independence Day'),
    ...[0, 1, 2].map((more) => off(wednesday + more * DAY, 'Semana Morazánica', 'Week of Morazán')),
    off(Date.UTC(year, 11, 25), 'Navidad', 'Christmas'),
  ]
}

function guatemala(year: number): Holiday[] {
  const easter = easterOf(year)
  const half = { fromNoon: true } as const
  return [
    off(Date.UTC(year, 0, 1), 'Año Nuevo', 'New Year'),
    off(easter - 4 * DAY, 'Miércoles Santo', 'Holy Wednesday', half),
    ...holyWeek(easter),
    off(Date.UTC(year, 4, 1), 'Día del Trabajo', 'Labour Day'),
    armyDay(Date.UTC(year, 5, 30)),
    off(Date.UTC(year, 8, 15), 'Día de la Independencia', 'Independence Day'),
    off(Date.UTC(year, 9, 20), 'Día de la Revolución', 'Revolution Day'),
    off(Date.UTC(year, 10, 1), 'Día de Todos los Santos', 'All Saints’ Day'),
    off(Date.UTC(year, 11, 24), 'Nochebuena', 'Christmas Eve', half),
    off(Date.UTC(year, 11, 25), 'Navidad', 'Christmas'),
    off(Date.UTC(year, 11, 31), 'Fin de Año', 'New Year’s Eve', half),
  ]
}

const weekday = (day: number) => new Date(day).getUTCDay()

/** Taken on the Monday before from Tuesday and Wednesday, on the Monday after from Thursday to Sunday. */
function armyDay(day: number): Holiday {
  const moves = [1, 0, -1, -2, 4, 3, 2]
  const taken = day + moves[weekday(day)]! * DAY
  return off(taken, 'Día del Ejército', 'Army Day', taken === day ? {} : { insteadOf: dateOf(day) })
}

/** Easter Sunday, Gregorian (anonymous algorithm, Meeus). */
function easterOf(year: number): number {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const month = Math.floor((h + l - 7 * m + 114) / 31)
  const day = ((h + l - 7 * m + 114) % 31) + 1
  return Date.UTC(year, month - 1, day)
}
