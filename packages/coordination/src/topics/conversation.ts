/**
 * A conversation between people of the network that is no topic channel: what its room says of itself, so that every node
 * holds it to what protects one. Nothing in it that a person writes.
 */
import { z } from 'zod'
import { institutionKeySchema } from '../members.ts'
import { channelEncryptionSchema, type StateLookup } from './channel-recognition.ts'
import { checkChannelState } from './channel-state.ts'
import type { ClearEventVerdict } from './clear-events.ts'

/** State event (state key ''), set once when the room is made. */
export const conversationEventType = 'org.enlace.conversation'

/** `duty`: with whoever held that position of the institution when it was begun. */
export const conversationSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('duty'),
  institution: institutionKeySchema,
  position: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    .max(40),
})
export type Conversation = z.output<typeof conversationSchema>

/** What the room says it is; undefined: nothing. Also a mark nobody can read binds the room. */
export const saysConversation = (state: StateLookup): boolean =>
  state(conversationEventType, '') !== undefined

/** @returns undefined where the room is none, or is not encrypted */
export function recogniseConversation(state: StateLookup): Conversation | undefined {
  const parsed = conversationSchema.safeParse(state(conversationEventType, ''))
  const encrypted = channelEncryptionSchema.safeParse(state('m.room.encryption', '')).success
  return parsed.success && encrypted ? parsed.data : undefined
}

/** State that a conversation needs. No name and no subject: they would travel in the clear, and nobody coordinates it. */
const stateTypes: readonly string[] = [
  'm.room.create',
  'm.room.member',
  'm.room.power_levels',
  'm.room.encryption',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.server_acl',
  'm.room.tombstone',
]

/** Whether a state event may be in a conversation. `state`: the room's, before it. */
export function checkConversationState(
  event: { type: string; state_key: string; content: unknown },
  state: StateLookup,
): ClearEventVerdict {
  if (event.type !== conversationEventType)
    return stateTypes.includes(event.type) ? checkChannelState(event, state) : notHere
  const before = conversationSchema.safeParse(state(conversationEventType, ''))
  const now = conversationSchema.safeParse(event.content)
  const same = !before.success || JSON.stringify(before.data) === JSON.stringify(now.data)
  const encrypted = channelEncryptionSchema.safeParse(state('m.room.encryption', '')).success
  return now.success && same && encrypted && event.state_key === '' ? { allowed: true } : notHere
}

const notHere: ClearEventVerdict = {
  allowed: false,
  reason: 'unknown_state',
  message: {
    es: 'Esta conversación no lleva ajustes de este tipo: viajarían sin cifrar. Lo que quiera decir, escríbalo como mensaje cifrado.',
    en: 'This conversation carries no settings of this kind: they would travel unencrypted. Write what you want to say as an encrypted message.',
  },
}
