/** Signed HTTPS requests to partners: discovery, TLS under the trusted authorities, time-outs, size limits. */
import { readFileSync } from 'node:fs'
import { canonicalJson, type JsonObject, signJson } from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import { Agent, type Dispatcher, request } from 'undici'
import type { Context } from '../context.ts'
import { badJson } from '../errors.ts'
import { type BackoffPolicy, createKeyedBackoff } from '../lib/backoff.ts'
import { guardedConnector, isLiteral } from './addresses.ts'
import { createDiscovery, readCapped } from './discovery.ts'
import { FederationError, MalformedAnswer } from './errors.ts'
import { pathPattern } from './path-pattern.ts'
import type { FederationClient, FederationList, FederationRequest } from './types.ts'

const CONNECT_TIMEOUT_MS = 10_000
const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
const MAX_AGENTS = 500
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
/** After a connection failed, further requests fail at once for this long. */
const FAIL_FAST: BackoffPolicy = { firstMs: 500, longestMs: 20_000 }

/** What requests are signed, trusted, counted and logged with. */
type Outside = Pick<Context, 'config' | 'serverName' | 'signingKey' | 'metrics' | 'log'>

/** @param check asked before anything is sent. @throws M_FORBIDDEN naming the rule */
export function createFederationClient(ctx: Outside, check: FederationList['check']): FederationClient {
  const connect = guardedConnector({
    allowPrivate: ctx.config.federation.allow_private_addresses,
    authorities: ctx.config.federation.trusted_ca.map((file) => readFileSync(file, 'utf8')),
    timeoutMs: CONNECT_TIMEOUT_MS,
  })
  const wellKnownAgent = new Agent({ connect, connections: 4, keepAliveTimeout: 1_000 })
  const discovery = createDiscovery({ dispatcher: wellKnownAgent })
  const closing: Promise<void>[] = []
  // One per certificate name: two servers behind one address must not share connections.
  const agents = new LRUCache<string, Agent>({
    max: MAX_AGENTS,
    dispose: (agent, _name, reason) => {
      if (reason === 'evict') closing.push(agent.close())
    },
  })
  /** Keeps why the last attempt failed. */
  const backoff = createKeyedBackoff<string>(FAIL_FAST, { max: 2_000 })

  function agentFor(certificateName: string): Agent {
    const known = agents.get(certificateName)
    if (known) return known
    const agent = new Agent({
      connect: (options, callback) =>
        connect(isLiteral(certificateName) ? options : { ...options, servername: certificateName }, callback),
      connections: 8,
      pipelining: 1,
      keepAliveTimeout: 55_000,
    })
    agents.set(certificateName, agent)
    return agent
  }

  /** `Authorization: X-Matrix` (server-server API, "Request Authentication"). @throws M_BAD_JSON */
  function authorization(destination: string, method: string, uri: string, body: unknown): string {
    let signature: string
    try {
      const signed = signJson(
        {
          method,
          uri,
          origin: ctx.serverName,
          destination,
          ...(body === undefined ? {} : { content: body }),
        },
        ctx.serverName,
        ctx.signingKey,
      )
      signature = signed.signatures[ctx.serverName]![ctx.signingKey.keyId]!
    } catch {
      throw badJson('Other servers can only be sent whole numbers, and no broken text.')
    }
    return `X-Matrix origin="${ctx.serverName}",destination="${destination}",key="${ctx.signingKey.keyId}",sig="${signature}"`
  }

  /** Counts and logs an attempt. @throws FederationError when there is no answer */
  async function open(destination: string, args: FederationRequest): Promise<Dispatcher.ResponseData> {
    check(destination, args.entryPoint)
    const began = performance.now()
    const finished = (outcome: 'answered' | 'refused' | 'unreachable', result: Record<string, unknown>) => {
      const ms = performance.now() - began
      const listed = ctx.config.federation.list !== 'open'
      ctx.metrics.federationRequest({ destination, listed, outcome }, ms)
      if (ctx.config.access_log !== 'on') return
      const line = { destination, method: args.method, path: pathPattern(args.path), ms: Math.round(ms) }
      ctx.log.info({ ...line, ...result }, 'request to a partner')
    }
    try {
      const answer = await attempt(destination, args)
      finished(isSuccess(answer.statusCode) ? 'answered' : 'refused', { status: answer.statusCode })
      return answer
    } catch (error) {
      if (error instanceof FederationError) finished('unreachable', { reason: error.detail })
      throw error
    }
  }

  async function attempt(destination: string, args: FederationRequest): Promise<Dispatcher.ResponseData> {
    const uri = uriOf(args)
    const timeout = args.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const header = authorization(destination, args.method, uri, args.body)
    const waiting = args.insistent ? undefined : backoff.waiting(destination)
    if (waiting) throw new FederationError(destination, waiting.why)
    try {
      const target = await discovery.resolve(destination)
      const host = target.host.includes(':') ? `[${target.host}]` : target.host
      const send = () =>
        request(`https://${host}:${target.port}${uri}`, {
          dispatcher: agentFor(target.certificateName),
          method: args.method,
          headers: {
            host: target.hostHeader,
            authorization: header,
            'user-agent': 'Enlace',
            ...(args.body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          body: args.body === undefined ? null : canonicalJson(args.body as JsonObject),
          headersTimeout: timeout,
          bodyTimeout: timeout,
          signal: args.signal ?? null,
        })
      // A kept connection may have been closed at the other end just as it was used: GET and PUT go once more.
      const answer = await send().catch((error: unknown) => {
        if (args.method === 'POST' || args.signal?.aborted || !CLOSED.has(reasonOf(error))) throw error
        return send()
      })
      backoff.succeeded(destination)
      return answer
    } catch (error) {
      if (args.signal?.aborted) throw new FederationError(destination, 'no answer in time')
      discovery.forget(destination)
      const detail = reasonOf(error)
      backoff.failed(destination, detail)
      throw new FederationError(destination, detail)
    }
  }

  async function refusal(destination: string, answer: Dispatcher.ResponseData): Promise<FederationError> {
    let body: unknown
    try {
      body = JSON.parse((await readCapped(answer.body, 1024 * 1024)).toString())
    } catch {
      body = undefined
    }
    const object = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined
    return new FederationError(
      destination,
      `status ${answer.statusCode} ${String(object?.['errcode'] ?? '').slice(0, 100)}`,
      { status: answer.statusCode, body: object },
    )
  }

  const isSuccess = (status: number) => status >= 200 && status < 300

  return {
    async requestJson(destination, args, expected) {
      const timeout = AbortSignal.timeout(args.timeoutMs ?? DEFAULT_TIMEOUT_MS)
      const signal = args.signal ? AbortSignal.any([args.signal, timeout]) : timeout
      const answer = await open(destination, { ...args, signal })
      if (!isSuccess(answer.statusCode)) throw await refusal(destination, answer)
      let bytes: Buffer
      try {
        bytes = await readCapped(answer.body, args.maxBytes ?? DEFAULT_MAX_BYTES)
      } catch (error) {
        throw new FederationError(destination, `unreadable answer: ${reasonOf(error)}`)
      }
      let json: unknown
      try {
        json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
      } catch {
        throw new MalformedAnswer(destination, 'no JSON')
      }
      const parsed = expected.safeParse(json)
      if (parsed.success) return parsed.data
      const { path, message } = parsed.error.issues[0]!
      throw new MalformedAnswer(destination, `${path.map(String).join('.').slice(0, 100)}: ${message}`)
    },

    async openStream(destination, args) {
      const answer = await open(destination, args)
      if (!isSuccess(answer.statusCode)) throw await refusal(destination, answer)
      return answer
    },

    heardFrom: (serverName) => backoff.succeeded(serverName),

    async close() {
      await Promise.all([wellKnownAgent, ...agents.values()].map((agent) => agent.destroy()))
      await Promise.allSettled(closing)
    },
  }
}

function uriOf({ path, query }: FederationRequest): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) params.append(key, one)
  }
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

export function reasonOf(error: unknown): string {
  const { code, message, cause, errors } = error as {
    code?: string
    message?: string
    cause?: { code?: string; message?: string }
    errors?: { code?: string }[]
  }
  return cause?.code ?? code ?? errors?.[0]?.code ?? cause?.message ?? message ?? 'failed'
}
