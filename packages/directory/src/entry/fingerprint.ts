/** What anybody may see of a record, as one text: another text whenever it says something else. */
import type { CatalogueEntry } from '../catalogue/records.ts'
import { ownerKeys, type Row, type TableName, tableNames } from '../hsds/tables.ts'
import { entryTables } from './entry.ts'
import { publicView } from './visibility.ts'

/** That somebody looked at it again changes nothing of what it says. */
const upkeepFields = new Set(['assured_date', 'assurer_email', 'last_modified'])
const upkeepMarks = new Set(['assured', 'freshness'])
const unserved = new Set(['inactive', 'defunct'])

/**
 * An institution with all it shows, or one of its services with its places, hours and telephones. The order of records and who holds
 * them (public copy or the network's) make no difference.
 *
 * @param service HSDS id
 * @returns undefined when the public pages do not show it: not there, not confirmed, no longer offered
 */
export function publicFingerprint(
  { institution, entry }: Pick<CatalogueEntry, 'institution' | 'entry'>,
  service?: string,
): string | undefined {
  if (!institution.confirmed) return undefined
  const records = entry ? publicView(entry).records : {}
  const all = entryTables.flatMap((table) => (records[table] ?? []).map((row) => ({ table, row })))
  const told = all.filter(
    ({ table, row }) => !(table === 'attributes' && upkeepMarks.has(String(row['link_type']))),
  )
  if (service === undefined) {
    const { key, name, country, department, municipality, kind, services } = institution
    return JSON.stringify([
      { key, name, country, department, municipality, kind, services: [...services].sort() },
      ordered(told),
    ])
  }
  const found = records.services?.find(({ id }) => id === service)
  if (!found || unserved.has(String(found['status']))) return undefined
  const wanted = new Set(belongingTo(service, told))
  return JSON.stringify([institution.key, ordered(told.filter(({ row }) => wanted.has(row.id)))])
}

interface Told {
  table: TableName
  row: Row
}

/** IDs of the service's records, of the places it is at, and of the institution's telephones, which pages show where it has none. */
function belongingTo(service: string, all: readonly Told[]): Set<string> {
  const ids = new Set([service])
  for (const { table, row } of all) {
    const atPlace = table === 'service_at_location' && row['service_id'] === service
    if (atPlace) for (const id of [row.id, row['location_id']]) if (typeof id === 'string') ids.add(id)
    if (table === 'phones' && row['organization_id'] !== undefined) ids.add(row.id)
  }
  for (let before = 0; before !== ids.size; ) {
    before = ids.size
    for (const { table, row } of all) {
      if (table === 'services' || table === 'locations' || table === 'service_at_location') continue
      const owners = table === 'attributes' ? ['link_id'] : [...ownerKeys[table]]
      if (owners.some((key) => ids.has(String(row[key] ?? '')))) ids.add(row.id)
    }
  }
  return ids
}

function ordered(all: readonly Told[]): unknown {
  return tableNames.flatMap((name) => {
    const rows = all.filter(({ table }) => table === name).map(({ row }) => row)
    if (rows.length === 0) return []
    return [[name, rows.map(said).sort((a, b) => (a < b ? -1 : 1))]]
  })
}

const said = (row: Row): string =>
  JSON.stringify(
    Object.entries(row)
      .filter(([field]) => !upkeepFields.has(field))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
