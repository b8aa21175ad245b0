import { z } from 'zod'
import {
  caseContentSchema,
  caseEventType,
  caseUpdateContentSchema,
  caseUpdateEventType,
  withoutRetired,
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
import {
  materialEventSchema,
  materialEventType,
  materialUpdateEventType,
  materialUpdateSchema,
} from '../materials/material-events.ts'
import {
  meetingContentSchema,
  meetingEventType,
  meetingUpdateContentSchema,
  meetingUpdateEventType,
} from '../meetings/meeting-events.ts'
import {
  holdContentSchema,
  holdEventType,
  retentionContentSchema,
  retentionEventType,
} from '../retention/retention-events.ts'
import {
  riskContentSchema,
  riskEventType,
  riskUpdateContentSchema,
  riskUpdateEventType,
} from '../risks/risk-events.ts'
import { type ClearEventVerdict, carriesText } from './clear-verdict.ts'
import { clearEventIdSchema, reactionSchema } from './reaction.ts'

/** Enlace's own envelopes and the form of each. */
export const envelopeSchemas: Readonly<Record<string, z.ZodType>> = {
  [caseEventType]: caseContentSchema,
  [caseUpdateEventType]: caseUpdateContentSchema,
  [escalationEventType]: escalationContentSchema,
  [escalationAcknowledgementEventType]: escalationAcknowledgementContentSchema,
  [escalationStepEventType]: escalationStepContentSchema,
  [escalationAlertedEventType]: escalationAlertedContentSchema,
  [escalationUpdateEventType]: escalationUpdateContentSchema,
  [retentionEventType]: retentionContentSchema,
  [holdEventType]: holdContentSchema,
  [meetingEventType]: meetingContentSchema,
  [meetingUpdateEventType]: meetingUpdateContentSchema,
  [riskEventType]: riskContentSchema,
  [riskUpdateEventType]: riskUpdateContentSchema,
  [materialEventType]: materialEventSchema,
  [materialUpdateEventType]: materialUpdateSchema,
}

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]+={0,2}$/)

/** What an encrypted event says in the clear about the one it answers, corrects or belongs to. */
const clearRelationSchema = z.strictObject({
  rel_type: z.enum(['m.thread', 'm.replace', 'm.reference']).optional(),
  event_id: clearEventIdSchema.optional(),
  is_falling_back: z.boolean().optional(),
  'm.in_reply_to': z.strictObject({ event_id: clearEventIdSchema }).optional(),
})

/** Nothing beside the ciphertext that a person could have written (client-server API, "m.room.encrypted"). */
const encryptedSchema = z.strictObject({
  algorithm: z.literal('m.megolm.v1.aes-sha2'),
  ciphertext: base64,
  session_id: base64.max(255).optional(),
  sender_key: base64.max(255).optional(),
  device_id: z
    .string()
    .max(255)
    .regex(/^[\w.+/=-]+$/)
    .optional(),
  'm.relates_to': clearRelationSchema.optional(),
})

/** The event named is outside the content before room version 11. */
const redactionSchema = z.strictObject({ redacts: clearEventIdSchema.optional() })

/** Servers bring the newest events of a busy room together with an empty event of this type. */
export const joiningEventType = 'org.matrix.dummy_event'

/**
 * In a topic channel every timeline event is `m.room.encrypted`, except these, and each has a form with no room for what
 * people write: what servers need to push, count and enforce.
 */
export const clearEventSchemas: Readonly<Record<string, z.ZodType>> = {
  ...envelopeSchemas,
  'm.room.encrypted': encryptedSchema,
  'm.reaction': reactionSchema,
  'm.room.redaction': redactionSchema,
  [joiningEventType]: z.strictObject({}),
}

/**
 * Whether a timeline event may be in a topic channel. `checkChannelState` is asked about state events, of which Matrix has no
 * encrypted form.
 */
export function checkClearEvent(type: string, content: unknown): ClearEventVerdict {
  const schema = Object.hasOwn(clearEventSchemas, type) ? clearEventSchemas[type] : undefined
  if (!schema) return mustBeEncrypted
  // Of a case that was written when envelopes said more, the history must not go; doors do not let such through any more.
  return schema.safeParse(withoutRetired(content)).success ? { allowed: true } : carriesText
}

const mustBeEncrypted: ClearEventVerdict = {
  allowed: false,
  reason: 'must_be_encrypted',
  message: {
    es: 'En los canales temáticos los mensajes se cifran siempre. Active el cifrado en su aplicación y envíelo de nuevo.',
    en: 'Messages in topic channels are always encrypted. Turn on encryption in your client and send it again.',
  },
}
