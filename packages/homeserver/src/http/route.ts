/**
 * How every endpoint is written: one `Route` value per endpoint, in a file named as the endpoint, checked at the edge
 * with zod, given a `Requester` by its `auth` kind. The HTTP server mounts them; handlers return the JSON body.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import type { FederationEntryPoint } from '../federation/types.ts'
import type { Requester } from './types.ts'

type Shape = z.ZodType | undefined
type Out<S extends Shape> = S extends z.ZodType ? z.output<S> : undefined

export type RouteAuth =
  /** A valid access token is required. */
  | 'user'
  /** Anyone; no requester. */
  | 'none'
  /** A requester if a valid token is given. */
  | 'optional'
  /** X-Matrix signature of a server on the federation list (server-server API, "Request Authentication"). */
  | 'server'

type RequesterOf<A extends RouteAuth> = A extends 'user'
  ? Requester
  : A extends 'optional'
    ? Requester | undefined
    : undefined
type OriginOf<A extends RouteAuth> = A extends 'server' ? string : undefined

export type Call<A extends RouteAuth, P extends Shape, Q extends Shape, B extends Shape> = {
  ctx: Context
  requester: RequesterOf<A>
  /** The verified server name of the caller, for 'server' routes. */
  origin: OriginOf<A>
  params: Out<P>
  query: Out<Q>
  body: Out<B>
  /** Raw streams for media; JSON handlers do not touch them. */
  req: IncomingMessage & { ip?: string; secure?: boolean }
  res: ServerResponse
  /** Aborted when the caller goes away: long polls end. */
  signal: AbortSignal
}

export type RouteSpec<A extends RouteAuth, P extends Shape, Q extends Shape, B extends Shape> = {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /**
   * Express 5 paths, params decoded. A `v3` client path is also served at `r0` and `v1` aliases when listed here.
   */
  path: string | readonly string[]
  auth: A
  params?: P
  /** Query values arrive as strings (last one wins) or, for keys in `repeated`, arrays. */
  query?: Q
  repeated?: readonly string[]
  /** JSON body. Absent: no body is read, unless `rawBody`. */
  body?: B
  /** The handler reads `req` itself (media upload). */
  rawBody?: boolean
  /** Largest JSON body in bytes; default 1 MiB (an event may be 64 KiB; key uploads are larger). */
  maxBody?: number
  /** Which bucket of the rate limiter this counts against; default 'read' for GET, 'write' otherwise. */
  rateLimit?: 'read' | 'write' | 'login' | 'register' | 'none'
  /**
   * Whether what went well counts too; default yes. The question what is needed to confirm (interactive authentication)
   * never counts: it is half of an honest request.
   */
  successCounts?: (ctx: Context) => boolean
  /** Also for whoever must add a second factor before anything else: what that takes, and to leave. Default false. */
  withoutFactor?: boolean
  /** Also for whoever is suspended: to sign out. Default false. */
  whileSuspended?: boolean
  /** Also usable by a guest account. Default false. */
  guests?: boolean
  handler: (call: Call<A, P, Q, B>) => Promise<unknown> | unknown
} & (A extends 'server'
  ? {
      /** What the federation list is asked for, before the body is read. */
      entryPoint: FederationEntryPoint
    }
  : { entryPoint?: undefined })

/** A route with its types erased, as the server mounts it. */
export type Route = Omit<RouteSpec<RouteAuth, Shape, Shape, Shape>, 'handler' | 'entryPoint'> & {
  entryPoint?: FederationEntryPoint
  handler: (call: never) => Promise<unknown> | unknown
}

/** Identity function that gives `handler` its types. A handler that answered on `res` itself returns `answered`. */
export function route<
  const A extends RouteAuth,
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends Shape = undefined,
>(spec: RouteSpec<A, P, Q, B>): Route {
  return spec as unknown as Route
}

export const answered = Symbol('answered')
