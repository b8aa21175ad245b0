/** Whom of a room's members this node vouches for (docs/enlace-api.md, "Vouched members"). */
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { checkJoined } from '../rooms/access.ts'

export const policyRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/rooms/:roomId/vouched',
    auth: 'user',
    params: z.object({ roomId: z.string().max(255).startsWith('!') }),
    async handler({ ctx, requester, params }) {
      await checkJoined(ctx, params.roomId, requester.userId)
      const { members, version } = await ctx.policy.vouched(params.roomId)
      return {
        version,
        members: Object.fromEntries(
          [...members].map(([userId, verdict]) => [
            userId,
            verdict.vouched
              ? { vouched: true }
              : {
                  vouched: false,
                  reason: verdict.reason,
                  rule: verdict.rule,
                  contact: verdict.contact,
                  pending: verdict.weight === 'waits',
                },
          ]),
        ),
      }
    },
  }),
]
