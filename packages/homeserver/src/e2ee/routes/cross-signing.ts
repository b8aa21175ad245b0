/** /keys/device_signing/upload and /keys/signatures/upload (client-server API, "Cross-signing"). */
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../../accounts/uia.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { crossSigningKeySchema } from '../schemas.ts'

const key = crossSigningKeySchema.optional()
const unstable = (path: string) => `/_matrix/client/unstable${path}`

export const crossSigningRoutes: Route[] = [
  route({
    method: 'POST',
    path: [...clientPaths('/keys/device_signing/upload'), unstable('/keys/device_signing/upload')],
    auth: 'user',
    body: z.object({
      auth: authData.optional(),
      master_key: key,
      self_signing_key: key,
      user_signing_key: key,
    }),
    async handler({ ctx, requester, body, req }) {
      const { userId } = requester
      const upload = {
        master: body.master_key,
        self_signing: body.self_signing_key,
        user_signing: body.user_signing_key,
      }
      if (!(await ctx.deviceKeys.isFreeCrossSigningUpload(userId, upload))) {
        await requireInteractiveAuth(ctx, {
          auth: body.auth,
          stages: ['m.login.password'],
          operation: 'POST /keys/device_signing/upload',
          requester,
          address: req.ip ?? '',
        })
      }
      await ctx.deviceKeys.checkCrossSigning(userId, upload)
      await ctx.deviceKeys.storeCrossSigning(userId, upload)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: [...clientPaths('/keys/signatures/upload'), unstable('/keys/signatures/upload')],
    auth: 'user',
    body: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))),
    handler: async ({ ctx, requester, body }) => ({
      failures: await ctx.deviceKeys.addSignatures(requester.userId, body),
    }),
  }),
]
