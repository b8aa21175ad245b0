/** Media endpoints for clients (client-server API, "Content repository"). */
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { forbidden, notFound, tooLarge } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import type { Requester } from '../http/types.ts'
import { MAX_UPLOAD_BYTES } from './media.ts'
import { sendContent } from './send.ts'
import type { StoredMedia } from './types.ts'

const DEFAULT_TIMEOUT_MS = 20_000
const MAX_TIMEOUT_MS = 60_000

const timeout = z.coerce.number().int().min(0).max(600_000).default(DEFAULT_TIMEOUT_MS)
const place = z.object({ serverName: z.string(), mediaId: z.string() })
const named = place.extend({ fileName: z.string().max(1_000).optional() })
const flag = z.enum(['true', 'false']).optional()

export const thumbnailQuery = z.object({
  width: z.coerce.number().int().min(1).max(100_000),
  height: z.coerce.number().int().min(1).max(100_000),
  method: z.enum(['crop', 'scale']).default('scale'),
  animated: flag,
  timeout_ms: timeout,
  allow_remote: flag,
})
export const downloadQuery = z.object({ timeout_ms: timeout, allow_remote: flag })

export const waitOf = (timeoutMs: number) => Math.min(timeoutMs, MAX_TIMEOUT_MS)

/** Older paths of the same endpoints; `r0` and `v1` are what suites of that time ask for. */
const legacy = (path: string) => ['v3', 'r0', 'v1'].map((version) => `/_matrix/media/${version}${path}`)
const current = (path: string) => `/_matrix/client/v1/media${path}`

function checkLength(req: IncomingMessage): void {
  if (Number(req.headers['content-length'] ?? 0) > MAX_UPLOAD_BYTES) {
    throw tooLarge(`Files can have ${MAX_UPLOAD_BYTES} bytes at most.`)
  }
}

const mxc = (ctx: Context, mediaId: string) => `mxc://${ctx.serverName}/${mediaId}`

/**
 * The unauthenticated endpoints are frozen (v1.12): all content here is newer than the freeze. A client that sends its
 * access token along, as old ones may, is served.
 */
function checkThawed(requester: Requester | undefined): asserts requester is Requester {
  if (!requester) throw notFound('There is no such file. Newer apps sign in to see files.')
}

const find = (
  ctx: Context,
  requester: Requester,
  params: { serverName: string; mediaId: string },
  query: { timeout_ms: number; allow_remote?: string },
): Promise<StoredMedia> =>
  ctx.media.find(params.serverName, params.mediaId, {
    timeoutMs: waitOf(query.timeout_ms),
    allowRemote: query.allow_remote !== 'false',
    reader: { userId: requester.userId },
  })

const config = () => ({ 'm.upload.size': MAX_UPLOAD_BYTES })

/** A preview would make the server fetch what a message names: strangers would learn what is read here, and when. */
function noPreviews(): never {
  throw forbidden('This server makes no link previews.')
}

export const mediaRoutes: Route[] = [
  route({
    method: 'POST',
    path: legacy('/upload'),
    auth: 'user',
    rawBody: true,
    query: z.object({
      filename: z.string().max(1_000).optional(),
      /** NOTSPEC: the room it is for. */
      'org.enlace.room_id': z.string().max(255).startsWith('!').optional(),
    }),
    async handler({ ctx, requester, query, req }) {
      checkLength(req)
      const { mediaId } = await ctx.media.upload(requester.userId, req, {
        contentType: req.headers['content-type'],
        fileName: query.filename,
        roomId: query['org.enlace.room_id'],
      })
      return { content_uri: mxc(ctx, mediaId) }
    },
  }),
  route({
    method: 'POST',
    path: legacy('/create'),
    auth: 'user',
    async handler({ ctx, requester }) {
      const { mediaId, unusedExpiresAt } = await ctx.media.reserve(requester.userId)
      return { content_uri: mxc(ctx, mediaId), unused_expires_at: unusedExpiresAt }
    },
  }),
  route({
    method: 'PUT',
    path: legacy('/upload/:serverName/:mediaId'),
    auth: 'user',
    rawBody: true,
    params: place,
    query: z.object({ filename: z.string().max(1_000).optional() }),
    async handler({ ctx, requester, params, query, req }) {
      if (params.serverName !== ctx.serverName) throw notFound('That upload address is not of this server.')
      checkLength(req)
      await ctx.media.uploadTo(requester.userId, params.mediaId, req, {
        contentType: req.headers['content-type'],
        fileName: query.filename,
      })
      return {}
    },
  }),

  route({
    method: 'POST',
    path: '/_enlace/client/v1/media/:mediaId/event',
    auth: 'user',
    params: z.object({ mediaId: z.string().max(255) }),
    body: z.strictObject({ event_id: z.string().max(255).startsWith('$') }),
    maxBody: 1_024,
    async handler({ ctx, requester, params, body }) {
      await ctx.media.carriedBy(requester.userId, params.mediaId, body.event_id)
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: '/_enlace/client/v1/media/:mediaId',
    auth: 'user',
    params: z.object({ mediaId: z.string().max(255) }),
    async handler({ ctx, requester, params }) {
      await ctx.media.remove(requester.userId, params.mediaId)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: [current('/download/:serverName/:mediaId'), current('/download/:serverName/:mediaId/:fileName')],
    auth: 'user',
    guests: true,
    params: named,
    query: downloadQuery,
    async handler({ ctx, requester, params, query, res }) {
      const media = await find(ctx, requester, params, query)
      return sendContent(res, params.fileName === undefined ? media : { ...media, fileName: params.fileName })
    },
  }),
  route({
    method: 'GET',
    path: [
      ...legacy('/download/:serverName/:mediaId'),
      ...legacy('/download/:serverName/:mediaId/:fileName'),
    ],
    auth: 'optional',
    params: named,
    query: downloadQuery,
    async handler({ ctx, requester, params, query, res }) {
      checkThawed(requester)
      const media = await find(ctx, requester, params, query)
      return sendContent(res, params.fileName === undefined ? media : { ...media, fileName: params.fileName })
    },
  }),
  route({
    method: 'GET',
    path: current('/thumbnail/:serverName/:mediaId'),
    auth: 'user',
    guests: true,
    params: place,
    query: thumbnailQuery,
    handler: async ({ ctx, requester, params, query, res }) =>
      sendContent(res, await ctx.media.thumbnail(await find(ctx, requester, params, query), query)),
  }),
  route({
    method: 'GET',
    path: legacy('/thumbnail/:serverName/:mediaId'),
    auth: 'optional',
    params: place,
    query: thumbnailQuery,
    async handler({ ctx, requester, params, query, res }) {
      checkThawed(requester)
      return sendContent(res, await ctx.media.thumbnail(await find(ctx, requester, params, query), query))
    },
  }),

  route({ method: 'GET', path: current('/config'), auth: 'user', guests: true, handler: config }),
  route({ method: 'GET', path: legacy('/config'), auth: 'user', guests: true, handler: config }),
  route({ method: 'GET', path: current('/preview_url'), auth: 'user', handler: noPreviews }),
  route({ method: 'GET', path: legacy('/preview_url'), auth: 'user', handler: noPreviews }),
]
