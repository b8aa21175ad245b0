import type { Catalogue, Filter } from '@enlace/directory/catalogue'
import { type Request, type Response, Router } from 'express'
import { methodNotAllowed, notFound } from '../errors.ts'
import { Parameters, pageOf } from './parameters.ts'
import { reply } from './reply.ts'

/** Open Referral's API for HSDS 3.1, for reading. GET and POST are the same, parameters in the query. */
export function hsdaRoutes(catalogue: () => Catalogue): Router {
  const router = Router({ caseSensitive: true, strict: true })

  get(router, '/', (req, res) =>
    reply(
      req,
      res,
      JSON.stringify({
        version: '3.1',
        profile: 'https://docs.openreferral.org/en/latest/hsds/',
        openapi_url:
          'https://raw.githubusercontent.com/openreferral/specification/3.1-dev/schema/openapi.json',
      }),
    ),
  )

  listing(router, '/organizations', (parameters) => {
    const directory = catalogue()
    const fullServices = parameters.flag('full_service') || parameters.flag('full')
    return list(directory.organizations(readFilter(parameters)), (organization) =>
      fullServices
        ? directory.fullOrganization(organization, { fullServices })
        : directory.basicOrganization(organization),
    )
  })
  get(router, '/organizations/:id', (req, res) => {
    const directory = catalogue()
    const organization = found(directory.organization(idOf(req)))
    const fullServices = new Parameters(req).flag('full_service')
    return reply(req, res, JSON.stringify(directory.fullOrganization(organization, { fullServices })))
  })

  listing(router, '/services', (parameters) => {
    const directory = catalogue()
    const services = directory.services(readFilter(parameters))
    // "minimal" is for comparing all records in one call.
    if (parameters.flag('minimal'))
      return list(services, ({ id, last_modified }) => ({ id, modified_date: last_modified }), {
        unpaged: true,
      })
    const full = parameters.flag('full')
    return list(services, (service) =>
      full ? directory.fullService(service) : directory.basicService(service),
    )
  })
  get(router, '/services/:id', (req, res) => {
    const directory = catalogue()
    return reply(req, res, JSON.stringify(directory.fullService(found(directory.service(idOf(req))))))
  })

  listing(router, '/service_at_locations', (parameters) => {
    const directory = catalogue()
    const full = parameters.flag('full')
    const es = 'el directorio no tiene códigos postales ni coordenadas.'
    const en = 'the directory has no postal codes and no coordinates.'
    const refused = parameters.refuse('postcode', es, en) ?? parameters.refuse('proximity', es, en)
    if (refused) throw refused
    return list(directory.serviceAtLocations(readFilter(parameters)), (atLocation) =>
      full ? directory.fullServiceAtLocation(atLocation) : directory.basicServiceAtLocation(atLocation),
    )
  })
  get(router, '/service_at_locations/:id', (req, res) => {
    const directory = catalogue()
    const atLocation = found(directory.serviceAtLocation(idOf(req)))
    return reply(req, res, JSON.stringify(directory.fullServiceAtLocation(atLocation)))
  })

  listing(router, '/taxonomies', (parameters) =>
    list(catalogue().findTaxonomies(parameters.text('search')), (taxonomy) => taxonomy),
  )
  get(router, '/taxonomies/:id', (req, res) => {
    const taxonomy = catalogue().taxonomies.find(({ id }) => id === idOf(req))
    return reply(req, res, JSON.stringify(found(taxonomy)))
  })

  listing(router, '/taxonomy_terms', (parameters) => {
    const search = parameters.text('search')
    const taxonomyId = parameters.text('taxonomy_id')
    const parentId = parameters.text('parent_id')
    // No term has a parent yet, so "top_only" is every term; it is read to refuse what is no boolean.
    parameters.flag('top_only')
    const terms = catalogue().findTaxonomyTerms({
      ...(search ? { search } : {}),
      ...(taxonomyId ? { taxonomyId } : {}),
      ...(parentId ? { parentId } : {}),
    })
    return list(terms, (term) => term)
  })
  get(router, '/taxonomy_terms/:id', (req, res) => {
    const term = catalogue().taxonomyTerms.find(({ id }) => id === idOf(req))
    return reply(req, res, JSON.stringify(found(term)))
  })

  return router
}

type Handler = (req: Request, res: Response) => Promise<void>

/** A path that only answers GET (and HEAD, which express derives). */
export function get(router: Router, path: string, handler: Handler): void {
  router.get(path, handler)
  router.all(path, () => {
    throw methodNotAllowed()
  })
}

interface Listing {
  /** each renders one record, when its page is asked for */
  items: Array<() => unknown>
  unpaged: boolean
}

function list<T>(records: readonly T[], form: (record: T) => unknown, { unpaged = false } = {}): Listing {
  return { items: records.map((record) => () => form(record)), unpaged }
}

function listing(router: Router, path: string, read: (parameters: Parameters) => Listing): void {
  const handler: Handler = async (req, res) => {
    const parameters = new Parameters(req)
    const format = parameters.choice('format', ['json', 'ndjson'], 'json')
    const { page, perPage } = parameters.page()
    const { items, unpaged } = read(parameters)
    if (format === 'ndjson') {
      const lines = items.map((render) => `${JSON.stringify(render())}\n`).join('')
      await reply(req, res, lines, 'application/x-ndjson')
      return
    }
    const result = unpaged ? pageOf(items, 1, Math.max(1, items.length)) : pageOf(items, page, perPage)
    await reply(req, res, JSON.stringify({ ...result, contents: result.contents.map((render) => render()) }))
  }
  router.get(path, handler)
  router.post(path, handler)
  router.all(path, () => {
    throw methodNotAllowed()
  })
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

function idOf(req: Request): string {
  return String(req.params['id'])
}

function found<T>(record: T | undefined): T {
  if (record === undefined) throw notFound()
  return record
}
