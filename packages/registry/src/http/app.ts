import { createHash, timingSafeEqual } from 'node:crypto'
import type { InstitutionSummary } from '@enlace/directory'
import type { Catalogue } from '@enlace/directory/catalogue'
import { maxInstitutionPublicationBytes, maxPublicationBytes, networkOnlyFiles } from '@enlace/trust'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express'
import type { Logger } from 'pino'
import {
  badBody,
  bodyTooLarge,
  internal,
  networkOnly,
  notFound,
  RegistryError,
  tooManyRequests,
  unavailable,
  unknownToken,
} from '../errors.ts'
import { parseTargetFile } from '../institution-shelf.ts'
import { forwardedHeader } from '../mirror.ts'
import { get, hsdaRoutes } from './hsda.ts'
import type { Metrics } from './metrics.ts'
import { createRateLimiter } from './rate-limit.ts'
import { reply } from './reply.ts'

export interface AppContext {
  catalogue(): Catalogue
  /** the whole directory as JSON */
  directory(view: 'public' | 'network'): string
  networkTokens: readonly string[]
  summaries(): InstitutionSummary[]
  /** the list in one file; undefined while there is none */
  federationList(): string | undefined
  rootMetadata(): string | undefined
  /** TUF files by their path below `/trust/` */
  trustFile(path: string): string | undefined
  /** Publishes what coordinators signed. @returns the list's version */
  publish(publication: unknown, forwarded: boolean): Promise<number>
  /** Publishes what an institution signed. @returns the version of its metadata */
  publishInstitution(institution: string, publication: unknown, forwarded: boolean): Promise<number>
  ready(): Promise<{ database: boolean; federation_list: boolean }>
  metrics: Metrics
  /** pages for people at `/publico` */
  publicSite?: RequestHandler
  log: Logger
  rateLimits: boolean
  trustedProxies: readonly string[]
}

const maxBodyBytes = 64 * 1024
const sitePath = '/publico'

export function createApp(context: AppContext): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.set('case sensitive routing', true)
  app.set('strict routing', true)
  app.set('trust proxy', context.trustedProxies.length > 0 ? [...context.trustedProxies] : false)

  app.use(securityHeaders)
  app.use(context.metrics.middleware)
  app.use(operations(context))
  if (context.publicSite) app.use(sitePath, limitPages(context), context.publicSite)
  app.use(crossOrigin)
  if (context.rateLimits) app.use(limitRate(context.networkTokens))
  app.use(publishing(context))
  app.use(limitBody)
  app.use(enlaceRoutes(context))
  app.use(hsdaRoutes(context.catalogue))
  app.use(() => {
    throw notFound()
  })
  app.use(errorHandler(context.log))
  return app
}

const securityHeaders: RequestHandler = (_req, res, next) => {
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('X-Frame-Options', 'DENY')
  res.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
  res.setHeader('Referrer-Policy', 'no-referrer')
  res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
  next()
}

/** The directory is public and carries no session, so any page may read it. */
const crossOrigin: RequestHandler = (req, res, next) => {
  res.setHeader('Access-Control-Allow-Origin', '*')
  res.setHeader('Access-Control-Expose-Headers', 'ETag')
  if (req.method !== 'OPTIONS') {
    next()
    return
  }
  res.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, OPTIONS')
  res.setHeader('Access-Control-Allow-Headers', 'If-None-Match, Content-Type, Accept, Authorization')
  res.setHeader('Access-Control-Max-Age', '86400')
  res.status(204).end()
}

function limitRate(tokens: readonly string[]): RequestHandler {
  const allowed = createRateLimiter(Date.now)
  // A node's first copy of a large network is some thousand files, which come from memory.
  const allowedToNodes = createRateLimiter(Date.now, { burst: 6_000, perSecond: 100 })
  return (req, res, next) => {
    const node =
      req.method === 'GET' && req.path.startsWith('/trust/') && isToken(req.headers.authorization, tokens)
    if ((node ? allowedToNodes : allowed)(req.ip ?? '')) {
      next()
      return
    }
    res.setHeader('Retry-After', '1')
    throw tooManyRequests()
  }
}

/** A shelter's phones share one address, and each fetches all pages of its language once, to keep them. */
function limitPages({ rateLimits }: AppContext): RequestHandler {
  const allowed = createRateLimiter(Date.now, { burst: 6_000, perSecond: 200 })
  return (req, res, next) => {
    if (!rateLimits || allowed(req.ip ?? '')) return next()
    res.setHeader('Retry-After', '1')
    throw tooManyRequests()
  }
}

/**
 * The two endpoints that read a body. They need no credentials: what they are given is published only when coordinators, or
 * the institution, signed it, and then whoever carries it is welcome.
 */
function publishing(context: AppContext): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.post(
    '/trust/publish',
    express.json({ limit: maxPublicationBytes, strict: true, inflate: false }),
    async (req, res) => {
      const version = await context.publish(req.body as unknown, req.headers[forwardedHeader] !== undefined)
      res.json({ version })
    },
  )
  router.post(
    '/trust/institutions/:key',
    express.json({ limit: maxInstitutionPublicationBytes, strict: true, inflate: false }),
    async (req, res) => {
      const version = await context.publishInstitution(
        String(req.params['key']),
        req.body as unknown,
        req.headers[forwardedHeader] !== undefined,
      )
      res.json({ version })
    },
  )
  return router
}

/** No other endpoint reads a body. A small one is let pass unread; a large one ends the connection. */
const limitBody: RequestHandler = (req, res, next) => {
  const length = Number(req.headers['content-length'] ?? 0)
  const chunked = req.headers['transfer-encoding'] !== undefined
  if (length > maxBodyBytes || chunked) {
    res.setHeader('Connection', 'close')
    throw bodyTooLarge()
  }
  next()
}

function operations(context: AppContext): Router {
  const router = Router({ caseSensitive: true, strict: true })
  get(router, '/healthz', async (_req, res) => {
    res.json({ status: 'ok' })
  })
  get(router, '/readyz', async (_req, res) => {
    const checks = await context.ready()
    const ready = checks.database && checks.federation_list
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks })
  })
  get(router, '/metrics', async (_req, res) => {
    const { type, text } = await context.metrics.render()
    res.setHeader('Content-Type', type)
    res.end(text)
  })
  return router
}

function enlaceRoutes(context: AppContext): Router {
  const router = Router({ caseSensitive: true, strict: true })
  get(router, '/federation-list', async (req, res) => {
    const bytes = context.federationList()
    if (!bytes) throw unavailable()
    await reply(req, res, bytes)
  })
  get(router, '/root.json', async (req, res) => {
    const bytes = context.rootMetadata()
    if (!bytes) throw unavailable()
    await reply(req, res, bytes)
  })
  const signedFile = async (path: string, req: Request, res: Response): Promise<void> => {
    const target = parseTargetFile(path)
    res.vary('Authorization')
    const gated = target !== undefined && networkOnlyFiles.includes(target.file)
    // The same whether it is there or not: whoever has no token learns nothing.
    if (gated && req.headers.authorization === undefined) throw networkOnly()
    if (gated) viewFor(req.headers.authorization, context.networkTokens)
    const bytes = context.trustFile(path)
    // A client that looks for the next root learns from 404 that there is none.
    if (bytes === undefined) throw notFound()
    await reply(req, res, bytes)
  }
  get(router, '/trust/targets/:institution/:file', (req, res) =>
    signedFile(`targets/${req.params['institution']}/${req.params['file']}`, req, res),
  )
  get(router, '/trust/:folder/:file', (req, res) =>
    signedFile(`${req.params['folder']}/${req.params['file']}`, req, res),
  )
  get(router, '/_enlace/registry/v1/institutions', (req, res) =>
    reply(req, res, JSON.stringify({ institutions: context.summaries() })),
  )
  get(router, '/_enlace/registry/v1/directory', (req, res) => {
    const view = viewFor(req.headers.authorization, context.networkTokens)
    res.vary('Authorization')
    return reply(req, res, context.directory(view))
  })
  get(router, '/_enlace/registry/v1/institutions/:key', async (req, res) => {
    const summary = context.summaries().find(({ key }) => key === req.params['key'])
    if (!summary) throw notFound()
    await reply(req, res, JSON.stringify(summary))
  })
  return router
}

/** Nobody's word: who presents a token gets what it is for, or is told that it is wrong. */
function viewFor(authorization: string | undefined, tokens: readonly string[]): 'public' | 'network' {
  if (authorization === undefined) return 'public'
  if (!isToken(authorization, tokens)) throw unknownToken()
  return 'network'
}

function isToken(authorization: string | undefined, tokens: readonly string[]): boolean {
  if (authorization === undefined) return false
  const given = digest(/^Bearer ([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1] ?? '')
  // All are compared, in equal time: how long it takes tells nothing of any.
  return tokens.filter((token) => timingSafeEqual(digest(token), given)).length > 0
}

const digest = (text: string) => createHash('sha256').update(text).digest()

function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error)
      return
    }
    const known = asRegistryError(error)
    // Which public page somebody looks for is written down nowhere.
    const path = req.originalUrl.startsWith(sitePath) ? sitePath : req.path
    if (!known) log.error({ err: error, method: req.method, path }, 'request failed')
    const answer = known ?? internal()
    res.removeHeader('ETag')
    res.setHeader('Cache-Control', 'no-store')
    res.status(answer.status).json({ code: answer.code, message: answer.text })
  }
}

function asRegistryError(error: unknown): RegistryError | undefined {
  if (error instanceof RegistryError) return error
  // express refuses a path it cannot decode with an error that carries status 400.
  if (error instanceof URIError) return notFound()
  if (isBodyError(error)) return error.type === 'entity.too.large' ? bodyTooLarge() : badBody()
  return undefined
}

/** What the body parser throws (`http-errors` with a type). */
function isBodyError(error: unknown): error is Error & { type: string; status: number } {
  const one = error as { type?: unknown; status?: unknown }
  return error instanceof Error && typeof one.type === 'string' && one.status !== 500
}
