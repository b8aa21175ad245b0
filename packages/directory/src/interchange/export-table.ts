import Papa from 'papaparse'
import { entryFreshness } from '../upkeep/assurance.ts'
import { columnLabel, writtenColumns } from './columns.ts'
import { EntryRows } from './entry-rows.ts'
import { targetsOf, valuesOf } from './targets.ts'
import type { KnownInstitution } from './types.ts'
import { valueText } from './value-texts.ts'
import { type WrittenCell, writeWorkbook } from './write-workbook.ts'

/** The directory as a list: the columns that are imported, a row for each service at a place. What it writes is read back. */

export interface ExportOptions {
  language: 'es' | 'en'
  /** milliseconds since the Unix epoch */
  now: number
}

const numbers = new Set<string>([
  'latitude',
  'longitude',
  'minimum_age',
  'maximum_age',
  'beds_free',
  'beds_total',
])

/** Entries as the viewer may see them: who calls gives public views where only those may be seen. */
export function tableRows(
  institutions: readonly KnownInstitution[],
  { language, now }: ExportOptions,
): string[][] {
  const rows = institutions.flatMap((institution) => {
    const entry = new EntryRows(institution.entry)
    const { assuredDate } = entryFreshness(institution.entry, now)
    return targetsOf(entry).map((target) => {
      const values = valuesOf(entry, target)
      return writtenColumns.map((column) => {
        if (column === 'institution') return institution.name
        if (column === 'institution_key') return institution.key
        if (column === 'verified') return assuredDate ?? ''
        return valueText(column, values, language, institution.country)
      })
    })
  })
  return [writtenColumns.map((column) => columnLabel(column)[language]), ...rows]
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe before it, which the import takes off again. A
 * plain number is none, and stays one.
 */
export function harmless(cell: string): string {
  return /^'*[=+\-@\t\r]/.test(cell) && !/^-?\d+(?:\.\d+)?$/.test(cell) ? `'${cell}` : cell
}

/** CSV as Excel opens it by a double click here: UTF-8 with its mark, semicolons in Spanish, where the comma is the decimal sign. */
export function tableCsv(rows: ReadonlyArray<readonly string[]>, separator: ',' | ';' = ';'): string {
  return `\uFEFF${Papa.unparse(
    rows.map((row) => row.map(harmless)),
    { delimiter: separator, newline: '\r\n' },
  )}\r\n`
}

export function tableWorkbook(rows: ReadonlyArray<readonly string[]>, name: string): Uint8Array {
  const cells = rows.map((row, at) =>
    row.map((text, column): WrittenCell => {
      const number =
        at > 0 && numbers.has(writtenColumns[column] ?? '') && text !== '' ? Number(text) : undefined
      return number !== undefined && Number.isFinite(number) ? { number } : { text }
    }),
  )
  return writeWorkbook([
    {
      name,
      rows: cells,
      widths: writtenColumns.map((column) => (column === 'id' ? 40 : numbers.has(column) ? 10 : 24)),
    },
  ])
}
