/** Enlace: the lock that an institution demands of its people's devices (docs/enlace-api.md, "Signing in"). */
import { z } from 'zod'
import { type Route, route } from '../../http/route.ts'
import { coordinated } from '../../people/people-routes.ts'
import type { LockRule } from '../factors/types.ts'

const shown = ({ required, idleMinutes }: LockRule) => ({ required, idle_minutes: idleMinutes ?? null })

export const lockRuleRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/lock-rule',
    auth: 'user',
    async handler({ ctx, requester }) {
      const { institution } = await ctx.policy.placeOf(requester.userId)
      return shown(institution === undefined ? { required: 'no' } : await ctx.factors.lockRule(institution))
    },
  }),
  route({
    method: 'PUT',
    path: '/_enlace/client/v1/institution/lock-rule',
    auth: 'user',
    body: z.object({
      required: z.enum(['no', 'shared', 'always']),
      idle_minutes: z.int().min(1).max(60).nullable(),
    }),
    async handler({ ctx, requester, body }) {
      const institution = await coordinated(ctx, requester.userId)
      const { required, idle_minutes } = body
      const rule: LockRule = { required, ...(idle_minutes === null ? {} : { idleMinutes: idle_minutes }) }
      await ctx.factors.setLockRule(institution, rule, requester.userId)
      return shown(rule)
    },
  }),
]
