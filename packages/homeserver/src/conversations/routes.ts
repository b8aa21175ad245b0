/** Enlace: conversations with people of the network (docs/enlace-api.md, "Conversations"). */
import { groupLimit, type Topic, topics } from '@enlace/coordination'
import { type InstitutionKind, institutionKinds } from '@enlace/directory/words'
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'

const BASE = '/_enlace/client/v1/conversations'
const kindKeys = Object.keys(institutionKinds) as [InstitutionKind, ...InstitutionKind[]]
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
    path: '/_enlace/client/v1/channels',
    auth: 'user',
    body: z.strictObject({
      corridor: z
        .string()
        .max(255)
        .regex(/^!\S+$/),
      topic: z.enum(Object.keys(topics) as [Topic, ...Topic[]]),
      kinds: z.array(z.enum(kindKeys)).min(1).max(50).optional(),
    }),
    handler: ({ ctx, requester, body: { corridor, topic, kinds } }) =>
      ctx.conversations.found(requester.userId, { corridor, topic, ...(kinds ? { kinds } : {}) }),
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
