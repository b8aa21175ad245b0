/** Duty as the node keeps it (packages/homeserver/docs/enlace-api.md, "Duty"). */
import {
  type DutyPlan,
  type DutySwapAction,
  dutyCalendarSchema,
  dutyOverrideSchema,
  dutyPositionSchema,
  dutySwapSchema,
  dutyTurnSchema,
  type HandOverItem,
  handOverMarks,
} from '@enlace/coordination/duty'
import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'

const PATH = `${ENLACE}/duty`

const bilingual = z.object({ es: z.string(), en: z.string() })
const named = z.object({ user_id: z.string(), name: z.string().optional() })
const positionNow = z.object({
  key: z.string(),
  name: bilingual,
  contact: z.string().optional(),
  on_duty: z.array(named),
  until_ts: z.number(),
  next: z.object({ from_ts: z.number(), people: z.array(named) }).optional(),
})
const gap = z.object({ position: z.string(), from_ts: z.number(), to_ts: z.number() })
const handOverItem = z.object({
  case_id: z.string(),
  mark: z.enum(handOverMarks),
  reference: z.string().optional(),
})
const pageSchema = z.object({
  institution: z.string(),
  country: z.string(),
  now_ts: z.number(),
  revision: z.number(),
  keeps: z.boolean(),
  book: z.object({
    positions: z.array(dutyPositionSchema),
    turns: z.array(dutyTurnSchema),
    overrides: z.array(dutyOverrideSchema),
    calendar: dutyCalendarSchema,
  }),
  swaps: z.array(dutySwapSchema),
  people: z.array(
    z.object({
      user_id: z.string(),
      name: z.string(),
      role: z.string().optional(),
      /** whether anything but an open Enlace reaches them */
      reachable: z.boolean().optional(),
    }),
  ),
  spans: z.array(gap.extend({ people: z.array(z.string()) })),
  gaps: z.array(gap),
  now: z.array(positionNow),
  calendar: z.array(
    z.object({
      date: z.string(),
      name: bilingual,
      fromNoon: z.boolean().optional(),
      insteadOf: z.string().optional(),
      worked: z.boolean().optional(),
      own: z.boolean().optional(),
      municipality: z.string().optional(),
    }),
  ),
  confirm_year: z.number().optional(),
  hand_overs: z.array(
    z.object({ position: z.string(), by: z.string(), ts: z.number(), items: z.array(handOverItem) }),
  ),
  ending: z
    .array(
      z.object({
        escalation_id: z.string(),
        room_id: z.string(),
        reference: z.string().optional(),
        user_id: z.string(),
        ends_ts: z.number(),
        next: z.array(z.string()),
      }),
    )
    .default([]),
  publication: z.object({
    state: z.enum(['published', 'waiting', 'unsigned']),
    signer: z.enum(['node', 'coordinator', 'none']),
  }),
  updated_by: z.string().optional(),
  updated_ts: z.number().optional(),
})
export type DutyPage = z.output<typeof pageSchema>

const nowSchema = z.object({
  institution: z.string(),
  name: z.string(),
  now_ts: z.number(),
  source: z.enum(['own', 'signed', 'live', 'copy', 'none']),
  away: z.boolean(),
  as_of_ts: z.number().optional(),
  positions: z.array(positionNow),
})
export type DutyNow = z.output<typeof nowSchema>

const feedSchema = z.object({
  id: z.string(),
  kind: z.enum(['person', 'position']),
  position: z.string().optional(),
  created_ts: z.number(),
  last_ts: z.number().optional(),
})
export type Feed = z.output<typeof feedSchema>

/** @returns undefined on a server that keeps no duty */
export const fetchDutyPage = (request: AuthedRequest, from: number, to: number) =>
  unlessAbsent(
    request('GET', `${PATH}/book?from=${from}&to=${to}`).then((answer) => pageSchema.parse(answer)),
  )

export const saveDutyPlan = (request: AuthedRequest, revision: number, plan: DutyPlan) =>
  request('PUT', `${PATH}/book`, { revision, plan })

export const saveDutyCalendar = (
  request: AuthedRequest,
  revision: number,
  { feasts, worked }: Pick<DutyPage['book']['calendar'], 'feasts' | 'worked'>,
) => request('PUT', `${PATH}/calendar`, { revision, feasts, worked })

export const confirmDutyYear = (request: AuthedRequest, year: number) =>
  request('POST', `${PATH}/calendar/confirm`, { year })

export interface WantedSwap {
  position: string
  taker: string
  from_ts: number
  to_ts: number
}
export const askSwap = (request: AuthedRequest, wanted: WantedSwap) =>
  request('POST', `${PATH}/swaps`, wanted)
export const answerSwap = (request: AuthedRequest, id: string, action: DutySwapAction) =>
  request('POST', `${PATH}/swaps/${encodeURIComponent(id)}`, { action })

export const sendHandOver = (request: AuthedRequest, position: string, items: readonly HandOverItem[]) =>
  request('POST', `${PATH}/hand-overs`, { position, items })

export const fetchFeeds = async (request: AuthedRequest) =>
  z.object({ feeds: z.array(feedSchema) }).parse(await request('GET', `${PATH}/feeds`)).feeds
export const createFeed = async (request: AuthedRequest, position?: string) =>
  feedSchema
    .extend({ path: z.string() })
    .parse(
      await request(
        'POST',
        `${PATH}/feeds`,
        position === undefined ? { kind: 'person' } : { kind: 'position', position },
      ),
    )
export const revokeFeed = (request: AuthedRequest, id: string) =>
  request('DELETE', `${PATH}/feeds/${encodeURIComponent(id)}`)

/** Who is on duty at an institution of the network now. */
export const fetchDutyNow = async (
  request: AuthedRequest,
  institution: string,
  topic?: string,
): Promise<DutyNow> => {
  const query = new URLSearchParams({ institution, ...(topic === undefined ? {} : { topic }) })
  return nowSchema.parse(await request('GET', `${PATH}/now?${query}`))
}

/** Opens the encrypted conversation with whoever is on duty. @returns its room */
export const writeToDuty = async (request: AuthedRequest, institution: string, position?: string) =>
  z.object({ room_id: z.string() }).parse(
    await request('POST', `${PATH}/write`, {
      institution,
      ...(position === undefined ? {} : { position }),
    }),
  ).room_id
