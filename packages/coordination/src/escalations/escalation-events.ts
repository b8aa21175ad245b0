/** Events of an escalation, all clear envelopes without free text, and what they are made with. */
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import {
  actorSchema,
  eventIdSchema,
  referenceSchema,
  timestampSchema,
  userIdSchema,
} from '../cases/case-events.ts'
import { maxHeads } from '../causal-order.ts'
import { escalationChainSchema } from './escalation-chain.ts'

export const escalationEventType = 'org.enlace.escalation'
export const escalationAcknowledgementEventType = 'org.enlace.escalation.acknowledgement'
export const escalationStepEventType = 'org.enlace.escalation.step'
export const escalationAlertedEventType = 'org.enlace.escalation.alerted'
export const escalationUpdateEventType = 'org.enlace.escalation.update'
export const escalationEventTypes = [
  escalationEventType,
  escalationAcknowledgementEventType,
  escalationStepEventType,
  escalationAlertedEventType,
  escalationUpdateEventType,
] as const

/** How every event of an escalation names it. */
export const escalationRelationSchema = z.strictObject({
  rel_type: z.literal('m.reference'),
  event_id: eventIdSchema,
})
const after = z.array(eventIdSchema).min(1).max(maxHeads).optional()
const stepNumber = z.int().min(0).max(100_000)

/**
 * Content of `org.enlace.escalation`: refers to the message or case it is about. The event's own ID is the escalation's.
 * Without a `chain` it calls the officials of the channel, again and again.
 */
export const escalationContentSchema = z.strictObject({
  'm.relates_to': escalationRelationSchema,
  priority: z.literal('urgent'),
  /** raised by a person, or by the node because a time of the case lapsed */
  cause: z.enum(['person', 'acknowledgement_lapsed', 'deadline_lapsed']).optional(),
  reference: referenceSchema.optional(),
  chain: escalationChainSchema.optional(),
  by: actorSchema.optional(),
})

/** Content of `org.enlace.escalation.acknowledgement`: refers to the escalation. */
export const escalationAcknowledgementContentSchema = z.strictObject({
  'm.relates_to': escalationRelationSchema,
  after,
  by: actorSchema.optional(),
})

/** Content of `org.enlace.escalation.step`: the raising node began the next stage. Step 0 is the escalation itself. */
export const escalationStepContentSchema = z.strictObject({
  'm.relates_to': escalationRelationSchema,
  after,
  step: stepNumber,
  /** `nobody`: the stage before calls upon no member of the channel */
  because: z.enum(['unacknowledged', 'unreachable', 'nobody']),
  /** servers that had not accepted the call by then */
  unreachable: z.array(z.string().min(1).max(255)).max(50).optional(),
})

/** Content of `org.enlace.escalation.alerted`: a node of people called upon says whom it alerted. */
export const escalationAlertedContentSchema = z.strictObject({
  'm.relates_to': escalationRelationSchema,
  after,
  step: stepNumber,
  persons: z.array(userIdSchema).min(1).max(50),
  /** on duty by the roster; false: everyone the stage selects */
  on_duty: z.boolean().optional(),
})

export const snoozeReasons = {
  waiting_for_document: { es: 'en espera de un documento', en: 'waiting for a document' },
  waiting_for_court: { es: 'en espera del juzgado', en: 'waiting for the court' },
  waiting_for_other_institution: {
    es: 'en espera de otra institución',
    en: 'waiting for another institution',
  },
  in_transit: { es: 'la persona está en camino', en: 'the person is on the way' },
  agreed: { es: 'acordado con quien llamó', en: 'agreed with who called' },
  other: { es: 'otro (ver nota cifrada)', en: 'other (see encrypted note)' },
} as const satisfies Record<string, BilingualText>
export type SnoozeReason = keyof typeof snoozeReasons

export const maxSnoozeMs = 7 * 24 * 3_600_000

export const escalationActions = [
  'unacknowledge',
  'hand_over',
  'accept_hand_over',
  'snooze',
  'resolve',
] as const
export type EscalationAction = (typeof escalationActions)[number]

/** Content of `org.enlace.escalation.update`: what a person does with an escalation besides acknowledging it. */
export const escalationUpdateContentSchema = z
  .strictObject({
    'm.relates_to': escalationRelationSchema,
    after,
    action: z.enum(escalationActions),
    by: actorSchema.optional(),
    /** hand_over: to whom */
    to: userIdSchema.optional(),
    /** snooze: until when, at most seven days */
    until_ts: timestampSchema.optional(),
    reason: z.enum(Object.keys(snoozeReasons) as [SnoozeReason, ...SnoozeReason[]]).optional(),
  })
  .refine((content) => content.action !== 'hand_over' || content.to !== undefined, 'to is required')
  .refine(
    (content) =>
      content.action !== 'snooze' || (content.until_ts !== undefined && content.reason !== undefined),
    'until_ts and reason are required',
  )

export type EscalationContent = z.output<typeof escalationContentSchema>
export type EscalationAcknowledgementContent = z.output<typeof escalationAcknowledgementContentSchema>
export type EscalationStepContent = z.output<typeof escalationStepContentSchema>
export type EscalationAlertedContent = z.output<typeof escalationAlertedContentSchema>
export type EscalationUpdateContent = z.output<typeof escalationUpdateContentSchema>

const referenceTo = (event_id: string) => ({ rel_type: 'm.reference' as const, event_id })

export function escalationContent(
  aboutEventId: string,
  more: Omit<EscalationContent, 'm.relates_to' | 'priority'> = {},
): EscalationContent {
  return { 'm.relates_to': referenceTo(aboutEventId), priority: 'urgent', ...more }
}

export function escalationAcknowledgementContent(
  escalationId: string,
  more: Omit<EscalationAcknowledgementContent, 'm.relates_to'> = {},
): EscalationAcknowledgementContent {
  return { 'm.relates_to': referenceTo(escalationId), ...more }
}
