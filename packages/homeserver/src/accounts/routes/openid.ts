/** OpenID tokens: a person shows a third party who they are (client-server API, "OpenID"; server-server API, "OpenID"). */
import { z } from 'zod'
import { forbidden, MatrixError } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { isActive } from '../suspension.ts'

export const openIdRoutes: Route[] = [
  route({
    method: 'POST',
    path: clientPaths('/user/:userId/openid/request_token'),
    auth: 'user',
    params: z.object({ userId: z.string() }),
    body: z.looseObject({}),
    handler({ ctx, requester, params }) {
      if (requester.userId !== params.userId) throw forbidden('Only for your own account.')
      const { token, expiresInMs } = ctx.tokens.issueOpenId(params.userId)
      return {
        access_token: token,
        token_type: 'Bearer',
        matrix_server_name: ctx.serverName,
        expires_in: Math.floor(expiresInMs / 1000),
      }
    },
  }),
]

/** Served with the federation endpoints; the token in the query is all the authorisation there is. */
export const openIdFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_matrix/federation/v1/openid/userinfo',
    auth: 'none',
    query: z.object({ access_token: z.string() }),
    async handler({ ctx, query }) {
      const userId = ctx.tokens.openIdUser(query.access_token)
      const account = userId === undefined ? undefined : await ctx.accounts.get(userId)
      if (!isActive(account)) {
        throw new MatrixError(401, 'M_UNKNOWN_TOKEN', 'The access token is unknown or has expired.')
      }
      return { sub: account.userId }
    },
  }),
]
