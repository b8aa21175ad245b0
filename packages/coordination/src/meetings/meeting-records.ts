/** What people write in a meeting: the content of the encrypted `org.enlace.meeting.record`, without its relation. */
import { z } from 'zod'
import { eventIdSchema } from '../cases/case-events.ts'
import { maxHeads } from '../causal-order.ts'
import { institutionKeySchema } from '../members.ts'

const line = (max: number) => z.string().trim().min(1).max(max)

export const agendaStatuses = ['proposed', 'agreed', 'withdrawn'] as const
export const voteChoices = ['yes', 'no', 'abstain'] as const

const detailsSchema = z.strictObject({
  what: z.literal('details'),
  title: line(200),
  place: line(300),
  /** ISO 3166-1 alpha-2: where the place is; absent: a call */
  country: z.enum(['HN', 'GT']).optional(),
})

const agendaSchema = z.strictObject({
  what: z.literal('agenda'),
  /** absent: a new one */
  item: eventIdSchema.optional(),
  title: line(300),
  order: z.int().min(0).max(999),
  status: z.enum(agendaStatuses),
})

const paragraphSchema = z.strictObject({
  what: z.literal('paragraph'),
  /** absent: a new one */
  paragraph: eventIdSchema.optional(),
  /** versions the writer had before them: these are superseded knowingly */
  bases: z.array(eventIdSchema).max(maxHeads).optional(),
  /** the agenda item it belongs to */
  item: eventIdSchema.optional(),
  /** empty: struck out */
  text: z.string().trim().max(8_000),
})

const attendanceSchema = z.strictObject({
  what: z.literal('attendance'),
  institution: institutionKeySchema,
  /** empty: nobody came */
  people: z
    .array(
      z.strictObject({ position: line(120), name: line(120).optional(), remote: z.boolean().optional() }),
    )
    .max(50),
})

const answerSchema = z.strictObject({
  what: z.literal('answer'),
  answer: z.enum(['confirmed', 'declined']),
})

const decisionSchema = z.strictObject({
  what: z.literal('decision'),
  text: line(2_000),
  how: z.enum(['consensus', 'vote']),
  /** institutions that have to take a stand for it to count */
  quorum: z.int().min(1).max(60),
  item: eventIdSchema.optional(),
})

const voteSchema = z.strictObject({
  what: z.literal('vote'),
  decision: eventIdSchema,
  choice: z.enum(voteChoices),
})

const documentSchema = z.strictObject({
  what: z.literal('document'),
  title: line(200),
  /** the message of the thread that carries the file */
  event_id: eventIdSchema,
})

const commitmentSchema = z.strictObject({
  what: z.literal('commitment'),
  text: line(1_000),
  /** who is in charge, by position */
  position: line(120),
  item: eventIdSchema.optional(),
})

const progressSchema = z.strictObject({
  what: z.literal('progress'),
  /** why it is rescheduled, or a remark */
  reason: line(1_000).optional(),
  evidence: line(1_000).optional(),
})

const nextSchema = z.strictObject({ what: z.literal('next'), place: line(300) })

const signSchema = z.strictObject({
  what: z.literal('sign'),
  /** of the minutes' canonical JSON, unpadded URL-safe Base64 */
  sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** over `minutesStatement`, with a key the network's coordinators gave the institution; absent: its people's word alone */
  key: z
    .strictObject({
      keyid: z.string().regex(/^[0-9a-f]{64}$/),
      /** Ed25519 */
      sig: z.string().regex(/^[0-9a-f]{128}$/),
    })
    .optional(),
})

export const meetingRecordSchema = z.discriminatedUnion('what', [
  detailsSchema,
  agendaSchema,
  paragraphSchema,
  attendanceSchema,
  answerSchema,
  decisionSchema,
  voteSchema,
  documentSchema,
  commitmentSchema,
  progressSchema,
  nextSchema,
  signSchema,
])
export type MeetingRecord = z.output<typeof meetingRecordSchema>
export type RecordOf<What extends MeetingRecord['what']> = Extract<MeetingRecord, { what: What }>

/** A record as a device decrypted it. `content`: without the relation. */
export interface ReadRecord {
  sender: string
  /** the meeting in whose thread it is */
  meeting: string
  content: unknown
}
