/** /profile and /user_directory/search (client-server API, "Profiles", "User directory"). */
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { forbidden, invalidParam, MatrixError, notFound } from '../errors.ts'
import { clientPaths } from '../http/client-paths.ts'
import { type Route, route } from '../http/route.ts'
import type { Requester } from '../http/types.ts'

const user = z.object({ userId: z.string().refine(isValidUserId, 'not a user id') })
const field = user.extend({ keyName: z.string() })

async function profileOf(ctx: Context, userId: string): Promise<Record<string, unknown>> {
  const profile = await ctx.profiles.get(userId)
  if (!profile) throw notFound('Nobody is known by that user id.')
  return profile
}

function checkOwn(requester: Requester, userId: string): void {
  if (requester.userId !== userId) throw forbidden('Only your own profile can be changed.')
}

/** NOTSPEC: looking at a profile needs an account. Who works where is not for everyone on the network to collect. */
export const profileRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/profile/:userId'),
    auth: 'user',
    guests: true,
    params: user,
    handler: ({ ctx, params }) => profileOf(ctx, params.userId),
  }),
  route({
    method: 'GET',
    path: clientPaths('/profile/:userId/:keyName'),
    auth: 'user',
    guests: true,
    params: field,
    async handler({ ctx, params }) {
      const profile = await profileOf(ctx, params.userId)
      if (!Object.hasOwn(profile, params.keyName)) throw notFound('The profile has no such field.')
      return { [params.keyName]: profile[params.keyName] }
    },
  }),
  route({
    method: 'PUT',
    path: clientPaths('/profile/:userId/:keyName'),
    auth: 'user',
    params: field,
    maxBody: 128 * 1024,
    body: z.record(z.string(), z.unknown()),
    async handler({ ctx, requester, params, body }) {
      checkOwn(requester, params.userId)
      if (!Object.hasOwn(body, params.keyName)) {
        throw new MatrixError(400, 'M_MISSING_PARAM', `${params.keyName}: missing in the body`)
      }
      if (Object.keys(body).length > 1) throw invalidParam('One field at a time.')
      await ctx.profiles.set(params.userId, params.keyName, body[params.keyName])
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: clientPaths('/profile/:userId/:keyName'),
    auth: 'user',
    params: field,
    async handler({ ctx, requester, params }) {
      checkOwn(requester, params.userId)
      await ctx.profiles.delete(params.userId, params.keyName)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/user_directory/search'),
    auth: 'user',
    rateLimit: 'read',
    body: z.object({ search_term: z.string().max(255), limit: z.number().int().min(1).max(100).default(10) }),
    handler: ({ ctx, requester, body }) =>
      ctx.profiles.search(requester.userId, body.search_term, body.limit),
  }),
]
