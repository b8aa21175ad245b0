import { z } from 'zod'
import { fromBase64, toBase64 } from '../../lib/base64.ts'

export const encryptedFileSchema = z.object({
  url: z.string().startsWith('mxc://'),
  key: z.object({ k: z.string(), alg: z.literal('A256CTR'), kty: z.literal('oct') }).loose(),
  iv: z.string(),
  hashes: z.object({ sha256: z.string() }).loose(),
  v: z.literal('v2'),
})

export type EncryptedFile = z.output<typeof encryptedFileSchema>

export type Sealed = { ciphertext: ArrayBuffer; file: Omit<EncryptedFile, 'url'> }

export async function seal(plain: ArrayBuffer): Promise<Sealed> {
  const key = await crypto.subtle.generateKey({ name: 'AES-CTR', length: 256 }, true, ['encrypt', 'decrypt'])
  // The counter's lower 64 bits start at zero, so that every implementation counts alike.
  const iv = new Uint8Array(16)
  crypto.getRandomValues(iv.subarray(0, 8))
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-CTR', counter: iv, length: 64 }, key, plain)
  const jwk = await crypto.subtle.exportKey('jwk', key)
  return {
    ciphertext,
    file: {
      v: 'v2',
      key: { ...jwk, alg: 'A256CTR', kty: 'oct', k: jwk.k!, key_ops: ['encrypt', 'decrypt'], ext: true },
      iv: toUnpadded(iv),
      hashes: { sha256: toUnpadded(new Uint8Array(await crypto.subtle.digest('SHA-256', ciphertext))) },
    },
  }
}

/** @throws Error when what the server gave is not what the sender sealed */
export async function open(ciphertext: ArrayBuffer, file: EncryptedFile): Promise<ArrayBuffer> {
  const hash = toUnpadded(new Uint8Array(await crypto.subtle.digest('SHA-256', ciphertext)))
  if (hash !== file.hashes.sha256.replace(/=+$/, '')) throw new Error('The attachment is damaged.')
  const key = await crypto.subtle.importKey(
    'jwk',
    { kty: 'oct', k: file.key.k, alg: 'A256CTR', ext: true },
    { name: 'AES-CTR' },
    false,
    ['decrypt'],
  )
  return crypto.subtle.decrypt({ name: 'AES-CTR', counter: fromBase64(file.iv), length: 64 }, key, ciphertext)
}

/** Unpadded, as Matrix has it. */
const toUnpadded = (bytes: Uint8Array): string => toBase64(bytes).replace(/=+$/, '')
