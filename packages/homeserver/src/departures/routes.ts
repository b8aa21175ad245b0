/** Leaving the institution in one act (docs/enlace-api.md, "Departures"). */
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../accounts/uia.ts'
import { type Route, route } from '../http/route.ts'

const userId = z.string().min(3).max(255).startsWith('@')
const LEAVE = '/_enlace/client/v1/institution/people/:userId/leave'
const DEPARTURES = '/_enlace/client/v1/institution/departures'

export const departureRoutes: Route[] = [
  route({
    method: 'GET',
    path: LEAVE,
    auth: 'user',
    params: z.object({ userId }),
    handler: ({ ctx, requester, params }) => ctx.departures.plan(requester.userId, params.userId),
  }),
  route({
    method: 'POST',
    path: LEAVE,
    auth: 'user',
    params: z.object({ userId }),
    rateLimit: 'login',
    successCounts: () => false,
    // The signed roster of a large institution goes along.
    maxBody: 3 * 1024 * 1024,
    body: z.strictObject({
      shifts_to: userId.optional(),
      cases_to: userId.optional(),
      cases: z.record(z.string().max(255).startsWith('$'), userId).optional(),
      successor: userId.optional(),
      publication: z.unknown().optional(),
      auth: authData.optional(),
    }),
    async handler({ ctx, requester, params, body: { auth, ...wishes }, req }) {
      const { departure } = await ctx.departures.plan(requester.userId, params.userId)
      // What has begun goes on: a signature that comes later is the institution's own word.
      if (!departure)
        await requireInteractiveAuth(ctx, {
          auth,
          stages: ['m.login.password'],
          operation: `POST people/${params.userId}/leave`,
          requester,
          address: req.ip ?? '',
        })
      return ctx.departures.start(requester.userId, params.userId, wishes)
    },
  }),
  route({
    method: 'GET',
    path: DEPARTURES,
    auth: 'user',
    handler: async ({ ctx, requester }) => ({ departures: await ctx.departures.list(requester.userId) }),
  }),
  route({
    method: 'POST',
    path: `${DEPARTURES}/:id/undo`,
    auth: 'user',
    params: z.object({ id: z.uuid() }),
    handler: ({ ctx, requester, params }) => ctx.departures.undo(requester.userId, params.id),
  }),
]
