/** Where a server name leads (server-server API, "Resolving server names"). The numbers are the specification's steps. */
import { promises as dns } from 'node:dns'
import { parseServerName } from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import { type Dispatcher, request } from 'undici'
import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import { isLiteral, isLocalhostName, withoutBrackets } from './addresses.ts'

export type Target = {
  /** Host (name, or address without brackets) and port to connect to. */
  host: string
  port: number
  /** `Host` header of requests. */
  hostHeader: string
  /** Name (or address) the certificate must be for. */
  certificateName: string
}

export type SrvRecord = { name: string; port: number; priority: number; weight: number }

const DEFAULT_PORT = 8448
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const WELL_KNOWN_MAX_BYTES = 50 * 1024
const MAX_REDIRECTS = 5
const RESOLVED_FOR_MS = 10 * MINUTE
/** A delegation that could not be read is asked for again. */
const WELL_KNOWN_BACKOFF: BackoffPolicy = { firstMs: MINUTE, longestMs: HOUR }

type WellKnown = { server: string | undefined; failures: number }

function splitServerName(name: string): { host: string; port: number | undefined } {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(name)
  const port = match?.[2] === undefined ? undefined : Number(match[2])
  if (!match || parseServerName(name) === undefined || (port !== undefined && (port < 1 || port > 65_535)))
    throw new TypeError(`${name} is not a server name`)
  return { host: match[1]!, port }
}

export function createDiscovery(options: {
  dispatcher: Dispatcher
  resolveSrv?: (name: string) => Promise<SrvRecord[]>
  /** Port of `.well-known` requests; for tests. */
  wellKnownPort?: number
}) {
  // A name server that does not answer must not hold a message up: without SRV records there is a default.
  const resolver = new dns.Resolver({ timeout: 2_000, tries: 2 })
  const resolveSrv = options.resolveSrv ?? ((name: string) => resolver.resolveSrv(name))
  const targets = growingCache<string, Target>(2_000, { ttl: RESOLVED_FOR_MS })
  const wellKnown = new LRUCache<string, WellKnown>({
    max: 2_000,
    allowStale: true,
    noDeleteOnStaleGet: true,
  })
  const resolving = createOnce<string, Target>()

  async function readWellKnown(host: string): Promise<string | undefined> {
    const fresh = wellKnown.get(host, { allowStale: false })
    if (fresh) return fresh.server
    const known = wellKnown.get(host)
    try {
      const { server, ttl } = await fetchWellKnown(host)
      wellKnown.set(host, { server, failures: 0 }, { ttl })
      return server
    } catch {
      // A delegation that was good is kept over a passing failure.
      const failures = (known?.failures ?? 0) + 1
      const keep = known?.server !== undefined && failures <= 3 ? known.server : undefined
      wellKnown.set(host, { server: keep, failures }, { ttl: backoffMs(WELL_KNOWN_BACKOFF, failures) })
      return keep
    }
  }

  async function fetchWellKnown(host: string): Promise<{ server: string; ttl: number }> {
    let url = new URL(`https://${host}/.well-known/matrix/server`)
    if (options.wellKnownPort !== undefined) url.port = String(options.wellKnownPort)
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await request(url, {
        dispatcher: options.dispatcher,
        headers: { 'user-agent': 'Enlace' },
        headersTimeout: 10_000,
        bodyTimeout: 10_000,
        signal: AbortSignal.timeout(20_000),
      })
      const { location } = answer.headers
      if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
        await answer.body.dump()
        url = new URL(location, url)
        if (url.protocol !== 'https:') throw new Error('redirected away from HTTPS')
        continue
      }
      if (answer.statusCode !== 200) {
        await answer.body.dump()
        throw new Error(`status ${answer.statusCode}`)
      }
      const body: unknown = JSON.parse((await readCapped(answer.body, WELL_KNOWN_MAX_BYTES)).toString())
      const server = (body as { 'm.server'?: unknown } | null)?.['m.server']
      if (parseServerName(server) === undefined) throw new Error('no m.server')
      splitServerName(server as string)
      return { server: server as string, ttl: lifetime(String(answer.headers['cache-control'] ?? '')) }
    }
    throw new Error('too many redirects')
  }

  async function srv(host: string): Promise<{ host: string; port: number } | undefined> {
    if (isLocalhostName(host)) return undefined
    for (const service of ['_matrix-fed._tcp', '_matrix._tcp']) {
      try {
        const found = pickSrv(await resolveSrv(`${service}.${host}`))
        if (found) return found
      } catch {
        // No such record: the next step.
      }
    }
    return undefined
  }

  async function bySrv(host: string): Promise<Target> {
    const found = await srv(host)
    return {
      host: found?.host ?? host,
      port: found?.port ?? DEFAULT_PORT,
      hostHeader: host,
      certificateName: host,
    }
  }

  async function resolve(name: string): Promise<Target> {
    const { host, port } = splitServerName(name)
    // 1, 2: an address, or an explicit port.
    const direct = directly(name, host, port)
    if (direct) return direct
    // 3: delegation. 4 to 6: SRV records, or the default port.
    const delegated = await readWellKnown(host)
    if (delegated === undefined) return bySrv(host)
    const next = splitServerName(delegated)
    // 3.1, 3.2; 3.3 to 3.5.
    return directly(delegated, next.host, next.port) ?? bySrv(next.host)
  }

  return {
    /** @throws TypeError when it is not a server name */
    async resolve(name: string): Promise<Target> {
      const known = targets.get(name)
      if (known) return known
      const target = await resolving.run(name, () => resolve(name))
      targets.set(name, target)
      return target
    },
    /** What was found did not work: looked up anew next time. */
    forget: (name: string) => void targets.delete(name),
  }
}

function directly(name: string, host: string, port: number | undefined): Target | undefined {
  if (!isLiteral(host) && port === undefined) return undefined
  const bare = withoutBrackets(host)
  return { host: bare, port: port ?? DEFAULT_PORT, hostHeader: name, certificateName: bare }
}

/** Lowest priority first; among equals by weight, at random (RFC 2782). */
function pickSrv(records: readonly SrvRecord[]): { host: string; port: number } | undefined {
  const lowest = Math.min(...records.map((one) => one.priority))
  const best = records.filter((one) => one.priority === lowest && one.name !== '' && one.name !== '.')
  let at = Math.random() * best.reduce((sum, one) => sum + one.weight, 0)
  for (const one of best) {
    at -= one.weight
    if (at <= 0) return { host: one.name, port: one.port }
  }
  return undefined
}

/** Cache lifetime of a delegation: as the answer says within a minute and 48 hours, else a day. */
function lifetime(cacheControl: string): number {
  if (/no-store|no-cache/i.test(cacheControl)) return MINUTE
  const age = /max-age=(\d{1,9})/i.exec(cacheControl)
  return age ? Math.min(Math.max(Number(age[1]) * 1000, MINUTE), 48 * HOUR) : 24 * HOUR
}

/** Reads a body to its end. @throws Error when it is larger than `limit` bytes */
export async function readCapped(
  body: AsyncIterable<Buffer | Uint8Array> & { destroy(): unknown },
  limit: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > limit) {
      body.destroy()
      throw new Error(`the answer is larger than ${limit} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
