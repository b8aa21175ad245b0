import { toHsds } from '../convert.ts'
import { type DirectoryEntry, withTables } from '../entry/entry.ts'
import { addNested } from '../hsds/nesting.ts'
import type { Tables } from '../hsds/tables.ts'
import type { Institution } from '../institution.ts'

/** What the list decides or dates say; an entry does not repeat it. */
const listed: readonly unknown[] = ['institution_kind', 'country', 'freshness', 'placeholder']

/**
 * An entry for an institution that has none yet: what the list says of it, as records its own people can go on from.
 * Their IDs are those the list's records have, so that what others noted of a service stays about it.
 */
export function startingEntry(institution: Institution): DirectoryEntry {
  const { organization, services, location, serviceAtLocations } = toHsds(institution, {
    now: 0,
    lastModified: new Date(0).toISOString(),
  })
  const { description: _list, ...named } = organization
  const tables: Tables = {}
  addNested(tables, 'organizations', { ...named, description: institution.name })
  for (const { last_modified: _modified, assured_date: _assured, ...service } of services)
    addNested(tables, 'services', service)
  if (location) addNested(tables, 'locations', location)
  for (const one of serviceAtLocations) addNested(tables, 'service_at_location', one)
  for (const [id, row] of tables.attributes ?? [])
    if (listed.includes(row['link_type'])) tables.attributes?.delete(id)
    else delete row['taxonomy_term_id']
  delete tables.taxonomy_terms
  delete tables.taxonomies
  return withTables(
    { key: institution.key, ...(institution.example ? { example: true } : {}), records: {} },
    tables,
  )
}
