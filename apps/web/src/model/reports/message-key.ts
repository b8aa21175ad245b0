/**
 * The key of one Megolm message. A session's ratchet opens every message from its index on; the eighty bytes that are derived from it
 * for one index open that message and no other (Megolm specification, "The Megolm ratchet algorithm", "Message encryption").
 */
import { fromBase64, toBase64 } from '../../lib/base64.ts'

export type Bytes = Uint8Array<ArrayBuffer>
const EXPORT_VERSION = 1
const MESSAGE_VERSION = 3
export const PART = 32
const PARTS = 4
const RATCHET = PART * PARTS
export const KEY_BYTES = 80
const MAC_BYTES = 8
const SIGNATURE_BYTES = 64
/** Sessions end after a hundred messages; who numbers theirs otherwise is not worked for. */
const MAX_STEPS = 10_000

export const bytesOf = (text: string): Bytes => fromBase64(text.padEnd(Math.ceil(text.length / 4) * 4, '='))
const unpadded = (bytes: Uint8Array) => toBase64(bytes).replace(/=+$/, '')

interface Parsed {
  index: number
  ciphertext: Bytes
  /** What the MAC is of, and what the signature is of. */
  authenticated: Bytes
  mac: Bytes
  signed: Bytes
  signature: Bytes
}

/** @returns undefined for what is no message of Megolm */
export function parse(text: string): Parsed | undefined {
  let bytes: Bytes
  try {
    bytes = bytesOf(text)
  } catch {
    return undefined
  }
  const end = bytes.length - MAC_BYTES - SIGNATURE_BYTES
  if (end < 4 || bytes[0] !== MESSAGE_VERSION) return undefined
  let at = 1
  const number = (): number | undefined => {
    let value = 0
    for (let shift = 0; shift < 35 && at < end; shift += 7) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return undefined
  }
  let index: number | undefined
  let ciphertext: Bytes | undefined
  while (at < end) {
    const tag = bytes[at++]
    const value = number()
    if (value === undefined) return undefined
    if (tag === 0x08) index = value
    else if (tag === 0x12) {
      if (at + value > end) return undefined
      ciphertext = bytes.slice(at, at + value)
      at += value
    } else return undefined
  }
  if (index === undefined || !ciphertext) return undefined
  return {
    index,
    ciphertext,
    authenticated: bytes.slice(0, end),
    mac: bytes.slice(end, end + MAC_BYTES),
    signed: bytes.slice(0, end + MAC_BYTES),
    signature: bytes.slice(end + MAC_BYTES),
  }
}

export async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
}

/** The ratchet one index further: the parts from the highest that turns over are made anew from it. */
async function step(parts: Bytes[], next: number): Promise<void> {
  let from = PARTS - 1
  while (from > 0 && next % 2 ** (8 * (PARTS - from)) === 0) from--
  const source = parts[from]!
  for (let part = from; part < PARTS; part++) parts[part] = await hmac(source, Uint8Array.of(part))
}

/**
 * @param exported the session's key as it is exported
 * @returns undefined where that session does not open it
 */
export async function keyOfMessage(exported: string, ciphertext: string): Promise<string | undefined> {
  const message = parse(ciphertext)
  const bytes = bytesOf(exported)
  if (!message || bytes[0] !== EXPORT_VERSION || bytes.length < 5 + RATCHET) return undefined
  const first = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  if (message.index < first || message.index - first > MAX_STEPS) return undefined
  const parts = Array.from({ length: PARTS }, (_, part) =>
    bytes.slice(5 + part * PART, 5 + (part + 1) * PART),
  )
  for (let index = first + 1; index <= message.index; index++) await step(parts, index)
  const ratchet = new Uint8Array(RATCHET)
  parts.forEach((part, at) => void ratchet.set(part, at * PART))
  const material = await crypto.subtle.importKey('raw', ratchet, 'HKDF', false, ['deriveBits'])
  const key = await crypto.subtle.deriveBits(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(),
      info: new TextEncoder().encode('MEGOLM_KEYS'),
    },
    material,
    KEY_BYTES * 8,
  )
  return unpadded(new Uint8Array(key))
}
