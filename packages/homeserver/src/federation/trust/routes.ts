/** What partners compare, and what coordinators see of the network's list (docs/enlace-api.md, "Trust list"). */
import { forbidden } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import { VERSIONS_PATH } from './compare.ts'

export const trustFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: VERSIONS_PATH,
    auth: 'server',
    entryPoint: 'trust',
    handler: ({ ctx }) => ctx.federationList.told(),
  }),
]

export const trustClientRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/trust',
    auth: 'user',
    async handler({ ctx, requester }) {
      const { role } = await ctx.policy.memberOf(requester.userId)
      if (role !== 'coordinator')
        throw forbidden('Solo la coordinación ve el estado de la lista de la red. / For coordinators only.')
      return ctx.federationList.report()
    },
  }),
]
