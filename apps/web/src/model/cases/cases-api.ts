import { z } from 'zod'
import { type AuthedRequest, ENLACE, type TextRequest, unlessAbsent } from '../../lib/request.ts'
import { fileSchema, pageSchema } from './records.ts'
import type { BoardQuery, CasesApi } from './types.ts'

export function boardPath(path: string, query: BoardQuery): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '' && value !== false) params.set(key, String(value))
  return `${ENLACE}${path}?${params}`
}

export function createCasesApi(request: AuthedRequest, requestText: TextRequest): CasesApi {
  const ask = <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> =>
    unlessAbsent(request('GET', path).then((answer) => schema.parse(answer)))
  return {
    async reserve(kind, roomId) {
      const answer = await request('POST', `${ENLACE}/cases/reference`, { kind, room_id: roomId })
      return z.object({ reference: z.string() }).parse(answer).reference
    },
    board: (query) => ask(boardPath('/cases', query), pageSchema),
    one: (caseId) => ask(`${ENLACE}/cases/${encodeURIComponent(caseId)}`, fileSchema),
    csv: (query) => requestText(boardPath('/cases.csv', query)),
  }
}
