/** Enlace: what a coordinator does about one person's account (docs/enlace-api.md, "People"). */
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../accounts/uia.ts'
import type { Context } from '../context.ts'
import { forbidden } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import type { Requester } from '../http/types.ts'
import { hours, role, withSecret } from './invitation-routes.ts'
import { checkNotLastCoordinator } from './last-coordinator.ts'
import { accessPerson } from './managed.ts'
import { reasonText } from './names.ts'
import { coordinated } from './people-routes.ts'

const BASE = '/_enlace/client/v1/institution/people/:userId'
const params = z.object({ userId: z.string().min(3).max(255).startsWith('@') })
const auth = authData.optional()

/** Whom it is about, and in whose name. @throws M_FORBIDDEN, M_NOT_FOUND */
async function about(ctx: Context, requester: Requester, userId: string) {
  const institution = await coordinated(ctx, requester.userId)
  return { institution, account: await accessPerson(ctx, institution, userId), by: requester.userId }
}

/** One's own account has pages of its own, which ask for the password and for the second step. */
function checkNotSelf(requester: Requester, userId: string): void {
  if (requester.userId !== userId) return
  throw forbidden('Your own account: use the settings, or ask another coordinator.', {
    'org.enlace.rule': 'institution.self',
    'org.enlace.message': {
      es: 'Es su propia cuenta: hágalo en Ajustes, o pídalo a otra persona de la coordinación.',
      en: 'This is your own account: use the settings, or ask another coordinator.',
    },
  })
}

/** Whoever sits down at a coordinator's open session is counted like whoever guesses at the sign-in. */
const guessed = { rateLimit: 'login', successCounts: () => false } as const

/** Everything here needs the coordinator's own proof: whoever may not do it is not even asked. */
const confirmed = (
  ctx: Context,
  requester: Requester,
  req: { ip?: string },
  given: z.output<typeof auth>,
  operation: string,
) =>
  requireInteractiveAuth(ctx, {
    auth: given,
    stages: ['m.login.password'],
    operation,
    requester,
    address: req.ip ?? '',
  })

export const personActs: Route[] = [
  route({
    method: 'POST',
    path: `${BASE}/role`,
    auth: 'user',
    ...guessed,
    params,
    body: z.object({ role, auth }),
    async handler({ ctx, requester, params, body, req }) {
      const { institution, account, by } = await about(ctx, requester, params.userId)
      if (body.role !== 'coordinator') await checkNotLastCoordinator(ctx, institution, account.userId)
      await confirmed(ctx, requester, req, body.auth, `POST people/${account.userId}/role`)
      await ctx.audit.record({
        act: 'account.role',
        by,
        on: account.userId,
        institution,
        facts: { role: body.role, before: account.role },
      })
      await ctx.accounts.setPosition(account.userId, { role: body.role })
      return { role: body.role }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/suspend`,
    auth: 'user',
    ...guessed,
    params,
    body: z.object({ reason: reasonText, auth }),
    async handler({ ctx, requester, params, body, req }) {
      const { institution, account, by } = await about(ctx, requester, params.userId)
      checkNotSelf(requester, account.userId)
      if (!account.suspended) await checkNotLastCoordinator(ctx, institution, account.userId)
      await confirmed(ctx, requester, req, body.auth, `POST people/${account.userId}/suspend`)
      // Shutting somebody out is not held up by anything.
      await ctx.accounts.suspend(account.userId, by, body.reason)
      await ctx.audit.record({ act: 'account.suspend', by, on: account.userId, institution })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/restore`,
    auth: 'user',
    ...guessed,
    params,
    body: z.object({ auth }),
    async handler({ ctx, requester, params, body, req }) {
      const { institution, account, by } = await about(ctx, requester, params.userId)
      await confirmed(ctx, requester, req, body.auth, `POST people/${account.userId}/restore`)
      await ctx.audit.record({ act: 'account.restore', by, on: account.userId, institution })
      await ctx.accounts.restore(account.userId)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/sessions/end`,
    auth: 'user',
    ...guessed,
    params,
    /** Without a device: all of them. */
    body: z.object({ device_id: z.string().max(255).optional(), auth }),
    async handler({ ctx, requester, params, body, req }) {
      const { institution, account, by } = await about(ctx, requester, params.userId)
      checkNotSelf(requester, account.userId)
      await confirmed(ctx, requester, req, body.auth, `POST people/${account.userId}/sessions/end`)
      if (body.device_id === undefined) await ctx.accounts.endSessions(account.userId)
      else if (await ctx.devices.exists(account.userId, body.device_id))
        await ctx.devices.remove(account.userId, [body.device_id])
      await ctx.audit.record({
        act: 'session.end',
        by,
        on: account.userId,
        institution,
        facts: { all: body.device_id === undefined },
      })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/reset`,
    auth: 'user',
    ...guessed,
    params,
    body: z.object({ hours, auth }),
    async handler({ ctx, requester, params, body, req }) {
      const { institution, account, by } = await about(ctx, requester, params.userId)
      checkNotSelf(requester, account.userId)
      await confirmed(ctx, requester, req, body.auth, `POST people/${account.userId}/reset`)
      return withSecret(
        await ctx.people.invitations.resetPassword(by, institution, account.userId, body.hours),
      )
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/factors/remove`,
    auth: 'user',
    ...guessed,
    params,
    body: z.object({ hours, auth }),
    async handler({ ctx, requester, params, body, req }) {
      const { institution, account, by } = await about(ctx, requester, params.userId)
      checkNotSelf(requester, account.userId)
      await confirmed(ctx, requester, req, body.auth, `POST people/${account.userId}/factors/remove`)
      await ctx.audit.record({
        act: 'factor.remove',
        by,
        on: account.userId,
        institution,
        facts: { all: true },
      })
      await ctx.factors.removeAll(account.userId)
      // Whoever has a session there may be the reason.
      await ctx.accounts.endSessions(account.userId)
      if (account.hasPassword) return {}
      // The passkey was the only way in.
      const link = await ctx.people.invitations.resetPassword(by, institution, account.userId, body.hours)
      return { link: withSecret(link) }
    },
  }),
]
