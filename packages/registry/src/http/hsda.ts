import type { Catalogue } from '@enlace/directory/catalogue'
import { answerHsda, type HsdaCollection, hsdaAbout, hsdaCollections } from '@enlace/directory/hsda'
import { type Request, type Response, Router } from 'express'
import { methodNotAllowed, notFound, RegistryError } from '../errors.ts'
import { reply } from './reply.ts'

/** Open Referral's API for HSDS 3.1, for reading. GET and POST are the same, parameters in the query. */
export function hsdaRoutes(catalogue: () => Catalogue): Router {
  const router = Router({ caseSensitive: true, strict: true })

  get(router, '/', (req, res) => reply(req, res, JSON.stringify(hsdaAbout)))

  for (const collection of hsdaCollections) {
    const listing: Handler = (req, res) => answer(catalogue(), collection, undefined, req, res)
    router.get(`/${collection}`, listing)
    router.post(`/${collection}`, listing)
    router.all(`/${collection}`, () => {
      throw methodNotAllowed()
    })
    get(router, `/${collection}/:id`, (req, res) =>
      answer(catalogue(), collection, String(req.params['id']), req, res),
    )
  }
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

async function answer(
  catalogue: Catalogue,
  collection: HsdaCollection,
  id: string | undefined,
  req: Request,
  res: Response,
): Promise<void> {
  const at = req.url.indexOf('?')
  const query = new URLSearchParams(at < 0 ? '' : req.url.slice(at + 1))
  const found = answerHsda(catalogue, collection, id, query)
  if (found.kind === 'not_found') throw notFound()
  if (found.kind === 'bad_parameter') throw new RegistryError(400, 'bad_parameter', found.text)
  if (found.kind === 'object') return reply(req, res, JSON.stringify(found.body))
  const lines = found.lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  return reply(req, res, lines, 'application/x-ndjson')
}
