import { z } from 'zod'
import { type Bytes, fromUrl, newPrfPasskey, prfSecret, random, toUrl } from '../../lib/prf.ts'
import { isCancelled } from '../../lib/webauthn.ts'

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)

/** A secret that a passkey opens: its key is worked out by the passkey alone (WebAuthn, extension `prf`). */
export const passkeySealSchema = z.object({
  credential: base64url,
  salt: base64url,
  iv: base64url,
  sealed: base64url,
})
export type PasskeySeal = z.output<typeof passkeySealSchema>

/**
 * Makes a passkey for this alone; it has worked out the key once before anybody relies on it. It is not one of
 * those that sign in: a lost phone that is taken off the list of those must not take the way back along.
 */
export async function sealWithPasskey(
  userId: string,
  secret: string,
): Promise<PasskeySeal | 'cancelled' | 'unsupported'> {
  try {
    const made = await newPrfPasskey(`${userId} (recuperación)`)
    if (!made) return 'unsupported'
    const iv = random(12)
    const key = await keyOf(userId, made.secret)
    const sealed = await crypto.subtle.encrypt(box(iv, userId), key, new TextEncoder().encode(secret))
    return { credential: made.id, salt: toUrl(made.salt.buffer), iv: toUrl(iv.buffer), sealed: toUrl(sealed) }
  } catch (error) {
    if (isCancelled(error)) return 'cancelled'
    if (error instanceof DOMException) return 'unsupported'
    throw error
  }
}

/** @returns undefined when this passkey does not open it */
export async function openWithPasskey(
  userId: string,
  seal: PasskeySeal,
): Promise<{ secret: string } | { cancelled: true } | undefined> {
  try {
    const derived = await prfSecret(seal.credential, fromUrl(seal.salt))
    if (!derived) return undefined
    const key = await keyOf(userId, derived)
    const opened = await crypto.subtle.decrypt(box(fromUrl(seal.iv), userId), key, fromUrl(seal.sealed))
    return { secret: new TextDecoder().decode(opened) }
  } catch (error) {
    return isCancelled(error) ? { cancelled: true } : undefined
  }
}

/** The key of AES from what the passkey, and none other, works out from the salt. */
async function keyOf(userId: string, derived: Bytes): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', derived, 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new TextEncoder().encode('org.enlace.recovery_passkey'),
      info: new TextEncoder().encode(userId),
    },
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

const box = (iv: Bytes, userId: string) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(userId),
})
