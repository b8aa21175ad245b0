/** Cases for clients (docs/enlace-api.md): references, the board, one case, exports, measures. */
import {
  type BoardFilter,
  boardCsv,
  caseFamilies,
  caseKindKeys,
  caseStatuses,
  flagsOf,
  type MeasureGroup,
  measure,
  measuresCsv,
  possibleSteps,
  priorities,
} from '@enlace/coordination'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { notFound, policyRefusal } from '../errors.ts'
import { answered, type Route, route } from '../http/route.ts'
import type { Requester } from '../http/types.ts'
import { checkJoined } from '../rooms/access.ts'
import { clientEvent } from '../rooms/client-event.ts'
import { mayReadCase, queryBoard, visibleDeleted, visibleRows } from './board.ts'
import { checkChannel } from './door.ts'

const BASE = '/_enlace/client/v1'
const MAX_PAGE = 200

const many = <const T extends [string, ...string[]]>(values: T) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : [value]).flatMap((one) => one.split(',')))
    .pipe(z.array(z.enum(values)).max(40))
    .optional()
const keys = <T extends object>(record: T) =>
  Object.keys(record) as [string & keyof T, ...(string & keyof T)[]]

const filterQuery = z.object({
  view: z.enum(['all', 'mine', 'institution', 'overdue']).default('all'),
  room: z.string().max(255).optional(),
  family: many(keys(caseFamilies)),
  kind: many(caseKindKeys),
  status: many(keys(caseStatuses)),
  priority: many(keys(priorities)),
  flag: z.enum(['overdue', 'almost_due', 'escalated', 'possible_duplicate']).optional(),
  reference: z.string().max(40).optional(),
  ended: z.enum(['true', 'false']).optional(),
})
const repeated = ['family', 'kind', 'status', 'priority']

function boardFilter(query: z.output<typeof filterQuery>): BoardFilter {
  return {
    ...(query.room ? { room: query.room } : {}),
    ...(query.family?.length ? { families: query.family as BoardFilter['families'] & object } : {}),
    ...(query.kind?.length ? { kinds: query.kind } : {}),
    ...(query.status?.length ? { statuses: query.status as BoardFilter['statuses'] & object } : {}),
    ...(query.priority?.length ? { priorities: query.priority as BoardFilter['priorities'] & object } : {}),
    ...(query.flag ? { flag: query.flag } : {}),
    ...(query.reference ? { reference: query.reference } : {}),
    ...(query.ended === 'true' ? { ended: true } : {}),
  }
}

async function board(ctx: Context, requester: Requester, query: z.output<typeof filterQuery>) {
  const now = Date.now()
  const [rows, member] = await Promise.all([
    visibleRows(ctx, requester.userId, now),
    ctx.policy.memberOf(requester.userId),
  ])
  const who = { userId: requester.userId, institution: member.institution?.key }
  return { now, ...queryBoard(rows, who, query.view, boardFilter(query)) }
}

const measuresQuery = z.object({
  group: z.enum(['all', 'kind', 'institution', 'country', 'month']).default('all'),
  from: z.coerce.number().int().min(0).optional(),
  to: z.coerce.number().int().min(0).optional(),
  kind: many(caseKindKeys),
  family: many(keys(caseFamilies)),
  country: z.string().length(2).optional(),
  institution: z.string().max(64).optional(),
  room: z.string().max(255).optional(),
})

async function measures(ctx: Context, requester: Requester, query: z.output<typeof measuresQuery>) {
  const now = Date.now()
  const rows = (await visibleRows(ctx, requester.userId, now))
    .map((one) => one.row)
    .filter((row) => query.room === undefined || row.room_id === query.room)
  return measure(rows, await ctx.escalations.times(rows), query.group as MeasureGroup | 'all', {
    now,
    countryOf: (key) => ctx.directory.institution(key)?.country,
    ...(query.from === undefined ? {} : { from: query.from }),
    ...(query.to === undefined ? {} : { to: query.to }),
    ...(query.kind?.length ? { kinds: query.kind } : {}),
    ...(query.family?.length ? { families: query.family as (keyof typeof caseFamilies)[] } : {}),
    ...(query.country ? { country: query.country } : {}),
    ...(query.institution ? { institution: query.institution } : {}),
  })
}

function csv(res: import('node:http').ServerResponse, name: string, text: string): typeof answered {
  res.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'no-store',
  })
  // Spreadsheets take a file for UTF-8 when it begins with the mark.
  res.end(`\uFEFF${text}`)
  return answered
}

const caseParams = z.object({ caseId: z.string().max(255).startsWith('$') })

export const caseRoutes: Route[] = [
  route({
    method: 'POST',
    path: `${BASE}/cases/reference`,
    auth: 'user',
    body: z.object({ kind: z.enum(caseKindKeys), room_id: z.string().max(255).startsWith('!') }),
    async handler({ ctx, requester, body }) {
      await checkJoined(ctx, body.room_id, requester.userId)
      await checkChannel(ctx, body.room_id)
      const { institution } = await ctx.policy.memberOf(requester.userId)
      if (!institution)
        throw policyRefusal('case.institution', '', {
          es: 'Los casos los abre el personal de una institución de la red, en un canal temático.',
          en: 'Cases are opened by staff of an institution of the network, in a topic channel.',
        })
      return { reference: await ctx.cases.references.reserve(body.kind, institution.key, body.room_id) }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/cases`,
    auth: 'user',
    repeated,
    query: filterQuery.extend({
      from: z.coerce.number().int().min(0).max(1_000_000).default(0),
      limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
    }),
    async handler({ ctx, requester, query }) {
      const { now, found, counts } = await board(ctx, requester, query)
      const page = found.slice(query.from, query.from + query.limit)
      const end = query.from + page.length
      const escalated = await ctx.escalations.openAbout()
      const deleted = await visibleDeleted(ctx, requester.userId, query.room)
      return {
        now,
        ...(deleted.length > 0 ? { deleted } : {}),
        total: found.length,
        counts,
        rows: page.map(({ row, flags }) => {
          const escalation = escalated.get(row.id)
          return { ...row, flags, ...(escalation ? { escalation } : {}) }
        }),
        ...(end < found.length ? { next: String(end) } : {}),
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/cases.csv`,
    auth: 'user',
    repeated,
    query: filterQuery,
    async handler({ ctx, requester, query, res }) {
      const { now, found } = await board(ctx, requester, query)
      const escalated = new Set((await ctx.escalations.openAbout()).keys())
      return csv(
        res,
        'casos.csv',
        boardCsv(
          found.map((one) => one.row),
          now,
          escalated,
        ),
      )
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/cases/:caseId`,
    auth: 'user',
    params: caseParams,
    async handler({ ctx, requester, params }) {
      const { caseId } = params
      const mayRead = await mayReadCase(ctx, requester.userId, caseId)
      const found = mayRead ? await ctx.cases.read(caseId) : undefined
      await ctx.cases.settled()
      const row = ctx.cases.row(caseId)
      if (!found || !row) {
        const event = mayRead ? await ctx.rooms.event(caseId) : undefined
        throw (
          (event && (await ctx.cases.deleted.refusal(event))) ??
          notFound('Ese caso no está en sus canales. / There is no such case in your channels.')
        )
      }
      const events = await ctx.rooms.visibleTo(requester.userId, [
        ...found.events,
        ...(await ctx.escalations.stepsOf(found.events)),
      ])
      const { institution, role } = await ctx.policy.memberOf(requester.userId)
      const escalation = (await ctx.escalations.openAbout()).get(caseId)
      const unique = [...new Map(events.map((event) => [event.eventId, event])).values()]
      return {
        row,
        flags: flagsOf(row, Date.now(), escalation !== undefined),
        ...(escalation ? { escalation } : {}),
        events: await Promise.all(unique.map((event) => clientEvent(ctx, event, requester))),
        possible_steps:
          institution && role ? possibleSteps(found.state, { institution: institution.key, role }) : [],
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/measures`,
    auth: 'user',
    repeated: ['kind', 'family'],
    query: measuresQuery,
    handler: async ({ ctx, requester, query }) => ({
      group: query.group,
      measures: await measures(ctx, requester, query),
    }),
  }),
  route({
    method: 'GET',
    path: `${BASE}/measures.csv`,
    auth: 'user',
    repeated: ['kind', 'family'],
    query: measuresQuery,
    handler: async ({ ctx, requester, query, res }) =>
      csv(
        res,
        'medidas.csv',
        measuresCsv(query.group as MeasureGroup | 'all', await measures(ctx, requester, query)),
      ),
  }),
]
