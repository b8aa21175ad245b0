/** What the verifier needs, in JavaScript: for browsers, whose own hashing answers later and not at once. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64, fromHex, toHex, utf8 } from '../browser/bytes.ts'
import type { ChainHashing } from './chain.ts'

export const portableHashing: ChainHashing = {
  ofText: (text) => toHex(sha256(utf8(text))),
  ofPair: (before, digest) => toHex(sha256(fromHex(before + digest))),
}

const padded = (text: string) => fromBase64(text.padEnd(Math.ceil(text.length / 4) * 4, '='))

/** Whatever is malformed makes it false. */
export function portableVerify(text: string, signature: string, publicKey: string): boolean {
  try {
    return ed25519.verify(padded(signature), utf8(text), padded(publicKey), { zip215: false })
  } catch {
    return false
  }
}

/** The same over bytes. */
export function portableVerifyBytes(bytes: Uint8Array, signature: string, publicKey: string): boolean {
  try {
    return ed25519.verify(padded(signature), bytes, padded(publicKey), { zip215: false })
  } catch {
    return false
  }
}
