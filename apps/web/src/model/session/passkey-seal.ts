import { z } from 'zod'
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
  const salt = random(32)
  try {
    const made = await navigator.credentials.create({
      publicKey: {
        rp: { name: 'Enlace' },
        user: { id: random(32), name: `${userId} (recuperación)`, displayName: `${userId} (recuperación)` },
        challenge: random(32),
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        // Offered by its id, so that it is not among those that the sign-in page shows.
        authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
        extensions: { prf: {} },
      },
    })
    if (!(made instanceof PublicKeyCredential)) return 'unsupported'
    if (made.getClientExtensionResults().prf?.enabled !== true) return 'unsupported'
    const credential = toText(new Uint8Array(made.rawId))
    const key = await keyOf(userId, credential, salt)
    if (key === undefined) return 'unsupported'
    const iv = random(12)
    const sealed = await crypto.subtle.encrypt(box(iv, userId), key, new TextEncoder().encode(secret))
    return { credential, salt: toText(salt), iv: toText(iv), sealed: toText(new Uint8Array(sealed)) }
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
    const key = await keyOf(userId, seal.credential, fromText(seal.salt))
    if (key === undefined) return undefined
    const opened = await crypto.subtle.decrypt(box(fromText(seal.iv), userId), key, fromText(seal.sealed))
    return { secret: new TextDecoder().decode(opened) }
  } catch (error) {
    return isCancelled(error) ? { cancelled: true } : undefined
  }
}

/** The key of AES that this passkey, and none other, works out from the salt. */
async function keyOf(userId: string, credential: string, salt: Bytes): Promise<CryptoKey | undefined> {
  const given = await navigator.credentials.get({
    publicKey: {
      challenge: random(32),
      allowCredentials: [{ type: 'public-key', id: fromText(credential) }],
      userVerification: 'required',
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  if (!(given instanceof PublicKeyCredential)) return undefined
  const first = given.getClientExtensionResults().prf?.results?.first
  if (first === undefined) return undefined
  const secret = await crypto.subtle.importKey('raw', first, 'HKDF', false, ['deriveKey'])
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

type Bytes = Uint8Array<ArrayBuffer>
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))
const box = (iv: Bytes, userId: string) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(userId),
})
const toText = (bytes: Bytes): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const fromText = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
