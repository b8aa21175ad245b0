import { languageName } from '../entry/language.ts'
import { markValues } from '../entry/marks.ts'
import { type Position, positionOfPlusCode } from '../entry/plus-code.ts'
import type { Ownership } from '../hsds/nesting.ts'
import type { Row, Tables } from '../hsds/tables.ts'
import {
  type SearchDocument,
  type SearchField,
  type SearchIndex,
  searchIndexInSteps,
} from '../search/directory-search.ts'
import { institutionPlaces, institutionSearchFields } from '../search/institution-search.ts'
import type { Steps } from '../steps.ts'
import type { CatalogueEntry } from './records.ts'

/** What can be found: a service at a place, a service without one, or an institution of which no service is known. */
export interface Findable {
  organization: string
  service?: string
  atLocation?: string
}

const said = (value: unknown): string[] => (typeof value === 'string' && value !== '' ? [value] : [])

/** The coordinates of a location, or the middle of its plus code. */
export function positionOfLocation(location: Row | undefined, ownership: Ownership): Position | undefined {
  if (!location) return undefined
  const { latitude, longitude } = location as { latitude?: unknown; longitude?: unknown }
  if (typeof latitude === 'number' && typeof longitude === 'number') return { latitude, longitude }
  const described = [location, ...ownership.owned('addresses', 'location_id', location.id)]
  for (const { id } of described) {
    const [code] = markValues(ownership.owned('attributes', 'link_id', id), 'plus_code')
    const found = code ? positionOfPlusCode(code) : undefined
    if (found) return { latitude: found.latitude, longitude: found.longitude }
  }
  return undefined
}

/** Names of the places a location is in, from its address or from what the list says. */
export function placeNames(location: Row | undefined, ownership: Ownership): string[] {
  if (!location) return []
  const addresses = ownership.owned('addresses', 'location_id', location.id)
  if (addresses.length > 0)
    return addresses.flatMap((address) => [
      ...said(address['address_1']),
      ...said(address['city']),
      ...said(address['state_province']),
      ...said(address['country']),
    ])
  return ownership
    .owned('attributes', 'link_id', location.id)
    .filter(({ link_type }) => ['municipality', 'department', 'country'].includes(String(link_type)))
    .flatMap(({ value }) => said(value))
}

export function findablesOf(tables: Tables, ownership: Ownership): Findable[] {
  const found: Findable[] = []
  for (const organization of tables.organizations?.keys() ?? []) {
    const services = ownership.owned('services', 'organization_id', organization)
    if (services.length === 0) found.push({ organization })
    for (const { id } of services) {
      const places = ownership.owned('service_at_location', 'service_id', id)
      if (places.length === 0) found.push({ organization, service: id })
      for (const place of places) found.push({ organization, service: id, atLocation: place.id })
    }
  }
  return found
}

export function indexOf(
  findables: readonly Findable[],
  entries: ReadonlyMap<string, CatalogueEntry>,
  ownership: Ownership,
): Steps<SearchIndex<Findable>> {
  return searchIndexInSteps(findables, (each) => documentOf(each, entries.get(each.organization), ownership))
}

function documentOf(
  findable: Findable,
  entry: CatalogueEntry | undefined,
  ownership: Ownership,
): SearchDocument<Findable> {
  const organization = ownership.row('organizations', findable.organization)
  const service = ownership.row('services', findable.service)
  const location = ownership.row(
    'locations',
    ownership.row('service_at_location', findable.atLocation)?.['location_id'],
  )
  const places = placeNames(location, ownership)
  const names = [...said(organization?.['name']), ...said(organization?.['alternate_name'])]
  const attributes = service ? ownership.owned('attributes', 'link_id', service.id) : []
  const spoken = service ? ownership.owned('languages', 'service_id', service.id) : []
  const fields: SearchField[] = [
    { text: [...said(service?.['name']), ...said(service?.['alternate_name'])].join(' '), weight: 6 },
    { text: names.join(' '), weight: 4 },
    { text: places.join(' '), weight: 2 },
    {
      text: spoken
        .flatMap(({ code, name }) => {
          const known = languageName(String(code ?? ''))
          return [known.es, known.en, ...said(name)]
        })
        .join(' '),
      weight: 2,
    },
    {
      text: [
        ...said(service?.['description']),
        ...said(location?.['name']),
        ...said(location?.['description']),
      ].join(' '),
      weight: 1,
    },
    ...(entry ? institutionSearchFields(entry.institution) : []),
  ]
  return {
    id: findable,
    fields,
    categories: attributes.flatMap(({ link_type, value }) =>
      link_type === 'service_category' ? said(value) : [],
    ),
    places: places.length > 0 ? places : entry ? institutionPlaces(entry.institution) : [],
    name: names.join(' '),
    ...(entry ? { country: entry.institution.country } : {}),
    position: positionOfLocation(location, ownership),
  }
}
