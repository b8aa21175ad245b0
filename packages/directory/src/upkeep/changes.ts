import { type DirectoryEntry, tablesOfEntry, withTables } from '../entry/entry.ts'
import type { Metadata } from '../hsds/objects.ts'
import { objectNames, type Row, type TableName, tableNames, tableOf } from '../hsds/tables.ts'
import { stableId } from '../ids.ts'

/** Changes of an entry, field by field: what was there, what is there now. */

export type Edit =
  | { kind: 'set'; table: TableName; id: string; field: string; from?: unknown; to?: unknown }
  | { kind: 'add'; table: TableName; row: Row }
  | { kind: 'remove'; table: TableName; row: Row }

/** An edit that was made: by whom and when. */
export interface Change {
  /** the user's Matrix ID */
  by: string
  /** milliseconds since the Unix epoch */
  at: number
  edit: Edit
}

const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b)

/** What has to be done to make one entry of the other. */
export function editsBetween(before: DirectoryEntry, after: DirectoryEntry): Edit[] {
  const old = tablesOfEntry(before)
  const now = tablesOfEntry(after)
  return tableNames.flatMap((table) => {
    const edits: Edit[] = []
    for (const [id, row] of now[table] ?? []) {
      const was = old[table]?.get(id)
      if (!was) {
        edits.push({ kind: 'add', table, row })
        continue
      }
      for (const field of new Set([...Object.keys(was), ...Object.keys(row)]))
        if (!same(was[field], row[field])) edits.push(setting(table, id, field, was[field], row[field]))
    }
    for (const [id, row] of old[table] ?? [])
      if (!now[table]?.has(id)) edits.push({ kind: 'remove', table, row })
    return edits
  })
}

/** Absent is said by absence: a record that is written down has no "undefined". */
function setting(table: TableName, id: string, field: string, from: unknown, to: unknown): Edit {
  return {
    kind: 'set',
    table,
    id,
    field,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

/**
 * Makes the edits. One that found something else than it was made for is not made: whoever proposed it saw another
 * state, and a later word must not be lost unseen.
 */
export function applyEdits(
  entry: DirectoryEntry,
  edits: readonly Edit[],
): { entry: DirectoryEntry; made: Edit[]; outdated: Edit[] } {
  const tables = tablesOfEntry(entry)
  const made: Edit[] = []
  const outdated: Edit[] = []
  for (const edit of edits) {
    const rows = tableOf(tables, edit.table)
    const current = rows.get(edit.kind === 'set' ? edit.id : edit.row.id)
    if (edit.kind === 'set') {
      if (!current || !same(current[edit.field], edit.from) || edit.field === 'id') {
        outdated.push(edit)
        continue
      }
      const { [edit.field]: _before, ...rest } = current
      rows.set(edit.id, (edit.to === undefined ? rest : { ...current, [edit.field]: edit.to }) as Row)
    } else if (edit.kind === 'add') {
      if (current && !same(current, edit.row)) {
        outdated.push(edit)
        continue
      }
      rows.set(edit.row.id, edit.row)
    } else {
      if (!current || !same(current, edit.row)) {
        outdated.push(edit)
        continue
      }
      rows.delete(edit.row.id)
    }
    made.push(edit)
  }
  return { entry: withTables(entry, tables), made, outdated }
}

/** What takes an edit back. */
export function reverse(edit: Edit): Edit {
  if (edit.kind === 'set') return setting(edit.table, edit.id, edit.field, edit.to, edit.from)
  return { ...edit, kind: edit.kind === 'add' ? 'remove' : 'add' }
}

/** A change as HSDS keeps it (`metadata`): one row for each field, values as text. */
export function metadataOf({ by, at, edit }: Change): Metadata[] {
  const time = new Date(at).toISOString()
  const record = edit.kind === 'set' ? edit.id : edit.row.id
  const fields: Array<[field: string, from: unknown, to: unknown]> =
    edit.kind === 'set'
      ? [[edit.field, edit.from, edit.to]]
      : Object.entries(edit.row)
          .filter(([field]) => field !== 'id')
          .map(([field, value]) =>
            edit.kind === 'add' ? [field, undefined, value] : [field, value, undefined],
          )
  return fields.map(([field, from, to]) => ({
    id: stableId(`metadata/${record}/${field}/${time}/${by}`),
    resource_id: record,
    resource_type: objectNames[edit.table],
    last_action_date: time.slice(0, 10),
    last_action_type: { set: 'update', add: 'create', remove: 'delete' }[edit.kind],
    field_name: field,
    previous_value: textOf(from),
    replacement_value: textOf(to),
    updated_by: by,
  }))
}

const textOf = (value: unknown) =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
