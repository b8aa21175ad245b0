/** Reports of messages, decisions and appeals as the node tells them. What was written is in none of it. */
import { z } from 'zod'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'

export const reportReasons = ['child_data', 'impersonation', 'threats', 'fraud', 'other'] as const
export type ReportReason = (typeof reportReasons)[number]
const reason = z.enum(reportReasons).catch('other')
const kind = z.enum(['message', 'room', 'person'])
const outcome = z.enum(['removed', 'warned', 'suspended', 'none'])

const deskSchema = z.object({
  server: z.string(),
  institution: z.string().optional(),
  outcome: outcome.optional(),
  reason: z.string().optional(),
  decided_ts: z.number().optional(),
})
const filedSchema = z.object({
  id: z.string(),
  kind,
  reason,
  room_id: z.string().optional(),
  event_id: z.string().optional(),
  about: z.string().optional(),
  filed_ts: z.number(),
  named: z.boolean(),
  disclosed: z.boolean(),
  desks: z.array(deskSchema),
})
export type FiledReport = z.output<typeof filedSchema>

export const decisionSchema = z.object({
  id: z.string(),
  institution: z.string(),
  user_id: z.string(),
  kind: z.enum(['warning', 'suspension']),
  reason: z.string(),
  by: z.string(),
  ts: z.number(),
  acknowledged_ts: z.number().optional(),
  lifted_ts: z.number().optional(),
  appeal: z.object({ ts: z.number(), words: z.string() }).optional(),
  answer: z
    .object({
      ts: z.number(),
      by: z.string(),
      outcome: z.enum(['upheld', 'undone']),
      reason: z.string(),
      same_person: z.boolean(),
    })
    .optional(),
})
export type Decision = z.output<typeof decisionSchema>
const deskDecisionSchema = decisionSchema.extend({ answerable: z.enum(['yes', 'same_person', 'no']) })
export type DeskDecision = z.output<typeof deskDecisionSchema>

const reportSchema = z.object({
  id: z.string(),
  ref: z.string(),
  kind,
  reason,
  origin: z.string(),
  reporter: z.string().optional(),
  reporter_institution: z.string().optional(),
  room_id: z.string().optional(),
  event_id: z.string().optional(),
  about: z.string().optional(),
  sent_ts: z.number().optional(),
  filed_ts: z.number(),
  disclosed: z.boolean(),
  state: z.enum(['new', 'taken', 'decided']),
  taken_by: z.string().optional(),
  removed_by: z.string().optional(),
  removed_ts: z.number().optional(),
  outcome: outcome.optional(),
  reason_text: z.string().optional(),
  decided_by: z.string().optional(),
  decided_ts: z.number().optional(),
})
export type DeskReport = z.output<typeof reportSchema>
const openedSchema = reportSchema.extend({
  evidence: z.array(
    z.object({
      event_id: z.string(),
      sender: z.string(),
      origin_server_ts: z.number(),
      content: z.record(z.string(), z.unknown()),
    }),
  ),
  ours: z.boolean(),
  may_remove: z.boolean(),
  ask: z.array(z.string()),
  decision: decisionSchema.optional(),
})
export type OpenedReport = z.output<typeof openedSchema>

const readersSchema = z.object({
  desks: z.array(
    z.object({
      server: z.string(),
      institution: z.string().optional(),
      coordinators: z.array(z.string()),
    }),
  ),
})
export type Readers = z.output<typeof readersSchema>['desks']

const enc = encodeURIComponent
const DESK = `${ENLACE}/institution/reports`

export const fetchReaders = async (request: AuthedRequest, roomId: string, eventId: string) =>
  readersSchema.parse(
    await request('GET', `${ENLACE}/reports/readers?room_id=${enc(roomId)}&event_id=${enc(eventId)}`),
  ).desks

export const fileReport = async (
  request: AuthedRequest,
  report: { room_id: string; event_id: string; reason: ReportReason; named: boolean; disclosed: boolean },
) => filedSchema.parse(await request('POST', `${ENLACE}/reports`, report))

export const fetchFiled = async (request: AuthedRequest) =>
  z.object({ reports: z.array(filedSchema) }).parse(await request('GET', `${ENLACE}/reports`)).reports

export const fetchDesk = async (request: AuthedRequest) =>
  z
    .object({ reports: z.array(reportSchema), decisions: z.array(deskDecisionSchema) })
    .parse(await request('GET', DESK))

export const fetchReport = async (request: AuthedRequest, id: string) =>
  openedSchema.parse(await request('GET', `${DESK}/${enc(id)}`))

export const decisionPath = (id: string) => `${DESK}/${enc(id)}/decide`

export const actOnReport = (
  request: AuthedRequest,
  id: string,
  what: 'take' | 'remove' | 'decide',
  body: object = {},
) => request('POST', `${DESK}/${enc(id)}/${what}`, body)

export const fetchDecisions = async (request: AuthedRequest) =>
  z.object({ decisions: z.array(decisionSchema) }).parse(await request('GET', `${ENLACE}/decisions`))
    .decisions

export const actOnDecision = (
  request: AuthedRequest,
  id: string,
  what: 'acknowledge' | 'appeal',
  body: object = {},
) => request('POST', `${ENLACE}/decisions/${enc(id)}/${what}`, body)

export const answerAppeal = (
  request: AuthedRequest,
  id: string,
  body: { outcome: 'upheld' | 'undone'; reason: string },
) => request('POST', `${ENLACE}/institution/decisions/${enc(id)}/answer`, body)
