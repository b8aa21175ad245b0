/** What a number in a workbook is to people: a date, an hour, a number with zeros before it, or a number. */

export type NumberFormat = 'number' | 'date' | 'time' | 'moment' | { digits: number }

const builtIn: Readonly<Record<number, NumberFormat>> = Object.fromEntries([
  ...[14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58].map((id) => [id, 'date']),
  ...[18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56].map((id) => [id, 'time']),
  [22, 'moment'],
])

function formatOf(code: string): NumberFormat {
  if (/^0{2,}$/.test(code)) return { digits: code.length }
  // Quoted texts, colours, countries and escaped letters say nothing of what the number is.
  const bare = code
    .split(';')[0]!
    .replace(/"[^"]*"|\\.|_.|\*./g, '')
    .replace(/\[(?!h|m|s)[^\]]*\]/gi, '')
    .replace(/general/gi, '')
  const hasTime = /[hs]/i.test(bare) || /AM\/PM/i.test(bare)
  const hasDate = /[yd]/i.test(bare) || (!hasTime && /m/i.test(bare))
  if (hasDate && hasTime) return 'moment'
  return hasDate ? 'date' : hasTime ? 'time' : 'number'
}

type Walk = (
  xml: string,
  on: {
    open?: (name: string, attributes: Readonly<Record<string, string>>) => void
    close?: (name: string) => void
  },
) => void

/** The format of each cell style, by its number. */
export function dateFormats(styles: string, walk: Walk): NumberFormat[] {
  const own = new Map<number, NumberFormat>()
  const formats: NumberFormat[] = []
  let inCells = false
  walk(styles, {
    open(name, attributes) {
      if (name === 'numFmt') own.set(Number(attributes['numFmtId']), formatOf(attributes['formatCode'] ?? ''))
      else if (name === 'cellXfs') inCells = true
      else if (name === 'xf' && inCells) {
        const id = Number(attributes['numFmtId'] ?? 0)
        formats.push(own.get(id) ?? builtIn[id] ?? 'number')
      }
    },
    close(name) {
      if (name === 'cellXfs') inCells = false
    },
  })
  return formats
}

const DAY = 86_400_000

export function cellText(written: string, format: NumberFormat | undefined, from1904: boolean): string {
  const number = Number(written)
  if (written.trim() === '' || !Number.isFinite(number)) return written
  if (format === undefined || format === 'number') return numberText(number)
  if (typeof format === 'object')
    return Number.isInteger(number) && number >= 0
      ? String(number).padStart(format.digits, '0')
      : numberText(number)
  if (number < 0 || number > 2_958_466) return numberText(number)
  const minutes = Math.round((number % 1) * 1440)
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  if (format === 'time' || (format === 'moment' && number < 1)) return number === 1 ? '24:00' : clock
  // Day 60 of Excel's calendar is 29 February 1900, which never was.
  const days = from1904 ? number + 1462 : number < 60 ? number + 1 : number
  const date = new Date(Date.UTC(1899, 11, 30) + Math.floor(days) * DAY).toISOString().slice(0, 10)
  return format === 'moment' && minutes > 0 ? `${date} ${clock}` : date
}

/** As it was typed: without the last bits that binary fractions add, and without powers of ten. */
export function numberText(number: number): string {
  const exact = Number(number.toPrecision(15))
  const text = String(exact)
  if (!text.includes('e')) return text
  return Math.abs(exact) >= 1 ? BigInt(Math.round(exact)).toString() : exact.toFixed(15).replace(/\.?0+$/, '')
}
