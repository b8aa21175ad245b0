/** Duty for clients (docs/enlace-api.md, "Duty"): the book, swaps, hand-overs, calendars, who is on duty, writing to them. */

import { institutionKeySchema } from '@enlace/coordination'
import {
  dutyCalendarSchema,
  dutyOverrideSchema,
  dutyPlanSchema,
  dutyPositionKeySchema,
  dutySwapActions,
  handOverMarks,
} from '@enlace/coordination/duty'
import { z } from 'zod'
import { invalidParam, notFound } from '../errors.ts'
import { answered, type Route, route } from '../http/route.ts'
import { dutyRosterSchema } from './legacy-roster.ts'
import { DUTY_PATH } from './network.ts'

const BASE = '/_enlace/client/v1/duty'
const WEEK_MS = 7 * 86_400_000
const MAX_PAGE_MS = 62 * 86_400_000

const ts = z.coerce.number().int().min(0).max(8_640_000_000_000)
const revision = z.int().min(0)
const institutionKey = z.string().min(1).max(64)
const span = z.strictObject({
  from_ts: dutyOverrideSchema.shape.from_ts,
  to_ts: dutyOverrideSchema.shape.to_ts,
})
const word = z.string().min(1).max(255)
const id = z.object({ id: z.string().min(1).max(64) })

export const dutyRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    handler: ({ ctx, requester }) => ctx.duty.roster(requester.userId),
  }),
  route({
    method: 'PUT',
    path: BASE,
    auth: 'user',
    body: dutyRosterSchema,
    async handler({ ctx, requester, body }) {
      await ctx.duty.putRoster(requester.userId, body)
      return ctx.duty.roster(requester.userId)
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/book`,
    auth: 'user',
    query: z.object({ from: ts.optional(), to: ts.optional() }),
    async handler({ ctx, requester, query }) {
      const from = query.from ?? ctx.clock.now()
      const to = query.to ?? from + WEEK_MS
      if (to <= from || to - from > MAX_PAGE_MS)
        throw invalidParam('from, to: 62 días a lo más. / from, to: at most 62 days.')
      return ctx.duty.page(requester.userId, from, to)
    },
  }),
  route({
    method: 'PUT',
    path: `${BASE}/book`,
    auth: 'user',
    body: z.strictObject({ revision, plan: dutyPlanSchema }),
    async handler({ ctx, requester, body }) {
      await ctx.duty.putPlan(requester.userId, body.revision, body.plan)
      return {}
    },
  }),
  route({
    method: 'PUT',
    path: `${BASE}/calendar`,
    auth: 'user',
    body: dutyCalendarSchema.omit({ confirmed: true }).extend({ revision }),
    async handler({ ctx, requester, body: { revision: expected, ...calendar } }) {
      await ctx.duty.putCalendar(requester.userId, expected, calendar)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/calendar/confirm`,
    auth: 'user',
    body: z.strictObject({ year: z.int().min(2000).max(2200) }),
    async handler({ ctx, requester, body }) {
      await ctx.duty.confirmYear(requester.userId, body.year)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/swaps`,
    auth: 'user',
    body: z
      .strictObject({
        position: dutyPositionKeySchema,
        taker: z.string().min(3).max(255).startsWith('@'),
        ...span.shape,
        back: span.optional(),
      })
      .refine((one) => one.to_ts > one.from_ts && (!one.back || one.back.to_ts > one.back.from_ts), {
        error: 'it ends after it begins',
      }),
    handler: ({ ctx, requester, body }) => ctx.duty.askSwap(requester.userId, body),
  }),
  route({
    method: 'POST',
    path: `${BASE}/swaps/:id`,
    auth: 'user',
    params: id,
    body: z.strictObject({ action: z.enum(dutySwapActions) }),
    async handler({ ctx, requester, params, body }) {
      await ctx.duty.answerSwap(requester.userId, params.id, body.action)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/hand-overs`,
    auth: 'user',
    body: z.strictObject({
      position: dutyPositionKeySchema,
      items: z
        .array(z.strictObject({ case_id: z.string().max(255).startsWith('$'), mark: z.enum(handOverMarks) }))
        .min(1)
        .max(50),
    }),
    async handler({ ctx, requester, body }) {
      await ctx.duty.handOver(requester.userId, body.position, body.items)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/now`,
    auth: 'user',
    query: z.object({
      institution: institutionKey,
      position: dutyPositionKeySchema.optional(),
      topic: word.optional(),
      service: word.optional(),
      corridor: word.optional(),
    }),
    handler({ ctx, requester, query: { institution, position, ...matter } }) {
      return ctx.duty.now(requester.userId, institution, { ...(position ? { position } : {}), matter })
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/write`,
    auth: 'user',
    body: z.strictObject({ institution: institutionKey, position: dutyPositionKeySchema.optional() }),
    handler: ({ ctx, requester, body }) => ctx.duty.write(requester.userId, body.institution, body.position),
  }),
  route({
    method: 'GET',
    path: '/_enlace/client/v1/trust/institutions/:institution',
    auth: 'user',
    params: z.object({ institution: institutionKeySchema }),
    async handler({ ctx, requester, params }) {
      return { duty_key: await ctx.duty.publicKey(requester.userId, params.institution) }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/feeds`,
    auth: 'user',
    handler: async ({ ctx, requester }) => ({ feeds: await ctx.duty.feeds.list(requester.userId) }),
  }),
  route({
    method: 'POST',
    path: `${BASE}/feeds`,
    auth: 'user',
    body: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('person') }),
      z.strictObject({ kind: z.literal('position'), position: dutyPositionKeySchema }),
    ]),
    async handler({ ctx, requester, body }) {
      const { token, ...feed } = await ctx.duty.feeds.create(requester.userId, body)
      return { ...feed, path: `${FEED_PATH}/${token}.ics` }
    },
  }),
  route({
    method: 'DELETE',
    path: `${BASE}/feeds/:id`,
    auth: 'user',
    params: id,
    async handler({ ctx, requester, params }) {
      if (!(await ctx.duty.feeds.revoke(requester.userId, params.id)))
        throw notFound(
          'Ese calendario no existe o fue retirado. / There is no such calendar, or it was withdrawn.',
        )
      return {}
    },
  }),
  route({
    method: 'GET',
    path: '/_enlace/calendar/:file',
    auth: 'none',
    params: z.object({ file: z.string().max(100) }),
    async handler({ ctx, params, res }) {
      const text = await ctx.duty.feeds.read(params.file.replace(/\.ics$/, ''))
      res.writeHead(200, {
        'Content-Type': 'text/calendar; charset=utf-8',
        'Content-Disposition': 'inline; filename="turnos.ics"',
        'Cache-Control': 'private, no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Robots-Tag': 'noindex',
      })
      res.end(text)
      return answered
    },
  }),
]

const FEED_PATH = '/_enlace/calendar'

/** Partners ask on behalf of their people; only servers of the list are answered. */
export const dutyFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${DUTY_PATH}/:institution`,
    auth: 'server',
    entryPoint: 'duty',
    params: z.object({ institution: institutionKey }),
    handler: ({ ctx, params }) => ctx.duty.told(params.institution),
  }),
]
