/** Enlace: a coordinator says that whoever starts again with a new identity is who they say (docs/enlace-api.md). */
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import { type Route, route } from '../../http/route.ts'

export const identityResetRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/identity-resets',
    auth: 'user',
    handler: async ({ ctx, requester }) => ({
      resets: (await ctx.identityResets.list(requester.userId)).map((one) => ({
        user_id: one.userId,
        device_id: one.deviceId,
        master_key: one.masterKey,
        requested_ts: one.requestedTs,
        expires_ts: one.expiresTs,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/_enlace/client/v1/identity-resets/:userId/approve',
    auth: 'user',
    params: z.object({ userId: z.string().refine(isValidUserId, 'not a user id') }),
    body: z.object({ master_key: z.string().max(100) }),
    async handler({ ctx, requester, params, body }) {
      await ctx.identityResets.approve(requester.userId, params.userId, body.master_key)
      return {}
    },
  }),
]
