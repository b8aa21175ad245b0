import { foreignKeys, ownerKeys, type Row, type TableName, type Tables, tableNames } from '../hsds/tables.ts'
import { type DirectoryEntry, tablesOfEntry, withTables } from './entry.ts'
import { answersAtNight, markValues } from './marks.ts'

/**
 * Who may see what. Every field is for the public or for the network only; `network_only` and `public` marks on a
 * record say it of its fields (`name,email`, or `*` for all of it), and where they say nothing this does:
 * persons and how to reach them, whoever answers at night, and who changed what are the network's.
 */
export const networkByDefault: Partial<Record<TableName, readonly string[]>> = {
  metadata: ['*'],
  contacts: ['name', 'email'],
  services: ['assurer_email'],
}

/** Without these a record says nothing any more, so who hides one hides the record. */
const carriers: Partial<Record<TableName, readonly string[]>> = {
  phones: ['number'],
  services: ['name', 'status'],
  addresses: ['address_1'],
  languages: ['code'],
  schedules: ['opens_at', 'closes_at'],
  service_capacity: ['available'],
  required_documents: ['document'],
  url: ['url'],
  organization_identifiers: ['identifier'],
}

/** Marks that are the network's own business. */
const networkMarks = new Set(['network_only', 'answers_at_night'])

const fieldsOf = (values: readonly string[]) => new Set(values.flatMap((value) => value.split(',')))

/** What anybody may see of an entry. */
export function publicView(entry: DirectoryEntry): DirectoryEntry {
  return withTables(entry, publicTables(tablesOfEntry(entry)))
}

/** What anybody may see of any records. Rows that are shown whole are the same objects. */
export function publicTables(tables: Tables): Tables {
  const attributes = new Map<string, Row[]>()
  for (const attribute of tables.attributes?.values() ?? []) {
    const linked = String(attribute['link_id'] ?? '')
    attributes.set(linked, [...(attributes.get(linked) ?? []), attribute])
  }
  const shown: Tables = {}
  for (const table of tableNames) {
    for (const row of tables[table]?.values() ?? []) {
      const visible = visibleRow(table, row, attributes.get(row.id) ?? [])
      if (!visible) continue
      const rows = shown[table] ?? new Map<string, Row>()
      shown[table] = rows.set(row.id, visible)
    }
  }
  // What belonged to a hidden record goes with it, and then what belonged to that.
  while (dropOrphans(tables, shown));
  return shown
}

function visibleRow(table: TableName, row: Row, attributes: readonly Row[]): Row | undefined {
  if (table === 'attributes' && networkMarks.has(String(row['link_type']))) return undefined
  const hidden = fieldsOf(markValues(attributes, 'network_only'))
  const open = fieldsOf(markValues(attributes, 'public'))
  const isDutyPhone =
    table === 'phones' && (row['contact_id'] !== undefined || answersAtNight(attributes) === true)
  for (const field of [...(networkByDefault[table] ?? []), ...(isDutyPhone ? ['*'] : [])])
    if (!open.has('*') && !open.has(field)) hidden.add(field)
  // An organization is always there: a name on a list is no secret.
  if (table !== 'organizations' && (hidden.has('*') || carriers[table]?.some((field) => hidden.has(field))))
    return undefined
  if (hidden.size === 0) return row
  const kept = Object.entries(row).filter(
    ([field]) =>
      !hidden.has(field) ||
      field === 'id' ||
      (table === 'organizations' && ['name', 'description'].includes(field)) ||
      foreignKeys[table].has(field),
  )
  return Object.fromEntries(kept) as Row
}

/** Whether a row belonged to something, and no longer does. */
function isAlone(table: TableName, before: Row, after: Row): boolean {
  const owned = (row: Row) => [...ownerKeys[table]].some((key) => row[key] !== undefined)
  return owned(before) && !owned(after)
}

/** @returns whether anything went */
function dropOrphans(all: Tables, shown: Tables): boolean {
  const isHidden = (table: TableName, id: unknown) =>
    all[table]?.has(String(id)) === true && shown[table]?.has(String(id)) !== true
  const known = (tables: Tables, id: unknown) => tableNames.some((name) => tables[name]?.has(String(id)))
  let dropped = false
  for (const table of tableNames) {
    for (const row of [...(shown[table]?.values() ?? [])]) {
      const links =
        table === 'attributes' ? row['link_id'] : table === 'metadata' ? row['resource_id'] : undefined
      const lost = [...foreignKeys[table]].filter(([key, target]) => isHidden(target, row[key]))
      const left = { ...row }
      for (const [key] of lost) delete left[key]
      const gone =
        (links !== undefined && known(all, links) && !known(shown, links)) ||
        (lost.length > 0 && (table === 'service_at_location' || isAlone(table, row, left)))
      if (gone) {
        shown[table]?.delete(row.id)
        dropped = true
      } else if (lost.length > 0) {
        shown[table]?.set(row.id, left)
        dropped = true
      }
    }
  }
  return dropped
}
