import { type DirectoryEntry, tablesOfEntry, withTables } from '../entry/entry.ts'
import { type MarkType, markOf } from '../entry/marks.ts'
import {
  objectNames,
  ownerKeys,
  type Row,
  type TableName,
  type Tables,
  tableNames,
  tableOf,
} from '../hsds/tables.ts'

/** An entry's rows to read and to change; the entry it was made of stays as it is. */
export class EntryRows {
  readonly key: string
  readonly #entry: DirectoryEntry
  readonly #tables: Tables = {}
  /** rows by what they name in a column; made when first asked for */
  readonly #named = new Map<TableName, Map<string, Map<string, Row[]>>>()

  constructor(entry: DirectoryEntry) {
    this.key = entry.key
    this.#entry = entry
    const tables = tablesOfEntry(entry)
    for (const table of tableNames) if (tables[table]) this.#tables[table] = new Map(tables[table])
  }

  entry(): DirectoryEntry {
    return withTables(this.#entry, this.#tables)
  }

  all(table: TableName): Row[] {
    return [...(this.#tables[table]?.values() ?? [])]
  }

  row(table: TableName, id: unknown): Row | undefined {
    return typeof id === 'string' ? this.#tables[table]?.get(id) : undefined
  }

  /** Rows of a table by what they name in a column. */
  of(table: TableName, key: string, id: string): Row[] {
    const columns = this.#named.get(table) ?? new Map<string, Map<string, Row[]>>()
    this.#named.set(table, columns)
    let named = columns.get(key)
    if (!named) {
      named = new Map()
      for (const row of this.#tables[table]?.values() ?? []) {
        const owner = row[key]
        if (typeof owner !== 'string') continue
        const known = named.get(owner)
        if (known) known.push(row)
        else named.set(owner, [row])
      }
      columns.set(key, named)
    }
    return named.get(id) ?? []
  }

  marks(id: string): Row[] {
    return this.of('attributes', 'link_id', id)
  }

  mark(id: string, type: string): string | undefined {
    const found = this.marks(id).find((each) => each['link_type'] === type)
    return typeof found?.['value'] === 'string' ? found['value'] : undefined
  }

  add(table: TableName, row: Row): void {
    const rows = tableOf(this.#tables, table)
    this.#unname(table, rows.get(row.id))
    rows.set(row.id, row)
    for (const [key, named] of this.#named.get(table) ?? []) {
      const owner = row[key]
      if (typeof owner !== 'string') continue
      const known = named.get(owner)
      if (known) known.push(row)
      else named.set(owner, [row])
    }
  }

  #unname(table: TableName, row: Row | undefined): void {
    if (!row) return
    for (const [key, named] of this.#named.get(table) ?? []) {
      const owner = row[key]
      if (typeof owner !== 'string') continue
      named.set(
        owner,
        (named.get(owner) ?? []).filter(({ id }) => id !== row.id),
      )
    }
  }

  /** An ID that no row has: the one given, or one that follows from it. */
  freeId(table: TableName, make: (suffix: string) => string): string {
    for (let count = 0; ; count++) {
      const id = make(count === 0 ? '' : `/${count}`)
      if (!this.row(table, id)) return id
    }
  }

  /** `null` and undefined: without it */
  set(table: TableName, id: string, field: string, value: unknown): void {
    const row = this.row(table, id)
    if (!row) return
    if (value === null || value === undefined) {
      const { [field]: _gone, ...rest } = row
      this.add(table, rest as Row)
    } else if (row[field] !== value) this.add(table, { ...row, [field]: value })
  }

  /** A mark of which a record has one; undefined takes it away. */
  setMark(table: TableName, id: string, type: MarkType, value: string | undefined): void {
    const before = this.marks(id).find((each) => each['link_type'] === type)
    if (before?.['value'] === value) return
    if (value === undefined) this.remove('attributes', before!.id)
    else if (before) this.set('attributes', before.id, 'value', value)
    else this.add('attributes', { ...markOf(table, id, type, value) })
  }

  /** Marks of which a record may have several. */
  setMarks(table: TableName, id: string, type: MarkType, values: readonly string[]): void {
    const before = this.marks(id).filter((each) => each['link_type'] === type)
    for (const each of before) if (!values.includes(String(each['value']))) this.remove('attributes', each.id)
    for (const value of values)
      if (!before.some((each) => each['value'] === value))
        this.add('attributes', { ...markOf(table, id, type, value) })
  }

  /** Removes a row with what describes it, and what was its alone. */
  remove(table: TableName, id: string): void {
    const gone = this.#tables[table]?.get(id)
    if (!gone) return
    this.#tables[table]!.delete(id)
    this.#unname(table, gone)
    const name = objectNames[table]
    for (const each of this.of('attributes', 'link_id', id))
      if (each['link_entity'] === name) this.remove('attributes', each.id)
    for (const other of tableNames) {
      for (const key of ownerKeys[other]) {
        if (keyTables[key] !== table) continue
        for (const row of this.of(other, key, id)) {
          const { [key]: _gone, ...rest } = row
          if (
            [...ownerKeys[other]].some((each) => rest[each] !== undefined) &&
            other !== 'service_at_location'
          )
            this.add(other, rest as Row)
          else this.remove(other, row.id)
        }
      }
    }
  }
}

/** Which table an owner's column names. */
const keyTables: Readonly<Record<string, TableName>> = {
  organization_id: 'organizations',
  service_id: 'services',
  location_id: 'locations',
  service_at_location_id: 'service_at_location',
  contact_id: 'contacts',
  phone_id: 'phones',
}
