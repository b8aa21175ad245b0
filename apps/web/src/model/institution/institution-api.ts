import { roleSchema } from '@enlace/coordination'
import { type FetchFile, type PublicKey, publicKeySchema } from '@enlace/trust/browser'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'
import type { Session } from '../session/types.ts'

const peopleSchema = z.object({
  accounts: z.array(
    z.object({
      user_id: z.string(),
      display_name: z.string().nullish(),
      claimed_role: roleSchema.nullish().catch(null),
    }),
  ),
})

/** Somebody of whom the server's operator says that they work at the institution. */
export interface Claimant {
  userId: string
  name?: string
  role?: 'staff' | 'coordinator' | 'official'
}

/** @returns nobody for whoever does not coordinate */
export async function fetchClaimants(request: AuthedRequest): Promise<Claimant[]> {
  const answer = await unlessAbsent(request('GET', `${ENLACE}/institution/people`))
  const parsed = peopleSchema.safeParse(answer)
  if (!parsed.success) return []
  return parsed.data.accounts.map(({ user_id, display_name, claimed_role }) => ({
    userId: user_id,
    ...(display_name ? { name: display_name } : {}),
    ...(claimed_role ? { role: claimed_role } : {}),
  }))
}

const dutyKeySchema = z.object({ duty_key: publicKeySchema.nullish() })

/** The limited key that this node would use for the institution's duty positions. */
export async function fetchDutyKey(
  request: AuthedRequest,
  institution: string,
): Promise<PublicKey | undefined> {
  const path = `${ENLACE}/trust/institutions/${encodeURIComponent(institution)}`
  const parsed = dutyKeySchema.safeParse(await unlessAbsent(request('GET', path)))
  return parsed.success ? (parsed.data.duty_key ?? undefined) : undefined
}

/** Files of the trust list as this node serves them. The bytes count, so they go past the JSON of other requests. */
export function trustFiles({
  baseUrl,
  tokens,
}: {
  baseUrl: string
  tokens: Pick<Session['tokens'], 'ensureFresh' | 'current'>
}): FetchFile {
  return async (path, maxBytes) => {
    await tokens.ensureFresh()
    const response = await fetch(
      `${baseUrl}${ENLACE}/trust/${path.split('/').map(encodeURIComponent).join('/')}`,
      {
        headers: { Authorization: `Bearer ${tokens.current()}` },
        cache: 'no-store',
      },
    )
    if (response.status === 404 || response.status === 405) return undefined
    if (!response.ok) throw new RequestError(response.status, undefined)
    const bytes = new Uint8Array(await response.arrayBuffer())
    return bytes.length > maxBytes ? undefined : bytes
  }
}

const alarmSchema = z.object({
  kind: z.string(),
  from: z.string(),
  proven: z.boolean().optional(),
  detail: z.string().optional(),
  since_ts: z.number(),
  last_ts: z.number(),
  message: z.object({ es: z.string(), en: z.string() }),
})

const reportSchema = z.object({
  usable: z.boolean(),
  list_version: z.number().nullable(),
  root_version: z.number(),
  expires_ts: z.number().nullable(),
  expires_soon: z.boolean(),
  root_expires_ts: z.number(),
  coordinators: z.array(
    z.object({ keyid: z.string(), name: z.string().nullable(), country: z.string().nullable() }),
  ),
  signatures_needed: z.number(),
  alarms: z.array(alarmSchema),
  institution_problems: z
    .array(
      z.object({
        institution: z.string(),
        reason: z.string(),
        since_ts: z.number(),
        message: z.object({ es: z.string(), en: z.string() }),
      }),
    )
    .default([]),
  partners: z.array(
    z.object({
      server_name: z.string(),
      asked_ts: z.number(),
      state: z.enum(['same', 'older', 'newer', 'fork', 'no-answer']).catch('no-answer'),
    }),
  ),
})

export type TrustReport = z.output<typeof reportSchema>

/** @returns undefined for whoever is no coordinator, and where there is no list */
export async function fetchTrustReport(request: AuthedRequest): Promise<TrustReport | undefined> {
  try {
    const answer = await unlessAbsent(request('GET', `${ENLACE}/trust`))
    return answer === undefined ? undefined : reportSchema.parse(answer)
  } catch (error) {
    if (error instanceof RequestError && error.httpStatus === 403) return undefined
    throw error
  }
}
