/** /keys/upload, /keys/query, /keys/claim, /keys/changes (client-server API, "Key management API"). */
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import { invalidParam } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { positionSchema } from '../../sync/token.ts'
import { keysUploadSchema } from '../schemas.ts'

const MAX_USERS = 5_000
const userMap = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string().refine(isValidUserId, 'not a user id'), value)
    .refine((map) => Object.keys(map).length <= MAX_USERS, 'too many users')

export const keyRoutes: Route[] = [
  route({
    method: 'POST',
    path: [...clientPaths('/keys/upload'), ...clientPaths('/keys/upload/:deviceId')],
    auth: 'user',
    params: z.object({ deviceId: z.string().optional() }),
    body: keysUploadSchema,
    async handler({ ctx, requester, params, body }) {
      if (params.deviceId !== undefined && params.deviceId !== requester.deviceId) {
        throw invalidParam('deviceId: keys can be uploaded for this session only')
      }
      return { one_time_key_counts: await ctx.deviceKeys.upload(requester.userId, requester.deviceId, body) }
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/keys/query'),
    auth: 'user',
    rateLimit: 'read',
    body: z.object({
      device_keys: userMap(z.array(z.string())),
      timeout: z.number().int().optional(),
    }),
    handler: ({ ctx, requester, body }) =>
      ctx.deviceKeys.query(requester.userId, body.device_keys, body.timeout),
  }),
  route({
    method: 'POST',
    path: clientPaths('/keys/claim'),
    auth: 'user',
    body: z.object({
      one_time_keys: userMap(z.record(z.string(), z.string())),
      timeout: z.number().int().optional(),
    }),
    handler: ({ ctx, body }) => ctx.deviceKeys.claim(body.one_time_keys, body.timeout),
  }),
  route({
    method: 'GET',
    path: clientPaths('/keys/changes'),
    auth: 'user',
    query: z.object({ from: positionSchema, to: positionSchema }),
    handler: ({ ctx, requester, query }) =>
      // `to` is a hint: everything known up to now is said (and no less than up to `to`).
      ctx.deviceKeys.changesFor(requester.userId, query.from, Math.max(query.to, ctx.stream.stable)),
  }),
]
