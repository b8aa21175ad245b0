/** NOTSPEC: uploads that go on where the network was cut. `docs/enlace-api.md` says how they are asked for. */
import { z } from 'zod'
import type { Context } from '../context.ts'
import { type Route, route } from '../http/route.ts'
import { MAX_UPLOAD_BYTES } from './media.ts'
import type { UploadState } from './types.ts'

const PATH = '/_enlace/client/v1/media/uploads'
const ONE = `${PATH}/:mediaId`
const one = z.object({ mediaId: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/) })

const answer = (ctx: Context, { mediaId, size, offset, done, expiresAt }: UploadState) => ({
  upload_id: mediaId,
  content_uri: `mxc://${ctx.serverName}/${mediaId}`,
  size,
  offset,
  done,
  ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
})

export const uploadRoutes: Route[] = [
  route({
    method: 'POST',
    path: PATH,
    auth: 'user',
    body: z.strictObject({
      size: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
      room_id: z.string().max(255).startsWith('!').optional(),
      content_type: z.string().max(255).optional(),
      filename: z.string().max(1_000).optional(),
    }),
    maxBody: 4_096,
    handler: async ({ ctx, requester, body }) =>
      answer(
        ctx,
        await ctx.media.resumable.create(requester.userId, {
          size: body.size,
          contentType: body.content_type,
          fileName: body.filename,
          roomId: body.room_id,
        }),
      ),
  }),
  route({
    method: 'GET',
    path: ONE,
    auth: 'user',
    params: one,
    handler: async ({ ctx, requester, params }) =>
      answer(ctx, await ctx.media.resumable.state(requester.userId, params.mediaId)),
  }),
  route({
    method: 'PUT',
    path: ONE,
    auth: 'user',
    rawBody: true,
    params: one,
    query: z.object({ offset: z.coerce.number().int().min(0).max(MAX_UPLOAD_BYTES) }),
    handler: async ({ ctx, requester, params, query, req }) =>
      answer(ctx, await ctx.media.resumable.append(requester.userId, params.mediaId, query.offset, req)),
  }),
  route({
    method: 'DELETE',
    path: ONE,
    auth: 'user',
    params: one,
    async handler({ ctx, requester, params }) {
      await ctx.media.resumable.cancel(requester.userId, params.mediaId)
      return {}
    },
  }),
]
