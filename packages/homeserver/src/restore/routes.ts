/**
 * NOTSPEC: POST /_enlace/federation/v1/restored. A partner was put back from a backup: what this node has of the rooms they
 * share, so that it goes on from there.
 */
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { NOTICE_PATH } from './catch-up.ts'

const PAGE = 200
const MAX_MEMBERS = 1_000

export const restoreFederationRoutes: Route[] = [
  route({
    method: 'POST',
    path: NOTICE_PATH,
    auth: 'server',
    entryPoint: 'restored',
    rateLimit: 'read',
    body: z.object({
      made_ts: z.number().int(),
      restored_ts: z.number().int(),
      from: z.string().max(255).optional(),
    }),
    async handler({ ctx, origin, body }) {
      if (body.from === undefined) {
        ctx.log.warn(
          { partner: origin, backup: new Date(body.made_ts).toISOString() },
          'a partner was restored from a backup',
        )
        // What it had accepted since, and lost, that is nowhere else.
        await ctx.federation.sendAgain(origin, body.made_ts)
      }
      const rooms: { room_id: string; heads: string[]; members: string[] }[] = []
      let next: string | undefined
      for (const id of await sharedWith(origin)) {
        if (body.from !== undefined && id <= body.from) continue
        if (rooms.length === PAGE) {
          next = rooms.at(-1)!.room_id
          break
        }
        const room = await ctx.rooms.room(id)
        const members = (await ctx.rooms.members(id, 'join')).filter((user) => serverNameOf(user) === origin)
        if (room)
          rooms.push({
            room_id: id,
            heads: [...room.extremities].slice(0, 100),
            members: members.slice(0, MAX_MEMBERS),
          })
      }
      return { rooms, ...(next === undefined ? {} : { next }) }

      async function sharedWith(server: string): Promise<string[]> {
        const shared: string[] = []
        for await (const ids of ctx.rooms.allRooms())
          for (const id of ids)
            if (
              (await ctx.rooms.room(id))?.joinedLocally &&
              (await ctx.rooms.joinedServers(id)).includes(server) &&
              (await ctx.rooms.serverAllowed(id, server))
            )
              shared.push(id)
        return shared.sort()
      }
    },
  }),
]
