/** One's own second factors, as the settings show and change them (docs/enlace-api.md of the node, "Signing in"). */
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { z } from 'zod'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { ENLACE, unlessAbsent } from '../../lib/request.ts'
import { isCancelled, webauthn } from '../../lib/webauthn.ts'
import { type Asker, askWithProof, type Proof, type ProofOutcome, withProof } from './with-proof.ts'

const BASE = `${ENLACE}/factors`

const stateSchema = z.object({
  totp: z.object({ since_ts: z.number() }).nullable(),
  passkeys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      created_ts: z.number(),
      last_used_ts: z.number().optional(),
      synced: z.boolean(),
    }),
  ),
  recovery_codes: z.object({ left: z.number(), made_ts: z.number() }).nullable(),
  methods: z.array(z.enum(['totp', 'passkey', 'recovery_code'])),
  passkeys_offered: z.boolean(),
  /** absent on a node from before it was said */
  password: z.boolean().default(true),
  fresh: z.boolean(),
  must: z.boolean(),
  overdue: z.boolean(),
  deadline_ts: z.number().optional(),
})
export type FactorsState = z.output<typeof stateSchema>

const codesSchema = z.object({ recovery_codes: z.array(z.string()).optional() })
const totpSchema = z.object({ secret: z.string(), uri: z.string() })

export type GivenFactor = { code: string } | { recovery_code: string } | { passkey: true }
export type FactorProblem = 'wrong' | 'used' | 'expired' | 'cancelled' | Failure

/** Undefined on a server that has none of this. */
export async function readFactors({ request }: Asker): Promise<FactorsState | undefined> {
  const answer = await unlessAbsent(request('GET', BASE))
  return answer === undefined ? undefined : stateSchema.parse(answer)
}

function problemOf(error: unknown): FactorProblem {
  if (isCancelled(error)) return 'cancelled'
  const failure = failureOf(error)
  if (failure.kind !== 'refused') return failure
  const rule = failure.rule?.split('.')[1]
  return rule === 'wrong' || rule === 'used' || rule === 'expired' ? rule : failure
}

/** From then on, for five minutes, what needs the second step does not ask for it again. */
export async function giveFactor(asker: Asker, given: GivenFactor): Promise<FactorProblem | undefined> {
  try {
    const proof = 'passkey' in given ? { passkey: await signWithPasskey(asker) } : given
    await asker.request('POST', `${BASE}/confirm`, proof)
    return undefined
  } catch (error) {
    return problemOf(error)
  }
}

async function signWithPasskey({ request }: Asker) {
  const optionsJSON = (await request(
    'POST',
    `${BASE}/challenge`,
    {},
  )) as PublicKeyCredentialRequestOptionsJSON
  const { startAuthentication } = await webauthn()
  return startAuthentication({ optionsJSON })
}

export type Asked<T> = { value: T } | { problem: Exclude<ProofOutcome, undefined> | FactorProblem }

export async function beginTotp(asker: Asker, proof: Proof): Promise<Asked<{ secret: string; uri: string }>> {
  const { answer, problem } = await askWithProof(asker, 'POST', `${BASE}/totp`, {}, proof)
  return problem === undefined ? { value: totpSchema.parse(answer) } : { problem }
}

/** @returns recovery codes, when this is the first factor */
export async function confirmTotp({ request }: Asker, code: string): Promise<Asked<string[] | undefined>> {
  try {
    const answer = codesSchema.parse(await request('POST', `${BASE}/totp/confirm`, { code }))
    return { value: answer.recovery_codes }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

export async function addPasskey(
  asker: Asker,
  proof: Proof,
  name: string,
): Promise<Asked<string[] | undefined>> {
  const { answer, problem } = await askWithProof(asker, 'POST', `${BASE}/passkeys`, {}, proof)
  if (problem !== undefined) return { problem }
  try {
    const { startRegistration } = await webauthn()
    const response = await startRegistration({
      optionsJSON: answer as PublicKeyCredentialCreationOptionsJSON,
    })
    const added = codesSchema.parse(
      await asker.request('POST', `${BASE}/passkeys/confirm`, { name, response }),
    )
    return { value: added.recovery_codes }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

export const renamePasskey = ({ request }: Asker, id: string, name: string): Promise<unknown> =>
  request('PUT', `${BASE}/passkeys/${encodeURIComponent(id)}`, { name })

export const removePasskey = (asker: Asker, id: string, proof: Proof): Promise<ProofOutcome> =>
  withProof(asker, 'DELETE', `${BASE}/passkeys/${encodeURIComponent(id)}`, {}, proof)

export const removeTotp = (asker: Asker, proof: Proof): Promise<ProofOutcome> =>
  withProof(asker, 'DELETE', `${BASE}/totp`, {}, proof)

export async function newRecoveryCodes(asker: Asker, proof: Proof): Promise<Asked<string[]>> {
  const { answer, problem } = await askWithProof(asker, 'POST', `${BASE}/recovery-codes`, {}, proof)
  return problem === undefined ? { value: codesSchema.parse(answer).recovery_codes ?? [] } : { problem }
}
