/** Meetings for clients (docs/enlace-api.md). */
import { mayReadCase } from '../cases/board.ts'
import { type Route, route } from '../http/route.ts'
import type { MeetingRow } from './types.ts'

const MAX_LISTED = 500

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
]
