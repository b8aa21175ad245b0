import { addNested, nest, Ownership } from './nesting.ts'
import { type Row, rowFaults, type TableName, type Tables, tableNames } from './tables.ts'

/** HSDS as JSON: from any of the forms in which it is handed about, and to one that holds all of a directory. */

/** A row that is not as the standard wants it. It is kept all the same: whoever imports decides. */
export interface RowFault {
  table: TableName
  id: string
  /** the field, with a path into it where it is a list */
  field: string
  message: string
}

export interface JsonImport {
  tables: Tables
  /** what could not be read, by its place in the file, e.g. `contents.3` */
  unreadable: string[]
}

const maxObjects = 200_000

/**
 * Reads HSDS JSON: one object, a list, a page of HSDA (`contents`), lines (NDJSON), or lists by table as `toHsdsJson`
 * writes them. What an object is shows in its fields; `as` says it where they do not.
 */
export function fromHsdsJson(text: string, as?: TableName): JsonImport {
  const tables: Tables = {}
  const unreadable: string[] = []
  const add = (value: unknown, place: string, table = as ?? kindOf(value)) => {
    if (table === undefined || isTooDeep(value) || addNested(tables, table, value) === undefined)
      unreadable.push(place)
  }
  const addAll = (values: readonly unknown[], place: string, table?: TableName) => {
    for (const [index, value] of values.slice(0, maxObjects).entries()) add(value, `${place}${index}`, table)
    if (values.length > maxObjects) unreadable.push(`${place}${maxObjects}`)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue
      try {
        add(JSON.parse(line), String(index))
      } catch {
        unreadable.push(String(index))
      }
    }
    return { tables, unreadable }
  }
  if (Array.isArray(content)) addAll(content, '')
  else if (isPage(content)) addAll(content.contents, 'contents.')
  else if (isByTable(content)) {
    for (const [table, values] of Object.entries(content))
      if (isTable(table) && Array.isArray(values)) addAll(values, `${table}.`, table)
  } else add(content, '')
  return { tables, unreadable }
}

/** No directory nests as deep as this; a file that does would exhaust whoever reads it. */
const maxLevels = 64

function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxLevels) return true
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
  }
  return false
}

const isTable = (name: string): name is TableName => (tableNames as string[]).includes(name)

const isPage = (value: unknown): value is { contents: unknown[] } =>
  typeof value === 'object' && value !== null && 'contents' in value && Array.isArray(value.contents)

function isByTable(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || 'id' in value) return false
  return Object.entries(value).some(([name, list]) => isTable(name) && Array.isArray(list))
}

function kindOf(value: unknown): TableName | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const has = (...fields: string[]) => fields.some((field) => field in value)
  if (has('status')) return 'services'
  if (has('location_type')) return 'locations'
  if (has('location', 'location_id', 'service')) return 'service_at_location'
  if (has('parent_id', 'taxonomy', 'taxonomy_id', 'taxonomy_detail', 'term_uri', 'code'))
    return 'taxonomy_terms'
  if (has('version') || ('uri' in value && Object.keys(value).length <= 5)) return 'taxonomies'
  return has('name') ? 'organizations' : undefined
}

/** Where exports begin; what hangs on none of them follows as rows. */
const roots: TableName[] = ['organizations', 'services', 'service_at_location', 'locations']

/**
 * All of a directory as JSON: organizations with everything they have, then by table whatever belongs to none, so that
 * nothing is lost on the way back.
 */
export function toHsdsJson(tables: Tables): Record<string, Row[]> {
  const ownership = new Ownership(tables)
  const written = new Set<string>()
  const seen = (table: TableName, id: string) => void written.add(`${table} ${id}`)
  const result: Record<string, Row[]> = {}
  for (const table of [...roots, ...tableNames.filter((name) => !roots.includes(name))]) {
    for (const row of tables[table]?.values() ?? []) {
      if (written.has(`${table} ${row.id}`)) continue
      const list = result[table] ?? []
      list.push(nest(ownership, table, row, { keys: 'bare', seen }))
      result[table] = list
    }
  }
  return result
}

/** Every row that the standard's schemas refuse. */
export function faultsOf(tables: Tables): RowFault[] {
  return tableNames.flatMap((table) =>
    [...(tables[table]?.values() ?? [])].flatMap((row) =>
      rowFaults(table, row).map(({ path, message }) => ({
        table,
        id: row.id,
        field: path.map(String).join('.'),
        message,
      })),
    ),
  )
}
