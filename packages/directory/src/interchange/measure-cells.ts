import { foldText } from '../text.ts'
import type { CellFaultCode } from './faults.ts'
import { bad, type CellRead, good } from './value-cells.ts'

/** Dates and coordinates. */

const monthNames = [
  'ene enero jan january',
  'feb febrero february',
  'mar marzo march',
  'abr abril apr april',
  'may mayo',
  'jun junio june',
  'jul julio july',
  'ago agosto aug august',
  'sep sept septiembre setiembre september',
  'oct octubre october',
  'nov noviembre november',
  'dic diciembre dec december',
].map((names) => new Set(names.split(' ')))

const dateText = (year: number, month: number, day: number) =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`

function exists(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** A date, the day before the month as both countries write it, with an hour if there is one: RFC 3339 or a date. */
export function readDate(cell: string): CellRead<string> {
  const folded = foldText(cell.trim())
  const clock =
    /[ t,]+(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*([ap])?\.?\s*(?:m\.?)?\s*(z|[+-]\d{2}:?\d{2})?$/.exec(
      folded,
    )
  const text = (clock ? folded.slice(0, clock.index) : folded).trim()
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text)
  const local = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})$/.exec(text)
  const worded =
    /^(?:[a-z]+,?\s+)?(\d{1,2})(?:\s+de)?[\s/-]+([a-z]+)\.?(?:,?\s+del?)?[\s,/-]+(\d{2}|\d{4})$/.exec(text) ??
    undefined
  const english = /^([a-z]+)\.?\s+(\d{1,2}),?\s+(\d{4})$/.exec(text)
  const full = (year: string) => Number(year) + (year.length === 2 ? 2000 : 0)
  let parts: [number, number, number] | undefined
  if (iso) parts = [Number(iso[1]), Number(iso[2]), Number(iso[3])]
  else if (local) parts = [full(local[3]!), Number(local[2]), Number(local[1])]
  else if (worded) {
    const month = monthNames.findIndex((names) => names.has(worded[2]!)) + 1
    if (month > 0) parts = [full(worded[3]!), month, Number(worded[1])]
  } else if (english) {
    const month = monthNames.findIndex((names) => names.has(english[1]!)) + 1
    if (month > 0) parts = [full(english[3]!), month, Number(english[2])]
  }
  if (!parts) return bad('no_date')
  const [year, month, day] = parts
  if (!exists(year, month, day))
    return bad('no_such_date', exists(year, day, month) ? dateText(year, day, month) : undefined)
  if (year < 1990 || year > 2100) return bad('no_such_date')
  if (!clock) return good(dateText(year, month, day))
  const [, hourText, minutes, half, zone] = clock
  const hour = (Number(hourText) % (half ? 12 : 24)) + (half === 'p' ? 12 : 0)
  if (Number(hourText) > 23 || Number(minutes) > 59) return bad('no_such_date')
  const offset =
    zone === undefined
      ? '-06:00'
      : zone === 'z'
        ? 'Z'
        : zone.length === 5
          ? `${zone.slice(0, 3)}:${zone.slice(3)}`
          : zone
  return good(`${dateText(year, month, day)}T${String(hour).padStart(2, '0')}:${minutes}:00${offset}`)
}

/** Degrees: decimal with point or comma, or degrees, minutes and seconds with a letter. */
export function readDegrees(cell: string): CellRead<number> {
  const text = cell.trim().toUpperCase().replace(/[−–]/g, '-')
  const decimal = /^([+-]?)(\d{1,3}(?:[.,]\d{1,15})?)\s*°?\s*([NSEWO])?$/.exec(text)
  const sexagesimal =
    /^([+-]?)(\d{1,3})\s*°\s*(\d{1,2}(?:[.,]\d+)?)\s*['’′´](?:\s*(\d{1,2}(?:[.,]\d+)?)\s*(?:["”″]|''))?\s*([NSEWO])?$/.exec(
      text,
    )
  const number = (part: string | undefined) => Number((part ?? '0').replace(',', '.'))
  const match = decimal ?? sexagesimal
  if (!match) {
    // 15.727.500: a spreadsheet that took the point for thousands.
    const grouped = /^(-?\d{1,3})\.(\d{3})\.(\d{3})$/.exec(text)
    return bad('no_coordinate', grouped ? `${grouped[1]}.${grouped[2]}${grouped[3]}` : undefined)
  }
  const letter = decimal ? decimal[3] : sexagesimal?.[5]
  const degrees = decimal
    ? number(decimal[2])
    : number(sexagesimal![2]) + number(sexagesimal![3]) / 60 + number(sexagesimal![4]) / 3600
  const negative = match[1] === '-' || (letter !== undefined && 'SWO'.includes(letter))
  return good(Number((negative ? -degrees : degrees).toFixed(7)))
}

export interface Degrees {
  latitude?: number
  longitude?: number
}

/** What is wrong with a pair of coordinates, and in which; the corridor and all around it is north and west. */
export function coordinateFault(
  { latitude, longitude }: Degrees,
  country: string,
): { column: 'latitude' | 'longitude'; code: CellFaultCode; suggestion?: string } | undefined {
  if (latitude === undefined && longitude === undefined) return undefined
  if (latitude === undefined) return { column: 'latitude', code: 'one_coordinate' }
  if (longitude === undefined) return { column: 'longitude', code: 'one_coordinate' }
  const here = ['HN', 'GT', 'SV', 'NI', 'MX'].includes(country)
  const isHere = (lat: number, lon: number) => lat > 5 && lat < 34 && lon < -80 && lon > -120
  if (here && isHere(longitude, latitude))
    return { column: 'latitude', code: 'swapped', suggestion: String(longitude) }
  if (here && isHere(latitude, -longitude))
    return { column: 'longitude', code: 'no_minus', suggestion: String(-longitude) }
  if (Math.abs(latitude) > 90) return { column: 'latitude', code: 'off_the_earth' }
  if (Math.abs(longitude) > 180) return { column: 'longitude', code: 'off_the_earth' }
  return undefined
}
