import { metresBetween, type Position } from '../entry/plus-code.ts'
import { nest, Ownership } from '../hsds/nesting.ts'
import { ones, type Row, type TableName, type Tables, tableOf } from '../hsds/tables.ts'
import { organizationIdOf } from '../ids.ts'
import {
  createSearchIndex,
  type SearchAnswer,
  type SearchIndex,
  townPosition,
} from '../search/directory-search.ts'
import { runSteps, type Steps } from '../steps.ts'
import { areaContains } from './area.ts'
import { type Findable, findablesOf, indexOf, placeNames, positionOfLocation } from './catalogue-search.ts'
import { type CatalogueEntry, type CatalogueOptions, recordsOf } from './records.ts'

export type { CatalogueEntry } from './records.ts'

export interface Filter {
  search?: string
  taxonomyTermId?: string
  taxonomyId?: string
  organizationId?: string
  /** milliseconds since the Unix epoch */
  modifiedAfter?: number
}

/** Services at places within so many metres, or whose area covers the point. */
export interface Around {
  at: Position
  metres?: number
}

/** What was made before, step by step. */
interface Made {
  ownership: Ownership
  entries: ReadonlyMap<string, CatalogueEntry>
  search: SearchIndex<Findable>
}

export const byOrganization = (entries: readonly CatalogueEntry[]): ReadonlyMap<string, CatalogueEntry> =>
  new Map(entries.map((entry) => [organizationIdOf(entry.institution.key), entry]))

/**
 * All of the directory as HSDS, put together as HSDA answers want it: "basic" objects carry one-to-one relations
 * only, "full" ones everything. Built once, read many times.
 */
export class Catalogue {
  readonly tables: Tables
  readonly #ownership: Ownership
  readonly #entries: ReadonlyMap<string, CatalogueEntry>
  /** indexes are made when they are first asked for: a registry starts at once */
  #search?: SearchIndex<Findable>
  readonly #named = new Map<TableName, SearchIndex<string>>()

  constructor(
    entries: readonly CatalogueEntry[],
    now: number,
    view: CatalogueOptions['view'] = 'public',
    made?: Made,
  ) {
    this.#ownership = made?.ownership ?? new Ownership(runSteps(recordsOf(entries, { now, view })))
    this.tables = this.#ownership.tables
    this.#entries = made?.entries ?? byOrganization(entries)
    if (made) this.#search = made.search
  }

  /** Made step by step, index included, so that whoever makes it can do other things meanwhile. */
  static *inSteps(
    entries: readonly CatalogueEntry[],
    now: number,
    view: CatalogueOptions['view'],
  ): Steps<Catalogue> {
    const ownership = new Ownership(yield* recordsOf(entries, { now, view }), true)
    yield* ownership.inSteps()
    const known = byOrganization(entries)
    const search = yield* indexOf(findablesOf(ownership.tables, ownership), known, ownership)
    return new Catalogue(entries, now, view, { ownership, entries: known, search })
  }

  /** Everything that answers a question, wherever it is, and how the question was understood. */
  ask(query: string, limit?: number): SearchAnswer<Findable> {
    return this.#index().ask(query, limit)
  }

  organizations({ search, ...filter }: Filter = {}): Row[] {
    return this.#find('organizations', search, 'organization').filter((organization) =>
      this.#isOfTerm(
        [organization, ...this.#ownership.owned('services', 'organization_id', organization.id)],
        filter,
      ),
    )
  }

  services({ search, ...filter }: Filter = {}): Row[] {
    return this.#find('services', search, 'service').filter((service) => this.#passes(service, filter))
  }

  serviceAtLocations({ search, ...filter }: Filter = {}, around?: Around): Row[] {
    const found = this.#find('service_at_location', search, 'atLocation').filter((each) => {
      const service = this.#ownership.row('services', each['service_id'])
      return service !== undefined && this.#passes(service, filter)
    })
    return around ? this.#around(found, around) : found
  }

  taxonomies(search?: string): Row[] {
    return this.#findNamed('taxonomies', search)
  }

  taxonomyTerms({
    search,
    taxonomyId,
    parentId,
  }: {
    search?: string
    taxonomyId?: string
    parentId?: string
  } = {}): Row[] {
    return this.#findNamed('taxonomy_terms', search).filter(
      (term) =>
        (!taxonomyId || term['taxonomy_id'] === taxonomyId) && (!parentId || term['parent_id'] === parentId),
    )
  }

  /** A record as it stands in its table. */
  row(table: TableName, id: string): Row | undefined {
    return this.#ownership.row(table, id)
  }

  /** An object with what it has one of, but nothing it has many of: HSDA's list form. */
  basic(table: TableName, row: Row, path: readonly TableName[] = []): Row {
    const object: Row = { ...row }
    const within = [...path, table]
    for (const { field, table: inner, key } of ones[table] ?? []) {
      const found = this.#ownership.row(inner, row[key])
      if (found && !within.includes(inner)) object[field] = this.basic(inner, found, within)
    }
    return object
  }

  /** An object with everything it has. */
  full(table: TableName, row: Row): Row {
    return nest(this.#ownership, table, row, { keys: 'keyed' })
  }

  /** Services by ID, name and status, or whole with `fullServices`. */
  fullOrganization(organization: Row, { fullServices = false } = {}): Row {
    const whole = this.full('organizations', organization)
    const services = (whole['services'] as Row[] | undefined) ?? []
    return {
      ...whole,
      services: fullServices ? services : services.map(({ id, name, status }) => ({ id, name, status })),
    }
  }

  /** The middle of what is known to have a postal code; undefined where nothing has it. */
  postalCodePosition(code: string): Position | undefined {
    const positions = [...tableOf(this.tables, 'addresses').values()].flatMap((address) => {
      if (address['postal_code'] !== code) return []
      const position = this.#positionOf(this.#ownership.row('locations', address['location_id']))
      return position ? [position] : []
    })
    if (positions.length === 0) return undefined
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    return {
      latitude: mean(positions.map(({ latitude }) => latitude)),
      longitude: mean(positions.map(({ longitude }) => longitude)),
    }
  }

  #around(found: readonly Row[], { at, metres }: Around): Row[] {
    const near = found.flatMap((each) => {
      const position = this.#positionOf(this.#ownership.row('locations', each['location_id']))
      const away = position ? metresBetween(at, position) : Number.POSITIVE_INFINITY
      const drawn = [
        ...this.#ownership.owned('service_areas', 'service_id', String(each['service_id'])),
        ...this.#ownership.owned('service_areas', 'service_at_location_id', each.id),
      ].map((area) => areaContains(area['extent'], at))
      const covered =
        drawn.includes(true) || (drawn.every((answer) => answer === undefined) && metres !== undefined)
      return covered && (metres === undefined || away <= metres) ? [{ each, away }] : []
    })
    return near.sort((a, b) => a.away - b.away || 0).map(({ each }) => each)
  }

  /** Coordinates where they are known, else those of the town. */
  #positionOf(location: Row | undefined): Position | undefined {
    return (
      positionOfLocation(location, this.#ownership) ?? townPosition(placeNames(location, this.#ownership))
    )
  }

  #index(): SearchIndex<Findable> {
    this.#search ??= runSteps(
      indexOf(findablesOf(this.tables, this.#ownership), this.#entries, this.#ownership),
    )
    return this.#search
  }

  #find(table: TableName, search: string | undefined, part: keyof Findable): Row[] {
    if (!search?.trim()) return [...tableOf(this.tables, table).values()]
    const ids = new Set(
      this.#index()
        .search(search)
        .map((found) => found[part]),
    )
    return [...ids].flatMap((id) => this.#ownership.row(table, id) ?? [])
  }

  #findNamed(table: 'taxonomies' | 'taxonomy_terms', search: string | undefined): Row[] {
    const rows = tableOf(this.tables, table)
    if (!search?.trim()) return [...rows.values()]
    let index = this.#named.get(table)
    if (!index) {
      index = createSearchIndex(
        [...rows.values()].map(({ id, name, description, code }) => ({
          id,
          fields: [
            { text: String(name), weight: 2 },
            { text: `${description} ${code ?? ''}`, weight: 1 },
          ],
        })),
      )
      this.#named.set(table, index)
    }
    return index.search(search).flatMap((id) => rows.get(id) ?? [])
  }

  #passes(service: Row, filter: Omit<Filter, 'search'>): boolean {
    if (filter.organizationId && service['organization_id'] !== filter.organizationId) return false
    if (
      filter.modifiedAfter !== undefined &&
      !(Date.parse(String(service['last_modified'] ?? '')) >= filter.modifiedAfter)
    )
      return false
    return this.#isOfTerm([service], filter)
  }

  #isOfTerm(records: readonly Row[], { taxonomyTermId, taxonomyId }: Filter): boolean {
    if (!taxonomyTermId && !taxonomyId) return true
    return records.some(({ id }) =>
      this.#ownership.owned('attributes', 'link_id', id).some((attribute) => {
        const term = attribute['taxonomy_term_id']
        if (taxonomyTermId && term !== taxonomyTermId) return false
        return !taxonomyId || this.#ownership.row('taxonomy_terms', term)?.['taxonomy_id'] === taxonomyId
      }),
    )
  }
}
