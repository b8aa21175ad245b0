/**
 * What the SDK asks one after the other before it reads what this device keeps, or before the first sync: given from the last time
 * and asked anew behind, or asked early. Everything else goes through as it is.
 */
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'

const VERSIONS = '/_matrix/client/versions'
const PUSH_RULES = '/_matrix/client/v3/pushrules/'
/** In `facts`: what the server can do, as it said last. */
const KEPT = 'versions'
/** Client-server API, "GET /versions". */
const versionsSchema = z.object({
  versions: z.array(z.string()).min(1),
  unstable_features: z.record(z.string(), z.boolean()).optional(),
})

const pathOf = (resource: RequestInfo | URL) =>
  new URL(resource instanceof Request ? resource.url : String(resource), 'http://here').pathname
const answer = (body: object) =>
  new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } })

/** @param send puts the token of the session on what carries any */
export function withKnownAnswers(
  send: typeof fetch,
  database: Pick<OwnDatabase, 'get' | 'put'>,
  baseUrl: string,
): typeof fetch {
  // The rules are asked for while the encryption module comes; whoever asks a second time wants to know anew.
  let rules: Promise<Response> | undefined = send(baseUrl + PUSH_RULES, {
    headers: { Authorization: 'Bearer' },
  })
  rules.catch(() => undefined)

  async function askVersions(resource: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const response = await send(resource, init)
    if (response.ok) {
      const said = versionsSchema.safeParse(await response.clone().json())
      if (said.success) await database.put('facts', KEPT, said.data).catch(() => undefined)
    }
    return response
  }
  let asked = false

  return async (resource, init) => {
    const path = pathOf(resource)
    if (path === VERSIONS) {
      const kept = versionsSchema.safeParse(await database.get('facts', KEPT).catch(() => undefined))
      if (!kept.success) return askVersions(resource, init)
      if (!asked) void askVersions(resource, init).catch(() => undefined)
      asked = true
      return answer(kept.data)
    }
    if (path === PUSH_RULES && rules && (init?.method ?? 'GET') === 'GET') {
      const early = rules
      rules = undefined
      // One that failed is asked as the SDK asks it.
      return early.then(
        (response) => (response.ok ? response : send(resource, init)),
        () => send(resource, init),
      )
    }
    return send(resource, init)
  }
}
