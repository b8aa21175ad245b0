import { type ConversionContext, type HsdsRecords, summarise, toHsds } from './convert.ts'
import type {
  Attribute,
  Location,
  Organization,
  Service,
  ServiceAtLocation,
  Taxonomy,
  TaxonomyTerm,
} from './hsds/objects.ts'
import { organizationIdOf } from './ids.ts'
import type { Institution } from './institution.ts'
import { institutionSearchFields } from './institution-search.ts'
import { createSearchIndex, type SearchIndex } from './search.ts'
import { taxonomies, taxonomyTerms } from './taxonomies.ts'
import { serviceLabel } from './words.ts'

export { organizationIdOf, summarise }

export type FullOrganization = Organization & {
  services: Array<Service | { id: string; name: string; status: Service['status'] }>
}
export type FullServiceAtLocation = ServiceAtLocation & { service: Service }

export interface Filter {
  search?: string
  taxonomyTermId?: string
  taxonomyId?: string
  organizationId?: string
  /** milliseconds since the Unix epoch */
  modifiedAfter?: number
}

/** One institution and when its entry last changed. */
export interface CatalogueEntry {
  institution: Institution
  lastModified: string
}

/**
 * All of the directory as HSDS, put together as HSDA answers want it: "basic" objects carry one-to-one relations
 * only, "full" ones everything. Built once, read many times; some thousand institutions fit easily.
 */
export class Catalogue {
  readonly taxonomies: readonly Taxonomy[] = taxonomies
  readonly taxonomyTerms: readonly TaxonomyTerm[] = taxonomyTerms
  readonly #organizations = new Map<string, Organization>()
  readonly #services = new Map<string, Service>()
  readonly #locations = new Map<string, Location>()
  readonly #serviceAtLocations = new Map<string, ServiceAtLocation>()
  readonly #servicesOf = new Map<string, Service[]>()
  readonly #locationsOf = new Map<string, Location[]>()
  readonly #atLocationsOf = new Map<string, ServiceAtLocation[]>()
  readonly #search: {
    organizations: SearchIndex<string>
    services: SearchIndex<string>
    serviceAtLocations: SearchIndex<string>
    taxonomies: SearchIndex<string>
    taxonomyTerms: SearchIndex<string>
  }

  constructor(entries: readonly CatalogueEntry[], now: number) {
    const converted = entries.map(({ institution, lastModified }) => {
      const records = toHsds(institution, { now, lastModified } satisfies ConversionContext)
      this.#add(records)
      return { institution, records }
    })
    const serviceDocuments = converted.flatMap(({ institution, records }) =>
      records.services.map((service, position) => {
        const label = serviceLabel(institution.services[position] ?? '')
        const ofInstitution = institutionSearchFields({ ...institution, services: [] })
        return { id: service.id, fields: [{ text: `${label.es} ${label.en}`, weight: 6 }, ...ofInstitution] }
      }),
    )
    const fieldsOf = new Map(serviceDocuments.map((document) => [document.id, document.fields]))
    this.#search = {
      organizations: createSearchIndex(
        converted.map(({ institution, records }) => ({
          id: records.organization.id,
          fields: institutionSearchFields(institution),
        })),
      ),
      services: createSearchIndex(serviceDocuments),
      serviceAtLocations: createSearchIndex(
        [...this.#serviceAtLocations.values()].map(({ id, service_id }) => ({
          id,
          fields: fieldsOf.get(service_id ?? '') ?? [],
        })),
      ),
      taxonomies: namedIndex(this.taxonomies),
      taxonomyTerms: namedIndex(this.taxonomyTerms),
    }
  }

  #add({ organization, services, location, serviceAtLocations }: HsdsRecords): void {
    this.#organizations.set(organization.id, organization)
    this.#servicesOf.set(organization.id, services)
    this.#locationsOf.set(organization.id, location ? [location] : [])
    if (location) this.#locations.set(location.id, location)
    for (const service of services) this.#services.set(service.id, service)
    for (const atLocation of serviceAtLocations) {
      this.#serviceAtLocations.set(atLocation.id, atLocation)
      const serviceId = atLocation.service_id ?? ''
      this.#atLocationsOf.set(serviceId, [...(this.#atLocationsOf.get(serviceId) ?? []), atLocation])
    }
  }

  organizations({ search, ...filter }: Filter = {}): Organization[] {
    return this.#find(this.#organizations, search, this.#search.organizations).filter((organization) => {
      const services = this.#servicesOf.get(organization.id) ?? []
      return inTaxonomy([organization, ...services], filter)
    })
  }

  services({ search, ...filter }: Filter = {}): Service[] {
    return this.#find(this.#services, search, this.#search.services).filter((service) =>
      this.#passes(service, filter),
    )
  }

  serviceAtLocations({ search, ...filter }: Filter = {}): ServiceAtLocation[] {
    return this.#find(this.#serviceAtLocations, search, this.#search.serviceAtLocations).filter(
      (atLocation) => {
        const service = this.#services.get(atLocation.service_id ?? '')
        return service !== undefined && this.#passes(service, filter)
      },
    )
  }

  findTaxonomies(search?: string): Taxonomy[] {
    return this.#find(
      new Map(this.taxonomies.map((each) => [each.id, each])),
      search,
      this.#search.taxonomies,
    )
  }

  findTaxonomyTerms({
    search,
    taxonomyId,
    parentId,
  }: {
    search?: string
    taxonomyId?: string
    parentId?: string
  } = {}) {
    const terms = new Map(this.taxonomyTerms.map((term) => [term.id, term]))
    return this.#find(terms, search, this.#search.taxonomyTerms).filter(
      (term) =>
        (!taxonomyId || term.taxonomy_id === taxonomyId) && (!parentId || term.parent_id === parentId),
    )
  }

  organization(id: string): Organization | undefined {
    return this.#organizations.get(id)
  }

  service(id: string): Service | undefined {
    return this.#services.get(id)
  }

  serviceAtLocation(id: string): ServiceAtLocation | undefined {
    return this.#serviceAtLocations.get(id)
  }

  /** An organization's own fields, without anything it has many of. */
  basicOrganization(organization: Organization): Organization {
    return withoutLists(organization)
  }

  /** Locations included; services by ID, name and status, or whole with `fullServices`. */
  fullOrganization(organization: Organization, { fullServices = false } = {}): FullOrganization {
    const services = this.#servicesOf.get(organization.id) ?? []
    return {
      ...organization,
      locations: this.#locationsOf.get(organization.id) ?? [],
      services: services.map((service) =>
        fullServices
          ? { ...service, service_at_locations: this.#atLocations(service) }
          : { id: service.id, name: service.name, status: service.status },
      ),
    }
  }

  /** A service's own fields and its organization's. */
  basicService(service: Service): Service {
    const organization = this.#organizations.get(service.organization_id ?? '')
    return { ...withoutLists(service), ...(organization ? { organization: withoutLists(organization) } : {}) }
  }

  fullService(service: Service): Service {
    const organization = this.#organizations.get(service.organization_id ?? '')
    return {
      ...service,
      service_at_locations: this.#atLocations(service),
      ...(organization
        ? { organization: { ...organization, locations: this.#locationsOf.get(organization.id) ?? [] } }
        : {}),
    }
  }

  basicServiceAtLocation(atLocation: ServiceAtLocation): FullServiceAtLocation {
    const { service, location } = this.#ends(atLocation)
    return {
      ...withoutLists(atLocation),
      location: withoutLists(location),
      service: this.basicService(service),
    }
  }

  fullServiceAtLocation(atLocation: ServiceAtLocation): FullServiceAtLocation {
    const { service, location } = this.#ends(atLocation)
    const { service_at_locations: _itself, ...whole } = this.fullService(service)
    return { ...atLocation, location, service: whole }
  }

  #atLocations(service: Service): ServiceAtLocation[] {
    return (this.#atLocationsOf.get(service.id) ?? []).map((atLocation) => ({
      ...atLocation,
      location: this.#ends(atLocation).location,
    }))
  }

  #ends(atLocation: ServiceAtLocation): { service: Service; location: Location } {
    const service = this.#services.get(atLocation.service_id ?? '')
    const location = this.#locations.get(atLocation.location_id ?? '')
    if (!service || !location)
      throw new Error(`Service at location ${atLocation.id} has lost one of its ends.`)
    return { service, location }
  }

  #find<T>(all: ReadonlyMap<string, T>, search: string | undefined, index: SearchIndex<string>): T[] {
    if (!search?.trim()) return [...all.values()]
    return index.search(search).flatMap((id) => all.get(id) ?? [])
  }

  #passes(service: Service, filter: Omit<Filter, 'search'>): boolean {
    if (filter.organizationId && service.organization_id !== filter.organizationId) return false
    if (filter.modifiedAfter !== undefined && Date.parse(service.last_modified ?? '') < filter.modifiedAfter)
      return false
    return inTaxonomy([service], filter)
  }
}

function namedIndex(
  records: ReadonlyArray<{ id: string; name: string; description: string; code?: string }>,
) {
  return createSearchIndex(
    records.map(({ id, name, description, code }) => ({
      id,
      fields: [
        { text: name, weight: 2 },
        { text: `${description} ${code ?? ''}`, weight: 1 },
      ],
    })),
  )
}

function inTaxonomy(
  records: ReadonlyArray<{ attributes?: Attribute[] }>,
  { taxonomyTermId, taxonomyId }: Pick<Filter, 'taxonomyTermId' | 'taxonomyId'>,
): boolean {
  if (!taxonomyTermId && !taxonomyId) return true
  return records.some(({ attributes = [] }) =>
    attributes.some(
      (attribute) =>
        (!taxonomyTermId || attribute.taxonomy_term_id === taxonomyTermId) &&
        (!taxonomyId || attribute.taxonomy_term?.taxonomy_id === taxonomyId),
    ),
  )
}

/** What remains when everything a record has many of is taken away: HSDA's list form. */
function withoutLists<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !Array.isArray(value))) as T
}
