/** Reading a room (client-server API, "Getting events for a room", "Relationships between events", "Event context"). */
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { notFound } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { pageToken, positionSchema } from '../../sync/token.ts'
import { accessRoom, accessState } from '../access.ts'
import { clientEvent } from '../client-event.ts'
import type { StoredEvent } from '../types.ts'
import { eventParams, limit, roomParams } from './schemas.ts'

const eventFilter = z.looseObject({
  types: z.array(z.string()).nullish(),
  not_types: z.array(z.string()).nullish(),
  senders: z.array(z.string()).nullish(),
  not_senders: z.array(z.string()).nullish(),
  contains_url: z.boolean().nullish(),
  lazy_load_members: z.boolean().nullish(),
  related_by_senders: z.array(z.string()).nullish(),
  related_by_rel_types: z.array(z.string()).nullish(),
})
type EventFilter = z.output<typeof eventFilter>

const jsonFilter = z
  .string()
  .max(65_536)
  .transform((text, check): EventFilter => {
    try {
      return eventFilter.parse(JSON.parse(text))
    } catch {
      check.addIssue('must be a filter as JSON')
      return z.NEVER
    }
  })
  .optional()

const matches = (patterns: readonly string[], value: string) =>
  patterns.some((pattern) =>
    pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : pattern === value,
  )

function passes(filter: EventFilter | undefined, { pdu }: StoredEvent): boolean {
  if (!filter) return true
  if (filter.types && !matches(filter.types, pdu.type)) return false
  if (filter.not_types && matches(filter.not_types, pdu.type)) return false
  if (filter.senders && !filter.senders.includes(pdu.sender)) return false
  if (filter.not_senders?.includes(pdu.sender)) return false
  if (filter.contains_url != null && (typeof pdu.content['url'] === 'string') !== filter.contains_url)
    return false
  return true
}

export const readRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/rooms/:roomId/messages'),
    auth: 'user',
    params: roomParams,
    query: z.object({
      dir: z.enum(['b', 'f']),
      from: positionSchema.optional(),
      to: positionSchema.optional(),
      limit: limit(10, 1_000),
      filter: jsonFilter,
    }),
    async handler({ ctx, requester, params, query }) {
      const { roomId } = params
      const { leftAt } = await accessRoom(ctx, roomId, requester.userId)
      const backwards = query.dir === 'b'
      // Positions start after 0; history fetched later lies below it.
      let from = query.from ?? (backwards ? ctx.stream.stable : Number.MIN_SAFE_INTEGER)
      if (leftAt !== undefined && backwards) from = Math.min(from, leftAt)
      const to = leftAt !== undefined && !backwards ? Math.min(query.to ?? leftAt, leftAt) : query.to
      const read = () =>
        ctx.rooms.timeline(roomId, {
          from: backwards ? from + 1 : from,
          to,
          dir: query.dir,
          limit: query.limit,
        })
      let events = await read()
      if (backwards && events.length < query.limit && query.to === undefined) {
        const oldest = events.at(-1) ?? (await ctx.rooms.timeline(roomId, { dir: 'f', limit: 1 }))[0]
        if (oldest && (await fetchBefore(ctx, roomId, oldest, query.limit))) events = await read()
      }
      const visible = (await ctx.rooms.visibleTo(requester.userId, events)).filter((event) =>
        passes(query.filter, event),
      )
      const last = events.at(-1)
      const done = last === undefined || (events.length < query.limit && query.to === undefined)
      const end = last && !(backwards && done) ? pageToken(backwards ? last.pos! - 1 : last.pos!) : undefined
      return {
        start: query.from === undefined ? pageToken(backwards ? from : 0) : pageToken(query.from),
        ...(end === undefined ? {} : { end }),
        chunk: await Promise.all(visible.map((event) => clientEvent(ctx, event, requester))),
        state: query.filter?.lazy_load_members ? await senders(ctx, roomId, visible, requester) : [],
      }
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/rooms/:roomId/event/:eventId'),
    auth: 'user',
    params: eventParams,
    async handler({ ctx, requester, params }) {
      const event = await eventIn(ctx, params.roomId, params.eventId, requester.userId)
      return clientEvent(ctx, event, requester)
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/rooms/:roomId/context/:eventId'),
    auth: 'user',
    params: eventParams,
    query: z.object({ limit: limit(10, 100), filter: jsonFilter }),
    async handler({ ctx, requester, params, query }) {
      const { roomId } = params
      const event = await eventIn(ctx, roomId, params.eventId, requester.userId)
      const half = Math.max(1, Math.floor(query.limit / 2))
      const leftAt = (await ctx.rooms.leftWith(roomId, requester.userId))?.pos
      const around = async (dir: 'b' | 'f') => {
        const to = dir === 'f' && leftAt !== undefined ? Math.max(leftAt, event.pos!) : undefined
        return ctx.rooms.timeline(roomId, { from: event.pos!, to, dir, limit: half })
      }
      const [before, after] = await Promise.all([around('b'), around('f')])
      const keep = async (events: StoredEvent[]) =>
        (await ctx.rooms.visibleTo(requester.userId, events)).filter((one) => passes(query.filter, one))
      const [earlier, later] = [await keep(before), await keep(after)]
      const format = (events: StoredEvent[]) =>
        Promise.all(events.map((one) => clientEvent(ctx, one, requester)))
      const state = await ctx.rooms.stateAfter((after.at(-1) ?? event).eventId)
      const stateEvents = query.filter?.lazy_load_members
        ? [
            ...((await state?.all()) ?? []).filter(({ pdu }) => pdu.type !== 'm.room.member'),
            ...(await senderEvents(ctx, roomId, [...earlier, event, ...later], requester)),
          ]
        : ((await state?.all()) ?? [])
      return {
        start: pageToken((before.at(-1)?.pos ?? event.pos!) - 1),
        end: pageToken(after.at(-1)?.pos ?? event.pos!),
        event: await clientEvent(ctx, event, requester),
        events_before: await format(earlier),
        events_after: await format(later),
        state: await format(stateEvents),
      }
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/rooms/:roomId/members'),
    auth: 'user',
    params: roomParams,
    query: z.object({
      at: positionSchema.optional(),
      membership: z.enum(['join', 'invite', 'leave', 'ban', 'knock']).optional(),
      not_membership: z.enum(['join', 'invite', 'leave', 'ban', 'knock']).optional(),
    }),
    async handler({ ctx, requester, params, query }) {
      let state = await accessState(ctx, params.roomId, requester.userId)
      if (query.at !== undefined) {
        const { leftAt } = await accessRoom(ctx, params.roomId, requester.userId)
        const from = Math.min(query.at, leftAt ?? query.at) + 1
        const [event] = await ctx.rooms.timeline(params.roomId, { from, dir: 'b', limit: 1 })
        const then = event && (await ctx.rooms.stateAfter(event.eventId))
        if (then) state = then
      }
      const ids = [...state.ids].filter(([key]) => key.startsWith('m.room.member\u0000')).map(([, id]) => id)
      const members = (await ctx.rooms.events(ids)).filter(({ pdu }) => {
        const membership = pdu.content['membership']
        if (query.membership === undefined && query.not_membership === undefined) return true
        return (
          (query.membership !== undefined && membership === query.membership) ||
          (query.not_membership !== undefined && membership !== query.not_membership)
        )
      })
      return { chunk: await Promise.all(members.map((event) => clientEvent(ctx, event, requester))) }
    },
  }),
  ...[
    '/rooms/:roomId/relations/:eventId',
    '/rooms/:roomId/relations/:eventId/:relType',
    '/rooms/:roomId/relations/:eventId/:relType/:eventType',
  ].map((path) =>
    route({
      method: 'GET',
      path: `/_matrix/client/v1${path}`,
      auth: 'user',
      params: eventParams.extend({
        relType: z.string().max(255).optional(),
        eventType: z.string().max(255).optional(),
      }),
      query: z.object({
        dir: z.enum(['b', 'f']).default('b'),
        from: positionSchema.optional(),
        to: positionSchema.optional(),
        limit: limit(5, 100),
        recurse: z.enum(['true', 'false']).optional(),
      }),
      async handler({ ctx, requester, params, query }) {
        const parent = await ctx.rooms.accessEvent(requester.userId, params.eventId)
        if (parent?.roomId !== params.roomId) throw notFound('There is no such event in this room.')
        const leftAt = (await ctx.rooms.leftWith(params.roomId, requester.userId))?.pos
        const end = leftAt === undefined ? Number.POSITIVE_INFINITY : leftAt + 1
        const found = await ctx.rooms.relations(params.roomId, params.eventId, {
          relType: params.relType,
          type: params.eventType,
          from: query.dir === 'b' && leftAt !== undefined ? Math.min(query.from ?? end, end) : query.from,
          dir: query.dir,
          limit: query.limit + 1,
        })
        const known = found.filter((event) => event.pos! < end)
        const page = known.slice(0, query.limit)
        const visible = await ctx.rooms.visibleTo(requester.userId, page)
        return {
          chunk: await Promise.all(visible.map((event) => clientEvent(ctx, event, requester))),
          ...(known.length > query.limit ? { next_batch: pageToken(page.at(-1)!.pos!) } : {}),
          ...(query.from === undefined ? {} : { prev_batch: pageToken(query.from) }),
          ...(query.recurse === 'true' ? { recursion_depth: 1 } : {}),
        }
      },
    }),
  ),
  route({
    method: 'GET',
    path: '/_matrix/client/v1/rooms/:roomId/threads',
    auth: 'user',
    params: roomParams,
    query: z.object({
      include: z.enum(['all', 'participated']).default('all'),
      from: positionSchema.optional(),
      limit: limit(20, 100),
    }),
    async handler({ ctx, requester, params, query }) {
      const { leftAt } = await accessRoom(ctx, params.roomId, requester.userId)
      // Roots in order of their latest reply, found by walking the replies from the newest.
      const roots: { id: string; pos: number }[] = []
      const seen = new Set<string>()
      const newest = (leftAt ?? ctx.stream.stable) + 1
      let from = Math.min(query.from ?? newest, newest)
      while (roots.length <= query.limit) {
        const events = await ctx.rooms.timeline(params.roomId, { from, dir: 'b', limit: 200 })
        for (const { pdu, pos } of events) {
          const relation = pdu.content['m.relates_to'] as
            | { rel_type?: unknown; event_id?: unknown }
            | undefined
          if (
            relation?.rel_type !== 'm.thread' ||
            typeof relation.event_id !== 'string' ||
            seen.has(relation.event_id)
          )
            continue
          seen.add(relation.event_id)
          roots.push({ id: relation.event_id, pos: pos! })
        }
        if (events.length < 200) break
        from = events.at(-1)!.pos!
      }
      const page = roots.slice(0, query.limit)
      const events = await ctx.rooms.visibleTo(
        requester.userId,
        await ctx.rooms.events(page.map((root) => root.id)),
      )
      const mine = query.include === 'all' ? events : []
      if (query.include === 'participated') {
        for (const event of events) {
          const replies = await ctx.rooms.relations(params.roomId, event.eventId, {
            relType: 'm.thread',
            dir: 'b',
            limit: 100,
          })
          if ([event, ...replies].some((one) => one.pdu.sender === requester.userId)) mine.push(event)
        }
      }
      return {
        chunk: await Promise.all(mine.map((event) => clientEvent(ctx, event, requester))),
        ...(roots.length > query.limit ? { next_batch: pageToken(page.at(-1)!.pos) } : {}),
      }
    },
  }),
  route({
    method: 'GET',
    path: '/_matrix/client/v1/rooms/:roomId/timestamp_to_event',
    auth: 'user',
    params: roomParams,
    query: z.object({ ts: z.coerce.number().int(), dir: z.enum(['f', 'b']) }),
    async handler({ ctx, requester, params, query }) {
      await accessRoom(ctx, params.roomId, requester.userId)
      const event = await ctx.rooms.eventAt(params.roomId, query.ts, query.dir)
      const visible = event && (await ctx.rooms.accessEvent(requester.userId, event.eventId))
      if (!visible) throw notFound('There is no event at that time.')
      return { event_id: visible.eventId, origin_server_ts: visible.pdu.origin_server_ts }
    },
  }),
]

/** How often older history is asked for to find one event of it. */
const REACH = 5

/** The event, as far as the person may see it. One from before this server came into the room is fetched from the others. */
async function eventIn(ctx: Context, roomId: string, eventId: string, userId: string): Promise<StoredEvent> {
  for (let round = 0; ; round++) {
    const event = await ctx.rooms.accessEvent(userId, eventId)
    if (event?.roomId === roomId) return event
    const stored = await ctx.rooms.event(eventId)
    const mayLieBefore = round < REACH && (stored === undefined || stored.outlier)
    if (!mayLieBefore || !(await isInside(ctx, roomId, userId)) || !(await fetchOldest(ctx, roomId)))
      throw notFound('There is no such event in this room.')
  }
}

const isInside = (ctx: Context, roomId: string, userId: string): Promise<boolean> =>
  accessRoom(ctx, roomId, userId).then(
    ({ leftAt }) => leftAt === undefined,
    () => false,
  )

async function fetchOldest(ctx: Context, roomId: string): Promise<boolean> {
  const [oldest] = await ctx.rooms.timeline(roomId, { dir: 'f', limit: 1 })
  return oldest !== undefined && fetchBefore(ctx, roomId, oldest, 100)
}

/** @returns whether other servers of the room had something older */
async function fetchBefore(
  ctx: Context,
  roomId: string,
  oldest: StoredEvent,
  count: number,
): Promise<boolean> {
  if (oldest.pdu.type === 'm.room.create' || !(await hasRemoteHistory(ctx, roomId, oldest))) return false
  const arrived = await ctx.federation.backfill(roomId, [oldest.eventId], Math.max(count, 100)).catch(() => 0)
  return arrived > 0
}

/** The oldest event known follows events that other servers in the room may have. */
async function hasRemoteHistory(ctx: Context, roomId: string, oldest: StoredEvent): Promise<boolean> {
  const known = await ctx.rooms.events(oldest.pdu.prev_events)
  if (known.length === oldest.pdu.prev_events.length && known.every((event) => !event.outlier)) return false
  return (await ctx.rooms.joinedServers(roomId)).some((server) => server !== ctx.serverName)
}

async function senderEvents(
  ctx: Context,
  roomId: string,
  events: readonly StoredEvent[],
  viewer: { userId: string },
): Promise<StoredEvent[]> {
  const state = await accessState(ctx, roomId, viewer.userId)
  const users = new Set(events.map((event) => event.pdu.sender))
  return ctx.rooms.events([...users].flatMap((user) => state.ids.get(`m.room.member\u0000${user}`) ?? []))
}

async function senders(
  ctx: Context,
  roomId: string,
  events: readonly StoredEvent[],
  viewer: { userId: string; deviceId: string },
) {
  return Promise.all(
    (await senderEvents(ctx, roomId, events, viewer)).map((event) => clientEvent(ctx, event, viewer)),
  )
}
