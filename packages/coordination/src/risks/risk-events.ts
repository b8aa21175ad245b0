/**
 * Events of a report of a risk. Two clear envelopes in the timeline of a channel: that an institution reported something, and that
 * a step was taken, by whom. What was reported (kind, place, day, source, note) is a record: an encrypted event in the
 * report's thread that a step names.
 */
import { z } from 'zod'
import { type Actor, actorSchema, eventIdSchema } from '../cases/case-events.ts'
import { maxHeads } from '../causal-order.ts'

export const riskEventType = 'org.enlace.risk'
export const riskUpdateEventType = 'org.enlace.risk.update'
/** Encrypted, in the report's thread: `riskRecordSchema`. */
export const riskRecordEventType = 'org.enlace.risk.record'

/** Content of `org.enlace.risk`. */
export const riskContentSchema = z.strictObject({ by: actorSchema })
export type RiskContent = z.output<typeof riskContentSchema>

export const riskSteps = [
  'report',
  'approve',
  'object',
  'withdraw',
  'merge',
  'separate',
  'sign',
  'publish',
  'retract',
] as const
export type RiskStep = (typeof riskSteps)[number]

/** What each step carries beside `step`, `after`, `by`. */
const fieldOf: Record<RiskStep, 'record' | 'version' | 'into' | 'signed' | undefined> = {
  report: 'record',
  approve: 'version',
  object: 'version',
  withdraw: undefined,
  merge: 'into',
  separate: undefined,
  sign: 'record',
  publish: 'signed',
  retract: 'signed',
}
const stepFields = ['record', 'version', 'into', 'signed'] as const

/** Content of `org.enlace.risk.update`: one step. */
export const riskUpdateContentSchema = z
  .strictObject({
    'm.relates_to': z.strictObject({ rel_type: z.literal('m.reference'), event_id: eventIdSchema }),
    /** the newest steps the sender had seen; absent: only the report itself */
    after: z.array(eventIdSchema).min(1).max(maxHeads).optional(),
    step: z.enum(riskSteps),
    by: actorSchema,
    /** report, sign: the encrypted event with what was reported, or with what is signed; of the same sender */
    record: eventIdSchema.optional(),
    /** approve, object: the `report` step that was read */
    version: eventIdSchema.optional(),
    /** merge: the report this one says again */
    into: eventIdSchema.optional(),
    /** publish, retract: the `sign` step whose words are public, or are so no more as far as the institution goes */
    signed: eventIdSchema.optional(),
  })
  .check(({ value, issues }) => {
    for (const field of stepFields) {
      const there = value[field] !== undefined
      if (there === (fieldOf[value.step] === field)) continue
      const message = `${there ? 'does not belong' : 'is required'} in ${value.step}`
      issues.push({ code: 'custom', input: value, path: [field], message })
    }
  })
export type RiskUpdateContent = z.output<typeof riskUpdateContentSchema>

/** A step as whoever takes it writes it. */
export type RiskStepDraft = Omit<RiskUpdateContent, 'm.relates_to' | 'after' | 'by'>

export function riskUpdateContent(
  of: { id: string; heads: readonly string[] },
  by: Actor,
  draft: RiskStepDraft,
): RiskUpdateContent {
  const after = of.heads.filter((head) => head !== of.id)
  return {
    'm.relates_to': { rel_type: 'm.reference', event_id: of.id },
    ...(after.length > 0 ? { after } : {}),
    by,
    ...draft,
  }
}
