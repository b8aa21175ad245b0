/** Which request the running code serves: whatever it awaits, its log lines and its errors carry the request's id. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { growingCache } from '../lib/cache.ts'
import type { RequestScope } from './types.ts'

const scopes = new AsyncLocalStorage<RequestScope>()
/** What a request set off names it for so long after its answer. Timers that live longer have other reasons by then. */
const CAUSED_MS = 60_000
/** Ids that proxies make: UUIDs and the like, nothing that could forge a line or fill a log. */
const WELL_FORMED = /^[A-Za-z0-9_-]{8,64}$/

export const currentRequest = (): RequestScope | undefined => scopes.getStore()

export function withRequest<T>(scope: RequestScope, work: () => T): T {
  return scopes.run(scope, work)
}

export const newRequest = (route: string, id: string = randomUUID()): RequestScope => ({ id, route })

/** The id a request gets: the one that came with it, if a proxy of ours says so and it is well formed, else a new one. */
export function requestIdFrom(header: string | string[] | undefined, fromTrustedProxy: boolean): string {
  return fromTrustedProxy && typeof header === 'string' && WELL_FORMED.test(header) ? header : randomUUID()
}

/** Fields of every log line. */
export function scopeFields(): Record<string, string> {
  const scope = scopes.getStore()
  if (!scope) return {}
  if (scope.endedAt === undefined) return { request_id: scope.id }
  return performance.now() - scope.endedAt < CAUSED_MS ? { caused_by: scope.id } : {}
}

// Made anew at each start and kept nowhere: lines of one run can be told apart by person, and nobody can say which person.
const key = randomBytes(32)
const known = growingCache<string, string>(5_000)

/** Stands for an account in the access log: the same within a run of the process, and not to be led back to it. */
export function pseudonym(userId: string): string {
  let name = known.get(userId)
  if (name === undefined) {
    name = createHmac('sha256', key).update(userId).digest('hex').slice(0, 12)
    known.set(userId, name)
  }
  return name
}
