import { repaired } from './cell-places.ts'
import type { ColumnKey } from './columns.ts'
import { columnLetters, columns } from './columns.ts'
import type { CellFaultCode } from './faults.ts'
import type { InstitutionNames } from './institutions-named.ts'
import type { CellFault, Mapping, RowValues, Sheet } from './types.ts'
import type { CellRead } from './value-cells.ts'

export interface ReadOptions {
  institutions: InstitutionNames
  /** whose rows are that name no institution */
  own?: string
  /** empty cells of columns the table has take away what there is */
  blankClears?: boolean
  /** milliseconds since the Unix epoch */
  now: number
  /** cells a person corrected, by `row:column` as the sheet counts them, from 0 */
  corrections?: Readonly<Record<string, string>>
}

const maxText = 300
const maxLongText = 2_000
const longColumns: ReadonlySet<ColumnKey> = new Set([
  'description',
  'application',
  'eligibility',
  'documents',
  'transport',
  'accessibility',
])

/** A formula's mark that an export put before a text is taken off again. */
export const unprotected = (cell: string) => (/^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell)

/** The cells of one row: what they say, what is wrong with them, and what was taken from them so far. */
export class RowCells {
  readonly faults: CellFault[] = []
  protected readonly values: RowValues = {}
  protected readonly sheet: Sheet
  protected readonly at: number
  protected readonly mapping: Mapping
  protected readonly options: ReadOptions

  constructor(sheet: Sheet, at: number, mapping: Mapping, options: ReadOptions) {
    this.sheet = sheet
    this.at = at
    this.mapping = mapping
    this.options = options
  }

  /** The cell's text; undefined where the table has no such column. */
  protected cell(column: ColumnKey): string | undefined {
    const position = this.mapping.columns[column]
    if (position === undefined) return undefined
    const corrected = this.options.corrections?.[`${this.at}:${position}`]
    return unprotected(corrected ?? this.sheet.rows[this.at]?.[position] ?? '').replace(
      /^[\s\u00a0]+|[ \t\u00a0]+$/g,
      '',
    )
  }

  protected said(column: ColumnKey): string | undefined {
    const cell = this.cell(column)
    return cell === undefined || cell.trim() === '' ? undefined : cell
  }

  isEmpty(): boolean {
    return (Object.keys(this.mapping.columns) as ColumnKey[]).every(
      (column) => this.said(column) === undefined,
    )
  }

  protected fault(
    column: ColumnKey | undefined,
    code: CellFaultCode,
    extra: { suggestion?: string | undefined; detail?: string | undefined } = {},
  ): void {
    const position = column === undefined ? undefined : this.mapping.columns[column]
    this.faults.push({
      row: this.at + 1,
      ...(column === undefined ? {} : { column }),
      ...(position === undefined ? {} : { letters: columnLetters(position) }),
      code,
      found: column === undefined ? '' : (this.cell(column) ?? ''),
      ...(extra.suggestion ? { suggestion: extra.suggestion } : {}),
      ...(extra.detail ? { detail: extra.detail } : {}),
    })
  }

  /** Reads a cell; nothing where it is empty or wrong, and a fault where it is wrong. */
  protected take<T>(column: ColumnKey, read: (cell: string) => CellRead<T>): T | undefined {
    const cell = this.said(column)
    if (cell === undefined || !this.isSound(column)) return undefined
    const result = read(cell)
    if (result.ok) return result.value
    this.fault(column, result.code, result)
    return undefined
  }

  /** What is true of any cell: no formula that failed, letters that can be read, not too long. */
  protected isSound(column: ColumnKey): boolean {
    const position = this.mapping.columns[column]
    const cell = this.cell(column) ?? ''
    const place = `${this.at}:${position}`
    const broken = this.options.corrections?.[place] === undefined ? this.sheet.broken?.[place] : undefined
    if (broken) {
      this.fault(column, broken)
      return false
    }
    const mangled = /\uFFFD|[ÃÂ][\u0080-\u00bf]|Ã[\u2018-\u203a\u0152-\u0192]|\p{Cc}(?<![\t\n\r])/u.test(cell)
    if (mangled) {
      this.fault(column, 'unreadable_letters', { suggestion: repaired(cell) })
      return false
    }
    if (cell.length > (longColumns.has(column) ? maxLongText : maxText) && columns[column].of !== 'target') {
      this.fault(column, 'too_long')
      return false
    }
    return true
  }

  protected put<K extends keyof RowValues>(
    column: K,
    value: RowValues[K] | undefined,
    empty?: RowValues[K],
  ): void {
    if (value !== undefined) this.values[column] = value
    else if (
      empty !== undefined &&
      this.options.blankClears &&
      this.cell(column as ColumnKey) !== undefined &&
      this.said(column as ColumnKey) === undefined
    )
      this.values[column] = empty
  }
}
