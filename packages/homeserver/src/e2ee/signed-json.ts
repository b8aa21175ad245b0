/** Signatures of people's own keys (appendices, "Signing JSON"): made by devices and cross-signing keys, checked here. */
import { createPublicKey, verify } from 'node:crypto'
import { CanonicalJsonError, canonicalJson, type JsonValue } from '@enlace/room-model'
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

/** True when `object.signatures[userId]['ed25519:'+keyId]` is a good signature by that key over the rest of the object. */
export function hasGoodSignature(
  object: Record<string, unknown>,
  signer: { userId: string; keyId: string; publicKey: string },
): boolean {
  const signatures = object['signatures'] as Record<string, Record<string, string>> | undefined
  const text = signatures?.[signer.userId]?.[`ed25519:${signer.keyId}`]
  if (typeof text !== 'string') return false
  const signature = fromBase64(text)
  const raw = fromBase64(signer.publicKey)
  if (signature?.length !== 64 || raw?.length !== 32) return false
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = object
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  })
  return verify(null, Buffer.from(canonicalText(signed)), key, signature)
}

/** Equal but for signatures and unsigned data: the same key, whoever signed it meanwhile. */
export function isSameKey(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const bare = ({ signatures: _s, unsigned: _u, ...rest }: Record<string, unknown>) => canonicalText(rest)
  return bare(a) === bare(b)
}

function fromBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
}
