import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { canonicalMetadata, type MetadataValue } from './canonical-json.ts'

/** A public key as TUF metadata writes it. */
export interface PublicKeyRecord {
  keytype: 'ed25519'
  scheme: 'ed25519'
  /** 32 bytes, hexadecimal */
  keyval: { public: string }
}

export interface MetadataSignature {
  keyid: string
  /** 64 bytes, hexadecimal */
  sig: string
}

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

/** SHA-256 of what metadata says, hexadecimal. @throws TypeError when it has no canonical form */
export function metadataDigest(signed: unknown): string {
  return createHash('sha256')
    .update(canonicalMetadata(signed as MetadataValue))
    .digest('hex')
}

/** Whether at least `threshold` different keys of `role` signed. Unknown keys and repeated signatures count nothing. */
export function meetsThreshold(
  metadata: { signed: unknown; signatures: readonly MetadataSignature[] },
  role: { keyids: readonly string[]; threshold: number },
  keys: Readonly<Record<string, PublicKeyRecord>>,
): boolean {
  let message: Buffer
  try {
    message = Buffer.from(canonicalMetadata(metadata.signed as MetadataValue))
  } catch {
    // What has no canonical form cannot have been signed.
    return false
  }
  const valid = new Set<string>()
  for (const { keyid, sig } of metadata.signatures) {
    if (valid.has(keyid) || !role.keyids.includes(keyid)) continue
    const record = Object.hasOwn(keys, keyid) ? keys[keyid] : undefined
    if (record && verifySignature(record, message, sig)) valid.add(keyid)
  }
  return valid.size >= role.threshold
}

function verifySignature(record: PublicKeyRecord, message: Buffer, signatureHex: string): boolean {
  const key = Buffer.from(record.keyval.public, 'hex')
  const signature = Buffer.from(signatureHex, 'hex')
  if (key.length !== 32 || signature.length !== 64) return false
  const publicKey = createPublicKey({ key: Buffer.concat([spkiPrefix, key]), format: 'der', type: 'spki' })
  return verify(null, message, publicKey, signature)
}
