/** Reports for Enlace's client and for partners (docs/enlace-api.md, "Reports"). */
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../accounts/uia.ts'
import { type Route, route } from '../http/route.ts'
import { tidyName } from '../people/names.ts'
import { READERS_PATH } from './partners.ts'
import { reportReasons } from './types.ts'

const BASE = '/_enlace/client/v1'
const DESK = `${BASE}/institution/reports`
const userId = z.string().min(3).max(255).startsWith('@')
const roomId = z.string().max(255).startsWith('!')
const eventId = z.string().max(255).startsWith('$')
const id = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/)
/** What coordinators and those concerned write to each other: sentences about conduct, not about anybody's case. */
const words = z.string().max(4_000).transform(tidyName).pipe(z.string().min(3).max(1_000))
/** Also the reason of a suspension, which has its own limit. */
const reason = z.string().max(1_000).transform(tidyName).pipe(z.string().min(3).max(300))

export const reportRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${BASE}/reports/readers`,
    auth: 'user',
    query: z.object({ room_id: roomId, event_id: eventId }),
    async handler({ ctx, requester, query }) {
      const event = await ctx.rooms.accessEvent(requester.userId, query.event_id)
      const about = event?.roomId === query.room_id ? event.pdu.sender : undefined
      return { desks: await ctx.reports.readers(requester.userId, about) }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/reports`,
    auth: 'user',
    handler: async ({ ctx, requester }) => ({ reports: await ctx.reports.filedBy(requester.userId) }),
  }),
  route({
    method: 'POST',
    path: `${BASE}/reports`,
    auth: 'user',
    body: z.strictObject({
      room_id: roomId,
      event_id: eventId,
      reason: z.enum(reportReasons),
      named: z.boolean(),
      disclosed: z.boolean(),
    }),
    handler: ({ ctx, requester, body }) =>
      ctx.reports.file(requester.userId, {
        kind: 'message',
        reason: body.reason,
        roomId: body.room_id,
        eventId: body.event_id,
        named: body.named,
        disclosed: body.disclosed,
      }),
  }),

  route({
    method: 'GET',
    path: DESK,
    auth: 'user',
    handler: async ({ ctx, requester }) => ({
      reports: await ctx.reports.desk.list(requester.userId),
      decisions: await ctx.reports.decisions.list(requester.userId),
    }),
  }),
  route({
    method: 'GET',
    path: `${DESK}/:id`,
    auth: 'user',
    params: z.object({ id }),
    handler: ({ ctx, requester, params }) => ctx.reports.desk.open(requester.userId, params.id),
  }),
  route({
    method: 'POST',
    path: `${DESK}/:id/take`,
    auth: 'user',
    params: z.object({ id }),
    body: z.strictObject({}),
    handler: ({ ctx, requester, params }) => ctx.reports.desk.take(requester.userId, params.id),
  }),
  route({
    method: 'POST',
    path: `${DESK}/:id/remove`,
    auth: 'user',
    params: z.object({ id }),
    body: z.strictObject({}),
    handler: ({ ctx, requester, params }) => ctx.reports.desk.remove(requester, params.id),
  }),
  route({
    method: 'POST',
    path: `${DESK}/:id/decide`,
    auth: 'user',
    params: z.object({ id }),
    body: z.strictObject({
      act: z.enum(['warn', 'suspend', 'close']),
      reason,
      auth: authData.optional(),
    }),
    async handler({ ctx, requester, params, body: { auth, ...decision }, req }) {
      // Suspending somebody asks for a proof here as on their page; whoever may not even look is not asked.
      if (decision.act === 'suspend') {
        await ctx.reports.desk.open(requester.userId, params.id)
        await requireInteractiveAuth(ctx, {
          auth,
          stages: ['m.login.password'],
          operation: `POST reports/${params.id}/suspend`,
          requester,
          address: req.ip ?? '',
        })
      }
      return ctx.reports.desk.decide(requester.userId, params.id, decision)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/institution/decisions/:id/answer`,
    auth: 'user',
    params: z.object({ id }),
    body: z.strictObject({ outcome: z.enum(['upheld', 'undone']), reason: words }),
    handler: ({ ctx, requester, params, body }) =>
      ctx.reports.decisions.answer(requester.userId, params.id, body),
  }),

  route({
    method: 'GET',
    path: `${BASE}/decisions`,
    auth: 'user',
    handler: async ({ ctx, requester }) => ({
      decisions: await ctx.reports.decisions.ofUser(requester.userId),
    }),
  }),
  route({
    method: 'POST',
    path: `${BASE}/decisions/:id/acknowledge`,
    auth: 'user',
    params: z.object({ id }),
    body: z.strictObject({}),
    async handler({ ctx, requester, params }) {
      await ctx.reports.decisions.acknowledge(requester.userId, params.id)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/decisions/:id/appeal`,
    auth: 'user',
    params: z.object({ id }),
    body: z.strictObject({ words }),
    handler: ({ ctx, requester, params, body }) =>
      ctx.reports.decisions.appeal(requester.userId, params.id, body.words),
  }),
  route({
    method: 'POST',
    path: `${BASE}/appeal`,
    auth: 'none',
    rateLimit: 'login',
    body: z.strictObject({ token: z.string().min(20).max(100), words }),
    handler: ({ ctx, body }) => ctx.reports.decisions.appealWith(body.token, body.words),
  }),
]

export const reportFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${READERS_PATH}/:userId`,
    auth: 'server',
    entryPoint: 'report',
    params: z.object({ userId }),
    handler: ({ ctx, origin, params }) => ctx.reports.readersFor(origin, params.userId),
  }),
]
