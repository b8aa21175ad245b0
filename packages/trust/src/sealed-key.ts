/** A coordinator's key at rest: sealed under a passphrase (scrypt, AES-256-GCM), in a file that says whose it is. */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { z } from 'zod'
import { canonicalMetadata } from './canonical-json.ts'
import { exportTrustKey, importTrustKey, keyId, keyIdSchema, publicKeySchema, type TrustKey } from './keys.ts'

/** What a coordinator hands to whoever draws up a root: nothing in it is secret. */
export const coordinatorSchema = z.object({
  _type: z.literal('enlace-public-key'),
  /** an office or position, never needed to be a person's name */
  name: z.string().min(1).max(120),
  /** absent for the registry's own key */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional(),
  keyid: keyIdSchema,
  key: publicKeySchema,
})

export type PublicKeyFile = z.output<typeof coordinatorSchema>

const base64 = z.base64().max(4096)

const sealedKeySchema = z.object({
  _type: z.literal('enlace-sealed-key'),
  public: coordinatorSchema,
  /** `log2_n` bounds what opening a stranger's file can cost */
  scrypt: z.object({ log2_n: z.int().min(10).max(20), r: z.literal(8), p: z.literal(1), salt: base64 }),
  aes_256_gcm: z.object({ nonce: base64, sealed: base64, tag: base64 }),
})

export type SealedKey = z.output<typeof sealedKeySchema>

/** 128 MiB and about half a second for each guess. */
const defaultLog2N = 17

function derive(passphrase: string, salt: Buffer, log2N: number): Buffer {
  const N = 2 ** log2N
  // The same words typed on another keyboard are the same passphrase.
  return scryptSync(passphrase.normalize('NFKC'), salt, 32, { N, r: 8, p: 1, maxmem: 256 * N * 8 })
}

export function publicKeyFile(key: TrustKey, name: string, country?: string): PublicKeyFile {
  return coordinatorSchema.parse({
    _type: 'enlace-public-key',
    name,
    ...(country === undefined ? {} : { country }),
    keyid: key.keyid,
    key: key.record,
  })
}

export function sealKey(
  key: TrustKey,
  owner: { name: string; country?: string },
  passphrase: string,
  log2N = defaultLog2N,
): SealedKey {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const about = publicKeyFile(key, owner.name, owner.country)
  const cipher = createCipheriv('aes-256-gcm', derive(passphrase, salt, log2N), nonce)
  cipher.setAAD(Buffer.from(canonicalMetadata(about)))
  const sealed = Buffer.concat([cipher.update(exportTrustKey(key), 'utf8'), cipher.final()])
  return {
    _type: 'enlace-sealed-key',
    public: about,
    scrypt: { log2_n: log2N, r: 8, p: 1, salt: salt.toString('base64') },
    aes_256_gcm: {
      nonce: nonce.toString('base64'),
      sealed: sealed.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    },
  }
}

export type OpenKeyVerdict =
  | { ok: true; key: TrustKey; owner: PublicKeyFile }
  | { ok: false; reason: 'malformed' | 'wrong-passphrase' }

export function openKey(file: unknown, passphrase: string): OpenKeyVerdict {
  const parsed = sealedKeySchema.safeParse(file)
  if (!parsed.success) return { ok: false, reason: 'malformed' }
  const { scrypt, aes_256_gcm: box, public: owner } = parsed.data
  const from = (text: string) => Buffer.from(text, 'base64')
  try {
    const secret = derive(passphrase, from(scrypt.salt), scrypt.log2_n)
    const cipher = createDecipheriv('aes-256-gcm', secret, from(box.nonce), { authTagLength: 16 })
    cipher.setAAD(Buffer.from(canonicalMetadata(owner)))
    cipher.setAuthTag(from(box.tag))
    const pem = Buffer.concat([cipher.update(from(box.sealed)), cipher.final()]).toString('utf8')
    const key = importTrustKey(pem)
    if (key.keyid !== owner.keyid || keyId(owner.key) !== owner.keyid)
      return { ok: false, reason: 'malformed' }
    return { ok: true, key, owner }
  } catch {
    return { ok: false, reason: 'wrong-passphrase' }
  }
}
