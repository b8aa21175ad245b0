import { escalationChainSchema, roleSchema } from '@enlace/coordination'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'

/**
 * Enlace's own client endpoints. On a server that has none (any other Matrix homeserver) each answers undefined, and
 * the client shows what plain Matrix can tell.
 */
export interface EnlaceApi {
  me(): Promise<Me | undefined>
  institutions(): Promise<Institution[] | undefined>
  members(roomId: string): Promise<MemberRecord[] | undefined>
  escalations(): Promise<EscalationRecord[] | undefined>
}

const institutionSchema = z.object({
  key: z.string(),
  name: z.string(),
  country: z.string(),
  kind: z.string(),
  municipality: z.string().nullish(),
})
export type Institution = z.output<typeof institutionSchema>

const roleOrNull = roleSchema.nullish().catch(null)

const meSchema = z.object({
  user_id: z.string(),
  display_name: z.string().nullish(),
  institution: institutionSchema.nullish().catch(null),
  role: roleOrNull,
})
export type Me = z.output<typeof meSchema>

const memberSchema = z.object({
  user_id: z.string(),
  display_name: z.string().nullish(),
  membership: z.string(),
  institution: z.string().nullish(),
  institution_name: z.string().nullish(),
  country: z.string().nullish(),
  role: roleOrNull,
})
export type MemberRecord = z.output<typeof memberSchema>

const escalationSchema = z.object({
  id: z.string(),
  room_id: z.string(),
  about_event_id: z.string(),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  raised_by: z.string(),
  raised_ts: z.number(),
  acknowledged_by: z.string().optional(),
  acknowledged_ts: z.number().optional(),
  cause: z.enum(['person', 'acknowledgement_lapsed', 'deadline_lapsed']).optional().catch(undefined),
  reference: z.string().optional(),
  chain: escalationChainSchema.optional().catch(undefined),
  step: z.number().int().optional(),
  snoozed_until_ts: z.number().optional(),
  handed_to: z.string().optional(),
})
export type EscalationRecord = z.output<typeof escalationSchema>

export type AuthedRequest = (method: string, path: string, body?: unknown) => Promise<unknown>

/** Requests with the session's token. @throws RequestError for an answer that is not a success */
export function createRequest(baseUrl: string, send: typeof fetch, token: () => string): AuthedRequest {
  return async (method, path, body) => {
    const response = await send(`${baseUrl}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token()}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (!response.ok) throw new RequestError(response.status, answer)
    return answer
  }
}

/** As `createRequest`, for answers that are text: exports. */
export function createTextRequest(
  baseUrl: string,
  send: typeof fetch,
  token: () => string,
): (path: string) => Promise<string> {
  return async (path) => {
    const response = await send(`${baseUrl}${path}`, { headers: { Authorization: `Bearer ${token()}` } })
    if (!response.ok) throw new RequestError(response.status, await response.json().catch(() => undefined))
    return response.text()
  }
}

const BASE = '/_enlace/client/v1'

export function createEnlaceApi(request: AuthedRequest): EnlaceApi {
  async function ask<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return schema.parse(await request('GET', `${BASE}${path}`))
    } catch (error) {
      if (error instanceof RequestError && (error.httpStatus === 404 || error.httpStatus === 405))
        return undefined
      throw error
    }
  }
  const room = (roomId: string) => `/rooms/${encodeURIComponent(roomId)}`
  return {
    me: () => ask('/me', meSchema),
    institutions: async () =>
      (await ask('/institutions', z.object({ institutions: z.array(institutionSchema) })))?.institutions,
    members: async (roomId) =>
      (await ask(`${room(roomId)}/members`, z.object({ members: z.array(memberSchema) })))?.members,
    escalations: async () =>
      (await ask('/escalations', z.object({ escalations: z.array(escalationSchema) })))?.escalations,
  }
}
