import type { Around, Catalogue, Filter } from '../catalogue/catalogue.ts'
import { type Position, positionOfPlusCode } from '../entry/plus-code.ts'
import type { Row, TableName } from '../hsds/tables.ts'
import { townPosition } from '../search/directory-search.ts'
import type { BilingualText } from '../text.ts'
import { BadParameter, Parameters, pageOf } from './parameters.ts'

/** Open Referral's API for HSDS 3.1, for reading: what to answer, for whoever carries it over HTTP. */

export type HsdaAnswer =
  | { kind: 'object'; body: unknown }
  /** one object on each line, all of them, not a page */
  | { kind: 'lines'; lines: unknown[] }
  | { kind: 'not_found' }
  | { kind: 'bad_parameter'; text: BilingualText }

/** The collections, each also with `/{id}`. */
export const hsdaCollections = [
  'organizations',
  'services',
  'service_at_locations',
  'taxonomies',
  'taxonomy_terms',
] as const

export type HsdaCollection = (typeof hsdaCollections)[number]

const tableOfCollection: Record<HsdaCollection, TableName> = {
  organizations: 'organizations',
  services: 'services',
  service_at_locations: 'service_at_location',
  taxonomies: 'taxonomies',
  taxonomy_terms: 'taxonomy_terms',
}

/** What an API says of itself. */
export const hsdaAbout = {
  version: '3.1',
  profile: 'https://docs.openreferral.org/en/latest/hsds/',
  openapi_url: 'https://raw.githubusercontent.com/openreferral/specification/3.1-dev/schema/openapi.json',
}

/** @param id undefined for the collection itself */
export function answerHsda(
  catalogue: Catalogue,
  collection: HsdaCollection,
  id: string | undefined,
  query: URLSearchParams,
): HsdaAnswer {
  const parameters = new Parameters(query)
  try {
    return id === undefined
      ? listing(catalogue, collection, parameters)
      : single(catalogue, collection, id, parameters)
  } catch (error) {
    if (error instanceof BadParameter) return { kind: 'bad_parameter', text: error.text }
    throw error
  }
}

function single(
  catalogue: Catalogue,
  collection: HsdaCollection,
  id: string,
  parameters: Parameters,
): HsdaAnswer {
  const table = tableOfCollection[collection]
  const row = catalogue.row(table, id)
  if (!row) return { kind: 'not_found' }
  if (collection === 'organizations') {
    const fullServices = parameters.flag('full_service')
    return { kind: 'object', body: catalogue.fullOrganization(row, { fullServices }) }
  }
  return { kind: 'object', body: catalogue.full(table, row) }
}

interface Listing {
  rows: Row[]
  /** how one is shown; done for those of the page only */
  show: (row: Row) => unknown
  unpaged?: boolean
}

function listing(catalogue: Catalogue, collection: HsdaCollection, parameters: Parameters): HsdaAnswer {
  const format = parameters.choice('format', ['json', 'ndjson'], 'json')
  const { page, perPage } = parameters.page()
  const { rows, show, unpaged } = readers[collection](catalogue, parameters)
  if (format === 'ndjson') return { kind: 'lines', lines: rows.map(show) }
  const result = unpaged ? pageOf(rows, 1, Math.max(1, rows.length)) : pageOf(rows, page, perPage)
  return { kind: 'object', body: { ...result, contents: result.contents.map(show) } }
}

const readers: Record<HsdaCollection, (catalogue: Catalogue, parameters: Parameters) => Listing> = {
  organizations(catalogue, parameters) {
    const full = parameters.flag('full_service') || parameters.flag('full')
    return {
      rows: catalogue.organizations(readFilter(parameters)),
      show: (row) =>
        full
          ? catalogue.fullOrganization(row, { fullServices: true })
          : catalogue.basic('organizations', row),
    }
  },
  services(catalogue, parameters) {
    const rows = catalogue.services(readFilter(parameters))
    // "minimal" is for comparing all records in one call.
    if (parameters.flag('minimal'))
      return { rows, show: ({ id, last_modified }) => ({ id, modified_date: last_modified }), unpaged: true }
    const full = parameters.flag('full')
    return {
      rows,
      show: (row) => (full ? catalogue.full('services', row) : catalogue.basic('services', row)),
    }
  },
  service_at_locations(catalogue, parameters) {
    const full = parameters.flag('full')
    const around = readAround(catalogue, parameters)
    return {
      rows: catalogue.serviceAtLocations(readFilter(parameters), around),
      show: (row) =>
        full ? catalogue.full('service_at_location', row) : catalogue.basic('service_at_location', row),
    }
  },
  taxonomies(catalogue, parameters) {
    return { rows: catalogue.taxonomies(parameters.text('search')), show: (row) => row }
  },
  taxonomy_terms(catalogue, parameters) {
    // No term has a parent yet, so "top_only" is every term; it is read to refuse what is no boolean.
    parameters.flag('top_only')
    const search = parameters.text('search')
    const taxonomyId = parameters.text('taxonomy_id')
    const parentId = parameters.text('parent_id')
    return {
      rows: catalogue.taxonomyTerms({
        ...(search ? { search } : {}),
        ...(taxonomyId ? { taxonomyId } : {}),
        ...(parentId ? { parentId } : {}),
      }),
      show: (row) => catalogue.basic('taxonomy_terms', row),
    }
  },
}

function readFilter(parameters: Parameters): Filter {
  const search = parameters.text('search')
  const taxonomyTermId = parameters.text('taxonomy_term_id')
  const taxonomyId = parameters.text('taxonomy_id')
  const organizationId = parameters.text('organization_id')
  const modifiedAfter = parameters.time('modified_after')
  return {
    ...(search ? { search } : {}),
    ...(taxonomyTermId ? { taxonomyTermId } : {}),
    ...(taxonomyId ? { taxonomyId } : {}),
    ...(organizationId ? { organizationId } : {}),
    ...(modifiedAfter !== undefined ? { modifiedAfter } : {}),
  }
}

const halfway = 20_037_508

/**
 * `postcode` and `proximity` as HSDA has them: within so many metres of the middle of a postal code. Few places here
 * have one, so `near` names the point as well: a town, a plus code, or `latitude,longitude`.
 */
function readAround(catalogue: Catalogue, parameters: Parameters): Around | undefined {
  const metres = parameters.decimal('proximity', 0, halfway)
  const postcode = parameters.text('postcode', 20)
  const near = parameters.text('near', 80)
  if (near !== undefined) {
    const at = pointOf(near)
    if (!at)
      throw new BadParameter(
        'near',
        'debe ser un lugar conocido, un código plus o latitud,longitud.',
        'must be a known place, a plus code or latitude,longitude.',
      )
    return { at, metres: metres ?? 20_000 }
  }
  if (postcode !== undefined) {
    const at = catalogue.postalCodePosition(postcode)
    if (!at)
      throw new BadParameter(
        'postcode',
        'el directorio no conoce ningún lugar con ese código; use near con un lugar.',
        'the directory knows no place with that code; use near with a place.',
      )
    return { at, ...(metres !== undefined ? { metres } : {}) }
  }
  if (metres !== undefined)
    throw new BadParameter(
      'proximity',
      'falta el punto: agregue postcode o near.',
      'the point is missing: add postcode or near.',
    )
  return undefined
}

function pointOf(text: string): Position | undefined {
  const pair = /^([+-]?\d{1,2}(?:\.\d+)?)\s*,\s*([+-]?\d{1,3}(?:\.\d+)?)$/.exec(text)
  if (pair) {
    const [latitude, longitude] = [Number(pair[1]), Number(pair[2])]
    return latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180
      ? { latitude, longitude }
      : undefined
  }
  return positionOfPlusCode(text) ?? townPosition([text])
}
