/** Enlace: the institution's accounts that one signs in with (docs/enlace-api.md, "Linked accounts"). */
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../../accounts/uia.ts'
import type { Context } from '../../context.ts'
import { notFound, policyRefusal } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'

const BASE = '/_enlace/client/v1/sign-in/providers'

const onlyWay = () =>
  policyRefusal('provider.only_way', '', {
    es: 'Es la única forma de entrar en su cuenta. Agregue antes una llave de acceso, o pida a su coordinación un enlace para poner una contraseña.',
    en: 'It is the only way into your account. Add a passkey first, or ask your coordination for a link to set a password.',
  })

/** Whether nothing but this link opens the account. */
async function isOnlyWay(ctx: Context, userId: string, links: number): Promise<boolean> {
  if (links > 1) return false
  const account = await ctx.accounts.get(userId)
  return !account?.hasPassword && (await ctx.factors.of(userId)).passkeys.length === 0
}

export const providerLinkRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    async handler({ ctx, requester: { userId } }) {
      const { providers } = ctx.oauth
      const [links, account] = await Promise.all([providers.linksOf(userId), ctx.accounts.get(userId)])
      const alone = await isOnlyWay(ctx, userId, links.length)
      const linked = new Set(links.map(({ provider }) => provider))
      return {
        linked: links.map(({ id, provider, issuer, sinceTs }) => {
          const host = URL.parse(issuer)?.host ?? issuer
          return {
            id,
            name: providers.find(provider)?.name ?? { es: host, en: host },
            since_ts: sinceTs,
            only_way: alone,
          }
        }),
        // Of one's own institution: another one's speaks for its people alone.
        offered: providers.offered().flatMap(({ id, name, away }) => {
          const own = providers.find(id)?.institution === account?.institution
          return own && account?.institution !== undefined && !linked.has(id) ? [{ id, name, away }] : []
        }),
      }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/:id/unlink`,
    auth: 'user',
    rateLimit: 'login',
    successCounts: () => false,
    params: z.object({ id: z.string().max(100) }),
    body: z.object({ auth: authData.optional() }),
    async handler({ ctx, req, requester, params, body }) {
      const { userId } = requester
      const links = await ctx.oauth.providers.linksOf(userId)
      if (!links.some(({ id }) => id === params.id)) throw notFound('No such account is linked to yours.')
      if (await isOnlyWay(ctx, userId, links.length)) throw onlyWay()
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: `POST sign-in/providers/${params.id}/unlink`,
        requester,
        address: req.ip ?? '',
      })
      await ctx.oauth.providers.unlink(userId, params.id)
      return {}
    },
  }),
]
