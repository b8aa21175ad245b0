/** Events and state of rooms, for servers that are in them (server-server API, "Retrieving events" and before). */
import type { Pdu } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { notFound } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import type { StoredEvent } from '../../rooms/types.ts'
import {
  accessEvent,
  accessRoom,
  accessRoomEvent,
  anyObject,
  checkShape,
  eventParams,
  id,
  roomParams,
  V1,
} from './access.ts'

const MAX_BACKFILL = 100
const MAX_MISSING = 50

const pdus = (events: readonly StoredEvent[]): Pdu[] => events.map((event) => event.pdu)
const inTransaction = (ctx: Context, events: Pdu[]) => ({
  origin: ctx.serverName,
  origin_server_ts: Date.now(),
  pdus: events,
})

/** The state before an event, and what authorises it. */
async function stateBefore(ctx: Context, origin: string, roomId: string, eventId: string) {
  await accessRoomEvent(ctx, origin, roomId, eventId)
  const state = await ctx.rooms.stateBefore(eventId)
  if (!state) throw notFound('There is no such event.')
  const ids = [...state.ids.values()]
  return { ids, chain: await ctx.rooms.authChain(ids) }
}

const missingBody = z.looseObject({
  earliest_events: z.array(id).max(100),
  latest_events: z.array(id).max(100),
  limit: z.number().int().min(0).default(10),
  min_depth: z.number().int().default(0),
})

export const historyRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${V1}/event/:eventId`,
    auth: 'server',
    entryPoint: 'backfill',
    params: z.object({ eventId: id }),
    async handler({ ctx, origin, params }) {
      const event = await accessEvent(ctx, origin, params.eventId)
      return inTransaction(ctx, await ctx.rooms.visibleToServer(origin, [event]))
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/state/:roomId`,
    auth: 'server',
    entryPoint: 'state',
    params: roomParams,
    query: z.object({ event_id: id }),
    async handler({ ctx, origin, params, query }) {
      const { ids, chain } = await stateBefore(ctx, origin, params.roomId, query.event_id)
      return { pdus: pdus(await ctx.rooms.events(ids)), auth_chain: pdus(chain) }
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/state_ids/:roomId`,
    auth: 'server',
    entryPoint: 'state',
    params: roomParams,
    query: z.object({ event_id: id }),
    async handler({ ctx, origin, params, query }) {
      const { ids, chain } = await stateBefore(ctx, origin, params.roomId, query.event_id)
      return { pdu_ids: ids, auth_chain_ids: chain.map((event) => event.eventId) }
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/event_auth/:roomId/:eventId`,
    auth: 'server',
    entryPoint: 'state',
    params: eventParams,
    async handler({ ctx, origin, params }) {
      const event = await accessRoomEvent(ctx, origin, params.roomId, params.eventId)
      const chain = await ctx.rooms.authChain([event.eventId])
      return { auth_chain: pdus(chain.filter((one) => one.eventId !== event.eventId)) }
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/backfill/:roomId`,
    auth: 'server',
    entryPoint: 'backfill',
    params: roomParams,
    query: z.object({ v: z.array(id).min(1).max(50), limit: z.coerce.number().int().min(1) }),
    repeated: ['v'],
    async handler({ ctx, origin, params, query }) {
      await accessRoom(ctx, origin, params.roomId)
      const limit = Math.min(query.limit, MAX_BACKFILL)
      const events = await ctx.rooms.backfillFrom(params.roomId, query.v, limit)
      return inTransaction(ctx, await ctx.rooms.visibleToServer(origin, events))
    },
  }),
  route({
    method: 'POST',
    path: `${V1}/get_missing_events/:roomId`,
    auth: 'server',
    entryPoint: 'backfill',
    params: roomParams,
    rateLimit: 'read',
    body: anyObject,
    async handler({ ctx, origin, params, body: given }) {
      await accessRoom(ctx, origin, params.roomId)
      const body = checkShape(missingBody, given)
      const events = await ctx.rooms.missingBetween(
        params.roomId,
        body.earliest_events,
        body.latest_events,
        Math.min(body.limit, MAX_MISSING),
        body.min_depth,
      )
      return { events: await ctx.rooms.visibleToServer(origin, events) }
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/timestamp_to_event/:roomId`,
    auth: 'server',
    entryPoint: 'backfill',
    params: roomParams,
    query: z.object({ ts: z.coerce.number().int(), dir: z.enum(['f', 'b']) }),
    async handler({ ctx, origin, params, query }) {
      await accessRoom(ctx, origin, params.roomId)
      const event = await ctx.rooms.eventAt(params.roomId, query.ts, query.dir)
      if (!event) throw notFound('There is no event at that time.')
      return { event_id: event.eventId, origin_server_ts: event.pdu.origin_server_ts }
    },
  }),
]
