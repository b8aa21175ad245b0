/**
 * Events of a material on its way to the public. Two clear envelopes in the timeline of a channel: that there is one and whose,
 * and that a step was taken, by whom, on which version. What people write (the text itself, comments, signatures) is a record:
 * an encrypted event in the material's thread that a step names.
 */
import { z } from 'zod'
import { type Actor, actorSchema, eventIdSchema, timestampSchema } from '../cases/case-events.ts'
import { maxHeads } from '../causal-order.ts'

export const materialEventType = 'org.enlace.material'
export const materialUpdateEventType = 'org.enlace.material.update'
/** Encrypted, in the material's thread: `materialRecordSchema`. */
export const materialRecordEventType = 'org.enlace.material.record'

/** Content of `org.enlace.material`. It is a material of the institution of `by`. */
export const materialEventSchema = z.strictObject({ by: actorSchema })

export const materialSteps = ['version', 'comment', 'approve', 'return', 'publish', 'withdraw'] as const
export type MaterialStep = (typeof materialSteps)[number]

/** Why a material is taken back. */
export const withdrawalReasons = ['changed', 'mistaken', 'replaced', 'not_needed'] as const
export type WithdrawalReason = (typeof withdrawalReasons)[number]

/** What each step carries beside `step`, `after`, `by`: required, allowed. */
const fieldsOf: Record<MaterialStep, { needs: readonly string[]; may?: readonly string[] }> = {
  version: { needs: ['record'] },
  comment: { needs: ['record'], may: ['version'] },
  approve: { needs: ['version'], may: ['record'] },
  return: { needs: ['version', 'record'] },
  publish: { needs: ['version', 'valid_until_ts'] },
  withdraw: { needs: ['publication', 'reason'] },
}
const stepFields = ['record', 'version', 'publication', 'valid_until_ts', 'reason'] as const

/** Content of `org.enlace.material.update`: one step. */
export const materialUpdateSchema = z
  .strictObject({
    'm.relates_to': z.strictObject({ rel_type: z.literal('m.reference'), event_id: eventIdSchema }),
    /** the newest steps the sender had seen; absent: only the material itself */
    after: z.array(eventIdSchema).min(1).max(maxHeads).optional(),
    step: z.enum(materialSteps),
    by: actorSchema,
    /** the encrypted event with what was written; of the same sender */
    record: eventIdSchema.optional(),
    /** the step that brought the version */
    version: eventIdSchema.optional(),
    /** withdraw: the step that published */
    publication: eventIdSchema.optional(),
    /** publish: as the version says */
    valid_until_ts: timestampSchema.optional(),
    reason: z.enum(withdrawalReasons).optional(),
  })
  .check(({ value, issues }) => {
    const problem = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message })
    const { needs, may = [] } = fieldsOf[value.step]
    for (const field of stepFields) {
      const there = value[field] !== undefined
      if (needs.includes(field) && !there) problem(field, `is required in ${value.step}`)
      else if (there && !needs.includes(field) && !may.includes(field))
        problem(field, `does not belong in ${value.step}`)
    }
  })
export type MaterialUpdate = z.output<typeof materialUpdateSchema>

/** A step as whoever takes it writes it; the reference, `after` and `by` are added by `materialUpdate`. */
export type MaterialStepDraft = Omit<MaterialUpdate, 'm.relates_to' | 'after' | 'by'>

export function materialUpdate(
  of: { id: string; heads: readonly string[] },
  by: Actor,
  draft: MaterialStepDraft,
): MaterialUpdate {
  const after = of.heads.filter((head) => head !== of.id)
  return {
    'm.relates_to': { rel_type: 'm.reference', event_id: of.id },
    ...(after.length > 0 ? { after } : {}),
    by,
    ...draft,
  }
}
