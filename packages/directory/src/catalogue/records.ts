import { toHsds } from '../convert.ts'
import { type DirectoryEntry, tablesOfEntry } from '../entry/entry.ts'
import { publicView } from '../entry/visibility.ts'
import { addNested } from '../hsds/nesting.ts'
import { type Row, type Tables, tableNames, tableOf } from '../hsds/tables.ts'
import { stableId } from '../ids.ts'
import type { Institution } from '../institution.ts'
import type { Steps } from '../steps.ts'
import { taxonomyTerms, termAttribute } from '../taxonomies.ts'
import { entryFreshness } from '../upkeep/assurance.ts'

/** One institution, its own entry where it has one, and when either last changed. */
export interface CatalogueEntry {
  institution: Institution
  lastModified: string
  entry?: DirectoryEntry
}

export interface CatalogueOptions {
  /** milliseconds since the Unix epoch; decides freshness */
  now: number
  /** `public`: without what is for the network only */
  view: 'public' | 'network'
}

/** All records of all institutions as rows. */
export function* recordsOf(entries: readonly CatalogueEntry[], options: CatalogueOptions): Steps<Tables> {
  const tables: Tables = {}
  for (const term of taxonomyTerms) addNested(tables, 'taxonomy_terms', term)
  for (const each of entries) {
    addInstitution(tables, each, options)
    yield
  }
  return tables
}

/**
 * What the list says of an institution and what its entry says: the entry's word counts, except for what the list
 * decides (kind, country, whether it is confirmed) and what follows from dates.
 */
function addInstitution(
  tables: Tables,
  { institution, lastModified, entry }: CatalogueEntry,
  { now, view }: CatalogueOptions,
): void {
  const shown = entry && view === 'public' ? publicView(entry) : entry
  const kept = entry ? entryFreshness(entry, now) : undefined
  const { assured_date: listed, ...facts } = institution
  const assured = kept ? kept.assuredDate : listed
  const base = toHsds(
    { ...facts, ...(assured ? { assured_date: assured } : {}) },
    { now, lastModified, ...(kept ? { freshness: kept.freshness } : {}) },
  )
  const own = shown ? tablesOfEntry(shown) : {}
  const hasServices = (own.services?.size ?? 0) > 0
  const hasLocations = (own.locations?.size ?? 0) > 0
  const organization = own.organizations?.get(base.organization.id)
  addNested(tables, 'organizations', { ...base.organization, ...organization })
  if (!hasServices) for (const service of base.services) addNested(tables, 'services', service)
  if (!hasLocations && base.location) addNested(tables, 'locations', base.location)
  for (const table of tableNames) {
    if (table === 'organizations') continue
    for (const row of own[table]?.values() ?? []) tableOf(tables, table).set(row.id, row)
  }
  if (hasServices) {
    for (const service of own.services!.values())
      markService(tables, service, base.services[0], lastModified, institution)
  }
  if ((own.service_at_location?.size ?? 0) > 0) return
  const services = hasServices ? [...own.services!.keys()] : base.services.map(({ id }) => id)
  const locations = hasLocations ? [...own.locations!.keys()] : base.location ? [base.location.id] : []
  for (const service_id of services)
    for (const location_id of locations) {
      const id = stableId(`service-at-location/${service_id}/${location_id}`)
      tableOf(tables, 'service_at_location').set(id, { id, service_id, location_id })
    }
}

/** What follows from dates is worked out for each service, as it is for those that come from the list alone. */
function markService(
  tables: Tables,
  service: Row,
  like: { assured_date?: string; attributes?: Array<{ link_type?: string; value?: string }> } | undefined,
  lastModified: string,
  institution: Institution,
): void {
  const freshness = like?.attributes?.find(({ link_type }) => link_type === 'freshness')?.value ?? 'due'
  tableOf(tables, 'services').set(service.id, {
    ...service,
    ...(institution.confirmed ? {} : { status: 'inactive' }),
    ...(like?.assured_date ? { assured_date: like.assured_date } : {}),
    last_modified: lastModified,
  })
  addNested(tables, 'attributes', termAttribute('service', service.id, 'freshness', freshness))
}
