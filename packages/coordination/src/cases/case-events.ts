/**
 * Events of a case. All are clear envelopes in the timeline of a topic channel: what servers need for deadlines, boards and
 * measures, with no field for what people write. Details, notes and documents are encrypted events in the thread of
 * the case event (`m.thread`).
 */
import { z } from 'zod'
import { maxHeads, stepRelation } from '../causal-order.ts'
import { institutionKeySchema, roleSchema } from '../members.ts'
import { caseFamilies, caseFamilyKeys, priorities } from './case-families.ts'
import { type CaseKind, caseKindKeys, familyEntry } from './case-kinds.ts'
import { caseStepKeys } from './case-steps.ts'
import {
  deliveryCapacities,
  documentTypeKeys,
  identityChecks,
  reasonKeys,
  routes,
  transports,
} from './case-words.ts'

export const caseEventType = 'org.enlace.case'
export const caseUpdateEventType = 'org.enlace.case.update'
/** Encrypted, in the case's thread: the filled-in form. The newest one counts. */
export const caseDetailsEventType = 'org.enlace.case.details'

const keysOf = <T extends object>(record: T) =>
  Object.keys(record) as [keyof T & string, ...(keyof T & string)[]]

export const eventIdSchema = z
  .string()
  .max(255)
  .regex(/^\$\S+$/)
export const roomIdSchema = z
  .string()
  .max(255)
  .regex(/^!\S+$/)
export const userIdSchema = z
  .string()
  .max(255)
  .regex(/^@[^:\s]+:\S+$/)
/** milliseconds since the Unix epoch; until 2100, so that a deadline is never out of reach */
export const timestampSchema = z.int().min(0).max(4_102_444_800_000)
const prefixes = caseFamilyKeys.map((family) => caseFamilies[family].prefix)
export const referenceSchema = z.string().regex(new RegExp(`^(?:${prefixes.join('|')})-\\d{4}-\\d{6,9}$`))

/** Who acted, vouched for by the sender's server when it sent the event: roles change, what was done stays done. */
export const actorSchema = z.strictObject({ institution: institutionKeySchema, role: roleSchema })
export type Actor = z.output<typeof actorSchema>

export const caseLinkSchema = z.strictObject({
  rel: z.enum(['waits_for', 'about', 'duplicate_of']),
  event_id: eventIdSchema,
  room_id: roomIdSchema,
  reference: referenceSchema,
})
export type CaseLink = z.output<typeof caseLinkSchema>

const reference = z.strictObject({ rel_type: z.literal('m.reference'), event_id: eventIdSchema })

/** Content of `org.enlace.case`, as it is sent. What each server learns by it: README, "What each server can know". */
export const caseContentSchema = z
  .strictObject({
    reference: referenceSchema,
    kind: z.enum(caseKindKeys),
    priority: z.enum(keysOf(priorities)),
    requesting: institutionKeySchema,
    responsible: institutionKeySchema,
    /** institutions a return notice is addressed to, the responsible one first */
    receiving: z.array(institutionKeySchema).min(1).max(20).optional(),
    acknowledge_by: timestampSchema,
    deadline: timestampSchema,
    links: z.array(caseLinkSchema).max(20).optional(),
    by: actorSchema,
  })
  .check((context) => {
    const { value, issues } = context
    const problem = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message })
    const isReturn = value.kind === 'return_notice'
    if (value.by.institution !== value.requesting)
      problem('requesting', 'must be the institution of who sends it')
    if (!value.reference.startsWith(`${prefixOf(value.kind)}-`))
      problem('reference', 'has the prefix of another kind')
    if (isReturn && !value.receiving) problem('receiving', 'is required in a return notice')
    if (!isReturn && value.receiving) problem('receiving', 'belongs in a return notice only')
    if (value.receiving && value.receiving[0] !== value.responsible)
      problem('receiving', 'must begin with the responsible institution')
    if (value.receiving && new Set(value.receiving).size !== value.receiving.length)
      problem('receiving', 'names an institution twice')
    if (value.kind === 'transfer' && value.requesting === value.responsible)
      problem('responsible', 'is the institution that transfers')
  })
export type CaseContent = z.output<typeof caseContentSchema>

const count = z.int().min(0).max(10_000)
/** Fields that envelopes had once and that told servers too much: read past where they have the form they had, never shown. */
const retiredSchema = z.object({
  minor: z.boolean().optional(),
  counts: z
    .strictObject({ adults: count, families: count, unaccompanied_children: count, medical_needs: count })
    .optional(),
  arrival: z
    .strictObject({
      expected_ts: timestampSchema,
      route: z.enum(keysOf(routes)),
      transport: z.enum(keysOf(transports)),
    })
    .optional(),
})
const retired: ReadonlySet<string> = new Set(Object.keys(retiredSchema.shape))

/** Content of a case or a step as it stands in a log, perhaps of a time when envelopes said more. */
export function withoutRetired(content: unknown): unknown {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return content
  if (!Object.keys(content).some((key) => retired.has(key))) return content
  if (!retiredSchema.safeParse(content).success) return content
  return Object.fromEntries(Object.entries(content).filter(([key]) => !retired.has(key)))
}

export const prefixOf = (kind: CaseKind): string => familyEntry(kind).prefix

/** Content of `org.enlace.case.update`: one step. What a step must carry is in its rule (`stepsOf`). */
export const caseUpdateContentSchema = z.strictObject({
  'm.relates_to': reference,
  /** the newest steps the sender had seen; absent: only the case itself */
  after: z.array(eventIdSchema).min(1).max(maxHeads).optional(),
  step: z.enum(caseStepKeys),
  by: actorSchema,
  reason: z.enum(reasonKeys).optional(),
  /** set_deadline: the new one */
  deadline: timestampSchema.optional(),
  priority: z.enum(keysOf(priorities)).optional(),
  /** the competent authority of the step */
  authority: institutionKeySchema.optional(),
  /** an encrypted event of the case's thread that holds the document */
  document: z.strictObject({ type: z.enum(documentTypeKeys), event_id: eventIdSchema }).optional(),
  delivered: z
    .strictObject({ to: z.enum(keysOf(deliveryCapacities)), identity_check: z.enum(keysOf(identityChecks)) })
    .optional(),
  to: institutionKeySchema.optional(),
  assignee: userIdSchema.optional(),
  link: caseLinkSchema.optional(),
})
export type CaseUpdateContent = z.output<typeof caseUpdateContentSchema>

/** A step as whoever takes it writes it; the reference, `after` and `by` are added by `caseUpdateContent`. */
export type CaseStepDraft = Omit<CaseUpdateContent, 'm.relates_to' | 'after' | 'by'>

export function caseUpdateContent(
  of: { id: string; heads: readonly string[] },
  by: Actor,
  draft: CaseStepDraft,
): CaseUpdateContent {
  return { ...stepRelation(of), by, ...draft }
}
