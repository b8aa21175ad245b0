/** Builds one express app per listener from the routes it serves, and listens (TLS where configured). */
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import compression from 'compression'
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import type { Context } from '../context.ts'
import { unrecognized } from '../errors.ts'
import { requestFinished } from '../observe/finished.ts'
import { currentRequest, newRequest, requestIdFrom, withRequest } from '../observe/request-scope.ts'
import { errorHandler } from './answer.ts'
import { createDrain, type Drain } from './drain.ts'
import { metricsRoute, readMetricsToken } from './operations.ts'
import { handle } from './pipeline.ts'
import { createRateLimiter } from './rate-limit.ts'
import type { Route } from './route.ts'
import type { RunningListener } from './types.ts'

export type RouteTable = {
  client: readonly Route[]
  federation: readonly Route[]
  operations: readonly Route[]
}
/** Extra request handlers by role, mounted after the API routes: the web client's static files, the public pages. */
export type Mounts = { web?: RequestHandler; publicSite?: RequestHandler }

/** For what was answered to arrive, and for whoever only waits. */
const LAST_BYTES_MS = 1_000

export async function startListeners(
  ctx: Context,
  routes: RouteTable,
  mounts: Mounts,
): Promise<RunningListener[]> {
  const running: RunningListener[] = []
  const metricsToken = await readMetricsToken(ctx.config.metrics_token_file)
  for (const listener of ctx.config.listeners) {
    const drain = createDrain()
    const app = createApp(ctx, listener.serves, routes, mounts, metricsToken, drain)
    const server = listener.tls
      ? createTlsServer(
          {
            cert: await readFile(listener.tls.cert),
            key: await readFile(listener.tls.key),
            minVersion: 'TLSv1.2',
          },
          app,
        )
      : createHttpServer(app)
    server.keepAliveTimeout = 65_000
    server.headersTimeout = 70_000
    server.requestTimeout = 300_000
    server.maxHeadersCount = 100
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      server.listen(listener.port, listener.bind, () => done())
    })
    const uncount = ctx.metrics.countOpen(
      'http',
      () => new Promise((done) => server.getConnections((_error, count) => done(count ?? 0))),
    )
    const { port } = server.address() as AddressInfo
    const url = `${listener.tls ? 'https' : 'http'}://${listener.bind.includes(':') ? `[${listener.bind}]` : listener.bind}:${port}`
    running.push({
      server,
      url,
      serves: listener.serves,
      async close() {
        uncount()
        const closed = new Promise<void>((done) => server.close(() => done()))
        server.closeIdleConnections()
        await drain.start()
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), LAST_BYTES_MS).unref()
        await closed
      },
    })
  }
  return running
}

function createApp(
  ctx: Context,
  serves: readonly string[],
  routes: RouteTable,
  mounts: Mounts,
  metricsToken: string | undefined,
  drain: Drain,
): express.Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('case sensitive routing', true)
  const trust = (proxies: readonly string[]) => app.set('trust proxy', ['loopback', ...proxies])
  trust(ctx.config.trusted_proxies)
  ctx.settings.whenApplied(['trusted_proxies'], (next) => ({
    commit: () => void trust(next.trusted_proxies),
  }))
  app.use(drain.door)
  app.use(observed(ctx, (address, hop) => (app.get('trust proxy fn') as TrustsProxy)(address, hop)))
  app.use((req, res, next) => {
    securityHeaders(req, res)
    if (!req.path.startsWith('/_matrix/federation') && !req.path.startsWith('/_matrix/key')) {
      corsHeaders(res)
      if (req.method === 'OPTIONS') {
        named('preflight')
        return void res.status(204).end()
      }
    }
    next()
  })
  if (serves.includes('client') || serves.includes('web')) app.use(compression({ filter: isWorthIt }))
  const limiter = createRateLimiter(() => ctx.config.rate_limits === 'on', {
    onLimited: ctx.metrics.rateLimited,
  })
  const table = [...routes.operations]
  if (serves.includes('metrics')) table.push(metricsRoute(ctx, undefined))
  else if (metricsToken !== undefined) table.push(metricsRoute(ctx, metricsToken))
  if (serves.includes('client')) table.push(...routes.client)
  if (serves.includes('federation')) table.push(...routes.federation)
  const methodsByPath = new Map<string, Set<string>>()
  for (const entry of table) {
    for (const path of typeof entry.path === 'string' ? [entry.path] : entry.path) {
      const methods = methodsByPath.get(path) ?? new Set()
      methods.add(entry.method)
      methodsByPath.set(path, methods)
      const method = entry.method.toLowerCase() as 'get' | 'put' | 'post' | 'delete'
      app[method](path, (req, res, next) => void handle(ctx, limiter, entry, req, res).catch(next))
    }
  }
  // A known path with another method is 405, anything else of Matrix 404 (client-server API, "Common error codes").
  for (const path of methodsByPath.keys()) app.all(path, () => Promise.reject(unrecognized(405)))
  app.use(['/_matrix', '/_enlace', '/_synapse'], () => Promise.reject(unrecognized(404)))
  const { web, publicSite } = mounts
  if (serves.includes('web') && publicSite)
    app.use('/publico', (req, res, next) => {
      // Which page it is, is written down nowhere.
      named('publico')
      publicSite(req, res, next)
    })
  if (serves.includes('web') && web) {
    app.use((req, res, next) => {
      named('web')
      web(req, res, (error?: unknown) => {
        named('unknown')
        next(error)
      })
    })
  }
  app.use(() => Promise.reject(unrecognized(404)))
  app.use(errorHandler(ctx))
  return app
}

/**
 * What a phone pays for by the byte: answers of the API, and what of the web client lies there as it is. Pages of a sign-in
 * hold secrets beside what a stranger may choose, and go as they are (BREACH); media are ciphertext or compressed already.
 */
function isWorthIt(req: Request, res: Response): boolean {
  const type = String(res.getHeader('Content-Type') ?? '')
  if (/^\/(?:_matrix|_enlace)\//.test(req.path)) return type.startsWith('application/json')
  return !req.path.startsWith('/oauth2/') && /^(?:text\/javascript|image\/svg)/.test(type)
}

type TrustsProxy = (address: string, hop: number) => boolean

/** From here on the request has an id, and when it is over it is counted and written down. */
function observed(ctx: Context, trusts: TrustsProxy): RequestHandler {
  return (req: Request, res: Response, next: NextFunction) => {
    const began = performance.now()
    const { socket } = req
    const before = socket.bytesWritten
    const peer = socket.remoteAddress
    const id = requestIdFrom(req.headers['x-request-id'], peer !== undefined && trusts(peer, 0))
    const scope = newRequest('unknown', id)
    res.setHeader('X-Request-Id', id)
    res.once('close', () =>
      requestFinished(ctx, scope, {
        method: req.method,
        via: 'http',
        status: res.writableFinished ? res.statusCode : 'aborted',
        ms: performance.now() - began,
        bytes: socket.bytesWritten - before,
      }),
    )
    withRequest(scope, next)
  }
}

function named(route: string): void {
  const scope = currentRequest()
  if (scope) scope.route = route
}

function corsHeaders(res: Response): void {
  res.setHeader('Access-Control-Allow-Origin', '*')
  res.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE, OPTIONS')
  res.setHeader('Access-Control-Allow-Headers', 'X-Requested-With, Content-Type, Authorization')
  res.setHeader('Access-Control-Expose-Headers', 'X-Request-Id, Retry-After')
  res.setHeader('Access-Control-Max-Age', '86400')
}

/** For every answer; what serves pages or files puts its own in their place. */
function securityHeaders(req: Request, res: Response): void {
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('Referrer-Policy', 'no-referrer')
  res.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  res.setHeader('X-Frame-Options', 'DENY')
  res.setHeader('Permissions-Policy', 'camera=(), microphone=(), geolocation=()')
  // Answers of the API are for who asked: no proxy, and no browser whose user changes, keeps them.
  if (/^\/_(matrix|enlace|synapse)\//.test(req.path)) res.setHeader('Cache-Control', 'no-store')
  // `secure`: TLS here, or at a proxy that is trusted. The browser would turn every port of this machine to TLS.
  if (req.secure && !/^(.+\.)?localhost$/.test(req.hostname ?? ''))
    res.setHeader('Strict-Transport-Security', 'max-age=31536000')
}
