/**
 * National holidays of Honduras and Guatemala by law: Honduras, Código del Trabajo art. 339 with the October days joined
 * in the week of Morazán (Decreto 78-2015); Guatemala, Código de Trabajo art. 127 with Decreto 19-2018 (30 June and
 * 20 October move next to a week-end). Local and extraordinary days are not here: an office says them of itself.
 */

const DAY = 86_400_000

const known = new Map<string, ReadonlySet<string>>()

/** National holidays of a year, `YYYY-MM-DD`. A country without a table has none. */
export function holidaysOf(country: string, year: number): ReadonlySet<string> {
  const key = `${country}${year}`
  const found = known.get(key)
  if (found) return found
  const days = country === 'HN' ? honduras(year) : country === 'GT' ? guatemala(year) : []
  const set = new Set(days.map((day) => new Date(day).toISOString().slice(0, 10)))
  if (known.size > 200) known.clear()
  known.set(key, set)
  return set
}

function honduras(year: number): number[] {
  const easter = easterOf(year)
  const october = Date.UTC(year, 9, 1)
  const wednesday = october + ((3 - weekday(october) + 7) % 7) * DAY
  return [
    Date.UTC(year, 0, 1),
    easter - 3 * DAY,
    easter - 2 * DAY,
    easter - DAY,
    Date.UTC(year, 3, 14),
    Date.UTC(year, 4, 1),
    Date.UTC(year, 8, 15),
    wednesday,
    wednesday + DAY,
    wednesday + 2 * DAY,
    Date.UTC(year, 11, 25),
  ]
}

function guatemala(year: number): number[] {
  const easter = easterOf(year)
  return [
    Date.UTC(year, 0, 1),
    easter - 3 * DAY,
    easter - 2 * DAY,
    easter - DAY,
    Date.UTC(year, 4, 1),
    joinedToWeekend(Date.UTC(year, 5, 30)),
    Date.UTC(year, 8, 15),
    joinedToWeekend(Date.UTC(year, 9, 20)),
    Date.UTC(year, 10, 1),
    Date.UTC(year, 11, 24),
    Date.UTC(year, 11, 25),
    Date.UTC(year, 11, 31),
  ]
}

const weekday = (day: number) => new Date(day).getUTCDay()

/** A Tuesday goes to the Monday before, Wednesday and Thursday to Friday, a week-end to the Monday after. */
function joinedToWeekend(day: number): number {
  const moves = [1, 0, -1, 2, 1, 0, 2]
  return day + moves[weekday(day)]! * DAY
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
