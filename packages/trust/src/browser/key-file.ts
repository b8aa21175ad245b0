/** Key files as the command line writes them (`../sealed-key.ts`): scrypt and AES-256-GCM, read and written in a browser. */
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { z } from 'zod'
import { canonicalMetadata } from '../canonical-json.ts'
import { type Bytes, concat, fromBase64, randomBytes, toBase64, utf8 } from './bytes.ts'
import { pkcs8Of, seedOfPkcs8 } from './ed25519.ts'
import { keyIdOf, keyIdSchema, publicKeySchema, type SigningKey, signingKey } from './signing-keys.ts'

/** What is handed to the network's coordinators: nothing in it is secret. */
export const publicKeyFileSchema = z.object({
  _type: z.literal('enlace-public-key'),
  /** an office, never needed to be a person's name */
  name: z.string().min(1).max(120),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional(),
  keyid: keyIdSchema,
  key: publicKeySchema,
})

export type PublicKeyFile = z.output<typeof publicKeyFileSchema>

const base64 = z.base64().max(4096)

const sealedKeySchema = z.object({
  _type: z.literal('enlace-sealed-key'),
  public: publicKeyFileSchema,
  scrypt: z.object({ log2_n: z.int().min(10).max(20), r: z.literal(8), p: z.literal(1), salt: base64 }),
  aes_256_gcm: z.object({ nonce: base64, sealed: base64, tag: base64 }),
})

export type SealedKeyFile = z.output<typeof sealedKeySchema>

/** 128 MiB and a second or more for each guess. */
const defaultLog2N = 17
const tagBytes = 16

/** From 0 to 1, while the passphrase is worked on. */
export type Progress = (done: number) => void

async function secretOf(passphrase: string, salt: Bytes, log2N: number, onProgress?: Progress) {
  const secret = await scryptAsync(utf8(passphrase.normalize('NFKC')), salt, {
    N: 2 ** log2N,
    r: 8,
    p: 1,
    dkLen: 32,
    // The library's own limit is a little above a GiB, which `log2_n` 20 needs.
    maxmem: 2 ** 31 - 1,
    ...(onProgress ? { onProgress } : {}),
  })
  return crypto.subtle.importKey('raw', secret as Bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

const box = (iv: Bytes, about: PublicKeyFile) => ({
  name: 'AES-GCM',
  iv,
  additionalData: utf8(canonicalMetadata(about)),
})

export const publicFileOf = (key: SigningKey, owner: { name: string; country?: string }): PublicKeyFile =>
  publicKeyFileSchema.parse({
    _type: 'enlace-public-key',
    name: owner.name,
    ...(owner.country === undefined ? {} : { country: owner.country }),
    keyid: key.keyid,
    key: key.record,
  })

export async function sealKeyFile(
  key: SigningKey,
  owner: { name: string; country?: string },
  passphrase: string,
  { log2N = defaultLog2N, onProgress }: { log2N?: number; onProgress?: Progress } = {},
): Promise<SealedKeyFile> {
  const about = publicFileOf(key, owner)
  const [salt, nonce] = [randomBytes(16), randomBytes(12)]
  const pem = `-----BEGIN PRIVATE KEY-----\n${toBase64(pkcs8Of(key.seed))}\n-----END PRIVATE KEY-----\n`
  const secret = await secretOf(passphrase, salt, log2N, onProgress)
  const sealed = new Uint8Array(await crypto.subtle.encrypt(box(nonce, about), secret, utf8(pem)))
  return {
    _type: 'enlace-sealed-key',
    public: about,
    scrypt: { log2_n: log2N, r: 8, p: 1, salt: toBase64(salt) },
    aes_256_gcm: {
      nonce: toBase64(nonce),
      sealed: toBase64(sealed.subarray(0, -tagBytes)),
      tag: toBase64(sealed.subarray(-tagBytes)),
    },
  }
}

export type OpenKeyFileVerdict =
  | { ok: true; key: SigningKey; owner: PublicKeyFile }
  | { ok: false; reason: 'malformed' | 'wrong-passphrase' }

/** Whose key it is, before anybody types the passphrase. @returns undefined when it is no key file */
export function readKeyFile(text: string): SealedKeyFile | undefined {
  try {
    return sealedKeySchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export async function openKeyFile(
  file: SealedKeyFile,
  passphrase: string,
  onProgress?: Progress,
): Promise<OpenKeyFileVerdict> {
  const { scrypt, aes_256_gcm: sealed, public: owner } = file
  const secret = await secretOf(passphrase, fromBase64(scrypt.salt), scrypt.log2_n, onProgress)
  let pem: string
  try {
    const bytes = concat(fromBase64(sealed.sealed), fromBase64(sealed.tag))
    pem = new TextDecoder().decode(
      await crypto.subtle.decrypt(box(fromBase64(sealed.nonce), owner), secret, bytes),
    )
  } catch {
    return { ok: false, reason: 'wrong-passphrase' }
  }
  const body = pem.match(
    /^-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/,
  )?.[1]
  const seed = body && seedOfPkcs8(fromBase64(body.replace(/\s/g, '')))
  if (!seed) return { ok: false, reason: 'malformed' }
  const key = await signingKey(seed)
  const same = key.keyid === owner.keyid && (await keyIdOf(owner.key)) === owner.keyid
  return same ? { ok: true, key, owner } : { ok: false, reason: 'malformed' }
}
