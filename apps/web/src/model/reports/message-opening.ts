/** A message that was disclosed, opened with its one key and proved its sender's. Only a coordination's page does that. */
import { portableVerifyBytes } from '@enlace/trust/audit/portable'
import { z } from 'zod'
import { toBase64 } from '../../lib/base64.ts'
import { bytesOf, hmac, KEY_BYTES, PART, parse } from './message-key.ts'

const plainSchema = z.object({
  type: z.string(),
  content: z.record(z.string(), z.unknown()),
  room_id: z.string(),
})

/**
 * What a message says, with its key; undefined unless the session named in the event signed exactly that, for that room. So nobody
 * who discloses can put words into a mouth: the text is what the ciphertext gives, and the ciphertext is the sender's.
 */
export async function openMessage(
  key: string,
  event: { ciphertext: string; sessionId: string; roomId: string },
): Promise<{ type: string; content: Record<string, unknown> } | undefined> {
  try {
    const message = parse(event.ciphertext)
    const bytes = bytesOf(key)
    if (!message || bytes.length !== KEY_BYTES) return undefined
    if (!portableVerifyBytes(message.signed, toBase64(message.signature), event.sessionId)) return undefined
    const mac = await hmac(bytes.slice(PART, 2 * PART), message.authenticated)
    if (!message.mac.every((byte, at) => byte === mac[at])) return undefined
    const aes = await crypto.subtle.importKey('raw', bytes.slice(0, PART), 'AES-CBC', false, ['decrypt'])
    const plain = await crypto.subtle.decrypt(
      { name: 'AES-CBC', iv: bytes.slice(2 * PART, KEY_BYTES) },
      aes,
      message.ciphertext,
    )
    const parsed = plainSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain)))
    return parsed.room_id === event.roomId ? { type: parsed.type, content: parsed.content } : undefined
  } catch {
    return undefined
  }
}
