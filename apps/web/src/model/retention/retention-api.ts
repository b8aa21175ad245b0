/** Periods, holds and deletions as the node tells them. */
import {
  caseKindKeys,
  type HoldReason,
  holdReasons,
  type RetentionSubject,
  retentionSubjects,
} from '@enlace/coordination'
import { z } from 'zod'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'

const text = z.object({ es: z.string(), en: z.string() })
const subject = z.enum(retentionSubjects)
const days = z.partialRecord(subject, z.number())
const period = z.object({
  days: z.number(),
  from: z.enum(['network', 'institution', 'law']),
  institution: z.string().optional(),
  basis: z.string().optional(),
})
const word = z.object({ institution: z.string(), sender: z.string(), at: z.number() })
const hold = z.object({
  about: z.string(),
  state: z.enum(['asked', 'held', 'lifted']),
  reason: z.enum(Object.keys(holdReasons) as [HoldReason, ...HoldReason[]]),
  review_ts: z.number(),
  placed: z.array(word),
  lifted: z.array(word),
  alone_until: z.number().optional(),
})
const counts = z.object({ events: z.number(), files: z.number(), keys: z.number() })
const device = z.object({
  user_id: z.string(),
  device_id: z.string(),
  confirmed_ts: z.number().optional(),
  last_seen_ts: z.number().optional(),
})
const sum = z.object({ confirmed: z.number(), waiting: z.number() })
const erasure = z.object({
  id: z.string(),
  room_id: z.string(),
  subject: z.string(),
  until_ts: z.number().optional(),
  about: z.object({ reference: z.string(), kind: z.enum(caseKindKeys), ended_ts: z.number() }).optional(),
  state: z.enum(['erasing', 'rewriting', 'done']),
  began_ts: z.number(),
  counts,
  receipts: z.array(
    z.object({
      server: z.string(),
      receipt: z.object({ erased_ts: z.number(), counts, storage: z.string() }),
    }),
  ),
  unconfirmed: z.array(z.object({ server: z.string(), since: z.number(), why: z.string() })),
  devices: sum.extend({
    /** as the other servers say of theirs */
    elsewhere: z.array(sum.extend({ server: z.string() })).default([]),
    /** for the institutions' coordination */
    list: z.array(device).optional(),
  }),
})
const overviewSchema = z.object({
  /** Whether the node deletes by itself; if not, it says so in words. */
  deletes: z.boolean(),
  message: text.optional(),
  institution: z.string().optional(),
  defaults: z.array(z.object({ subject, label: text, days: z.number(), why: text })),
  stays: z.array(text),
  channels: z.array(
    z.object({
      room_id: z.string(),
      rules: z.array(
        z.object({
          institution: z.string(),
          shorter: days,
          law: z.array(z.object({ subject, days: z.number(), basis: z.string() })),
        }),
      ),
      rule_heads: z.record(z.string(), z.array(z.string())),
      holds: z.array(hold),
      hold_heads: z.record(z.string(), z.array(z.string())),
    }),
  ),
  upcoming: z.array(
    z.object({
      case_id: z.string(),
      room_id: z.string(),
      reference: z.string(),
      kind: z.enum(caseKindKeys),
      due_ts: z.number(),
      state: z.enum(['waits', 'held', 'due']),
      period,
      hold: hold.optional(),
    }),
  ),
  due_messages: z.array(z.object({ room_id: z.string(), until_ts: z.number() })),
  erasures: z.array(erasure),
})
const previewSchema = z.object({
  cases: z.number(),
  at_once: z.number(),
  messages: z.number(),
  first_ts: z.number().optional(),
})

const caseSchema = z.object({
  room_id: z.string(),
  deletes: z.boolean(),
  message: text.optional(),
  state: z.enum(['open', 'waits', 'held', 'due']).optional(),
  due_ts: z.number().optional(),
  period: period.optional(),
  holds: z.array(hold),
  erasure: erasure.optional(),
  stays: z.array(text),
})

export type ShownErasure = z.output<typeof erasure>
export type CaseRetention = z.output<typeof caseSchema>
export type RetentionOverview = z.output<typeof overviewSchema>
export type RetentionPreview = z.output<typeof previewSchema>
export type ShorterDays = Partial<Record<RetentionSubject, number>>

export const fetchRetention = async (request: AuthedRequest): Promise<RetentionOverview> =>
  overviewSchema.parse(await request('GET', `${ENLACE}/retention`))

export const previewShorter = async (
  request: AuthedRequest,
  roomId: string,
  shorter: ShorterDays,
): Promise<RetentionPreview> =>
  previewSchema.parse(await request('POST', `${ENLACE}/retention/preview`, { room_id: roomId, shorter }))

export const fetchCaseRetention = async (request: AuthedRequest, caseId: string): Promise<CaseRetention> =>
  caseSchema.parse(await request('GET', `${ENLACE}/retention/cases/${encodeURIComponent(caseId)}`))
