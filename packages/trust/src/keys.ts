import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { z } from 'zod'
import { canonicalMetadata, type MetadataValue } from './canonical-json.ts'

const hexBytes = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))

/** 32 bytes, hexadecimal. */
export const keyIdSchema = hexBytes(32)

/** A public key as TUF metadata writes it. */
export const publicKeySchema = z.object({
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  keyval: z.object({ public: hexBytes(32) }),
})

export type PublicKeyRecord = z.output<typeof publicKeySchema>

export const signatureSchema = z.object({ keyid: keyIdSchema, sig: hexBytes(64) })

export type MetadataSignature = z.output<typeof signatureSchema>

/** A key that signs metadata. Its ID is the SHA-256 of its public record (TUF 1.0, "keyid"). */
export interface TrustKey {
  keyid: string
  record: PublicKeyRecord
  privateKey: KeyObject
}

// RFC 8410: the DER prefix of every Ed25519 SubjectPublicKeyInfo; the 32 key bytes follow.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

export function keyId(record: PublicKeyRecord): string {
  return createHash('sha256')
    .update(canonicalMetadata({ ...record, keyval: { ...record.keyval } }))
    .digest('hex')
}

export function generateTrustKey(): TrustKey {
  return trustKey(generateKeyPairSync('ed25519').privateKey)
}

/** @throws Error when the text is not an Ed25519 private key in PKCS #8 PEM */
export function importTrustKey(pem: string): TrustKey {
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('The signing key must be an Ed25519 key.')
  return trustKey(privateKey)
}

/** The private key as PKCS #8 PEM. */
export function exportTrustKey(key: TrustKey): string {
  return key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

function trustKey(privateKey: KeyObject): TrustKey {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const record: PublicKeyRecord = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: spki.subarray(spkiPrefix.length).toString('hex') },
  }
  return { keyid: keyId(record), record, privateKey }
}

/** Metadata in its envelope: what is signed, and who signed it. */
export interface SignedMetadata<T> {
  signed: T
  signatures: MetadataSignature[]
}

export function signMetadata<T extends object>(signed: T, keys: readonly TrustKey[]): SignedMetadata<T> {
  const message = Buffer.from(canonicalMetadata(signed as MetadataValue))
  return {
    signed,
    signatures: keys.map((key) => ({
      keyid: key.keyid,
      sig: sign(null, message, key.privateKey).toString('hex'),
    })),
  }
}

/** Whether the key signed this, as `signMetadata` does. @throws TypeError when it has no canonical form */
export function hasSigned(record: PublicKeyRecord, signed: unknown, signature: string): boolean {
  const spki = Buffer.concat([spkiPrefix, Buffer.from(record.keyval.public, 'hex')])
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const message = Buffer.from(canonicalMetadata(signed as MetadataValue))
  return verify(null, message, key, Buffer.from(signature, 'hex'))
}

/** SHA-256 of what metadata says, hexadecimal. @throws TypeError when it has no canonical form */
export function metadataDigest(signed: unknown): string {
  return createHash('sha256')
    .update(canonicalMetadata(signed as MetadataValue))
    .digest('hex')
}
