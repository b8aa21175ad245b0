/** What passes between nodes about reports: the envelope of one, its outcome, and who reads them. Never what was written. */
import { createHash } from 'node:crypto'
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { type FiledDoc, type ReportDoc, type ReportOutcome, reportReasons } from './types.ts'

export const REPORT_EDU = 'org.enlace.report'
export const REPORT_OUTCOME_EDU = 'org.enlace.report_outcome'
export const READERS_PATH = '/_enlace/federation/v1/report-readers'

/** A partner that sends more gets the surplus dropped: its coordinators have other ways to be heard. */
export const MAX_OF_PARTNER_PER_HOUR = 60
/** Different people may report the same; beyond so many nothing new is said by it. */
export const MAX_OF_PARTNER_ABOUT_ONE = 10

const userId = z.string().min(3).max(255).startsWith('@')
const ref = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/)

export const reportSchema = z
  .strictObject({
    id: ref,
    kind: z.enum(['message', 'person']),
    reason: z.enum(reportReasons),
    about: userId,
    room_id: z.string().max(255).startsWith('!').optional(),
    event_id: z.string().max(255).startsWith('$').optional(),
    filed_ts: z.int().min(0),
    disclosed: z.boolean(),
    reporter: userId.optional(),
    institution: z.string().max(100).optional(),
  })
  .refine((one) => one.kind === 'person' || (one.room_id !== undefined && one.event_id !== undefined))
export type SentReport = z.output<typeof reportSchema>

export const outcomeSchema = z.strictObject({
  id: ref,
  outcome: z.enum(['removed', 'warned', 'suspended', 'none']),
})

export const readersSchema = z.object({
  institution: z.string().max(100).optional(),
  coordinators: z.array(userId).max(200),
})

/** The same report at the same desk, however often it arrives. */
export const deskId = (origin: string, id: string, institution: string) =>
  createHash('sha256').update([origin, id, institution].join('\n')).digest('base64url')

export async function sendReport(ctx: Context, filed: FiledDoc, server: string, institution?: string) {
  const { _id, kind, reason, about, room_id, event_id, filed_ts, named, disclosed, reporter } = filed
  if (kind === 'room' || about === undefined) return
  const content: SentReport = {
    id: _id,
    kind,
    reason,
    about,
    filed_ts,
    disclosed: disclosed && named,
    ...(room_id === undefined ? {} : { room_id }),
    ...(event_id === undefined ? {} : { event_id }),
    ...(named ? { reporter } : {}),
    ...(institution === undefined ? {} : { institution }),
  }
  await ctx.federation.sendEdu([server], { edu_type: REPORT_EDU, content }, { durable: true })
}

export const sendOutcome = (ctx: Context, report: ReportDoc, outcome: ReportOutcome) =>
  ctx.federation.sendEdu(
    [report.origin],
    { edu_type: REPORT_OUTCOME_EDU, content: { id: report.ref, outcome } },
    { durable: true },
  )

/**
 * Whether a partner may say this: in its own people's name alone, of a message that is here, by somebody of here, in a room
 * that it is in. @returns why not
 */
export async function notCredible(
  ctx: Context,
  origin: string,
  report: SentReport,
): Promise<string | undefined> {
  const { about, reporter, room_id, event_id, institution } = report
  if (!ctx.accounts.isLocal(about) || !(await ctx.accounts.exists(about))) return 'nobody of here'
  if (institution !== undefined && !ctx.federation.hosts(origin, institution)) return 'not its institution'
  if (reporter !== undefined && serverNameOf(reporter) !== origin) return 'in the name of somebody else'
  if (report.kind === 'person')
    return (await sharesRoom(ctx, origin, about)) ? undefined : 'shares no room with the person'
  if (!(await ctx.rooms.joinedServers(room_id!)).includes(origin)) return 'not in the room'
  const event = await ctx.rooms.event(event_id!)
  if (event?.roomId !== room_id || event?.pdu.sender !== about) return 'no such message'
  if (reporter !== undefined && !(await ctx.rooms.visibleTo(reporter, [event!])).length) return 'not seen'
  return undefined
}

export async function sharesRoom(ctx: Context, server: string, local: string): Promise<boolean> {
  for (const { roomId, membership } of await ctx.rooms.roomsOf(local))
    if (membership === 'join' && (await ctx.rooms.joinedServers(roomId)).includes(server)) return true
  return false
}
