/** How far what was sent has come, as the node tells it (`/delivery`). */
import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'

const summarySchema = z.object({
  state: z.enum(['sent', 'undelivered', 'accepted', 'on_device', 'read']),
  institutions: z.number(),
  on_device: z.number(),
  read: z.number(),
  readers: z.number(),
  missing: z
    .array(
      z.object({
        server_name: z.string(),
        reason: z.enum(['unreachable', 'not_on_list']),
        since_ts: z.number(),
      }),
    )
    .optional(),
})
export type DeliverySummary = z.output<typeof summarySchema>

const batchSchema = z.object({
  events: z.record(z.string(), summarySchema).optional(),
  names: z.record(z.string(), z.array(z.string())).optional(),
})

const groupSchema = z.object({
  name: z.string().nullable(),
  country: z.string().nullable(),
  own: z.boolean(),
  persons: z.number(),
  on_device: z.number(),
  on_device_by_ts: z.number().optional(),
  read: z.number(),
  read_by_ts: z.number().optional(),
})
const serverSchema = z.object({
  server_name: z.string(),
  state: z.enum(['accepted', 'waiting', 'unreachable', 'not_on_list', 'unknown']),
  accepted_ts: z.number().optional(),
  unreachable_since_ts: z.number().optional(),
  names: z.array(z.string()),
  institutions: z.array(groupSchema),
})
export type DeliveryGroup = z.output<typeof groupSchema>
export type DeliveryServer = z.output<typeof serverSchema>

const ledgerSchema = z.object({
  sent_ts: z.number(),
  servers: z.array(serverSchema),
  summary: summarySchema,
})
export type DeliveryLedger = z.output<typeof ledgerSchema>

/** Institution names by server. */
export type PartnerNames = Readonly<Record<string, readonly string[]>>

const path = (roomId: string) => `${ENLACE}/rooms/${encodeURIComponent(roomId)}/delivery`

export interface Summaries {
  events: Record<string, DeliverySummary>
  names: PartnerNames
}

/** At most this many events are asked for at once. */
export const MAX_ASKED = 50

/** @returns undefined on a server that does not know the endpoint. @throws RequestError */
export async function fetchSummaries(
  request: AuthedRequest,
  roomId: string,
  eventIds: readonly string[],
): Promise<Summaries | undefined> {
  const list = eventIds.map(encodeURIComponent).join(',')
  const answer = await unlessAbsent(
    request('GET', `${path(roomId)}?events=${list}`).then((found) => batchSchema.parse(found)),
  )
  return answer?.events && { events: answer.events, names: answer.names ?? {} }
}

/** @throws RequestError */
export async function fetchLedger(
  request: AuthedRequest,
  roomId: string,
  eventId: string,
): Promise<DeliveryLedger> {
  return ledgerSchema.parse(await request('GET', `${path(roomId)}/${encodeURIComponent(eventId)}`))
}
