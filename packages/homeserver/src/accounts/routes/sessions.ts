/** Enlace: where one is signed in (docs/enlace-api.md, "Sessions"). One session ends, and gets its name, as Matrix has it. */
import { z } from 'zod'
import { type Route, route } from '../../http/route.ts'
import type { DeviceRecord } from '../types.ts'
import { authData, requireInteractiveAuth } from '../uia.ts'

const BASE = '/_enlace/client/v1/sessions'

/** The place is the address as this node saw it: nobody else is asked where that is. */
const asJson = (device: DeviceRecord, current: boolean) => ({
  device_id: device.deviceId,
  current,
  first_seen_ts: device.createdTs,
  ...Object.fromEntries(
    Object.entries({
      display_name: device.displayName,
      last_seen_ts: device.lastSeenTs,
      last_seen_ip: device.lastSeenIp,
      signed_in_ts: device.signedInTs,
      signed_in_ip: device.signedInIp,
      signed_in_with: device.signedInWith,
    }).filter(([, value]) => value !== undefined),
  ),
})

export const sessionListRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    handler: async ({ ctx, requester }) => ({
      sessions: (await ctx.devices.list(requester.userId)).map((one) =>
        asJson(one, one.deviceId === requester.deviceId),
      ),
    }),
  }),
  route({
    method: 'POST',
    path: `${BASE}/end-others`,
    auth: 'user',
    body: z.object({ auth: authData.optional() }),
    async handler({ ctx, requester, body, req }) {
      const { userId, deviceId } = requester
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: 'POST /sessions/end-others',
        requester,
        address: req.ip ?? '',
      })
      await ctx.oauth.forgetAllowed(userId)
      const others = (await ctx.devices.list(userId))
        .map((one) => one.deviceId)
        .filter((id) => id !== deviceId)
      // All tokens first: removing what each device has takes longer.
      for (const id of others) await ctx.tokens.end(userId, id)
      await ctx.devices.remove(userId, others)
      ctx.log.info({ user: userId, ended: others.length }, 'other sessions ended')
      return { ended: others.length }
    },
  }),
]
