import { stableId } from '../ids.ts'
import { runSteps, type Steps } from '../steps.ts'
import {
  foreignKeys,
  lists,
  objectNames,
  ones,
  type Row,
  type TableName,
  type Tables,
  tableNames,
  tableOf,
} from './tables.ts'

/** Objects inside objects (HSDS JSON) to rows and back. Nothing a source has is dropped, known to the standard or not. */

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** More levels than the standard can nest; a file that goes on is hostile. */
const maxDepth = 16

/** Which fields of a table's objects hold others. */
const nestedFields = Object.fromEntries(
  tableNames.map((table) => [
    table,
    {
      listFields: new Set(lists[table].map(({ field }) => field)),
      oneFields: new Set(ones[table]?.map(({ field }) => field)),
    },
  ]),
) as unknown as Record<TableName, { listFields: ReadonlySet<string>; oneFields: ReadonlySet<string> }>

/**
 * Adds an object with all it holds to `tables`, each part as a row. An object met twice under one ID is one row that
 * belongs to both places; where its contents or owner differ, the second becomes a row with an ID derived from both.
 * @returns the row's ID; undefined when the value is no object with an ID
 */
export function addNested(
  tables: Tables,
  table: TableName,
  value: unknown,
  owner: Record<string, string> = {},
  depth = 0,
): string | undefined {
  if (!isObject(value) || typeof value['id'] !== 'string' || depth > maxDepth) return undefined
  const row: Row = { id: value['id'] }
  const { listFields, oneFields } = nestedFields[table]
  for (const [field, content] of Object.entries(value)) {
    const apart = listFields.has(field) ? Array.isArray(content) : oneFields.has(field) && isObject(content)
    // A list that is none, or an object that is none, stays as it came.
    if (!apart) setField(row, field, content)
  }
  for (const { field, table: inner, key } of ones[table] ?? []) {
    const id = isObject(value[field]) ? addNested(tables, inner, value[field], {}, depth + 1) : undefined
    if (id !== undefined) row[key] ??= id
    else if (isObject(value[field])) setField(row, field, value[field])
  }
  for (const [key, id] of Object.entries(owner)) {
    // A row may say something else of what it describes; whose row it is, its place decides.
    if (key === 'link_entity' || key === 'resource_type') row[key] ??= id
    else row[key] = id
  }
  const id = put(tables, table, row)
  for (const { field, table: inner, key } of lists[table]) {
    const content = value[field]
    if (!Array.isArray(content)) continue
    const kept: unknown[] = []
    for (const each of content)
      if (addNested(tables, inner, each, ownerKeys(key, id, table), depth + 1) === undefined) kept.push(each)
    if (kept.length > 0) setField(tables[table]!.get(id)!, field, kept)
  }
  return id
}

function setField(row: Row, field: string, value: unknown): void {
  // "__proto__" is a name like others here, and must stay one.
  if (field !== '__proto__') row[field] = value
  else Object.defineProperty(row, field, { value, enumerable: true, configurable: true, writable: true })
}

const ownerKeys = (key: string, id: string, table: TableName): Record<string, string> =>
  key === 'link_id'
    ? { link_id: id, link_entity: objectNames[table] }
    : key === 'resource_id'
      ? { resource_id: id, resource_type: objectNames[table] }
      : { [key]: id }

function put(tables: Tables, table: TableName, row: Row): string {
  const rows = tableOf(tables, table)
  const before = rows.get(row.id)
  if (!before) {
    rows.set(row.id, row)
    return row.id
  }
  const conflict = Object.entries(row).some(
    ([field, value]) => Object.hasOwn(before, field) && !same(before[field], value),
  )
  if (!conflict) {
    for (const [field, value] of Object.entries(row)) setField(before, field, value)
    return row.id
  }
  const owners = ['link_id', 'resource_id', ...foreignKeys[table].keys()]
  const id = stableId(`${table}/${row.id}/${owners.map((key) => row[key] ?? '').join('/')}`)
  if (id === row.id || rows.has(id)) {
    for (const [field, value] of Object.entries(row))
      if (field !== 'id') setField(rows.get(id)!, field, value)
    return id
  }
  rows.set(id, { ...row, id })
  return id
}

const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b)

/** Who owns which rows, so that putting objects together does not search. */
export class Ownership {
  readonly tables: Tables
  readonly #owned = new Map<string, Row[]>()

  /** @param later whoever makes it runs `inSteps` to its end before anything is asked */
  constructor(tables: Tables, later = false) {
    this.tables = tables
    if (!later) runSteps(this.inSteps())
  }

  *inSteps(): Steps {
    const { tables } = this
    for (const table of tableNames) {
      const keys = new Set([...foreignKeys[table].keys()])
      if (table === 'attributes') keys.add('link_id')
      if (table === 'metadata') keys.add('resource_id')
      for (const row of tables[table]?.values() ?? []) {
        for (const key of keys) {
          const owner = row[key]
          if (typeof owner !== 'string') continue
          const at = `${table} ${key} ${owner}`
          const known = this.#owned.get(at)
          if (known) known.push(row)
          else this.#owned.set(at, [row])
        }
        yield
      }
    }
  }

  owned(table: TableName, key: string, owner: string): readonly Row[] {
    return this.#owned.get(`${table} ${key} ${owner}`) ?? none
  }

  row(table: TableName, id: unknown): Row | undefined {
    return typeof id === 'string' ? this.tables[table]?.get(id) : undefined
  }
}

const none: readonly Row[] = []

export interface NestOptions {
  /**
   * `bare`: keys that nesting says anyway are left out, as the standard's own examples do. `keyed`: they stay, so that
   * a reader of one part can go on to the whole.
   */
  keys: 'bare' | 'keyed'
  /** called with each row that went into the object */
  seen?: (table: TableName, id: string) => void
}

/** An object with all it holds. Nothing is nested in what it is itself part of, so there are no circles. */
export function nest(
  ownership: Ownership,
  table: TableName,
  row: Row,
  options: NestOptions,
  path: readonly TableName[] = [],
): Row {
  options.seen?.(table, row.id)
  const object: Row = { id: row.id }
  for (const [field, value] of Object.entries(row))
    if (options.keys === 'keyed' || !impliedKey(ownership, table, field, value))
      setField(object, field, value)
  const within = [...path, table]
  for (const { field, table: inner, key } of ones[table] ?? []) {
    const found = ownership.row(inner, row[key])
    if (found && !within.includes(inner))
      setField(object, field, nest(ownership, inner, found, options, within))
  }
  for (const { field, table: inner, key } of lists[table]) {
    if (within.includes(inner)) continue
    const found = ownership.owned(inner, key, row.id)
    if (found.length > 0) {
      const kept = Array.isArray(object[field]) ? (object[field] as unknown[]) : []
      setField(object, field, [
        ...found.map((each) => nest(ownership, inner, each, options, within)),
        ...kept,
      ])
    }
  }
  return object
}

/** A key whose row is there is said by nesting; one that leads nowhere is all that is known, and stays. */
function impliedKey(ownership: Ownership, table: TableName, field: string, value: unknown): boolean {
  if (table === 'attributes' && field === 'link_id') return exists(ownership, value)
  if (table === 'metadata' && field === 'resource_id') return exists(ownership, value)
  const target = foreignKeys[table].get(field)
  return target !== undefined && ownership.row(target, value) !== undefined
}

const exists = (ownership: Ownership, id: unknown) =>
  tableNames.some((table) => ownership.row(table, id) !== undefined)
