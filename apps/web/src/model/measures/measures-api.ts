/** Measures, as the node computes them from the envelopes this person may see. */
import type { CaseFamily, Measure, MeasureGroup } from '@enlace/coordination'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import type { Session } from '../session/types.ts'

export interface MeasureQuery {
  group: MeasureGroup | 'all'
  /** milliseconds since the Unix epoch */
  from?: number
  family?: CaseFamily
}

const spread = z.object({ count: z.number(), median: z.number().optional(), p90: z.number().optional() })
const measureSchema = z.object({
  key: z.string(),
  cases: z.number(),
  acknowledged: spread,
  issued: spread,
  delivered: spread,
  withinTarget: z.number().optional(),
  overdueNow: z.number(),
  rejected: z.number(),
  escalations: z.number(),
  escalationAcknowledged: spread,
}) satisfies z.ZodType<Measure>

const search = (query: MeasureQuery) =>
  new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  ).toString()

export async function fetchMeasures(request: AuthedRequest, query: MeasureQuery): Promise<Measure[]> {
  const answer = await request('GET', `${ENLACE}/measures?${search(query)}`)
  return z.object({ measures: z.array(measureSchema) }).parse(answer).measures
}

/** @throws RequestError */
export async function measuresCsv(
  session: Pick<Session, 'tokens' | 'baseUrl'>,
  query: MeasureQuery,
): Promise<Blob> {
  await session.tokens.ensureFresh()
  const response = await fetch(`${session.baseUrl}${ENLACE}/measures.csv?${search(query)}`, {
    headers: { Authorization: `Bearer ${session.tokens.current()}` },
  })
  if (!response.ok) throw new RequestError(response.status, undefined)
  return response.blob()
}
