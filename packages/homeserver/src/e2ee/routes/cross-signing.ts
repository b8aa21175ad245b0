/** /keys/device_signing/upload and /keys/signatures/upload (client-server API, "Cross-signing"). */
import { z } from 'zod'
import { type AuthData, authData, requireInteractiveAuth, secondStageNeeded } from '../../accounts/uia.ts'
import type { Context } from '../../context.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import type { Requester } from '../../http/types.ts'
import { crossSigningKeySchema } from '../schemas.ts'

const key = crossSigningKeySchema.optional()
const unstable = (path: string) => `/_matrix/client/unstable${path}`

const OPERATION = 'POST /keys/device_signing/upload'
const PASSWORD = 'm.login.password'
/** Enlace's stage: somebody of the institution says that it is the person. The client asks again until it has happened. */
const COORDINATOR = 'org.enlace.coordinator'

/** Passes when the password was right and this very key has been approved. @throws 401 with what is still needed */
async function requireApproval(
  ctx: Context,
  args: { auth: AuthData | undefined; requester: Requester; address: string; masterKey: string },
): Promise<void> {
  const { auth, requester, address, masterKey } = args
  const { userId, deviceId } = requester
  const reset = { userId, deviceId, masterKey }
  // A request is there only after the right password, for this key and device.
  const waiting = auth?.type === COORDINATOR && (await ctx.identityResets.isRequested(reset))
  if (waiting && (await ctx.identityResets.isApproved(reset))) return
  if (!waiting) {
    const password = auth?.type === COORDINATOR ? undefined : auth
    await requireInteractiveAuth(ctx, {
      auth: password,
      stages: [PASSWORD],
      operation: OPERATION,
      requester,
      address,
      followedBy: COORDINATOR,
    })
  }
  const { expiresTs, by } = await ctx.identityResets.request(reset)
  throw secondStageNeeded(ctx, {
    operation: OPERATION,
    userId,
    stages: [PASSWORD, COORDINATOR],
    params: { by, expires_ts: expiresTs, master_key: masterKey },
  })
}

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
      const replaced = await ctx.deviceKeys.replacedMaster(userId, upload)
      if (replaced !== undefined && ctx.config.identity_reset === 'coordinator') {
        await ctx.deviceKeys.checkCrossSigning(userId, upload)
        await requireApproval(ctx, { auth: body.auth, requester, address: req.ip ?? '', masterKey: replaced })
      } else if (!(await ctx.deviceKeys.isFreeCrossSigningUpload(userId, upload))) {
        await requireInteractiveAuth(ctx, {
          auth: body.auth,
          stages: [PASSWORD],
          operation: OPERATION,
          requester,
          address: req.ip ?? '',
        })
      }
      await ctx.deviceKeys.checkCrossSigning(userId, upload)
      await ctx.deviceKeys.storeCrossSigning(userId, upload)
      if (replaced !== undefined) await ctx.identityResets.done(userId, replaced)
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
