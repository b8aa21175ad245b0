import { type UnzipFileInfo, unzipSync } from 'fflate'
import { Parser } from 'htmlparser2'
import type { TableRefusal } from './faults.ts'
import { tableLimits } from './limits.ts'
import { cellText, dateFormats, type NumberFormat } from './number-formats.ts'
import type { Sheet, TableRead } from './types.ts'

/**
 * XLSX (ECMA-376), as far as a list needs it: texts, numbers, dates and what formulas had come to when the file was
 * saved. Nothing is evaluated, no external part is asked for, and every size is bounded before memory is taken. The
 * readers there are build the whole rectangle up to the last cell named, so that a small file takes all memory.
 */

class Refused extends Error {
  readonly refusal: TableRefusal
  constructor(refusal: TableRefusal) {
    super(refusal)
    this.refusal = refusal
  }
}

export function readWorkbook(bytes: Uint8Array): TableRead {
  try {
    const sheets = sheetsOf(partsOf(bytes))
    return sheets.some(({ rows }) => rows.length > 0)
      ? { ok: true, file: { format: 'xlsx', sheets } }
      : { ok: false, refusal: 'empty' }
  } catch (error) {
    // What the unpacker or a parser throws means the same: not whole.
    return { ok: false, refusal: error instanceof Refused ? error.refusal : 'broken' }
  }
}

const wanted =
  /(?:^|\/)(?:\.rels|workbook\.xml\.rels|workbook\.xml|sharedStrings\.xml|styles\.xml|sheet[^/]*\.xml)$/i

type Parts = Map<string, string>

/** The parts that are read, as text. Only sizes that were promised and kept are taken. */
function partsOf(bytes: Uint8Array): Parts {
  const promised = new Map<string, UnzipFileInfo>()
  let total = 0
  const files = unzipSync(bytes, {
    filter: (file) => {
      if (!wanted.test(file.name)) return false
      total += file.originalSize
      if (total > tableLimits.unpackedBytes || promised.size > 4 * tableLimits.sheets)
        throw new Refused('too_large')
      // Deflated data is never more than a little larger than what it holds.
      if (file.size > file.originalSize * 1.01 + 1_000) throw new Refused('broken')
      if (promised.has(file.name)) throw new Refused('broken')
      promised.set(file.name, file)
      return true
    },
  })
  const sums = checksums(bytes)
  const parts: Parts = new Map()
  for (const [name, content] of Object.entries(files)) {
    // A part that holds more than its size says was cut there: its sum tells.
    if (sums.get(name) !== crc32(content)) throw new Refused('broken')
    parts.set(name.toLowerCase().replaceAll('\\', '/'), new TextDecoder().decode(content))
  }
  if (parts.size === 0) throw new Refused('not_a_table')
  return parts
}

/** CRC-32 of every part, from the archive's directory (APPNOTE 4.3.12), which the unpacker does not check. */
function checksums(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const sums = new Map<string, number>()
  let end = bytes.length - 22
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1
  if (end < 0) throw new Refused('broken')
  let at = view.getUint32(end + 16, true)
  while (at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50) {
    const length = view.getUint16(at + 28, true)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length))
    sums.set(name, view.getUint32(at + 16, true))
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return sums
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  return sum >>> 0
})

function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) sum = crcTable[(sum ^ byte) & 0xff]! ^ (sum >>> 8)
  return (sum ^ 0xffffffff) >>> 0
}

type Attributes = Readonly<Record<string, string>>

/** Walks through XML. Names come without their prefix: every writer of workbooks chooses its own. */
function walk(
  xml: string,
  on: {
    open?: (name: string, attributes: Attributes) => void
    close?: (name: string) => void
    text?: (text: string) => void
  },
): void {
  const bare = (name: string) => name.slice(name.indexOf(':') + 1)
  const parser = new Parser(
    {
      onopentag: (name, attributes) => on.open?.(bare(name), attributes),
      onclosetag: (name) => on.close?.(bare(name)),
      ontext: (text) => on.text?.(text),
    },
    { xmlMode: true, decodeEntities: true },
  )
  parser.end(xml)
}

function relations(parts: Parts, path: string): Map<string, { target: string; type: string }> {
  const found = new Map<string, { target: string; type: string }>()
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  walk(parts.get(`${folder}_rels/${path.slice(folder.length)}.rels`) ?? '', {
    open(name, { Id, Target, Type, TargetMode }) {
      if (name !== 'Relationship' || !Id || !Target || TargetMode === 'External') return
      found.set(Id, { target: resolve(folder, Target), type: Type ?? '' })
    },
  })
  return found
}

function resolve(folder: string, target: string): string {
  const steps = target.startsWith('/') ? [] : folder.split('/').filter(Boolean)
  for (const step of target.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return steps.join('/').toLowerCase()
}

function sheetsOf(parts: Parts): Sheet[] {
  const root = [...relations(parts, '').values()].find(({ type }) => type.endsWith('/officeDocument'))
  const workbookPath = root?.target ?? 'xl/workbook.xml'
  const workbook = parts.get(workbookPath)
  if (workbook === undefined) throw new Refused('not_a_table')
  const links = relations(parts, workbookPath)
  const named: Array<{ name: string; path: string }> = []
  let from1904 = false
  walk(workbook, {
    open(name, attributes) {
      if (name === 'workbookPr') from1904 = ['1', 'true'].includes(attributes['date1904'] ?? '')
      if (name !== 'sheet') return
      const id = Object.entries(attributes).find(([key]) => key === 'id' || key.endsWith(':id'))?.[1]
      const link = links.get(id ?? '')
      if (link?.type.endsWith('/worksheet')) named.push({ name: attributes['name'] ?? '', path: link.target })
    },
  })
  if (named.length > tableLimits.sheets) throw new Refused('too_many_sheets')
  const of = (type: string) => [...links.values()].find((link) => link.type.endsWith(type))?.target ?? ''
  const book: Book = {
    strings: stringsOf(parts.get(of('/sharedStrings')) ?? ''),
    formats: dateFormats(parts.get(of('/styles')) ?? '', walk),
    from1904,
  }
  return named.map(({ name, path }) => {
    const xml = parts.get(path)
    if (xml === undefined) throw new Refused('broken')
    return { name, ...sheetOf(xml, book) }
  })
}

interface Book {
  strings: string[]
  formats: NumberFormat[]
  from1904: boolean
}

/** Excel writes what XML cannot hold as `_x000D_`. */
const unescaped = (text: string) =>
  text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text

function stringsOf(xml: string): string[] {
  const strings: string[] = []
  let text = ''
  let inText = false
  let phonetic = 0
  walk(xml, {
    open(name) {
      if (name === 'si') text = ''
      else if (name === 'rPh') phonetic += 1
      else if (name === 't') inText = phonetic === 0
    },
    close(name) {
      if (name === 'si') strings.push(unescaped(text).slice(0, tableLimits.cellLength))
      else if (name === 'rPh') phonetic -= 1
      else if (name === 't') inText = false
    },
    text(part) {
      if (inText) text += part
    },
  })
  return strings
}

/** `BC23` as row and column, counted from 0. */
function positionOf(reference: string | undefined): { row: number; column: number } | undefined {
  const match = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/.exec(reference ?? '')
  if (!match) return undefined
  let column = 0
  for (const letter of match[1]!) column = column * 26 + letter.charCodeAt(0) - 64
  return { row: Number(match[2]) - 1, column: column - 1 }
}

function sheetOf(xml: string, book: Book): Omit<Sheet, 'name'> {
  const rows: string[][] = []
  const broken: NonNullable<Sheet['broken']> = {}
  let row = -1
  let column = -1
  let cell: { type: string; style: number; value: string; formula: boolean } | undefined
  let reading: 'value' | undefined
  const put = (content: string) => {
    if (content === '') return
    // Only cells that hold something count: a formatted but empty million of rows is no table.
    if (row >= tableLimits.rows) throw new Refused('too_many_rows')
    if (column >= tableLimits.columns) throw new Refused('too_many_columns')
    while (rows.length <= row) rows.push([])
    const line = rows[row]!
    while (line.length < column) line.push('')
    line[column] = content.slice(0, tableLimits.cellLength)
  }
  walk(xml, {
    open(name, attributes) {
      if (name === 'row') {
        const number = Number(attributes['r'])
        row = Number.isInteger(number) && number > 0 ? number - 1 : row + 1
        column = -1
      } else if (name === 'c') {
        const position = positionOf(attributes['r'])
        column = position?.column ?? column + 1
        row = position?.row ?? row
        cell = {
          type: attributes['t'] ?? 'n',
          style: Number(attributes['s'] ?? 0),
          value: '',
          formula: false,
        }
      } else if (cell && name === 'f') cell.formula = true
      else if (cell && (name === 'v' || (name === 't' && cell.type === 'inlineStr'))) reading = 'value'
    },
    text(part) {
      if (reading && cell) cell.value += part
    },
    close(name) {
      if (name === 'v' || name === 't') reading = undefined
      if (name !== 'c' || !cell) return
      const { type, value, formula, style } = cell
      cell = undefined
      if (type === 'e') {
        put(value || '#')
        broken[`${row}:${column}`] = 'formula_error'
      } else if (formula && value === '' && type !== 'str') {
        put('=')
        broken[`${row}:${column}`] = 'formula_without_value'
      } else if (type === 's') put(book.strings[Number(value)] ?? '')
      else if (type === 'inlineStr' || type === 'str') put(unescaped(value))
      else if (type === 'b') put(value === '1' || value === 'true' ? 'TRUE' : 'FALSE')
      else if (type === 'd') put(value.replace('T', ' ').replace(/:\d{2}(?:\.\d+)?Z?$/, ''))
      else put(cellText(value, book.formats[style], book.from1904))
    },
  })
  return { rows, ...(Object.keys(broken).length > 0 ? { broken } : {}) }
}
