/** Minutes of meetings, signed with an institution's key and checked with the keys that the network's coordinators gave it. */
import type { MinutesStatement, Signature } from '@enlace/coordination/meetings'
import { type SigningKey, signersOf, signText, type VerifiedInstitution } from '@enlace/trust/browser'

type KeySignature = NonNullable<Signature['key']>

export async function signMinutes(statement: MinutesStatement, key: SigningKey): Promise<KeySignature> {
  const { signatures } = JSON.parse(await signText(statement, [key])) as { signatures: [KeySignature] }
  return signatures[0]
}

/** A key that coordinators took away since then has no say, as about everything else it signed. */
export async function isSignedBy(
  { role, keys }: Pick<VerifiedInstitution, 'role' | 'keys'>,
  statement: MinutesStatement,
  signature: KeySignature,
): Promise<boolean> {
  const signers = await signersOf(statement, [signature], role.keyids, keys)
  return signers.includes(signature.keyid)
}
