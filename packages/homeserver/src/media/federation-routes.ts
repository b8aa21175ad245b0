/** Media endpoints for partners (server-server API, "Content Repository"): content of this server only. */
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { downloadQuery, thumbnailQuery, waitOf } from './client-routes.ts'
import { sendMultipart } from './send.ts'

const params = z.object({ mediaId: z.string() })

export const mediaFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_matrix/federation/v1/media/download/:mediaId',
    auth: 'server',
    params,
    query: downloadQuery,
    async handler({ ctx, origin, params, query, res }) {
      ctx.federation.checkServer(origin, 'media')
      await ctx.media.noteFetch(params.mediaId, origin)
      const media = await ctx.media.find(ctx.serverName, params.mediaId, {
        timeoutMs: waitOf(query.timeout_ms),
        allowRemote: false,
      })
      return sendMultipart(res, media)
    },
  }),
  route({
    method: 'GET',
    path: '/_matrix/federation/v1/media/thumbnail/:mediaId',
    auth: 'server',
    params,
    query: thumbnailQuery,
    async handler({ ctx, origin, params, query, res }) {
      ctx.federation.checkServer(origin, 'media')
      await ctx.media.noteFetch(params.mediaId, origin)
      const media = await ctx.media.find(ctx.serverName, params.mediaId, {
        timeoutMs: waitOf(query.timeout_ms),
        allowRemote: false,
      })
      return sendMultipart(res, await ctx.media.thumbnail(media, query))
    },
  }),
]
