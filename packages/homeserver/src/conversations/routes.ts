/** Enlace: conversations with people of the network (docs/enlace-api.md, "Conversations"). */
import { groupLimit } from '@enlace/coordination'
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'

const BASE = '/_enlace/client/v1/conversations'
const user = z.string().max(255).refine(isValidUserId, 'not a user id')

export const conversationRoutes: Route[] = [
  route({
    method: 'POST',
    path: BASE,
    auth: 'user',
    body: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('direct'), with: user }),
      z.strictObject({
        kind: z.literal('group'),
        with: z
          .array(user)
          .min(1)
          .max(groupLimit + 1),
      }),
    ]),
    handler: ({ ctx, requester, body }) =>
      body.kind === 'direct'
        ? ctx.conversations.direct(requester.userId, body.with)
        : ctx.conversations.group(requester.userId, body.with),
  }),
  route({
    method: 'POST',
    path: `${BASE}/check`,
    auth: 'user',
    rateLimit: 'read',
    body: z.strictObject({ user_ids: z.array(user).min(1).max(30) }),
    handler: async ({ ctx, requester, body }) => ({
      people: await ctx.conversations.check(requester.userId, body.user_ids),
    }),
  }),
]
