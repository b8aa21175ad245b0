import { describe, expect, it } from 'vitest'
import {
  type ListRow,
  listColumns,
  listInstitutions,
  serviceList,
  withPlanted,
} from '../../testing/service-list.ts'
import { columnLabel, writtenColumns } from './columns.ts'
import { tableRows } from './export-table.ts'
import { planImport } from './import-table.ts'
import { guessMapping, unmapped } from './mapping.ts'
import { readTable } from './read-table.ts'
import type { KnownInstitution, Sheet } from './types.ts'
import { type WrittenCell, writeWorkbook } from './write-workbook.ts'

const now = Date.parse('2026-11-28T12:00:00-06:00')
const { rows, planted } = withPlanted(serviceList())

const cells = (list: readonly ListRow[]) => [
  listColumns.map((column) => columnLabel(column).es),
  ...list.map((row) => listColumns.map((column) => row[column] ?? '')),
]

function csv(list: readonly string[][], separator: string, end = '\r\n'): string {
  const cell = (text: string) =>
    text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  return list.map((row) => row.map(cell).join(separator)).join(end)
}

/** As Excel here writes it; what Windows-1252 has no place for is not in this list. */
function windows1252(text: string): Uint8Array {
  const codes = new Map(
    Array.from({ length: 256 }, (_, byte) => [
      new TextDecoder('windows-1252').decode(Uint8Array.of(byte)),
      byte,
    ]),
  )
  return Uint8Array.from([...text], (letter) => codes.get(letter) ?? 63)
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const utf16 = (text: string) => {
  const bytes = new Uint8Array(2 + text.length * 2)
  bytes.set([0xff, 0xfe])
  for (let at = 0; at < text.length; at++)
    new DataView(bytes.buffer).setUint16(2 + at * 2, text.charCodeAt(at), true)
  return bytes
}

const table = cells(rows)
const workbook = () =>
  writeWorkbook([
    {
      name: 'Servicios',
      rows: table.map((row, at) =>
        row.map(
          (text, column): WrittenCell =>
            at > 0 &&
            ['latitude', 'longitude', 'postal_code', 'minimum_age'].includes(listColumns[column]!) &&
            /^-?\d+(?:\.\d+)?$/.test(text)
              ? { number: Number(text) }
              : { text },
        ),
      ),
      widths: [],
    },
  ])

function read(bytes: Uint8Array): Sheet {
  const result = readTable(bytes)
  if (!result.ok) throw new Error(result.refusal)
  return result.file.sheets[0]!
}

const planAnew = (sheet: Sheet, institutions: readonly KnownInstitution[]) =>
  planImport(sheet, guessMapping(sheet), { institutions, now })

/** The same rows of the same institutions give the same plan, however they were written. */
const plans = new Map<string, ReturnType<typeof planImport>>()

function plan(sheet: Sheet): ReturnType<typeof planImport> {
  const content = JSON.stringify(sheet.rows)
  const known = plans.get(content) ?? planAnew(sheet, listInstitutions)
  plans.set(content, known)
  return known
}

const files: Array<[string, () => Uint8Array]> = [
  ['comma, UTF-8', () => utf8(csv(table, ','))],
  ['semicolon, UTF-8 with its mark', () => utf8(`\uFEFF${csv(table, ';')}`)],
  ['semicolon, Windows-1252', () => windows1252(csv(table, ';'))],
  ['tab, UTF-16', () => utf16(csv(table, '\t'))],
  ['tab, UTF-8, bare line ends', () => utf8(csv(table, '\t', '\n'))],
  ['comma, Windows-1252, after a title', () => windows1252(`Lista de ejemplo\r\n\r\n${csv(table, ',')}`)],
  ['workbook', workbook],
]

describe('a list of 5,000 services with 200 planted faults', () => {
  it.each(files)('names each by row and column, and nothing else: %s', (name, make) => {
    const shift = name.includes('after a title') ? 2 : 0
    const sheet = read(make())
    expect(unmapped(sheet, guessMapping(sheet))).toEqual([])
    const result = plan(sheet)
    expect(result.rows).toBe(5_000)
    expect(planted).toHaveLength(200)
    expect(result.faults.map(({ row, column, code }) => ({ row: row - shift, column, code }))).toEqual(
      planted,
    )
    expect(result.good).toBe(4_800)
    expect(result.institutions.map(({ problem }) => problem)).toEqual(listInstitutions.map(() => undefined))
  })

  it('loses nothing else: what comes out is what went in, cell by cell', () => {
    const result = plan(read(utf8(csv(table, ';'))))
    const merged = listInstitutions.map((institution) => ({
      ...institution,
      entry: result.institutions.find((each) => each.institution === institution.key)!.entry,
    }))
    const out = tableRows(merged, { language: 'es', now })
    expect(out).toHaveLength(4_801)
    const faulty = new Set(planted.map(({ row }) => row))
    const listed = (row: ListRow) =>
      JSON.stringify(listColumns.map((column) => row[column] ?? '').map(sortedList))
    const expected = rows.filter((_, at) => !faulty.has(at + 2)).map(listed)
    const found = out.slice(1).map((line) => {
      const row = Object.fromEntries(writtenColumns.map((column, at) => [column, line[at]!]))
      return JSON.stringify(listColumns.map((column) => row[column]!).map(sortedList))
    })
    expect(new Set(found)).toEqual(new Set(expected))
    // The same file again changes nothing.
    const again = planAnew(read(workbook()), merged)
    expect(again.institutions.flatMap(({ edits }) => edits)).toEqual([])
    expect(again.faults.map(({ row }) => row)).toEqual(planted.map(({ row }) => row))
  })

  it('takes a row once it is corrected or left out, and each fault says what is right', () => {
    const sheet = read(utf8(csv(table, ';')))
    const mapping = guessMapping(sheet)
    const first = plan(sheet)
    const corrections: Record<string, string> = {}
    const leftOut = new Set<number>()
    for (const { row, column, suggestion } of first.faults) {
      const position = mapping.columns[column!]!
      if (suggestion === undefined) leftOut.add(row)
      else corrections[`${row - 1}:${position}`] = suggestion
    }
    expect(Object.keys(corrections).length).toBeGreaterThan(30)
    const second = planImport(sheet, mapping, { institutions: listInstitutions, now, corrections, leftOut })
    expect(second.faults.map(({ row, column, code, found }) => ({ row, column, code, found }))).toEqual([])
    expect(second.good).toBe(5_000 - leftOut.size)
  })
})

const sortedList = (text: string) => text.trim().split('; ').sort().join('; ')
