/** Enlace: letting one's second device in from a session that is open (docs/enlace-api.md, "A second device"). */
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../accounts/uia.ts'
import { networkKey } from '../http/rate-limit.ts'
import { type Route, route } from '../http/route.ts'
import { admitDevice, askingDevice, plainCode, refuseDevice, showOwnDevice } from './second-device.ts'

const PATH = '/_enlace/client/v1/sign-in/device/:code'
const params = z.object({ code: z.string().min(1).max(20) })

export const secondDeviceRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    auth: 'user',
    // Where codes of devices could be guessed.
    rateLimit: 'login',
    params,
    async handler({ ctx, req, params }) {
      const { userCode, client, deviceId, address, userAgent, askedTs } = await askingDevice(
        ctx,
        req,
        params.code,
      )
      return {
        user_code: userCode,
        client: { name: client.name ?? null, host: client.host },
        device_id: deviceId,
        network: address ?? null,
        same_network: address !== undefined && address === networkKey(req.ip ?? ''),
        user_agent: userAgent ?? null,
        asked_ts: askedTs ?? null,
      }
    },
  }),
  route({
    method: 'POST',
    path: `${PATH}/own`,
    auth: 'none',
    rateLimit: 'login',
    params,
    body: z.object({ token: z.string().min(1).max(8_192) }),
    async handler({ ctx, req, params, body }) {
      await showOwnDevice(ctx, await askingDevice(ctx, req, params.code), body.token)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: PATH,
    auth: 'user',
    rateLimit: 'login',
    successCounts: () => false,
    params,
    body: z.object({ allow: z.boolean(), auth: authData.optional() }),
    async handler({ ctx, req, requester, params, body }) {
      const before = await askingDevice(ctx, req, params.code)
      if (!body.allow) {
        await refuseDevice(ctx, requester, before)
        return {}
      }
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: `POST sign-in/device/${plainCode(params.code)}`,
        requester,
        address: req.ip ?? '',
      })
      // Looked at again: the proof took its time.
      await admitDevice(ctx, req, requester, await askingDevice(ctx, req, params.code))
      return { device_id: before.deviceId }
    },
  }),
]
