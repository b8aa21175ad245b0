/** What a refused sign-in says of a suspension, and the appeal that needs no session. */
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import { ENLACE } from '../../lib/request.ts'
import { type Decision, decisionSchema } from './reports-api.ts'

export interface SuspensionNotice {
  reason: string
  since: number
  decision?: Decision
  /** With which the one appeal is made. */
  token?: string
}

const bodySchema = z.object({
  'org.enlace.suspended': z.object({ since_ts: z.number(), reason: z.string() }),
  'org.enlace.appeal': z
    .object({ decision: decisionSchema, token: z.string().optional() })
    .optional()
    .catch(undefined),
})

export function suspensionIn(body: unknown): SuspensionNotice | undefined {
  const parsed = bodySchema.safeParse(body)
  if (!parsed.success) return undefined
  const { since_ts, reason } = parsed.data['org.enlace.suspended']
  const { decision, token } = parsed.data['org.enlace.appeal'] ?? {}
  return {
    reason,
    since: since_ts,
    ...(decision ? { decision } : {}),
    ...(token === undefined ? {} : { token }),
  }
}

/** @throws RequestError */
export async function appealSuspension(baseUrl: string, token: string, words: string): Promise<void> {
  const response = await fetch(`${baseUrl}${ENLACE}/appeal`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, words }),
  })
  if (!response.ok) throw new RequestError(response.status, await response.json().catch(() => undefined))
}
