/** Media endpoints for partners (server-server API, "Content Repository"): content of this server only. */
import { z } from 'zod'
import type { Context } from '../context.ts'
import { type Route, route } from '../http/route.ts'
import { downloadQuery, thumbnailQuery, waitOf } from './client-routes.ts'
import { sendMultipart } from './send.ts'
import type { MediaLink, StoredMedia } from './types.ts'

const params = z.object({ mediaId: z.string() })

/** Before a partner gets it, it is noted that it will have it. */
async function find(ctx: Context, origin: string, mediaId: string, timeoutMs: number): Promise<StoredMedia> {
  const options = { timeoutMs: waitOf(timeoutMs), allowRemote: false, reader: { serverName: origin } }
  const media = await ctx.media.find(ctx.serverName, mediaId, options)
  await ctx.media.noteFetch(mediaId, origin)
  return media
}

const metadataOf = ({ roomId, eventId }: MediaLink) => ({
  ...(roomId === undefined ? {} : { 'org.enlace.room_id': roomId }),
  ...(eventId === undefined ? {} : { 'org.enlace.event_id': eventId }),
})

export const mediaFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_matrix/federation/v1/media/download/:mediaId',
    auth: 'server',
    entryPoint: 'media',
    params,
    query: downloadQuery,
    async handler({ ctx, origin, params, query, res }) {
      const media = await find(ctx, origin, params.mediaId, query.timeout_ms)
      return sendMultipart(res, media, metadataOf(media.link))
    },
  }),
  route({
    method: 'GET',
    path: '/_matrix/federation/v1/media/thumbnail/:mediaId',
    auth: 'server',
    entryPoint: 'media',
    params,
    query: thumbnailQuery,
    async handler({ ctx, origin, params, query, res }) {
      const media = await find(ctx, origin, params.mediaId, query.timeout_ms)
      return sendMultipart(res, await ctx.media.thumbnail(media, query), metadataOf(media.link))
    },
  }),
]
