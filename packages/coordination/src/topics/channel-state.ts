/**
 * State of a topic channel. Matrix has no encrypted form of it, so each type that may be there has a form, and no other type
 * may: what anybody writes into it is read by every server. Names and subjects of channels are the exception, short and set
 * by coordinators alone.
 */
import { z } from 'zod'
import { caseTargetsEventType, caseTargetsSchema } from '../cases/case-targets.ts'
import { escalationChainEventType, escalationChainSettingsSchema } from '../escalations/escalation-chain.ts'
import {
  channelEncryptionSchema,
  channelJoinRules,
  corridorEventType,
  corridorSchema,
  type StateLookup,
  weakensEncryption,
} from './channel-recognition.ts'
import { type ClearEventVerdict, carriesText } from './clear-verdict.ts'
import { topicPolicyEventType, topicPolicySchema } from './policy.ts'
import { suspendedAclField, suspendedAclSchema } from './suspended-acl.ts'

const userId = z
  .string()
  .max(255)
  .regex(/^@[^:\s]+:[\w.:[\]-]+$/)
const roomId = z
  .string()
  .max(255)
  .regex(/^!\S+$/)
const eventId = z
  .string()
  .max(255)
  .regex(/^\$[\w+/=.:-]+$/)
const alias = z
  .string()
  .max(255)
  .regex(/^#[^:\s]+:[\w.:[\]-]+$/)
const eventType = z
  .string()
  .max(255)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_-]+)+$/i)
const picture = z
  .string()
  .max(255)
  .regex(/^(mxc:\/\/[\w.:[\]-]+\/[\w-]+)?$/)
const server = z
  .string()
  .max(255)
  .regex(/^[\w.:[\]*?-]+$/)
const level = z.number().int()
const label = z.string().max(120)
const subject = z.string().max(300)
const via = z.array(server).max(50)

/** What servers write into the room that another one replaces. */
const replacedText = 'This room has been replaced'

/** A membership: who, and under which name and picture. No reasons: these are what somebody writes about a person. */
const memberFields = {
  membership: z.enum(['join', 'invite', 'leave', 'ban', 'knock']),
  displayname: z.string().max(256).nullable(),
  avatar_url: picture.nullable(),
  is_direct: z.boolean(),
  join_authorised_via_users_server: userId,
  /** Why a node removed somebody: the rule's code, no words. */
  'org.enlace.rule': z.string().regex(/^(topic-policy|federation-list)\.[a-z_]{1,32}$/),
}
const memberSchema = z.strictObject(memberFields).partial().required({ membership: true })

const stateSchemas: Readonly<Record<string, z.ZodType>> = {
  'm.room.create': z.unknown(),
  'm.room.member': memberSchema,
  'm.room.encryption': channelEncryptionSchema,
  'm.room.join_rules': z.strictObject({
    join_rule: z.enum(channelJoinRules),
    allow: z
      .array(z.strictObject({ type: z.literal('m.room_membership'), room_id: roomId }))
      .max(50)
      .optional(),
  }),
  'm.room.history_visibility': z.strictObject({
    history_visibility: z.enum(['invited', 'joined', 'shared']),
  }),
  'm.room.guest_access': z.strictObject({ guest_access: z.enum(['forbidden', 'can_join']) }),
  'm.room.power_levels': z
    .strictObject({
      users: z.record(userId, level),
      events: z.record(eventType, level),
      notifications: z.strictObject({ room: level }).partial(),
      users_default: level,
      events_default: level,
      state_default: level,
      invite: level,
      kick: level,
      ban: level,
      redact: level,
      historical: level,
    })
    .partial(),
  'm.room.server_acl': z
    .strictObject({
      allow: z.array(server).max(1_000),
      deny: z.array(server).max(1_000),
      allow_ip_literals: z.boolean(),
      [suspendedAclField]: suspendedAclSchema,
    })
    .partial(),
  'm.room.name': z.strictObject({ name: label }).partial(),
  'm.room.topic': z
    .strictObject({
      topic: subject,
      'm.topic': z.strictObject({
        'm.text': z
          .array(z.strictObject({ body: subject, mimetype: z.enum(['text/plain', 'text/html']).optional() }))
          .max(2),
      }),
    })
    .partial(),
  'm.room.avatar': z
    .strictObject({
      url: picture,
      info: z
        .strictObject({
          h: level,
          w: level,
          size: level,
          mimetype: z.string().regex(/^image\/[a-z+.-]{1,30}$/),
          thumbnail_url: picture,
        })
        .partial(),
    })
    .partial(),
  'm.room.canonical_alias': z
    .strictObject({ alias: alias.or(z.literal('')).nullable(), alt_aliases: z.array(alias).max(50) })
    .partial(),
  'm.room.pinned_events': z.strictObject({ pinned: z.array(eventId).max(200) }),
  'm.room.tombstone': z.strictObject({
    body: z.enum(['', replacedText]).optional(),
    replacement_room: roomId,
  }),
  'm.space.parent': z.strictObject({ via, canonical: z.boolean() }).partial(),
  'm.space.child': z
    .strictObject({
      via,
      suggested: z.boolean(),
      order: z
        .string()
        .max(50)
        .regex(/^[\w.-]*$/),
    })
    .partial(),
  [topicPolicyEventType]: topicPolicySchema,
  [caseTargetsEventType]: caseTargetsSchema,
  [escalationChainEventType]: escalationChainSettingsSchema,
  [corridorEventType]: corridorSchema,
}

/** State keys that say something; those of all other types are empty. */
const stateKeys: Readonly<Record<string, z.ZodType>> = {
  'm.room.member': userId,
  'm.space.parent': roomId,
  'm.space.child': roomId,
  [caseTargetsEventType]: z.string().regex(/^[a-z0-9-]{0,64}$/),
  [escalationChainEventType]: z.string().regex(/^[a-z0-9-]{0,64}$/),
}

/** Whether a state event may be in a topic channel. `state`: the channel's, before it. */
export function checkChannelState(
  event: { type: string; state_key: string; content: unknown },
  state: StateLookup,
): ClearEventVerdict {
  const { type, state_key, content } = event
  const schema = Object.hasOwn(stateSchemas, type) ? stateSchemas[type] : undefined
  if (!schema) return unknownState
  const keys = stateKeys[type] ?? z.literal('')
  if (!keys.safeParse(state_key).success) return carriesText
  const weaker = encryptionVerdict(event, state)
  if (!weaker.allowed) return weaker
  if (type === 'm.room.encryption' && weakensEncryption(state(type, ''), content)) return weakens
  if (schema.safeParse(content).success) return { allowed: true }
  return type === 'm.room.join_rules' || type === 'm.room.history_visibility' ? opens : carriesText
}

/** In whatever room: encryption that is there stays. */
export function encryptionVerdict(
  event: { type: string; content: unknown },
  state: StateLookup,
): ClearEventVerdict {
  if (event.type !== 'm.room.encryption' || state(event.type, '') === undefined) return { allowed: true }
  const content = event.content as { algorithm?: unknown } | null
  return content?.algorithm === 'm.megolm.v1.aes-sha2' ? { allowed: true } : weakens
}

/** The content of a membership without what a channel has no room for. */
export function plainMembership(content: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(memberFields).flatMap(([key, schema]) =>
      Object.hasOwn(content, key) && schema.safeParse(content[key]).success ? [[key, content[key]]] : [],
    ),
  )
}

const unknownState: ClearEventVerdict = {
  allowed: false,
  reason: 'unknown_state',
  message: {
    es: 'Los canales temáticos no llevan ajustes de este tipo: viajarían sin cifrar. Lo que quiera decir, escríbalo como mensaje cifrado.',
    en: 'Topic channels carry no settings of this kind: they would travel unencrypted. Write what you want to say as an encrypted message.',
  },
}

const weakens: ClearEventVerdict = {
  allowed: false,
  reason: 'weakens',
  message: {
    es: 'El cifrado de una sala no se quita ni se debilita. Si necesita otro ajuste, cree un canal nuevo con la coordinación.',
    en: 'The encryption of a room is neither removed nor weakened. If you need another setting, have coordination found a new channel.',
  },
}

const opens: ClearEventVerdict = {
  allowed: false,
  reason: 'opens',
  message: {
    es: 'Un canal temático no se abre a cualquiera: se entra por invitación y solo leen quienes participan. Invite a quien deba estar.',
    en: 'A topic channel is not open to anybody: people come by invitation and only those who take part read it. Invite who has to be there.',
  },
}
