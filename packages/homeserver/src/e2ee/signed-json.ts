/** Signatures of people's own keys (appendices, "Signing JSON"): made by devices and cross-signing keys, checked here. */
import { CanonicalJsonError, canonicalJson, type JsonValue, verifyJson } from '@enlace/room-model'
import { badJson } from '../errors.ts'

/** Canonical JSON of what came in as JSON. @throws M_BAD_JSON for numbers and texts that have no canonical form */
export function canonicalText(value: unknown): string {
  try {
    return canonicalJson(value as JsonValue)
  } catch (error) {
    if (error instanceof CanonicalJsonError) throw badJson(error.message)
    throw error
  }
}

/** True when `object` bears a good signature of the user by the ed25519 key with that id. */
export function hasGoodSignature(
  object: Record<string, unknown>,
  signer: { userId: string; keyId: string; publicKey: string },
): boolean {
  return verifyJson(object, signer.userId, `ed25519:${signer.keyId}`, signer.publicKey)
}

/** Equal but for signatures and unsigned data: the same key, whoever signed it meanwhile. */
export function isSameKey(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const bare = ({ signatures: _s, unsigned: _u, ...rest }: Record<string, unknown>) => canonicalText(rest)
  return bare(a) === bare(b)
}
