/** Enlace: who starts again with a new identity, and whoever says that it is them (docs/enlace-api.md). */
import { identityConfirmationSchema } from '@enlace/coordination'
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../../accounts/uia.ts'
import { notFound } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import { sharingWith } from '../sharing.ts'
import type { IdentityReset } from '../types.ts'

const BASE = '/_enlace/client/v1'
const userParams = z.object({ userId: z.string().refine(isValidUserId, 'not a user id') })

const shown = (one: IdentityReset) => ({
  id: one.id,
  user_id: one.userId,
  device_id: one.deviceId,
  device_name: one.deviceName,
  master_key: one.masterKey,
  requested_ts: one.requestedTs,
  expires_ts: one.expiresTs,
  state: one.state,
  decided_by: one.decidedBy,
  decided_ts: one.decidedTs,
  doubted: one.doubted,
})

const decision = (verb: 'approve' | 'refuse') =>
  route({
    method: 'POST',
    path: `${BASE}/identity-resets/:userId/${verb}`,
    auth: 'user',
    params: userParams,
    body: z.object({
      master_key: z.string().max(100),
      confirmation: identityConfirmationSchema.optional(),
      auth: authData.optional(),
    }),
    async handler({ ctx, requester, params, body, req }) {
      // A coordinator's session left open on a desk must not do it.
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: `POST /identity-resets ${verb} ${params.userId}`,
        requester,
        address: req.ip ?? '',
      })
      await ctx.identityResets.decide(requester.userId, {
        userId: params.userId,
        masterKey: body.master_key,
        approved: verb === 'approve',
        deviceId: requester.deviceId,
        ...(body.confirmation ? { confirmation: body.confirmation } : {}),
      })
      return {}
    },
  })

export const identityResetRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${BASE}/identity-resets`,
    auth: 'user',
    async handler({ ctx, requester }) {
      const all = await ctx.identityResets.list(requester.userId)
      const own = await ctx.identityResets.ofUser(requester.userId)
      return {
        resets: all.filter((one) => one.state === 'waiting').map(shown),
        decided: all.filter((one) => one.state !== 'waiting').map(shown),
        own: own.map(shown),
      }
    },
  }),
  decision('approve'),
  decision('refuse'),
  route({
    method: 'POST',
    path: `${BASE}/identity-resets/withdraw`,
    auth: 'user',
    body: z.object({}),
    async handler({ ctx, requester }) {
      await ctx.identityResets.withdraw(requester.userId, requester.deviceId)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/identity-resets/not-me`,
    auth: 'user',
    body: z.object({}),
    async handler({ ctx, requester }) {
      const { ended, told } = await ctx.identityResets.notMe(requester)
      return { ended, told }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/identity-confirmations/:userId`,
    auth: 'user',
    params: userParams,
    async handler({ ctx, requester, params }) {
      const shares = await sharingWith(ctx, requester.userId)
      const confirmation = shares(params.userId)
        ? await ctx.identityResets.confirmation(params.userId)
        : undefined
      if (!confirmation) throw notFound('No coordinator has confirmed an identity of that person.')
      return { confirmation }
    },
  }),
]
