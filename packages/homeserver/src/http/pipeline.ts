/** The way of a request through its endpoint: who asks, how often, what for; each checked before the handler runs. */
import { halvesOf } from '@enlace/directory/both-languages'
import type { Request, Response } from 'express'
import type { z } from 'zod'
import { knownDevices } from '../accounts/known-devices.ts'
import type { Context } from '../context.ts'
import { badJson, MatrixError, missingToken } from '../errors.ts'
import { requestFinished } from '../observe/finished.ts'
import { currentRequest, newRequest, pseudonym, withRequest } from '../observe/request-scope.ts'
import { refusalOf, sendJson } from './answer.ts'
import { isDeeperThan, parseJson, readBody } from './body.ts'
import { addressKey, type RateLimiter } from './rate-limit.ts'
import { answered, type Route } from './route.ts'
import type { Requester } from './types.ts'

const DEFAULT_MAX_BODY = 1024 * 1024
/** Of somebody who has not signed in: a name, a password, a token. */
const STRANGERS_MAX_BODY = 64 * 1024
/** Levels of objects and lists in what a client sends. Nothing in the specification comes near; recursion ends far beyond. */
const MAX_DEPTH = 200

export async function handle(
  ctx: Context,
  limiter: RateLimiter,
  entry: Route,
  req: Request,
  res: Response,
): Promise<void> {
  let requester: Requester | undefined
  let origin: string | undefined
  let rawBody: Buffer | undefined
  let parsedBody: unknown
  const maxBody = entry.maxBody ?? (entry.auth === 'none' ? STRANGERS_MAX_BODY : DEFAULT_MAX_BODY)
  const scope = currentRequest()
  if (scope) scope.route = patternOf(entry)
  if (entry.auth === 'user' || entry.auth === 'optional') {
    // On a network of institutions strangers ask nothing: no alias, no list of rooms, and no question to a partner.
    const token = bearerToken(req, ctx.config.query_access_token === 'on')
    if (token !== undefined)
      requester = await ctx.tokens.authenticate(token, req.ip, {
        withoutFactor: entry.withoutFactor === true,
        whileSuspended: entry.whileSuspended === true,
      })
    else if (entry.auth === 'user' || ctx.config.federation.list !== 'open') throw missingToken()
    if (requester?.isGuest && !entry.guests && entry.auth === 'user') {
      throw new MatrixError(
        403,
        'M_GUEST_ACCESS_FORBIDDEN',
        'Guests cannot do this. Sign in with an account.',
      )
    }
  } else if (entry.auth === 'server') {
    // The signature covers the body, which is read only for servers that may talk to this one at all.
    const header = ctx.federation.checkHeader(req.headers.authorization, entry.entryPoint ?? 'version')
    rawBody = await readBody(req, maxBody)
    origin = await ctx.federation.authenticate({
      method: req.method,
      uri: req.originalUrl,
      header,
      body: rawBody,
    })
    // Not before it is known who sent it: reading much takes long, and nobody else is served meanwhile.
    if (rawBody.length > 0) parsedBody = parseJson(rawBody)
  }
  if (scope && requester) {
    scope.who = pseudonym(requester.userId)
    scope.actor = requester.userId
  }
  if (scope && origin !== undefined) scope.origin = origin
  const bucket = bucketOf(entry)
  const who = requester?.userId ?? origin ?? strangerKey(ctx, bucket, req)
  limiter.check(bucket, who)
  try {
    await answerCall({ ctx, requester, origin, rawBody, parsedBody, maxBody }, entry, req, res)
    if (entry.successCounts?.(ctx) === false) limiter.giveBack(bucket, who)
  } catch (error) {
    if (!isAttempt(error)) limiter.giveBack(bucket, who)
    throw error
  }
}

async function answerCall(
  known: {
    ctx: Context
    requester?: Requester
    origin?: string
    rawBody?: Buffer
    /** Of a partner's request, whose body was read for its signature. */
    parsedBody?: unknown
    maxBody: number
  },
  entry: Route,
  req: Request,
  res: Response,
): Promise<void> {
  const { ctx, requester, origin, parsedBody, maxBody } = known
  let { rawBody } = known
  let body: unknown
  if (entry.body && !entry.rawBody) {
    rawBody ??= await readBody(req, maxBody)
    // What servers send is judged event by event: one of them must not spoil a transaction.
    if (entry.auth !== 'server' && isDeeperThan(rawBody, MAX_DEPTH))
      throw badJson(`The request is nested deeper than ${MAX_DEPTH} levels.`)
    body = check(entry.body, parsedBody ?? (rawBody.length > 0 ? parseJson(rawBody) : {}), 'M_BAD_JSON')
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

/**
 * Runs an endpoint for a requester who is already known, with the same checks as HTTP: for the realtime gateway.
 * @throws Refusal
 */
export async function invokeRoute(
  ctx: Context,
  limiter: RateLimiter,
  entry: Route,
  args: { requester: Requester; params: Record<string, string>; body: unknown },
): Promise<unknown> {
  const scope = newRequest(patternOf(entry))
  scope.who = pseudonym(args.requester.userId)
  scope.actor = args.requester.userId
  const began = performance.now()
  let status = 200
  try {
    return await withRequest(scope, async () => {
      try {
        limiter.check(bucketOf(entry), args.requester.userId)
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
      } catch (error) {
        const refusal = refusalOf(ctx, error)
        status = refusal.status
        throw refusal
      }
    })
  } finally {
    const ms = performance.now() - began
    requestFinished(ctx, scope, { method: entry.method, via: 'socket', status, ms })
  }
}

/** Neither the question how to confirm, nor what was refused because others are many, is an attempt at anything. */
const isAttempt = (error: unknown): boolean =>
  !(error instanceof MatrixError) || (error.status !== 429 && !error.isQuestion)

/** A browser that has signed in before is not held up by what others do behind the same address. */
function strangerKey(ctx: Context, bucket: ReturnType<typeof bucketOf>, req: Request): string {
  const known = bucket === 'login' ? knownDevices(ctx, req)[0] : undefined
  return known ? `known ${known.user}` : addressKey(req.ip)
}

/** What an endpoint is called in figures and logs: its newest path, with the names of its parameters. */
const patternOf = ({ path }: Route): string => (typeof path === 'string' ? path : path[0]!)

const bucketOf = (entry: Route) => entry.rateLimit ?? (entry.method === 'GET' ? 'read' : 'write')

/** Access token from the header, or from the query as older clients send it (client-server API, "Using access tokens"). */
function bearerToken(req: Request, inQuery: boolean): string | undefined {
  const header = req.headers.authorization
  if (header) return /^Bearer +(\S+)$/i.exec(header)?.[1]
  // Addresses are written into logs and histories: networks of institutions do without.
  const value = inQuery ? req.query['access_token'] : undefined
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
  // What a person filled in is told as a sentence of its own; the key before it is for programs.
  const halves = halvesOf(issue.message)
  throw new MatrixError(
    400,
    missing ? 'M_MISSING_PARAM' : errcode,
    message,
    halves ? { 'org.enlace.message': halves } : {},
  )
}
