/** Meetings for clients (docs/enlace-api.md). */
import { z } from 'zod'
import { mayReadCase } from '../cases/board.ts'
import { notFound } from '../errors.ts'
import { answered, type Route, route } from '../http/route.ts'
import type { MeetingRow } from './types.ts'

const MAX_LISTED = 500

const CALENDAR = '/_enlace/client/v1/meetings/calendar'
const FEED_PATH = '/_enlace/meetings/calendar'

export const meetingRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/meetings',
    auth: 'user',
    async handler({ ctx, requester }) {
      await ctx.meetings.settled()
      const joined = new Set(
        (await ctx.rooms.roomsOf(requester.userId)).flatMap(({ roomId, membership }) =>
          membership === 'join' ? [roomId] : [],
        ),
      )
      const latest = [...ctx.meetings.rows()]
        .filter((row) => joined.has(row.room_id))
        .sort((a, b) => b.starts_ts - a.starts_ts)
        .slice(0, MAX_LISTED)
      const meetings: MeetingRow[] = []
      for (const row of latest) if (await mayReadCase(ctx, requester.userId, row.id)) meetings.push(row)
      return { now: ctx.clock.now(), meetings }
    },
  }),
  route({
    method: 'GET',
    path: CALENDAR,
    auth: 'user',
    handler: ({ ctx, requester }) => ctx.meetings.calendars.of(requester.userId),
  }),
  route({
    method: 'POST',
    path: CALENDAR,
    auth: 'user',
    body: z.strictObject({}),
    handler: async ({ ctx, requester }) => ({
      path: `${FEED_PATH}/${await ctx.meetings.calendars.renew(requester.userId)}.ics`,
    }),
  }),
  route({
    method: 'DELETE',
    path: CALENDAR,
    auth: 'user',
    async handler({ ctx, requester }) {
      if (!(await ctx.meetings.calendars.revoke(requester.userId)))
        throw notFound('Ese calendario no existe o fue retirado. / There is no such calendar.')
      return {}
    },
  }),
  route({
    method: 'PUT',
    path: `${CALENDAR}/mail`,
    auth: 'user',
    body: z.strictObject({ on: z.boolean() }),
    async handler({ ctx, requester, body }) {
      await ctx.meetings.calendars.mail(requester.userId, body.on)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: `${FEED_PATH}/:file`,
    auth: 'none',
    params: z.object({ file: z.string().max(100) }),
    async handler({ ctx, params, res }) {
      const text = await ctx.meetings.calendars.read(params.file.replace(/\.ics$/, ''))
      res.writeHead(200, {
        'Content-Type': 'text/calendar; charset=utf-8',
        'Content-Disposition': 'inline; filename="reuniones.ics"',
        'Cache-Control': 'private, no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Robots-Tag': 'noindex',
      })
      res.end(text)
      return answered
    },
  }),
]
