/** Whom a roster names: ids that cost something to guess, and their user ids sealed under the institution's key. */
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { z } from 'zod'
import { type Bytes, concat, fromBase64, randomBytes, toBase64, toHex, utf8 } from './bytes.ts'
import type { SigningKey } from './signing-keys.ts'

const cost = { N: 2 ** 14, r: 8, p: 1, dkLen: 32 }
const ivBytes = 12

/** The id under which a roster of this salt names a user id. The same for ever: keep it. Some hundred milliseconds. */
export async function rosterId(salt: string, userId: string): Promise<string> {
  return toHex(await scryptAsync(utf8(userId), fromBase64(salt), cost))
}

export const newSalt = (): string => toBase64(randomBytes(16))

async function namesKey(key: SigningKey, institution: string) {
  const secret = await crypto.subtle.importKey('raw', key.seed, 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: utf8('enlace-roster'), info: utf8(institution) },
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

const box = (iv: Bytes, institution: string) => ({ name: 'AES-GCM', iv, additionalData: utf8(institution) })

/** User ids by roster id, for those who have the institution's key: base64 of iv, ciphertext, tag. */
export async function sealNames(
  key: SigningKey,
  institution: string,
  names: Readonly<Record<string, string>>,
): Promise<string> {
  const iv = randomBytes(ivBytes)
  const sorted = Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = utf8(JSON.stringify(Object.fromEntries(sorted)))
  const sealed = await crypto.subtle.encrypt(box(iv, institution), await namesKey(key, institution), text)
  return toBase64(concat(iv, new Uint8Array(sealed)))
}

const namesSchema = z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string().max(255))

/** @returns undefined when it was sealed under another key, or is damaged */
export async function openNames(
  key: SigningKey,
  institution: string,
  sealed: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const bytes = fromBase64(sealed)
    const [iv, text] = [bytes.slice(0, ivBytes), bytes.slice(ivBytes)]
    const opened = await crypto.subtle.decrypt(box(iv, institution), await namesKey(key, institution), text)
    return namesSchema.parse(JSON.parse(new TextDecoder().decode(opened)))
  } catch {
    return undefined
  }
}
