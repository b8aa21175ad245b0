/**
 * Events by which institutions set how long things stay, and stop deletion: clear envelopes in a channel's timeline, because the
 * servers are who deletes. None has a field for what people write about somebody.
 */
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import { actorSchema, eventIdSchema, timestampSchema } from '../cases/case-events.ts'
import { maxHeads } from '../causal-order.ts'
import {
  MAX_DAYS,
  MIN_DAYS,
  networkDefault,
  type RetentionSubject,
  retentionSubjects,
} from './retention-rules.ts'

export const retentionEventType = 'org.enlace.retention'
export const holdEventType = 'org.enlace.hold'
export const retentionEventTypes: ReadonlySet<string> = new Set([retentionEventType, holdEventType])

const after = z.array(eventIdSchema).min(1).max(maxHeads).optional()
const subject = z.enum(retentionSubjects)
/** Names a law: title, number, article. No digits in a row as long as an identity number, no addresses. */
const basis = z
  .string()
  .min(8)
  .max(160)
  .regex(/^[\p{L}\p{N} .,;:()/°º§"“”«»'’-]+$/u)
  .refine((text) => !/(?:\d[ -]?){8}/.test(text), { error: 'names a law, not a person or a number of one' })

/** Content of `org.enlace.retention`: all that an institution sets in this channel, in place of what it had set. */
export const retentionContentSchema = z
  .strictObject({
    by: actorSchema,
    after,
    shorter: z.partialRecord(subject, z.int().min(MIN_DAYS).max(MAX_DAYS)),
    law: z
      .array(z.strictObject({ subject, days: z.int().min(MIN_DAYS).max(MAX_DAYS), basis }))
      .max(20)
      .optional(),
  })
  .check(({ value, issues }) => {
    for (const [key, days] of Object.entries(value.shorter))
      if (days !== undefined && days > networkDefault(key as RetentionSubject).days)
        issues.push({
          code: 'custom',
          input: value,
          path: ['shorter', key],
          message: 'longer than the network’s',
        })
  })
export type RetentionContent = z.output<typeof retentionContentSchema>

export const holdReasons = {
  court_order: { es: 'Orden de un juzgado', en: 'Order of a court' },
  proceedings: {
    es: 'Proceso judicial o administrativo en curso',
    en: 'Court or administrative proceedings under way',
  },
  complaint: { es: 'Queja o denuncia que se investiga', en: 'Complaint that is being looked into' },
  child_protection: { es: 'Protección de una niña, un niño o adolescente', en: 'Protection of a child' },
  request_of_person: { es: 'Lo pidió la persona interesada', en: 'The person concerned asked for it' },
} as const satisfies Record<string, BilingualText>
export type HoldReason = keyof typeof holdReasons
const reasonKeys = Object.keys(holdReasons) as [HoldReason, ...HoldReason[]]

/** Content of `org.enlace.hold`: an institution's coordination asks for a hold, agrees to one, or to its end. */
export const holdContentSchema = z
  .strictObject({
    /** The case; absent: everything in the channel. */
    'm.relates_to': z
      .strictObject({ rel_type: z.literal('m.reference'), event_id: eventIdSchema })
      .optional(),
    by: actorSchema,
    after,
    hold: z.enum(['place', 'lift']),
    reason: z.enum(reasonKeys).optional(),
    /** when it is looked at again; it holds until it is lifted */
    review_ts: timestampSchema.optional(),
  })
  .check(({ value, issues }) => {
    const needs = value.hold === 'place'
    for (const field of ['reason', 'review_ts'] as const)
      if ((value[field] !== undefined) !== needs)
        issues.push({
          code: 'custom',
          input: value,
          path: [field],
          message: needs ? 'is required to place a hold' : 'belongs to placing only',
        })
  })
export type HoldContent = z.output<typeof holdContentSchema>
