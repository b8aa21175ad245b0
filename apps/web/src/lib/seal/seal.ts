/** What lies on this device of one account is sealed under one device key (AES-256-GCM; keys of its uses by HKDF-SHA256). */

export interface Seal {
  /** A key of its own for a store that seals by itself, 32 bytes. */
  keyFor(use: string): Promise<Uint8Array<ArrayBuffer>>
  /** @param place where it lies: what is moved to another place does not open */
  seal(place: string, content: Uint8Array<ArrayBuffer>): Promise<Sealed>
  /** @throws when it was changed, moved, or sealed under another key */
  open(place: string, sealed: Sealed): Promise<Uint8Array<ArrayBuffer>>
  /** What the seal is made from, for another thread of this page. It cannot be exported. */
  readonly base: CryptoKey
}

export type Sealed = { iv: Uint8Array<ArrayBuffer>; bytes: ArrayBuffer }

export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' &&
  value !== null &&
  (value as Sealed).iv instanceof Uint8Array &&
  (value as Sealed).bytes instanceof ArrayBuffer

/** @param deviceKey 32 bytes */
export const baseOf = (deviceKey: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', deviceKey, 'HKDF', false, ['deriveBits', 'deriveKey'])

export async function createSeal(base: CryptoKey): Promise<Seal> {
  const derivation = (use: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new TextEncoder().encode('enlace-device'),
    info: new TextEncoder().encode(use),
  })
  const key = await crypto.subtle.deriveKey(
    derivation('values'),
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
  const algorithm = (place: string, iv: Uint8Array<ArrayBuffer>) => ({
    name: 'AES-GCM',
    iv,
    additionalData: new TextEncoder().encode(place),
  })
  return {
    keyFor: async (use) => new Uint8Array(await crypto.subtle.deriveBits(derivation(use), base, 256)),
    async seal(place, content) {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      return { iv, bytes: await crypto.subtle.encrypt(algorithm(place, iv), key, content) }
    },
    open: async (place, { iv, bytes }) =>
      new Uint8Array(await crypto.subtle.decrypt(algorithm(place, iv), key, bytes)),
    base,
  }
}
