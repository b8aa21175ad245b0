/** Ed25519 as the browser has it; where it has none (before Chrome 137, Firefox 129, Safari 17), in JavaScript. */
import { type Bytes, concat, fromHex } from './bytes.ts'

export interface Ed25519 {
  /** @param seed 32 bytes */
  publicKey(seed: Bytes): Promise<Uint8Array>
  sign(seed: Bytes, message: Bytes): Promise<Uint8Array>
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean>
}

// RFC 8410: what stands before the 32 bytes of every Ed25519 PrivateKeyInfo.
const pkcs8Prefix = fromHex('302e020100300506032b657004220420')

export const pkcs8Of = (seed: Bytes): Bytes => concat(pkcs8Prefix, seed)

/** @returns undefined when it is not the PKCS #8 form of an Ed25519 key */
export function seedOfPkcs8(der: Bytes): Bytes | undefined {
  const fits = der.length === pkcs8Prefix.length + 32 && pkcs8Prefix.every((byte, at) => der[at] === byte)
  return fits ? der.slice(pkcs8Prefix.length) : undefined
}

const importSeed = (seed: Bytes, extractable: boolean) =>
  crypto.subtle.importKey('pkcs8', pkcs8Of(seed), 'Ed25519', extractable, ['sign'])

export const webCryptoEd25519: Ed25519 = {
  async publicKey(seed) {
    const { x } = await crypto.subtle.exportKey('jwk', await importSeed(seed, true))
    const base64 = (x ?? '').replaceAll('-', '+').replaceAll('_', '/')
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  },
  async sign(seed, message) {
    return new Uint8Array(await crypto.subtle.sign('Ed25519', await importSeed(seed, false), message))
  },
  async verify(publicKey, message, signature) {
    try {
      const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
      return await crypto.subtle.verify('Ed25519', key, signature, message)
    } catch {
      // A point that is none: what such a key signed counts nothing.
      return false
    }
  },
}

/** Some 12 KB, fetched only by a browser that needs it. */
export async function portableEd25519(): Promise<Ed25519> {
  const { ed25519 } = await import('@noble/curves/ed25519.js')
  return {
    publicKey: async (seed) => ed25519.getPublicKey(seed),
    sign: async (seed, message) => ed25519.sign(message, seed),
    async verify(publicKey, message, signature) {
      try {
        // RFC 8032 as OpenSSL checks it, without ZIP 215's leniency.
        return ed25519.verify(signature, message, publicKey, { zip215: false })
      } catch {
        return false
      }
    },
  }
}

let chosen: Promise<Ed25519> | undefined

export function ed25519(): Promise<Ed25519> {
  chosen ??= webCryptoEd25519.publicKey(new Uint8Array(32)).then(
    () => webCryptoEd25519,
    () => portableEd25519(),
  )
  return chosen
}
