/** Publishing keys, and those of others (server-server API, "Retrieving server keys"). */
import { parseServerName } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { type Route, route } from '../../http/route.ts'
import { ENLACE_VERSION } from '../../lib/version.ts'
import { id, V1 } from './access.ts'

const MAX_SERVERS = 50

function mayAsk(ctx: Context, name: string): boolean {
  if (parseServerName(name) === undefined) return false
  try {
    ctx.federation.checkServer(name, 'keys')
    return true
  } catch {
    return false
  }
}

export const keyRoutes: Route[] = [
  route({
    method: 'GET',
    // With a key id, as older servers ask; all keys are given.
    path: ['/_matrix/key/v2/server', '/_matrix/key/v2/server/:keyId'],
    auth: 'none',
    handler: ({ ctx }) => ctx.keyRing.ownKeys(),
  }),
  route({
    method: 'GET',
    path: '/_matrix/key/v2/query/:serverName',
    auth: 'none',
    params: z.object({ serverName: id }),
    query: z.object({ minimum_valid_until_ts: z.coerce.number().int().optional() }),
    async handler({ ctx, params, query }) {
      ctx.federation.checkServer(params.serverName, 'keys')
      const keys = await ctx.keyRing.notarised(params.serverName, query.minimum_valid_until_ts ?? Date.now())
      return { server_keys: keys ? [keys] : [] }
    },
  }),
  route({
    method: 'POST',
    path: '/_matrix/key/v2/query',
    auth: 'none',
    rateLimit: 'read',
    body: z.looseObject({
      server_keys: z.record(
        z.string(),
        z.record(z.string(), z.looseObject({ minimum_valid_until_ts: z.number().int().optional() })),
      ),
    }),
    async handler({ ctx, body }) {
      // Names this server may not talk to are left out, as those it cannot reach are.
      const wanted = Object.entries(body.server_keys)
        .slice(0, MAX_SERVERS)
        .filter(([name]) => mayAsk(ctx, name))
      const found = await Promise.all(
        wanted.map(([name, criteria]) => {
          const times = Object.values(criteria).map((one) => one.minimum_valid_until_ts ?? Date.now())
          return ctx.keyRing.notarised(name, times.length > 0 ? Math.max(...times) : Date.now())
        }),
      )
      return { server_keys: found.filter((one) => one !== undefined) }
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/version`,
    auth: 'none',
    handler: () => ({ server: { name: 'Enlace', version: ENLACE_VERSION } }),
  }),
]
