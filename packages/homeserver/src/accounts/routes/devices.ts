/** /devices, /delete_devices (client-server API, "Device Management"). */
import { z } from 'zod'
import { notFound } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { MAX_DEVICE_NAME } from '../devices.ts'
import type { DeviceRecord } from '../types.ts'
import { authData, requireInteractiveAuth } from '../uia.ts'

const params = z.object({ deviceId: z.string() })

const asJson = (device: DeviceRecord) => ({
  device_id: device.deviceId,
  ...(device.displayName === undefined ? {} : { display_name: device.displayName }),
  ...(device.lastSeenTs === undefined ? {} : { last_seen_ts: device.lastSeenTs }),
  ...(device.lastSeenIp === undefined ? {} : { last_seen_ip: device.lastSeenIp }),
})
const unknownDevice = () => notFound('You have no device with that id.')

export const deviceRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/devices'),
    auth: 'user',
    guests: true,
    handler: async ({ ctx, requester }) => ({
      devices: (await ctx.devices.list(requester.userId)).map(asJson),
    }),
  }),
  route({
    method: 'GET',
    path: clientPaths('/devices/:deviceId'),
    auth: 'user',
    guests: true,
    params,
    async handler({ ctx, requester, params }) {
      const device = await ctx.devices.get(requester.userId, params.deviceId)
      if (!device) throw unknownDevice()
      return asJson(device)
    },
  }),
  route({
    method: 'PUT',
    path: clientPaths('/devices/:deviceId'),
    auth: 'user',
    guests: true,
    params,
    body: z.object({ display_name: z.string().max(MAX_DEVICE_NAME).optional() }),
    async handler({ ctx, requester, params, body }) {
      const known =
        body.display_name === undefined
          ? await ctx.devices.exists(requester.userId, params.deviceId)
          : await ctx.devices.rename(requester.userId, params.deviceId, body.display_name)
      if (!known) throw unknownDevice()
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: clientPaths('/devices/:deviceId'),
    auth: 'user',
    params,
    body: z.object({ auth: authData.optional() }),
    async handler({ ctx, requester, params, body, req }) {
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: `DELETE /devices/${params.deviceId}`,
        requester,
        address: req.ip ?? '',
      })
      if (await ctx.devices.exists(requester.userId, params.deviceId)) {
        await ctx.devices.remove(requester.userId, [params.deviceId])
      }
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/delete_devices'),
    auth: 'user',
    body: z.object({ devices: z.array(z.string()).max(1_000), auth: authData.optional() }),
    async handler({ ctx, requester, body, req }) {
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: 'POST /delete_devices',
        requester,
        address: req.ip ?? '',
      })
      const wanted = new Set(body.devices)
      const mine = (await ctx.devices.list(requester.userId)).map(({ deviceId }) => deviceId)
      await ctx.devices.remove(
        requester.userId,
        mine.filter((deviceId) => wanted.has(deviceId)),
      )
      return {}
    },
  }),
]
