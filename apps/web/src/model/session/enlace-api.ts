import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'
import { escalationSchema, institutionSchema, memberSchema, meSchema } from './records.ts'
import type { EnlaceApi } from './types.ts'

export function createEnlaceApi(request: AuthedRequest): EnlaceApi {
  const ask = <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> =>
    unlessAbsent(request('GET', `${ENLACE}${path}`).then((answer) => schema.parse(answer)))
  return {
    me: () => ask('/me', meSchema),
    institutions: async () =>
      (await ask('/institutions', z.object({ institutions: z.array(institutionSchema) })))?.institutions,
    members: async (roomId) =>
      (
        await ask(
          `/rooms/${encodeURIComponent(roomId)}/members`,
          z.object({ members: z.array(memberSchema) }),
        )
      )?.members,
    escalations: async () =>
      (await ask('/escalations', z.object({ escalations: z.array(escalationSchema) })))?.escalations,
  }
}
