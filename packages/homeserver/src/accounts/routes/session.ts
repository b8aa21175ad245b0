/** POST /logout, /logout/all, /refresh, GET /account/whoami. */
import { z } from 'zod'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'

export const sessionRoutes: Route[] = [
  route({
    method: 'POST',
    path: clientPaths('/logout'),
    auth: 'user',
    withoutFactor: true,
    whileSuspended: true,
    guests: true,
    async handler({ ctx, requester }) {
      await ctx.devices.remove(requester.userId, [requester.deviceId])
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/logout/all'),
    auth: 'user',
    withoutFactor: true,
    whileSuspended: true,
    guests: true,
    async handler({ ctx, requester }) {
      const devices = await ctx.devices.list(requester.userId)
      await ctx.devices.remove(
        requester.userId,
        devices.map(({ deviceId }) => deviceId),
      )
      return {}
    },
  }),
  route({
    method: 'POST',
    path: [...clientPaths('/refresh'), '/_matrix/client/v1/refresh'],
    auth: 'none',
    body: z.object({ refresh_token: z.string() }),
    handler: ({ ctx, body, req }) => ctx.tokens.refresh(body.refresh_token, req.ip),
  }),
  route({
    method: 'GET',
    path: clientPaths('/account/whoami'),
    auth: 'user',
    withoutFactor: true,
    guests: true,
    handler: ({ requester }) => ({
      user_id: requester.userId,
      device_id: requester.deviceId,
      is_guest: requester.isGuest,
    }),
  }),
]
