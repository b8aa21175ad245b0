import type { BilingualText } from '@enlace/directory/text'
import type { z } from 'zod'
import {
  caseContentSchema,
  caseEventType,
  caseUpdateContentSchema,
  caseUpdateEventType,
} from '../cases/case-events.ts'
import {
  escalationAcknowledgementContentSchema,
  escalationAcknowledgementEventType,
  escalationAlertedContentSchema,
  escalationAlertedEventType,
  escalationContentSchema,
  escalationEventType,
  escalationStepContentSchema,
  escalationStepEventType,
  escalationUpdateContentSchema,
  escalationUpdateEventType,
} from '../escalations/escalation-events.ts'

/** Enlace's own envelopes and the form of each. */
export const envelopeSchemas: Readonly<Record<string, z.ZodType>> = {
  [caseEventType]: caseContentSchema,
  [caseUpdateEventType]: caseUpdateContentSchema,
  [escalationEventType]: escalationContentSchema,
  [escalationAcknowledgementEventType]: escalationAcknowledgementContentSchema,
  [escalationStepEventType]: escalationStepContentSchema,
  [escalationAlertedEventType]: escalationAlertedContentSchema,
  [escalationUpdateEventType]: escalationUpdateContentSchema,
}

/**
 * In a topic channel every timeline event is `m.room.encrypted`, except these. They are envelopes: what servers
 * need to push, count and enforce, with no room for what people write.
 */
export const clearEventTypes = [
  caseEventType,
  caseUpdateEventType,
  escalationEventType,
  escalationAcknowledgementEventType,
  escalationStepEventType,
  escalationAlertedEventType,
  escalationUpdateEventType,
  'm.reaction',
  'm.room.redaction',
] as const

export type ClearEventType = (typeof clearEventTypes)[number]

export type ClearEventVerdict =
  | { allowed: true }
  | { allowed: false; reason: 'must_be_encrypted' | 'carries_text'; message: BilingualText }

// A reaction's key is any string, so a name or a number could travel in it. Pictographs and signs of agreement only:
// no digits, no letters of the flag alphabet, no invisible tag characters.
const reactionKey = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f|[+\-✓✔✗✘])+$/u

const reactionKeyMaxLength = 32

/**
 * Whether a timeline event may be sent unencrypted into a topic channel. State events are not asked about: Matrix
 * has no encrypted form of them.
 */
export function checkClearEvent(type: string, content: unknown): ClearEventVerdict {
  const envelope = Object.hasOwn(envelopeSchemas, type) ? envelopeSchemas[type] : undefined
  if (envelope) return envelope.safeParse(content).success ? { allowed: true } : carriesText
  switch (type) {
    case 'm.room.encrypted':
      return { allowed: true }
    case 'm.reaction':
      return isPlainReaction(content) ? { allowed: true } : carriesText
    case 'm.room.redaction':
      return isRecord(content) && content.reason === undefined ? { allowed: true } : carriesText
    default:
      return mustBeEncrypted
  }
}

const carriesText: ClearEventVerdict = {
  allowed: false,
  reason: 'carries_text',
  message: {
    es: 'Este evento viaja sin cifrar y no puede llevar texto libre ni otros campos. Escríbalo como mensaje cifrado.',
    en: 'This event travels unencrypted and may carry no free text or other fields. Write it as an encrypted message.',
  },
}

const mustBeEncrypted: ClearEventVerdict = {
  allowed: false,
  reason: 'must_be_encrypted',
  message: {
    es: 'En los canales temáticos los mensajes se cifran siempre. Active el cifrado en su aplicación y envíelo de nuevo.',
    en: 'Messages in topic channels are always encrypted. Turn on encryption in your client and send it again.',
  },
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPlainReaction(content: unknown): boolean {
  if (!isRecord(content)) return false
  if (Object.keys(content).some((key) => key !== 'm.relates_to')) return false
  const relation = content['m.relates_to']
  if (!isRecord(relation)) return false
  if (Object.keys(relation).some((key) => !['rel_type', 'event_id', 'key'].includes(key))) return false
  const key = relation.key
  return (
    relation.rel_type === 'm.annotation' &&
    typeof relation.event_id === 'string' &&
    typeof key === 'string' &&
    key.length <= reactionKeyMaxLength &&
    reactionKey.test(key)
  )
}
