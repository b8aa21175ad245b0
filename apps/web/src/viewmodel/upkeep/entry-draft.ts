import { type DirectoryEntry, entryTables, tablesOfEntry, withTables } from '@enlace/directory/entry'
import { isMarkType, markOf } from '@enlace/directory/marks'
import { readPhone, showPhone } from '@enlace/directory/phone'
import {
  foreignKeys,
  objectNames,
  ownerKeys,
  type Row,
  type TableName,
  tableOf,
} from '@enlace/directory/tables'
import { termAttribute } from '@enlace/directory/taxonomies'
import { bedUnit } from '@enlace/directory/units'
import { networkByDefault } from '@enlace/directory/visibility'
import { planOf, type RecordPlan } from './form-plan.ts'

/** An entry while a person edits it: each step gives another entry, and what was changed follows from comparing. */

export const rowsOf = (entry: DirectoryEntry, table: TableName): readonly Row[] => entry.records[table] ?? []

export const rowOf = (entry: DirectoryEntry, table: TableName, id: string): Row | undefined =>
  rowsOf(entry, table).find((row) => row.id === id)

/** An empty text, or a number nobody gave, is no field at all, unless the standard asks for one. */
export function setField(
  entry: DirectoryEntry,
  table: TableName,
  id: string,
  field: string,
  value: unknown,
): DirectoryEntry {
  const tables = tablesOfEntry(entry)
  const row = tables[table]?.get(id)
  if (!row) return entry
  const isEmpty = value === undefined || (value === '' && field !== 'postal_code')
  const { [field]: _before, ...rest } = row
  tableOf(tables, table).set(
    id,
    (isEmpty && !planOf(table)?.fields.some((one) => one.field === field && one.needed)
      ? rest
      : { ...row, [field]: value ?? '' }) as Row,
  )
  if (table === 'service_capacity')
    tableOf(tables, table).set(id, { ...tables[table]!.get(id)!, updated: new Date().toISOString() })
  return withTables(entry, tables)
}

export const marksOf = (entry: DirectoryEntry, id: string, type: string): string[] =>
  rowsOf(entry, 'attributes').flatMap((each) =>
    each['link_id'] === id && each['link_type'] === type ? [String(each['value'])] : [],
  )

/** The record says this of itself, and nothing else of that kind. */
export function setMarks(
  entry: DirectoryEntry,
  table: TableName,
  id: string,
  type: string,
  values: readonly string[],
): DirectoryEntry {
  const tables = tablesOfEntry(entry)
  const attributes = tableOf(tables, 'attributes')
  for (const [key, each] of attributes)
    if (each['link_id'] === id && each['link_type'] === type && !values.includes(String(each['value'])))
      attributes.delete(key)
  const before = marksOf(entry, id, type)
  for (const value of values) {
    if (before.includes(value)) continue
    const made = isMarkType(type)
      ? markOf(table, id, type, value)
      : // The vocabulary is everybody's and not in an entry: the category's code says which.
        withoutTerm(termAttribute('service', id, 'services', value))
    attributes.set(made.id, { ...made })
  }
  return withTables(entry, tables)
}

function withoutTerm({
  taxonomy_term: _term,
  taxonomy_term_id: _id,
  ...rest
}: ReturnType<typeof termAttribute>) {
  return rest
}

/** @returns the entry with a new record of that kind, and its ID */
export function addRow(
  entry: DirectoryEntry,
  plan: RecordPlan,
  owner: { key: string; id: string } | undefined,
): { entry: DirectoryEntry; id: string } {
  const tables = tablesOfEntry(entry)
  const id = crypto.randomUUID()
  const needed = Object.fromEntries(plan.fields.filter((one) => one.needed).map(({ field }) => [field, '']))
  const row: Row = { id, ...needed, ...plan.start, ...(owner ? { [owner.key]: owner.id } : {}) }
  if (plan.table === 'service_capacity') {
    tableOf(tables, 'units').set(bedUnit.id, { ...bedUnit })
    row['unit_id'] = bedUnit.id
    row['updated'] = new Date().toISOString()
  }
  if (plan.table === 'addresses') row['country'] = entry.key.slice(0, 2).toUpperCase()
  tableOf(tables, plan.table).set(id, row)
  if (plan.table === 'services')
    for (const { id: location_id } of rowsOf(entry, 'locations')) {
      const at = crypto.randomUUID()
      tableOf(tables, 'service_at_location').set(at, { id: at, service_id: id, location_id })
    }
  return { entry: withTables(entry, tables), id }
}

/** With all that belonged to it. */
export function removeRow(entry: DirectoryEntry, table: TableName, id: string): DirectoryEntry {
  const tables = tablesOfEntry(entry)
  const gone = new Set<string>()
  const drop = (name: TableName, row: string) => {
    if (!tables[name]?.delete(row) || gone.has(row)) return
    gone.add(row)
    for (const other of entryTables)
      for (const each of [...(tables[other]?.values() ?? [])]) {
        const isOf =
          other === 'attributes'
            ? each['link_id'] === row && each['link_entity'] === objectNames[name]
            : [...foreignKeys[other]].some(
                ([key, target]) =>
                  target === name &&
                  each[key] === row &&
                  (ownerKeys[other].has(key) || other === 'service_at_location'),
              )
        if (isOf) drop(other, each.id)
      }
  }
  drop(table, id)
  return withTables(entry, tables)
}

const listed = (values: readonly string[]) => values.flatMap((value) => value.split(','))

/** Who sees a field; `*`: the whole record. */
export function visibilityOf(
  entry: DirectoryEntry,
  table: TableName,
  id: string,
  field: string,
): 'public' | 'network' {
  const hidden = listed(marksOf(entry, id, 'network_only'))
  if (hidden.includes('*') || hidden.includes(field)) return 'network'
  if (!isHiddenByDefault(entry, table, id, field)) return 'public'
  const open = listed(marksOf(entry, id, 'public'))
  return open.includes('*') || open.includes(field) ? 'public' : 'network'
}

function isHiddenByDefault(entry: DirectoryEntry, table: TableName, id: string, field: string): boolean {
  if (table === 'phones' && field === '*')
    return (
      rowOf(entry, table, id)?.['contact_id'] !== undefined ||
      marksOf(entry, id, 'answers_at_night').includes('yes')
    )
  return networkByDefault[table]?.includes(field) ?? false
}

export function setVisibility(
  entry: DirectoryEntry,
  table: TableName,
  id: string,
  field: string,
  who: 'public' | 'network',
): DirectoryEntry {
  const byDefault = isHiddenByDefault(entry, table, id, field)
  const change = (type: 'network_only' | 'public', add: boolean) => {
    const before = listed(marksOf(entry, id, type)).filter((one) => one !== field)
    const after = add ? [...before, field].sort() : before
    return after.length > 0 ? [after.join(',')] : []
  }
  const next = setMarks(
    entry,
    table,
    id,
    'network_only',
    change('network_only', who === 'network' && !byDefault),
  )
  return setMarks(next, table, id, 'public', change('public', who === 'public' && byDefault))
}

/** A number as somebody wrote it, as it is kept; what is no number stays, and is named as a fault. */
export function phoneAsKept(written: string, country: string): string {
  const read = readPhone(written, country)
  return typeof read === 'string' ? written.trim() : read.number
}

export const phoneAsShown = (number: unknown): string => (typeof number === 'string' ? showPhone(number) : '')
