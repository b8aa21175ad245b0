import { z } from 'zod'
import { type Failure, failureOf, RequestError } from '../../lib/failure.ts'
import { authFor, type Proof, stageParamsSchema } from '../../lib/proof.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { isCancelled } from '../../lib/webauthn.ts'

const challengeSchema = z.object({
  session: z.string(),
  completed: z.array(z.string()).default([]),
  errcode: z.string().optional(),
  params: stageParamsSchema.optional(),
})
type Challenge = z.output<typeof challengeSchema>

/** `factor_needed`: the password was right, and the second step is asked for again. */
export type ProofOutcome =
  | Failure
  | 'wrong_password'
  | 'wrong_passkey'
  | 'cancelled'
  | 'factor_needed'
  | undefined
export type { Proof } from '../../lib/proof.ts'
export type Asker = { request: AuthedRequest; userId: string }

/** Does what the server does only for whoever shows that it is them (client-server API, "User-Interactive Authentication"). */
export async function withProof(
  session: Asker,
  method: string,
  path: string,
  body: object,
  proof: Proof,
): Promise<ProofOutcome> {
  return (await askWithProof(session, method, path, body, proof)).problem
}

/** As `withProof`, for what has an answer. */
export async function askWithProof(
  session: Asker,
  method: string,
  path: string,
  body: object,
  proof: Proof,
): Promise<{ answer?: unknown; problem?: Exclude<ProofOutcome, undefined> }> {
  try {
    return { answer: await session.request(method, path, body) }
  } catch (error) {
    const challenge = challengeOf(error)
    if (!challenge) return { problem: failureOf(error) }
    try {
      const auth = await authFor(session.userId, challenge, proof)
      return { answer: await session.request(method, path, { ...body, auth }) }
    } catch (second) {
      if (isCancelled(second)) return { problem: 'cancelled' }
      const again = challengeOf(second)
      if (again?.errcode === undefined && again?.completed.includes('m.login.password'))
        return { problem: 'factor_needed' }
      const refused = second instanceof RequestError && second.httpStatus === 401
      const wrong = 'passkey' in proof ? 'wrong_passkey' : 'wrong_password'
      return { problem: refused ? wrong : failureOf(second) }
    }
  }
}

function challengeOf(error: unknown): Challenge | undefined {
  if (!(error instanceof RequestError) || error.httpStatus !== 401) return undefined
  const parsed = challengeSchema.safeParse(error.data)
  return parsed.success ? parsed.data : undefined
}
