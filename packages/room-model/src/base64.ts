const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/

/** Unpadded Base64 (appendices, "Unpadded Base64"). */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replace(/=+$/, '')
}

/** Standard Base64 with or without padding; undefined for anything else (Buffer alone would skip bad characters). */
export function decodeBase64(text: string): Buffer | undefined {
  if (!STANDARD.test(text) || text.replace(/=+$/, '').length % 4 === 1) return undefined
  return Buffer.from(text, 'base64')
}
