import {
  type CaseFlag,
  type CaseRow,
  type CaseStatus,
  caseDetailsSchema,
  caseKindKeys,
  caseStatuses,
  priorities,
  type TimelineEvent,
} from '@enlace/coordination'
import { z } from 'zod'
import type { Failure } from '../../lib/failure.ts'

const keysOf = <T extends object>(record: T) =>
  Object.keys(record) as [keyof T & string, ...(keyof T & string)[]]

const statusSchema = z.enum(keysOf(caseStatuses))

const flagSchema = z.enum(['overdue', 'almost_due', 'escalated', 'possible_duplicate'])

const linkSchema = z.object({ event_id: z.string(), room_id: z.string(), reference: z.string() })

const escalationSchema = z.object({
  id: z.string(),
  state: z.string(),
  step: z.number().optional().catch(undefined),
  next_step_ts: z.number().optional().catch(undefined),
})

export const rowSchema = z.object({
  id: z.string(),
  room_id: z.string(),
  reference: z.string(),
  kind: z.enum(caseKindKeys),
  status: statusSchema,
  priority: z.enum(keysOf(priorities)),
  requesting: z.string(),
  owner: z.string(),
  offered_to: z.string().optional(),
  unacknowledged: z.array(z.string()).optional(),
  opened_by: z.string(),
  opened_ts: z.number(),
  acknowledge_by: z.number(),
  deadline: z.number(),
  assignee: z.string().optional(),
  follower: z.string().optional(),
  waits_for: z.array(linkSchema).optional(),
  duplicate_of: z.string().optional(),
  times: z.partialRecord(statusSchema, z.number()),
  changed_ts: z.number(),
  refused: z.number(),
  flags: z.array(flagSchema).default([]),
  escalation: escalationSchema.optional().catch(undefined),
})

export type BoardRow = CaseRow & { flags: CaseFlag[]; escalation?: z.output<typeof escalationSchema> }

const countsSchema = z.object({
  by_status: z.partialRecord(statusSchema, z.number()),
  mine: z.number(),
  institution: z.number(),
  overdue: z.number(),
  almost_due: z.number(),
  escalated: z.number(),
})

export type BoardCounts = Omit<z.output<typeof countsSchema>, 'by_status'> & {
  by_status: Partial<Record<CaseStatus, number>>
}

/** A case that was deleted before servers refused that. */
const deletedSchema = z.object({
  id: z.string(),
  room_id: z.string(),
  opened_by: z.string(),
  opened_ts: z.number(),
  deleted_by: z.string().optional(),
  deleted_ts: z.number().optional(),
})
export type DeletedCase = z.output<typeof deletedSchema>

export const pageSchema = z.object({
  now: z.number(),
  deleted: z.array(deletedSchema).default([]),
  total: z.number(),
  counts: countsSchema,
  rows: z.array(rowSchema),
  next: z.string().optional(),
})

export type BoardPage = z.output<typeof pageSchema>

export const timelineEventSchema = z.object({
  event_id: z.string(),
  room_id: z.string().optional(),
  type: z.string(),
  sender: z.string(),
  origin_server_ts: z.number(),
  content: z.unknown(),
})

export const fileSchema = z.object({
  row: rowSchema,
  flags: z.array(flagSchema).default([]),
  escalation: escalationSchema.optional().catch(undefined),
  events: z.array(timelineEventSchema),
})

export interface CaseFile {
  row: BoardRow
  flags: CaseFlag[]
  escalation?: BoardRow['escalation']
  events: TimelineEvent[]
}

export const keptDetailsSchema = caseDetailsSchema.extend({
  caseId: z.string(),
  roomId: z.string(),
  sender: z.string(),
  ts: z.number(),
})

/** A decrypted form, with where it is from. */
export type KeptDetails = z.output<typeof keptDetailsSchema>

/**
 * Cases being written. A draft stays on this device until it is sent; sending it takes three steps, each on disk before
 * the next: the reference is reserved once, the envelope goes under one transaction id, the encrypted form under another.
 * Interrupted anywhere, it goes on from there, and the case exists once.
 */
export const draftSchema = z.object({
  id: z.string(),
  roomId: z.string(),
  updatedAt: z.number(),
  kind: z.enum(caseKindKeys).optional(),
  /** the first is the responsible one */
  institutions: z.array(z.string()),
  /** absent: the default of the kind */
  priority: z.enum(['high', 'medium', 'low']).optional(),
  values: z.record(z.string(), z.string()),
  links: z
    .array(
      z.object({
        rel: z.enum(['waits_for', 'about', 'duplicate_of']),
        event_id: z.string(),
        room_id: z.string(),
        reference: z.string(),
      }),
    )
    .default([]),
  /** a message it was made from; said only inside the encrypted form */
  about: z.object({ event_id: z.string(), room_id: z.string() }).optional(),
  /** fields that were filled in from that message and are as it says */
  fromMessage: z.array(z.string()).optional(),
  sending: z.boolean().optional(),
  reference: z.string().optional(),
  eventId: z.string().optional(),
})

export type StoredDraft = z.output<typeof draftSchema>

export type CaseDraft = StoredDraft & { failure?: Failure }
