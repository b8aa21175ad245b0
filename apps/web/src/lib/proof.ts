import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { z } from 'zod'
import { webauthn } from './webauthn.ts'

/** The stage in which a passkey alone is enough (docs/enlace-api.md of the node, "Signing in"). */
const PASSKEY = 'org.enlace.passkey'

/** What the server's question says of the ways in which it can be answered. */
export const stageParamsSchema = z.looseObject({
  [PASSKEY]: z.object({ passkey: z.looseObject({ challenge: z.string() }) }).optional(),
})

/** How somebody shows again that it is them: whoever signs in with a passkey alone has no password to type. */
export type Proof = { password: string } | { passkey: true }

type StageAnswer =
  | { type: string; session: string; identifier: { type: string; user: string }; password: string }
  | { type: string; session: string; passkey: AuthenticationResponseJSON }

/** What answers the server's question; asks for the passkey where that is the proof. */
export async function authFor(
  userId: string,
  challenge: { session: string; params?: z.output<typeof stageParamsSchema> | undefined },
  proof: Proof,
): Promise<StageAnswer> {
  const { session, params } = challenge
  if ('password' in proof)
    return {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: userId },
      password: proof.password,
      session,
    }
  const { startAuthentication } = await webauthn()
  // Looked at by the browser itself, which refuses what is not of this page.
  const optionsJSON = params?.[PASSKEY]?.passkey as PublicKeyCredentialRequestOptionsJSON | undefined
  if (!optionsJSON) throw new Error('The server does not take a passkey for this.')
  return { type: PASSKEY, session, passkey: await startAuthentication({ optionsJSON }) }
}
