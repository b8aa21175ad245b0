/**
 * Events of a meeting. Two clear envelopes in the timeline of a channel: which institutions meet and when, and that a step was
 * taken, by whom, with what nodes need to remind of commitments. All that people write (title, place, agenda, minutes,
 * decisions, votes, signatures) is a record: an encrypted event in the meeting's thread that a step names.
 */
import { z } from 'zod'
import {
  type Actor,
  actorSchema,
  eventIdSchema,
  roomIdSchema,
  timestampSchema,
} from '../cases/case-events.ts'
import { maxHeads, stepRelation } from '../causal-order.ts'
import { institutionKeySchema } from '../members.ts'

export const meetingEventType = 'org.enlace.meeting'
export const meetingUpdateEventType = 'org.enlace.meeting.update'
/** Encrypted, in the meeting's thread: `meetingRecordSchema`. */
export const meetingRecordEventType = 'org.enlace.meeting.record'

/** Institutions of one meeting. */
export const maxParticipants = 60

const distinctKeys = (max: number) =>
  z
    .array(institutionKeySchema)
    .min(1)
    .max(max)
    .refine((keys) => new Set(keys).size === keys.length, 'names an institution twice')

/** Content of `org.enlace.meeting`. */
export const meetingContentSchema = z
  .strictObject({
    institutions: distinctKeys(maxParticipants),
    conveners: distinctKeys(20),
    /** when it begins */
    starts_ts: timestampSchema,
    /** the meeting whose commitments it looks at first */
    follows: z.strictObject({ event_id: eventIdSchema, room_id: roomIdSchema }).optional(),
    by: actorSchema,
  })
  .check(({ value, issues }) => {
    const problem = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message })
    if (!value.conveners.includes(value.by.institution))
      problem('conveners', 'must name the institution of who sends it')
    if (!value.conveners.every((key) => value.institutions.includes(key)))
      problem('conveners', 'must be among the institutions')
  })
export type MeetingContent = z.output<typeof meetingContentSchema>

export const meetingSteps = ['record', 'invite', 'move', 'commit', 'progress', 'close'] as const
export type MeetingStep = (typeof meetingSteps)[number]

export const progressStatuses = ['under_way', 'fulfilled', 'rescheduled'] as const

/** What each step carries beside `step`, `after`, `by`: required, allowed. */
const fieldsOf: Record<MeetingStep, { needs: readonly string[]; may?: readonly string[] }> = {
  record: { needs: ['record'] },
  invite: { needs: ['to'] },
  move: { needs: ['starts_ts'] },
  commit: { needs: ['record', 'responsible', 'due_ts'] },
  progress: { needs: ['commitment', 'status'], may: ['record', 'due_ts'] },
  close: { needs: ['next_ts'], may: ['record'] },
}
const stepFields = [
  'record',
  'to',
  'starts_ts',
  'responsible',
  'due_ts',
  'commitment',
  'status',
  'next_ts',
] as const

/** Content of `org.enlace.meeting.update`: one step. */
export const meetingUpdateContentSchema = z
  .strictObject({
    'm.relates_to': z.strictObject({ rel_type: z.literal('m.reference'), event_id: eventIdSchema }),
    /** the newest steps the sender had seen; absent: only the meeting itself */
    after: z.array(eventIdSchema).min(1).max(maxHeads).optional(),
    step: z.enum(meetingSteps),
    by: actorSchema,
    /** the encrypted event with what was written; of the same sender */
    record: eventIdSchema.optional(),
    /** invite: the institution */
    to: institutionKeySchema.optional(),
    /** move: the new beginning */
    starts_ts: timestampSchema.optional(),
    responsible: institutionKeySchema.optional(),
    /** commit, and progress that reschedules: the end of the day it is due */
    due_ts: timestampSchema.optional(),
    /** progress: the step that made the commitment */
    commitment: eventIdSchema.optional(),
    status: z.enum(progressStatuses).optional(),
    /** close: when the next meeting begins */
    next_ts: timestampSchema.optional(),
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
    if (value.step !== 'progress') return
    const rescheduled = value.status === 'rescheduled'
    if (rescheduled && value.due_ts === undefined) problem('due_ts', 'is required to reschedule')
    if (rescheduled && value.record === undefined)
      problem('record', 'is required to reschedule: it says the reason')
    if (!rescheduled && value.due_ts !== undefined) problem('due_ts', 'belongs in rescheduling only')
  })
export type MeetingUpdateContent = z.output<typeof meetingUpdateContentSchema>

/** A step as whoever takes it writes it; the reference, `after` and `by` are added by `meetingUpdateContent`. */
export type MeetingStepDraft = Omit<MeetingUpdateContent, 'm.relates_to' | 'after' | 'by'>

export function meetingUpdateContent(
  of: { id: string; heads: readonly string[] },
  by: Actor,
  draft: MeetingStepDraft,
): MeetingUpdateContent {
  return { ...stepRelation(of), by, ...draft }
}
