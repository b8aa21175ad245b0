/** What browsers and apps send of a factor, as it comes in. */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { z } from 'zod'
import type { FactorProof } from './types.ts'

const text = z.string().max(20_000)
const common = {
  id: z.string().min(1).max(1_400),
  rawId: z.string().max(1_400),
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}).default({}),
  authenticatorAttachment: z.enum(['cross-platform', 'platform']).optional().catch(undefined),
}

export const authenticationResponse = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON: text,
      authenticatorData: text,
      signature: text,
      userHandle: z.string().max(200).optional(),
    }),
  })
  .transform((given) => given as AuthenticationResponseJSON)

export const registrationResponse = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON: text,
      attestationObject: text,
      transports: z.array(z.string()).max(20).optional(),
    }),
  })
  .transform((given) => given as RegistrationResponseJSON)

/** One of the three; what names none is none. */
export const givenProof = {
  code: z.string().max(40).optional(),
  recovery_code: z.string().max(40).optional(),
  passkey: authenticationResponse.optional(),
}

export function proofIn(given: {
  code?: string | undefined
  recovery_code?: string | undefined
  passkey?: AuthenticationResponseJSON | undefined
}): FactorProof | undefined {
  if (given.code !== undefined) return { method: 'totp', code: given.code }
  if (given.recovery_code !== undefined) return { method: 'recovery_code', code: given.recovery_code }
  if (given.passkey !== undefined) return { method: 'passkey', response: given.passkey }
  return undefined
}
