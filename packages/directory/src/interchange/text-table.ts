import Papa from 'papaparse'
import { tableLimits } from './limits.ts'
import type { Separator, Sheet, TableRead } from './types.ts'

/** CSV as offices have it: any of the usual separators, encodings and line ends. */

const separators: readonly Separator[] = [';', '\t', ',', '|']

/** Text of a file. What is not UTF-8 is Windows-1252: that is what Excel writes here when it is not asked. */
export function decodeText(bytes: Uint8Array): {
  text: string
  encoding: 'utf-8' | 'utf-16' | 'windows-1252'
} {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    const encoding = bytes[0] === 0xff ? 'utf-16le' : 'utf-16be'
    return { text: new TextDecoder(encoding).decode(bytes), encoding: 'utf-16' }
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' }
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'windows-1252' }
  }
}

export function readTextTable(bytes: Uint8Array): TableRead {
  const { text, encoding } = decodeText(bytes)
  // Texts have no zeros; pictures and programs do.
  if (text.slice(0, 10_000).includes('\0')) return { ok: false, refusal: 'not_a_table' }
  if (text.trim() === '') return { ok: false, refusal: 'empty' }
  const read = readDelimited(text)
  return 'refusal' in read
    ? { ok: false, refusal: read.refusal }
    : { ok: true, file: { format: 'csv', sheets: [read.sheet], encoding, separator: read.separator } }
}

/** Reads pasted text or the text of a file. */
export function readDelimited(
  text: string,
): { sheet: Sheet; separator: Separator } | { refusal: 'too_many_rows' | 'too_many_columns' | 'broken' } {
  // Excel's own word for its separator, on a line before the table. It stays a row, so that rows keep their numbers.
  const told = /^\uFEFF?"?sep=([;,\t|])"?\r?(?:\n|$)/i.exec(text)?.[1] as Separator | undefined
  const separator = told ?? guessSeparator(text)
  const rows: string[][] = []
  let refusal: 'too_many_rows' | 'too_many_columns' | undefined
  let isOpen = false
  Papa.parse<string[]>(text, {
    delimiter: separator,
    step: ({ data, errors }, parser) => {
      isOpen ||= errors.some(({ code }) => code === 'MissingQuotes')
      if (rows.length >= tableLimits.rows + 100) refusal = 'too_many_rows'
      else if (
        data.length > tableLimits.columns &&
        data.slice(tableLimits.columns).some((cell) => cell !== '')
      )
        refusal = 'too_many_columns'
      if (refusal) return parser.abort()
      rows.push(data.slice(0, tableLimits.columns).map((cell) => cell.slice(0, tableLimits.cellLength)))
    },
  })
  if (refusal) return { refusal }
  // A quote that is opened and never closed swallows all that follows: better nothing than that.
  if (isOpen) return { refusal: 'broken' }
  if (told) rows[0] = []
  while (rows.length > 0 && rows.at(-1)!.every((cell) => cell === '')) rows.pop()
  return { sheet: { name: '', rows }, separator }
}

const linesTried = 30

/** The separator that divides the first rows into most columns, evenly. */
function guessSeparator(text: string): Separator {
  let best: { separator: Separator; score: number } = { separator: ',', score: 0 }
  for (const separator of separators) {
    const { data } = Papa.parse<string[]>(text.slice(0, 100_000), {
      delimiter: separator,
      preview: linesTried,
    })
    const widths = data.filter((row) => row.some((cell) => cell !== '')).map((row) => row.length)
    if (widths.length === 0) continue
    const usual = [...widths].sort((a, b) => a - b)[Math.floor(widths.length / 2)]!
    if (usual < 2) continue
    const even = widths.filter((width) => width === usual).length / widths.length
    const score = even * Math.min(usual, 60)
    if (score > best.score) best = { separator, score }
  }
  return best.separator
}
