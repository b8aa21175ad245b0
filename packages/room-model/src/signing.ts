import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { contentHash, eventId } from './hashes.ts'
import { CanonicalJsonError, canonicalJson, type JsonObject, own } from './json.ts'
import type { Pdu } from './pdu.ts'
import { redact } from './redact.ts'
import { serverNameOf } from './server-name.ts'
import type { RoomVersion } from './versions.ts'

/** An Ed25519 signing key. `keyId` is the whole signing key identifier, `ed25519:...`. */
export interface SigningKey {
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly publicKeyBase64: string
}
type Signatures = Record<string, Record<string, string>>

/** DER headers before the 32 raw bytes of an Ed25519 key (RFC 8410). */
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

export function generateSigningKey(keyId = `ed25519:${randomBytes(4).toString('hex')}`): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey, keyId)
}

/** @throws RangeError when the seed is not 32 bytes of Base64 */
export function importSigningKey(seedBase64: string, keyId: string): SigningKey {
  const seed = decodeBase64(seedBase64)
  if (seed?.length !== KEY_BYTES) throw new RangeError('an Ed25519 seed is 32 bytes of Base64')
  const der = Buffer.concat([PKCS8_HEADER, seed])
  return signingKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), keyId)
}

export function exportSigningKey(key: SigningKey): { keyId: string; seedBase64: string } {
  const der = key.privateKey.export({ format: 'der', type: 'pkcs8' })
  return { keyId: key.keyId, seedBase64: encodeBase64(der.subarray(-KEY_BYTES)) }
}

function signingKey(privateKey: KeyObject, keyId: string): SigningKey {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { keyId, privateKey, publicKeyBase64: encodeBase64(der.subarray(-KEY_BYTES)) }
}

/** Public keys already parsed: the same few servers sign nearly every event. Oldest out first. */
const publicKeys = new Map<string, KeyObject>()
const MAX_PUBLIC_KEYS = 1_000

function publicKey(base64: string): KeyObject | undefined {
  const known = publicKeys.get(base64)
  if (known) return known
  const raw = decodeBase64(base64)
  if (raw?.length !== KEY_BYTES) return undefined
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEADER, raw]), format: 'der', type: 'spki' })
  if (publicKeys.size >= MAX_PUBLIC_KEYS) publicKeys.delete(publicKeys.keys().next().value!)
  publicKeys.set(base64, key)
  return key
}

function signedBytes(object: object): Buffer {
  const { signatures: _s, unsigned: _u, ...covered } = object as JsonObject
  return Buffer.from(canonicalJson(covered))
}

/**
 * Adds a signature to a copy of the object (appendices, "Signing Details").
 * @throws CanonicalJsonError
 */
export function signJson<T extends object>(
  object: T,
  serverName: string,
  key: SigningKey,
): T & { signatures: Signatures } {
  return withSignature(object, serverName, key.keyId, signatureOf(signedBytes(object), key))
}

/** Unpadded Base64. */
export const signatureOf = (bytes: Buffer, key: SigningKey): string =>
  encodeBase64(sign(null, bytes, key.privateKey))

export function withSignature<T extends object>(
  object: T,
  serverName: string,
  keyId: string,
  signature: string,
): T & { signatures: Signatures } {
  const others = (object as { signatures?: Signatures }).signatures
  return {
    ...object,
    signatures: { ...others, [serverName]: { ...others?.[serverName], [keyId]: signature } },
  }
}

/** Appendices, "Checking for a Signature". Whatever is missing or malformed makes it false. */
export function verifyJson(
  object: object,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  return hasSignature(object, () => signedBytes(object), serverName, keyId, publicKeyBase64)
}

/** The same where the signed bytes are at hand. */
export function hasSignature(
  object: object,
  bytes: () => Buffer,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  if (!keyId.startsWith('ed25519:')) return false
  const text = own(own(own(object, 'signatures'), serverName), keyId)
  if (typeof text !== 'string') return false
  try {
    return verifyBytes(bytes(), text, publicKeyBase64)
  } catch (error) {
    if (error instanceof CanonicalJsonError) return false
    throw error
  }
}

/** A signature in unpadded Base64 over bytes. Whatever is malformed makes it false. */
export function verifyBytes(bytes: Buffer, signatureBase64: string, publicKeyBase64: string): boolean {
  const signature = decodeBase64(signatureBase64)
  const key = publicKey(publicKeyBase64)
  return signature?.length === SIGNATURE_BYTES && key !== undefined && verify(null, bytes, key, signature)
}

/** Adds a server's signature to an event that has its content hash (an invited or resident server adds its own). */
export function signPdu(pdu: Pdu, v: RoomVersion, serverName: string, key: SigningKey): Pdu {
  const { signatures } = signJson(redact(pdu, v), serverName, key)
  return { ...pdu, signatures }
}

/** Hashes and signs an event this server makes ("Adding hashes and signatures to outgoing events"). */
export function finishEvent(
  draft: Omit<Pdu, 'hashes' | 'signatures'>,
  v: RoomVersion,
  serverName: string,
  key: SigningKey,
): { pdu: Pdu; eventId: string } {
  const hashed = { ...draft, hashes: { sha256: contentHash(draft) }, signatures: {} } as Pdu
  const pdu = signPdu(hashed, v, serverName, key)
  return { pdu, eventId: eventId(pdu, v) }
}

/** A signature of the event, on its redacted form: it holds for the redacted copy too. */
export function verifyPduSignature(
  pdu: Pdu,
  v: RoomVersion,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  return verifyJson(redact(pdu, v), serverName, keyId, publicKeyBase64)
}

/**
 * The servers whose valid signature an event needs ("Validating hashes and signatures on received events"; for members,
 * authorisation rule 5.2). Empty for a third-party invite: its own `signed` block is checked by rule 5.4.1.
 */
export function serversThatMustSign(pdu: Pdu, _v: RoomVersion): string[] {
  const servers = new Set<string>()
  const isMember = pdu.type === 'm.room.member'
  const isThirdPartyInvite =
    isMember &&
    own(pdu.content, 'membership') === 'invite' &&
    own(pdu.content, 'third_party_invite') !== undefined
  const sender = serverNameOf(pdu.sender)
  if (sender !== undefined && !isThirdPartyInvite) servers.add(sender)
  const authoriser = isMember ? own(pdu.content, 'join_authorised_via_users_server') : undefined
  const authorisers = typeof authoriser === 'string' ? serverNameOf(authoriser) : undefined
  if (authorisers !== undefined) servers.add(authorisers)
  return [...servers]
}
