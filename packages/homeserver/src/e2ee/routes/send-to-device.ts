/** PUT /sendToDevice/{eventType}/{txnId} (client-server API, "Send-to-Device messaging"). */
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'

export const sendToDeviceRoutes: Route[] = [
  route({
    method: 'PUT',
    path: clientPaths('/sendToDevice/:eventType/:txnId'),
    auth: 'user',
    params: z.object({ eventType: z.string().max(255), txnId: z.string().max(255) }),
    maxBody: 4 * 1024 * 1024,
    body: z.object({
      messages: z.record(
        z.string().refine(isValidUserId, 'not a user id'),
        z.record(z.string(), z.record(z.string(), z.unknown())),
      ),
    }),
    async handler({ ctx, requester, params, body }) {
      await ctx.toDevice.send({
        sender: requester.userId,
        deviceId: requester.deviceId,
        type: params.eventType,
        txnId: params.txnId,
        messages: body.messages,
      })
      return {}
    },
  }),
]
