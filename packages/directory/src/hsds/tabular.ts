import { type Cell, parseCsv, writeCsv } from './csv.ts'
import {
  type ColumnType,
  columns,
  columnType,
  foreignKeys,
  type Row,
  type TableName,
  type Tables,
  tableNames,
  tableOf,
} from './tables.ts'

/** HSDS as a tabular data package: a CSV file for each table and `datapackage.json`, which says what the columns hold. */

/** Files by name, e.g. `services.csv`. */
export type PackageFiles = Record<string, string>

/** What is wrong where; `row` is the line of data, counted from 1 without the heading. */
export interface TabularFault {
  file: string
  row?: number
  column?: string
  fault: 'unreadable' | 'too_large' | 'no_id' | 'twice' | 'not_a_number' | 'not_json'
}

const maxRows = 200_000

/** JSON Table Schema types: the standard's own, and `object` for what a source has that is no plain value. */
type FieldType = ColumnType | 'boolean' | 'object'

interface Field {
  name: string
  type: FieldType
}

const fileOf = (table: TableName) => `${table}.csv`

/** Writes every table that has rows. Columns the standard does not define follow those it does. */
export function toDataPackage(tables: Tables, { name = 'enlace-directory' } = {}): PackageFiles {
  const files: PackageFiles = {}
  const resources: unknown[] = []
  for (const table of tableNames) {
    const rows = [...(tables[table]?.values() ?? [])]
    if (rows.length === 0) continue
    const fields = fieldsOf(table, rows)
    files[fileOf(table)] = writeCsv([
      fields.map((field) => field.name),
      ...rows.map((row) => fields.map((field) => cellOf(row[field.name], field.type))),
    ])
    resources.push({
      name: table,
      path: fileOf(table),
      profile: 'tabular-data-resource',
      format: 'csv',
      mediatype: 'text/csv',
      encoding: 'utf-8',
      schema: {
        fields: fields.map((field) => ({
          ...field,
          ...(field.name === 'id' ? { constraints: { unique: true } } : {}),
        })),
        primaryKey: 'id',
        foreignKeys: [...foreignKeys[table]]
          .filter(([key, target]) => tables[target]?.size && fields.some((field) => field.name === key))
          .map(([key, target]) => ({ fields: key, reference: { resource: target, fields: 'id' } })),
      },
    })
  }
  files['datapackage.json'] =
    `${JSON.stringify({ name, profile: 'tabular-data-package', resources }, null, 2)}\n`
  return files
}

function fieldsOf(table: TableName, rows: readonly Row[]): Field[] {
  const used = new Set(rows.flatMap((row) => Object.keys(row)))
  const known = columns[table].filter((column) => used.has(column))
  const others = [...used].filter((column) => !columns[table].includes(column)).sort()
  return [...known, ...others].map((column) => ({ name: column, type: typeIn(table, column, rows) }))
}

function typeIn(table: TableName, column: string, rows: readonly Row[]): FieldType {
  const standard = columnType(table, column)
  const kinds = new Set(rows.flatMap((row) => (row[column] === undefined ? [] : [typeof row[column]])))
  if (standard && [...kinds].every((kind) => kind === (standard === 'number' ? 'number' : 'string')))
    return standard
  if (kinds.size === 1 && kinds.has('number')) return 'number'
  if (kinds.size === 1 && kinds.has('boolean')) return 'boolean'
  return kinds.size === 1 && kinds.has('string') ? 'string' : 'object'
}

function cellOf(value: unknown, type: FieldType): Cell {
  if (value === undefined) return undefined
  return type === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * Reads a data package. Types come from its `datapackage.json` where it says them, else from the standard. Files that
 * are no table of the standard are not read.
 */
export function fromDataPackage(files: PackageFiles): { tables: Tables; faults: TabularFault[] } {
  const tables: Tables = {}
  const faults: TabularFault[] = []
  const described = describedTypes(files['datapackage.json'])
  for (const table of tableNames) {
    const file = fileOf(table)
    const text = files[file]
    if (text === undefined) continue
    const [heading, ...lines] = parseCsv(text)
    if (!heading) continue
    if (lines.length > maxRows) {
      faults.push({ file, fault: 'too_large' })
      continue
    }
    const names = heading.map((cell) => cell?.trim() ?? '')
    const rows: Row[] = []
    for (const [index, line] of lines.entries()) {
      const row: Record<string, unknown> = {}
      for (const [position, column] of names.entries()) {
        const cell = line[position]
        if (cell === undefined || column === '') continue
        const type = described.get(`${table} ${column}`) ?? columnType(table, column) ?? 'string'
        const read = readCell(cell, type)
        if ('fault' in read) faults.push({ file, row: index + 1, column, fault: read.fault })
        Object.defineProperty(row, column, {
          value: 'fault' in read ? cell : read.value,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      }
      rows.push(row as Row)
    }
    addRows(tables, table, rows, file, faults)
  }
  return { tables, faults }
}

/** The same tables as JSON: rows by the name of their file, as the standard's own example has them. */
export function fromTabularJson(content: Record<string, unknown>): {
  tables: Tables
  faults: TabularFault[]
} {
  const tables: Tables = {}
  const faults: TabularFault[] = []
  for (const table of tableNames) {
    const file = fileOf(table)
    const rows = content[file] ?? content[table]
    if (rows === undefined) continue
    if (!Array.isArray(rows) || rows.length > maxRows) {
      faults.push({ file, fault: Array.isArray(rows) ? 'too_large' : 'unreadable' })
      continue
    }
    addRows(
      tables,
      table,
      rows.flatMap((row: unknown, index) => {
        if (typeof row === 'object' && row !== null && !Array.isArray(row))
          return [withTexts(table, row as Row)]
        faults.push({ file, row: index + 1, fault: 'unreadable' })
        return []
      }),
      file,
      faults,
    )
  }
  return { tables, faults }
}

/** A spreadsheet makes a number of an identifier of digits; the standard has texts there. */
function withTexts(table: TableName, row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const type = columnType(table, column)
      return [column, typeof value === 'number' && type && type !== 'number' ? String(value) : value]
    }),
  ) as Row
}

function addRows(
  tables: Tables,
  table: TableName,
  rows: readonly Row[],
  file: string,
  faults: TabularFault[],
): void {
  const known = tableOf(tables, table)
  for (const [index, row] of rows.entries()) {
    if (typeof row.id !== 'string' || row.id === '')
      faults.push({ file, row: index + 1, column: 'id', fault: 'no_id' })
    else if (known.has(row.id)) faults.push({ file, row: index + 1, column: 'id', fault: 'twice' })
    else known.set(row.id, row)
  }
}

function readCell(cell: string, type: FieldType): { value: unknown } | { fault: TabularFault['fault'] } {
  if (type === 'number') {
    const number = cell.trim() === '' ? Number.NaN : Number(cell)
    return Number.isFinite(number) ? { value: number } : { fault: 'not_a_number' }
  }
  if (type === 'boolean') return { value: cell.trim().toLowerCase() === 'true' }
  if (type !== 'object') return { value: cell }
  try {
    return { value: JSON.parse(cell) as unknown }
  } catch {
    return { fault: 'not_json' }
  }
}

const fieldTypes: Record<string, FieldType> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  date: 'date',
  datetime: 'datetime',
  time: 'time',
  boolean: 'boolean',
  object: 'object',
  array: 'object',
}

function describedTypes(text: string | undefined): Map<string, FieldType> {
  const types = new Map<string, FieldType>()
  let description: unknown
  try {
    description = JSON.parse(text ?? '{}')
  } catch {
    // Some packages have a path here. The standard's own types serve.
    return types
  }
  for (const resource of listIn(description, 'resources')) {
    const path = textIn(resource, 'path') ?? ''
    const table = tableNames.find((name) => fileOf(name) === path.split('/').at(-1))
    if (!table) continue
    const schema =
      typeof resource === 'object' && resource !== null ? (resource as Record<string, unknown>)['schema'] : {}
    for (const field of listIn(schema, 'fields')) {
      const type = fieldTypes[textIn(field, 'type') ?? '']
      const column = textIn(field, 'name')
      if (type && column) types.set(`${table} ${column}`, type)
    }
  }
  return types
}

function listIn(value: unknown, field: string): unknown[] {
  const list =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined
  return Array.isArray(list) ? list : []
}

function textIn(value: unknown, field: string): string | undefined {
  const text =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined
  return typeof text === 'string' ? text : undefined
}
