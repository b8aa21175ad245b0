import { z } from 'zod'
import { ENLACE, unlessAbsent } from '../../lib/request.ts'
import type { Session } from '../../model/session/types.ts'
import { type Proof, type ProofOutcome, withProof } from './with-proof.ts'

const name = z.object({ es: z.string(), en: z.string() })
const linksSchema = z.object({
  linked: z.array(z.object({ id: z.string(), name, since_ts: z.number(), only_way: z.boolean() })),
  offered: z.array(z.object({ id: z.string(), name, away: z.boolean() })),
})
/** Accounts of one's institution with which one signs in here, and those that could be linked. */
export type LinkedAccounts = z.output<typeof linksSchema>

const BASE = `${ENLACE}/sign-in/providers`

/** Undefined on another Matrix server. @throws RequestError */
export async function readLinkedAccounts(
  session: Pick<Session, 'request'>,
): Promise<LinkedAccounts | undefined> {
  const answer = await unlessAbsent(session.request('GET', BASE))
  return answer === undefined ? undefined : linksSchema.parse(answer)
}

export const unlinkAccount = (session: Session, id: string, proof: Proof): Promise<ProofOutcome> =>
  withProof(session, 'POST', `${BASE}/${encodeURIComponent(id)}/unlink`, {}, proof)

/** The node's page that goes to the provider and comes back to Settings. */
export const linkAddress = (session: Pick<Session, 'client'>, id: string): string =>
  `${session.client.baseUrl}/oauth2/account?action=org.enlace.link&provider=${encodeURIComponent(id)}`
