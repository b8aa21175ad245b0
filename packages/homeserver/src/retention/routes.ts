/** Retention for clients and partners (docs/enlace-api.md, "Retention"). */
import {
  type CaseRow,
  MIN_DAYS,
  networkDefault,
  retentionSubjects,
  subjectLabel,
  WHAT_STAYS,
} from '@enlace/coordination'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { coordinated } from '../people/people-routes.ts'
import { checkJoined } from '../rooms/access.ts'
import { RETENTION_PATH } from './partners.ts'
import type { Standing } from './types.ts'
import { erasureViewFor } from './views.ts'

const BASE = '/_enlace/client/v1/retention'
const roomId = z.string().max(255).startsWith('!')
const subject = z.union([z.string().max(255).startsWith('$'), z.literal('messages')])
const days = z.int().min(MIN_DAYS).max(40_000)
const MAX_SHOWN = 200

const coordinates = (ctx: Context, userId: string): Promise<string | undefined> =>
  coordinated(ctx, userId).catch(() => undefined)

async function joinedChannels(ctx: Context, userId: string): Promise<string[]> {
  const found: string[] = []
  for (const { roomId: id, membership } of await ctx.rooms.roomsOf(userId))
    if (membership === 'join' && (await ctx.channels.recognise(id)).recognised) found.push(id)
  return found
}

const rowView = ({ id, room_id, reference, kind, requesting, owner, changed_ts }: CaseRow) => ({
  case_id: id,
  room_id,
  reference,
  kind,
  requesting,
  owner,
  ended_ts: changed_ts,
})
const standingView = (standing: Standing) => standing

async function channelView(ctx: Context, id: string) {
  const { rules, holds } = await ctx.retention.ofRoom(id)
  return {
    room_id: id,
    rules: [...rules.rules.values()],
    rule_heads: Object.fromEntries(rules.heads),
    holds: [...holds.holds.values()].filter((hold) => hold.state !== 'lifted'),
    past_holds: [...holds.past, ...[...holds.holds.values()].filter((hold) => hold.state === 'lifted')],
    hold_heads: Object.fromEntries(holds.heads),
  }
}

export const retentionRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    async handler({ ctx, requester }) {
      const institution = await coordinates(ctx, requester.userId)
      const channels = await joinedChannels(ctx, requester.userId)
      const roomIds = new Set(channels)
      const [upcoming, messages, erasures] = await Promise.all([
        ctx.retention.upcoming(roomIds, MAX_SHOWN),
        ctx.retention.dueMessages(roomIds),
        ctx.retention.erasures({ roomIds }, MAX_SHOWN),
      ])
      return {
        now: ctx.clock.now(),
        server: ctx.serverName,
        ...ctx.retention.mode(),
        ...(institution === undefined ? {} : { institution }),
        defaults: retentionSubjects.map((key) => ({
          subject: key,
          label: subjectLabel(key),
          ...networkDefault(key),
        })),
        stays: WHAT_STAYS,
        channels: await Promise.all(channels.map((id) => channelView(ctx, id))),
        upcoming: upcoming.map(({ row, standing }) => ({ ...rowView(row), ...standingView(standing) })),
        due_messages: messages,
        erasures: await Promise.all(erasures.map((one) => erasureViewFor(ctx, one, institution))),
      }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/preview`,
    auth: 'user',
    body: z.strictObject({
      room_id: roomId,
      shorter: z.partialRecord(z.enum(retentionSubjects), days),
    }),
    async handler({ ctx, requester, body }) {
      const institution = await coordinated(ctx, requester.userId)
      await checkJoined(ctx, body.room_id, requester.userId)
      return ctx.retention.preview(body.room_id, institution, body.shorter)
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/cases/:caseId`,
    auth: 'user',
    params: z.object({ caseId: z.string().max(255).startsWith('$') }),
    async handler({ ctx, requester, params }) {
      const event = await ctx.rooms.accessEvent(requester.userId, params.caseId)
      if (!event) throw notFound('Ese caso no está en sus canales. / There is no such case in your channels.')
      await ctx.cases.settled()
      const row = ctx.cases.row(params.caseId)
      const erasure = await ctx.retention.erasureOf(event.roomId, params.caseId)
      if (!row && !erasure)
        throw notFound('Ese caso no está en sus canales. / There is no such case in your channels.')
      const { holds } = await ctx.retention.ofRoom(event.roomId)
      const about = [params.caseId, event.roomId]
      const institution = await coordinates(ctx, requester.userId)
      return {
        room_id: event.roomId,
        ...ctx.retention.mode(),
        ...(row && !erasure ? { ...rowView(row), ...standingView(await ctx.retention.standing(row)) } : {}),
        holds: about.flatMap((id) => holds.holds.get(id) ?? []),
        past_holds: holds.past.filter((hold) => about.includes(hold.about)),
        hold_heads: holds.heads.get(params.caseId) ?? [],
        ...(erasure ? { erasure: await erasureViewFor(ctx, erasure, institution) } : {}),
        stays: WHAT_STAYS,
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/erasures`,
    auth: 'user',
    async handler({ ctx, requester }) {
      const quietUntil = ctx.retention.quietUntil()
      const erasures = await ctx.retention.forDevice(requester.userId, requester.deviceId ?? '')
      return {
        // A span, because the device counts it on its own clock.
        ...(quietUntil === undefined ? {} : { quiet_ms: quietUntil - ctx.clock.now() }),
        erasures: erasures.map(({ id, room_id, subject: about, until_ts, event_ids, sessions }) => ({
          id,
          room_id,
          subject: about,
          ...(until_ts === undefined ? {} : { until_ts }),
          event_ids: event_ids ?? [],
          sessions,
        })),
      }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/erasures/confirm`,
    auth: 'user',
    body: z.strictObject({ ids: z.array(z.string().max(600)).min(1).max(100) }),
    async handler({ ctx, requester, body }) {
      await ctx.retention.confirmed(requester.userId, requester.deviceId ?? '', body.ids)
      return {}
    },
  }),
]

export const retentionFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${RETENTION_PATH}/:roomId/:subject`,
    auth: 'server',
    entryPoint: 'retention',
    params: z.object({ roomId, subject }),
    query: z.object({ until_ts: z.coerce.number().int().min(0).optional() }),
    async handler({ ctx, origin, params, query }) {
      // One answer for a room that is not there and one that the server is not in.
      if (!(await ctx.rooms.joinedServers(params.roomId)).includes(origin))
        throw notFound('Ese canal no está aquí. / There is no such room here.')
      return ctx.retention.answer(params.roomId, params.subject, query.until_ts)
    },
  }),
]
