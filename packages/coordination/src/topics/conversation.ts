/**
 * A conversation between people of the network that is no topic channel: what its room says of itself, so that every node
 * holds it to what protects one. Nothing in it that a person writes.
 */
import { z } from 'zod'
import { institutionKeySchema } from '../members.ts'
import { channelEncryptionSchema, type StateLookup } from './channel-recognition.ts'
import { checkChannelState } from './channel-state.ts'
import type { ClearEventVerdict } from './clear-verdict.ts'

/** State event (state key ''), set once when the room is made. */
export const conversationEventType = 'org.enlace.conversation'

/**
 * State event (state key '') that says which event carries the name of a group: that event is encrypted, as all that people
 * write.
 */
export const conversationNameEventType = 'org.enlace.conversation.name'
export const conversationNameSchema = z.strictObject({
  event_id: z
    .string()
    .max(255)
    .regex(/^\$[\w+/=.:-]+$/),
})
export const groupNameLength = 60

const userId = z
  .string()
  .max(255)
  .regex(/^@[^:\s]+:[\w.:[\]-]+$/)
const version = z.literal(1)

/**
 * `duty`: with whoever held that position of the institution when it was begun. `direct`: between two people, and nobody
 * else ever. `group`: up to `groupLimit` people.
 */
export const conversationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    version,
    kind: z.literal('duty'),
    institution: institutionKeySchema,
    position: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      .max(40),
  }),
  z.strictObject({ version, kind: z.literal('direct'), between: z.tuple([userId, userId]) }),
  z.strictObject({ version, kind: z.literal('group') }),
])
export type Conversation = z.output<typeof conversationSchema>

/** The two of a direct conversation, in an order that both nodes make the same. */
export const directBetween = (one: string, other: string): [string, string] =>
  one < other ? [one, other] : [other, one]

/** Whether somebody has no place in the conversation, whatever institution they are of. */
export function isOutsideConversation(content: unknown, user: string): boolean {
  const parsed = conversationSchema.safeParse(content)
  return parsed.success && parsed.data.kind === 'direct' && !parsed.data.between.includes(user)
}

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
  conversationNameEventType,
  'm.room.pinned_events',
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
  if (event.type === conversationNameEventType)
    return event.state_key === '' && conversationNameSchema.safeParse(event.content).success
      ? { allowed: true }
      : notHere
  if (event.type === 'm.room.join_rules' && !isByInvitation(event.content)) return opened
  if (event.type !== conversationEventType)
    return stateTypes.includes(event.type) ? checkChannelState(event, state) : notHere
  const before = conversationSchema.safeParse(state(conversationEventType, ''))
  const now = conversationSchema.safeParse(event.content)
  const same = !before.success || JSON.stringify(before.data) === JSON.stringify(now.data)
  const encrypted = channelEncryptionSchema.safeParse(state('m.room.encryption', '')).success
  if (!now.success || !same || !encrypted || event.state_key !== '') return notHere
  return isByInvitation(state('m.room.join_rules', '')) ? { allowed: true } : opened
}

/** Who comes by another room, as into a channel, is asked by no policy here: an invitation is what is looked at. */
const isByInvitation = (rules: unknown): boolean =>
  (rules as { join_rule?: unknown } | undefined)?.join_rule === 'invite'

const opened: ClearEventVerdict = {
  allowed: false,
  reason: 'opens',
  message: {
    es: 'A una conversación se entra solo con invitación. Invite a quien deba estar, o pida un canal a la coordinación.',
    en: 'A conversation is entered by invitation alone. Invite who has to be there, or ask the coordination for a channel.',
  },
}

const notHere: ClearEventVerdict = {
  allowed: false,
  reason: 'unknown_state',
  message: {
    es: 'Esta conversación no lleva ajustes de este tipo: viajarían sin cifrar. Lo que quiera decir, escríbalo como mensaje cifrado.',
    en: 'This conversation carries no settings of this kind: they would travel unencrypted. Write what you want to say as an encrypted message.',
  },
}
