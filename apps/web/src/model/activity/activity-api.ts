import { type AuditVerdict, createAuditVerifier } from '@enlace/trust/audit'
import { portableHashing, portableVerify } from '@enlace/trust/audit/portable'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import type { Session } from '../session/types.ts'

const BASE = `${ENLACE}/institution/activity`
/** Lines verified before the page may draw again. */
const SLICE = 500

const text = z.object({ es: z.string(), en: z.string() })
const entrySchema = z.object({
  seq: z.number(),
  ts: z.number(),
  act: z.string(),
  by: z.string(),
  on: z.string().optional(),
  room: z.string().optional(),
  case: z.string().optional(),
  outcome: z.enum(['done', 'refused']),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})
const pageSchema = z.object({
  institution: z.string(),
  entries: z.array(entrySchema),
  next: z.number().nullable(),
  acts: z.record(z.string(), text.extend({ group: z.string() })),
  groups: z.record(z.string(), text),
})
const chainSchema = z.object({
  seq: z.number(),
  partners: z.array(
    z.object({
      server: z.string(),
      seq: z.number(),
      ts: z.number().nullable(),
      tried_ts: z.number().nullable(),
      problem: z.string().nullable(),
    }),
  ),
  alarms: z.array(z.object({ kind: z.string(), server: z.string(), seq: z.number(), message: text })),
})

export type ActivityEntry = z.output<typeof entrySchema>
export type ActivityPage = z.output<typeof pageSchema>
export type ActivityChain = z.output<typeof chainSchema>
export type ActivityQuery = Record<string, string | number | undefined>

function withQuery(path: string, query: ActivityQuery): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

export async function fetchActivity(request: AuthedRequest, query: ActivityQuery): Promise<ActivityPage> {
  return pageSchema.parse(await request('GET', withQuery(BASE, query)))
}

export async function fetchChain(request: AuthedRequest): Promise<ActivityChain> {
  return chainSchema.parse(await request('GET', `${BASE}/chain`))
}

type Fetching = Pick<Session, 'baseUrl' | 'tokens'>

async function exported({ baseUrl, tokens }: Fetching, query: ActivityQuery): Promise<Response> {
  await tokens.ensureFresh()
  const response = await fetch(`${baseUrl}${withQuery(`${BASE}/export`, query)}`, {
    headers: { Authorization: `Bearer ${tokens.current()}` },
    cache: 'no-store',
  })
  if (!response.ok) throw new RequestError(response.status, undefined)
  return response
}

export async function exportActivity(session: Fetching, query: ActivityQuery): Promise<Blob> {
  return (await exported(session, query)).blob()
}

/** The whole chain, as this device gets and counts it: line by line, so that its length does not matter. */
export async function verifyActivity(session: Fetching): Promise<AuditVerdict> {
  const verifier = createAuditVerifier({ hashing: portableHashing, verify: portableVerify })
  const { body } = await exported(session, { format: 'jsonl' })
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let lines = 0
  for (;;) {
    const { done, value } = await reader.read()
    const parts = (rest + (value ?? '')).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      if (!verifier.push(line)) {
        await reader.cancel()
        return verifier.finish()
      }
      lines += 1
      if (lines % SLICE === 0) await new Promise((next) => setTimeout(next))
    }
    if (done) break
  }
  if (rest !== '') verifier.push(rest)
  return verifier.finish()
}
