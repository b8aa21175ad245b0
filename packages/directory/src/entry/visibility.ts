import { foreignKeys, ownerKeys, type Row, type TableName, type Tables, tableNames } from '../hsds/tables.ts'
import { type DirectoryEntry, tablesOfEntry, withTables } from './entry.ts'
import { answersAtNight, type MarkSource, markValues } from './marks.ts'

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
  const whereabouts = hiddenWhereabouts(tables, attributes)
  const shown: Tables = {}
  for (const table of tableNames) {
    for (const row of tables[table]?.values() ?? []) {
      const visible = visibleRow(table, row, attributes.get(row.id) ?? [], whereabouts)
      if (!visible) continue
      const rows = shown[table] ?? new Map<string, Row>()
      shown[table] = rows.set(row.id, visible)
    }
  }
  // What belonged to a hidden record goes with it, and then what belonged to that.
  while (dropOrphans(tables, shown));
  return shown
}

interface Whereabouts {
  /** locations whose coordinates nobody outside sees, and all records that would say them in another form */
  exact: ReadonlySet<string>
  /** locations whose address nobody outside sees */
  addresses: ReadonlySet<string>
}

/**
 * Where a place is can be said as an address, as coordinates and as a plus code. Coordinates and plus code are one thing: who hides
 * one hides both. Who hides the address hides them too, and how to get there.
 */
function hiddenWhereabouts(tables: Tables, attributes: ReadonlyMap<string, readonly Row[]>): Whereabouts {
  const isHidden = (id: string, fields: readonly string[]) => {
    const [hidden, open] = (['network_only', 'public'] as const).map((type) =>
      fieldsOf(markValues((attributes.get(id) ?? []) as MarkSource, type)),
    ) as [Set<string>, Set<string>]
    return ['*', ...fields].some((field) => hidden.has(field) && !open.has(field))
  }
  const addressesOf = new Map<string, Row[]>()
  for (const address of tables.addresses?.values() ?? []) {
    const location = String(address['location_id'] ?? '')
    addressesOf.set(location, [...(addressesOf.get(location) ?? []), address])
  }
  const exact = new Set<string>()
  const addresses = new Set<string>()
  for (const id of tables.locations?.keys() ?? []) {
    const written = addressesOf.get(id) ?? []
    const codes = [id, ...written.map((one) => one.id)].flatMap((one) =>
      (attributes.get(one) ?? []).filter((each) => each['link_type'] === 'plus_code'),
    )
    const noAddress = written.some((one) => isHidden(one.id, ['address_1']))
    if (noAddress) addresses.add(id)
    const noPoint =
      noAddress ||
      isHidden(id, ['latitude', 'longitude']) ||
      codes.some((code) => isHidden(code.id, ['value']))
    if (noPoint) for (const one of [id, ...codes.map((code) => code.id)]) exact.add(one)
  }
  return { exact, addresses }
}

function visibleRow(
  table: TableName,
  row: Row,
  attributes: readonly Row[],
  whereabouts: Whereabouts,
): Row | undefined {
  if (table === 'attributes' && networkMarks.has(String(row['link_type']))) return undefined
  if (table === 'attributes' && whereabouts.exact.has(row.id)) return undefined
  const hidden = fieldsOf(markValues(attributes, 'network_only'))
  if (table === 'locations' && whereabouts.exact.has(row.id)) hidden.add('latitude').add('longitude')
  if (table === 'locations' && whereabouts.addresses.has(row.id)) hidden.add('transportation')
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
