/** Builds one express app per listener from the routes it serves, and listens (TLS where configured). */
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler, type Request, type Response } from 'express'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import { badJson, MatrixError, missingToken, notJson, tooLarge, unrecognized } from '../errors.ts'
import { createRateLimiter } from './rate-limit.ts'
import { answered, type Requester, type Route } from './route.ts'

const DEFAULT_MAX_BODY = 1024 * 1024
/** Levels of objects and lists in what a client sends. Nothing in the specification comes near; recursion ends far beyond. */
const MAX_DEPTH = 200

export type RouteTable = {
  client: readonly Route[]
  federation: readonly Route[]
  operations: readonly Route[]
}
export type RunningListener = {
  server: Server
  url: string
  serves: readonly string[]
  close(): Promise<void>
}
/** Extra request handlers by role: the web client's static files, mounted after the API routes. */
export type Mounts = { web?: express.RequestHandler }

export async function startListeners(
  ctx: Context,
  routes: RouteTable,
  mounts: Mounts,
): Promise<RunningListener[]> {
  const running: RunningListener[] = []
  for (const listener of ctx.config.listeners) {
    const app = createApp(ctx, listener.serves, routes, mounts)
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
    const { port } = server.address() as AddressInfo
    const url = `${listener.tls ? 'https' : 'http'}://${listener.bind.includes(':') ? `[${listener.bind}]` : listener.bind}:${port}`
    running.push({
      server,
      url,
      serves: listener.serves,
      close: () =>
        new Promise<void>((done) => {
          server.close(() => done())
          server.closeIdleConnections()
          setTimeout(() => server.closeAllConnections(), 2_000).unref()
        }),
    })
  }
  return running
}

function createApp(
  ctx: Context,
  serves: readonly string[],
  routes: RouteTable,
  mounts: Mounts,
): express.Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('case sensitive routing', true)
  app.set('trust proxy', ['loopback', ...ctx.config.trusted_proxies])
  app.use((req, res, next) => {
    securityHeaders(res)
    if (!req.path.startsWith('/_matrix/federation') && !req.path.startsWith('/_matrix/key')) {
      corsHeaders(res)
      if (req.method === 'OPTIONS') return void res.status(204).end()
    }
    next()
  })
  const limiter = createRateLimiter(ctx.config.rate_limits === 'on')
  const table = [...routes.operations]
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
  if (serves.includes('web') && mounts.web) app.use(mounts.web)
  app.use(() => Promise.reject(unrecognized(404)))
  app.use(errorHandler(ctx))
  return app
}

/**
 * Runs an endpoint for a requester who is already known, with the same checks as HTTP: for the realtime gateway.
 * @throws MatrixError
 */
export async function invokeRoute(
  ctx: Context,
  entry: Route,
  args: { requester: Requester; params: Record<string, string>; body: unknown },
): Promise<unknown> {
  const call = {
    ctx,
    requester: args.requester,
    origin: undefined,
    params: entry.params ? check(entry.params, args.params, 'M_INVALID_PARAM') : undefined,
    query: entry.query ? check(entry.query, {}, 'M_INVALID_PARAM') : undefined,
    body: entry.body ? check(entry.body, args.body, 'M_BAD_JSON') : undefined,
    signal: new AbortController().signal,
  }
  return (await entry.handler(call as never)) ?? {}
}

/** What a client is told of an error: status and body, a 500 without its detail. */
export function answerOf(ctx: Context, error: unknown): { status: number; body: Record<string, unknown> } {
  if (error instanceof MatrixError) return { status: error.status, body: error.toJSON() }
  ctx.log.error({ err: error }, 'request failed')
  return {
    status: 500,
    body: { errcode: 'M_UNKNOWN', error: 'Something went wrong on the server. Try again in a moment.' },
  }
}

async function handle(
  ctx: Context,
  limiter: ReturnType<typeof createRateLimiter>,
  entry: Route,
  req: Request,
  res: Response,
): Promise<void> {
  let requester: Requester | undefined
  let origin: string | undefined
  let rawBody: Buffer | undefined
  const maxBody = entry.maxBody ?? DEFAULT_MAX_BODY
  if (entry.auth === 'user' || entry.auth === 'optional') {
    const token = bearerToken(req)
    if (token !== undefined) requester = await ctx.tokens.authenticate(token, req.ip)
    else if (entry.auth === 'user') throw missingToken()
    if (requester?.isGuest && !entry.guests && entry.auth === 'user') {
      throw new MatrixError(
        403,
        'M_GUEST_ACCESS_FORBIDDEN',
        'Guests cannot do this. Sign in with an account.',
      )
    }
  } else if (entry.auth === 'server') {
    // The signature covers the body, which is read only for servers that may talk to this one at all.
    ctx.federation.checkHeader(req.headers.authorization)
    rawBody = await readBody(req, maxBody)
    origin = await ctx.federation.authenticate({
      method: req.method,
      uri: req.originalUrl,
      authorization: req.headers.authorization,
      body: rawBody.length > 0 ? parseJson(rawBody) : undefined,
    })
  }
  const bucket = entry.rateLimit ?? (entry.method === 'GET' ? 'read' : 'write')
  limiter.check(bucket, requester?.userId ?? origin ?? req.ip ?? 'unknown')

  let body: unknown
  if (entry.body && !entry.rawBody) {
    rawBody ??= await readBody(req, maxBody)
    // What servers send is judged event by event: one of them must not spoil a transaction.
    if (entry.auth !== 'server' && isDeeperThan(rawBody, MAX_DEPTH))
      throw badJson(`The request is nested deeper than ${MAX_DEPTH} levels.`)
    body = check(entry.body, rawBody.length > 0 ? parseJson(rawBody) : {}, 'M_BAD_JSON')
  }
  const controller = new AbortController()
  res.once('close', () => controller.abort())
  const call = {
    ctx,
    requester,
    origin,
    params: entry.params ? check(entry.params, req.params, 'M_INVALID_PARAM') : undefined,
    query: entry.query ? check(entry.query, queryOf(req, entry.repeated), 'M_INVALID_PARAM') : undefined,
    body,
    req,
    res,
    signal: controller.signal,
  }
  const result = await entry.handler(call as never)
  if (result === answered || res.headersSent) return
  sendJson(res, 200, result ?? {})
}

export function sendJson(res: Response, status: number, value: unknown): void {
  res.statusCode = status
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify(value))
}

/** Access token from the header, or from the query as older clients send it (client-server API, "Using access tokens"). */
function bearerToken(req: Request): string | undefined {
  const header = req.headers.authorization
  if (header) return /^Bearer +(\S+)$/i.exec(header)?.[1]
  const value = req.query['access_token']
  return typeof value === 'string' ? value : undefined
}

function queryOf(req: Request, repeated: readonly string[] = []): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(req.query)) {
    const values = Array.isArray(value) ? value : [value]
    out[key] = repeated.includes(key) ? values : values.at(-1)
  }
  return out
}

function check(schema: z.ZodType, value: unknown, errcode: 'M_BAD_JSON' | 'M_INVALID_PARAM'): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const where = issue.path.map(String).join('.')
  const missing = issue.code === 'invalid_type' && issue.input === undefined && errcode === 'M_INVALID_PARAM'
  const message = where ? `${where}: ${issue.message}` : issue.message
  throw errcode === 'M_BAD_JSON'
    ? badJson(message)
    : new MatrixError(400, missing ? 'M_MISSING_PARAM' : errcode, message)
}

/** Reads at most `limit` bytes. @throws M_TOO_LARGE */
export async function readBody(req: Request, limit: number): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced > limit) throw tooLarge(`The request is larger than ${limit} bytes.`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw tooLarge(`The request is larger than ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Whether JSON text nests deeper, told without building anything. */
function isDeeperThan(json: Buffer, limit: number): boolean {
  let depth = 0
  let inText = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (inText) {
      if (byte === 0x5c) at++
      else if (byte === 0x22) inText = false
    } else if (byte === 0x22) inText = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    throw notJson()
  }
}

function corsHeaders(res: Response): void {
  res.setHeader('Access-Control-Allow-Origin', '*')
  res.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE, OPTIONS')
  res.setHeader('Access-Control-Allow-Headers', 'X-Requested-With, Content-Type, Authorization')
  res.setHeader('Access-Control-Max-Age', '86400')
}

function securityHeaders(res: Response): void {
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('Referrer-Policy', 'no-referrer')
}

function errorHandler(ctx: Context): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error)
    // An oversize body is not read to the end: close instead of letting the rest arrive.
    if (!req.complete) res.setHeader('Connection', 'close')
    if (error instanceof MatrixError) return sendJson(res, error.status, error.toJSON())
    if (error instanceof URIError) return sendJson(res, 400, badJson('The path is not valid UTF-8.').toJSON())
    ctx.log.error({ err: error, method: req.method, path: req.route?.path ?? 'unknown' }, 'request failed')
    sendJson(res, 500, {
      errcode: 'M_UNKNOWN',
      error: 'Something went wrong on the server. Try again in a moment.',
    })
  }
}
