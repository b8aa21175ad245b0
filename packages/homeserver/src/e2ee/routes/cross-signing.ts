/** /keys/device_signing/upload and /keys/signatures/upload (client-server API, "Cross-signing"). */
import { z } from 'zod'
import {
  ACCOUNT_PAGE,
  type AuthData,
  authData,
  newSession,
  RESET_OPERATION,
  requireInteractiveAuth,
  secondStageNeeded,
} from '../../accounts/uia.ts'
import type { Context } from '../../context.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import type { Requester } from '../../http/types.ts'
import { crossSigningKeySchema } from '../schemas.ts'
import type { IdentityResetState } from '../types.ts'
import { COORDINATOR } from './reset-fallback.ts'

const key = crossSigningKeySchema.optional()
const unstable = (path: string) => `/_matrix/client/unstable${path}`

const OPERATION = RESET_OPERATION
const PASSWORD = 'm.login.password'

/** Why what was asked for will not be approved any more: it has to be asked for again, with the password. */
const OVER: Partial<Record<IdentityResetState, string>> = {
  refused: 'A coordinator of your institution did not approve it.',
  denied: 'On another device of this account it was said: it was not me.',
  expired: 'Nobody approved it in time.',
}

/** Passes when the password was right and this very key has been approved. @throws 401 with what is still needed */
async function requireApproval(
  ctx: Context,
  args: { auth: AuthData | undefined; requester: Requester; address: string; masterKey: string },
): Promise<void> {
  const { auth, requester, address, masterKey } = args
  const { userId, deviceId } = requester
  const reset = { userId, deviceId, masterKey }
  // Clients that showed the stage's page come back with the session alone.
  const asksAgain = auth?.type === COORDINATOR || (auth?.type === undefined && auth?.session !== undefined)
  // A request is there only after the right password, for this key and device.
  const before = asksAgain ? await ctx.identityResets.find(reset) : undefined
  if (before?.state === 'approved') return
  const over = before && OVER[before.state]
  if (before === undefined || (before.state !== 'waiting' && over === undefined)) {
    await requireInteractiveAuth(ctx, {
      auth: asksAgain && requester.oauthClient === undefined ? undefined : auth,
      stages: [PASSWORD],
      operation: OPERATION,
      requester,
      address,
      followedBy: COORDINATOR,
    })
  }
  const session = newSession(ctx, OPERATION, userId)
  const first = requester.oauthClient === undefined ? PASSWORD : ACCOUNT_PAGE[0]
  const stages = [first, COORDINATOR] as const
  if (before && over !== undefined) {
    throw secondStageNeeded({
      stages,
      params: { master_key: masterKey, state: before.state },
      session: before.session ?? session,
      failure: { errcode: 'M_FORBIDDEN', message: over },
    })
  }
  const asked = await ctx.identityResets.request({ ...reset, session })
  throw secondStageNeeded({
    stages,
    params: {
      state: 'waiting',
      by: asked.by,
      coordinators: asked.coordinators,
      expires_ts: asked.expiresTs,
      master_key: masterKey,
    },
    session: asked.session ?? session,
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
      if (replaced !== undefined) await ctx.identityResets.publish(userId, replaced)
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
