/** /pushrules, /pushers, /notifications (client-server API, "Push Notifications"). */
import { z } from 'zod'
import { badJson, invalidParam } from '../errors.ts'
import { isAllowedEndpoint } from '../federation/addresses.ts'
import { clientPaths } from '../http/client-paths.ts'
import { type Route, route } from '../http/route.ts'
import { type Action, type Condition, RULE_KINDS } from './default-rules.ts'

const action = z.union([
  z.string().max(100),
  z.looseObject({ set_tweak: z.string().max(100), value: z.unknown().optional() }),
])
const actions = z.array(action).max(20)
const condition = z.looseObject({ kind: z.string().max(100) })
const kind = z.object({
  kind: z.enum(RULE_KINDS as [string, ...string[]]).transform((k) => k as (typeof RULE_KINDS)[number]),
})
const rule = kind.extend({ ruleId: z.string().min(1).max(255) })
const RULE = '/pushrules/global/:kind/:ruleId'

/** Rooms and events per room looked through for /notifications. */
const MAX_ROOMS = 100
const PER_ROOM = 50

const pusher = z.object({
  app_id: z.string().min(1).max(64),
  pushkey: z.string().min(1).max(512),
  kind: z.string().max(64).nullable(),
  app_display_name: z.string().max(255).optional(),
  device_display_name: z.string().max(255).optional(),
  profile_tag: z.string().max(64).optional(),
  lang: z.string().max(64).optional(),
  data: z
    .looseObject({ url: z.string().max(2_048).optional(), format: z.string().max(64).optional() })
    .optional(),
  append: z.boolean().optional(),
})

export const pushRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/pushrules'),
    auth: 'user',
    handler: ({ ctx, requester }) => ctx.push.rules(requester.userId),
  }),
  route({
    method: 'GET',
    path: clientPaths('/pushrules/global'),
    auth: 'user',
    handler: ({ ctx, requester }) => ctx.push.pushRules.ruleset(requester.userId),
  }),
  route({
    method: 'GET',
    path: clientPaths(RULE),
    auth: 'user',
    params: rule,
    handler: ({ ctx, requester, params }) =>
      ctx.push.pushRules.find(requester.userId, params.kind, params.ruleId),
  }),
  route({
    method: 'PUT',
    path: clientPaths(RULE),
    auth: 'user',
    params: rule,
    query: z.object({ before: z.string().optional(), after: z.string().optional() }),
    body: z.object({
      actions,
      conditions: z.array(condition).max(50).optional(),
      pattern: z.string().max(255).optional(),
    }),
    async handler({ ctx, requester, params, query, body }) {
      await ctx.push.pushRules.put(
        requester.userId,
        params.kind,
        params.ruleId,
        {
          ...body,
          actions: body.actions as Action[],
          conditions: body.conditions as Condition[] | undefined,
        },
        query,
      )
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: clientPaths(RULE),
    auth: 'user',
    params: rule,
    async handler({ ctx, requester, params }) {
      await ctx.push.pushRules.remove(requester.userId, params.kind, params.ruleId)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: clientPaths(`${RULE}/enabled`),
    auth: 'user',
    params: rule,
    handler: async ({ ctx, requester, params }) => ({
      enabled: (await ctx.push.pushRules.find(requester.userId, params.kind, params.ruleId)).enabled,
    }),
  }),
  route({
    method: 'PUT',
    path: clientPaths(`${RULE}/enabled`),
    auth: 'user',
    params: rule,
    body: z.object({ enabled: z.boolean() }),
    async handler({ ctx, requester, params, body }) {
      await ctx.push.pushRules.setEnabled(requester.userId, params.kind, params.ruleId, body.enabled)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: clientPaths(`${RULE}/actions`),
    auth: 'user',
    params: rule,
    handler: async ({ ctx, requester, params }) => ({
      actions: (await ctx.push.pushRules.find(requester.userId, params.kind, params.ruleId)).actions,
    }),
  }),
  route({
    method: 'PUT',
    path: clientPaths(`${RULE}/actions`),
    auth: 'user',
    params: rule,
    body: z.object({ actions }),
    async handler({ ctx, requester, params, body }) {
      await ctx.push.pushRules.setActions(
        requester.userId,
        params.kind,
        params.ruleId,
        body.actions as Action[],
      )
      return {}
    },
  }),

  route({
    method: 'GET',
    path: clientPaths('/pushers'),
    auth: 'user',
    handler: async ({ ctx, requester }) => ({ pushers: await ctx.push.pushers.list(requester.userId) }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/pushers/set'),
    auth: 'user',
    body: pusher,
    async handler({ ctx, requester, body }) {
      const { kind, append, app_display_name, device_display_name, lang, data, ...rest } = body
      if (kind === null) {
        await ctx.push.pushers.remove(requester.userId, body.app_id, body.pushkey)
        return {}
      }
      if (
        app_display_name === undefined ||
        device_display_name === undefined ||
        lang === undefined ||
        !data
      ) {
        throw badJson('A pusher needs app_display_name, device_display_name, lang and data.')
      }
      if (kind === 'http') checkGateway(data.url, ctx.config.federation.allow_private_addresses)
      await ctx.push.pushers.set(
        requester.userId,
        requester.deviceId,
        { ...rest, kind, app_display_name, device_display_name, lang, data },
        append ?? false,
      )
      return {}
    },
  }),

  route({
    method: 'GET',
    path: clientPaths('/notifications'),
    auth: 'user',
    query: z.object({
      from: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
      only: z.string().optional(),
    }),
    async handler({ ctx, requester, query }) {
      const { userId } = requester
      const before = query.from === undefined ? Number.POSITIVE_INFINITY : Number(query.from)
      const found: { pos: number; notification: Record<string, unknown> }[] = []
      const joined = (await ctx.rooms.roomsOf(userId)).filter(({ membership }) => membership === 'join')
      for (const { roomId } of joined.slice(0, MAX_ROOMS)) {
        const read = await ctx.ephemeral.readUpTo(roomId, userId)
        const events = await ctx.rooms.timeline(roomId, {
          ...(Number.isFinite(before) ? { from: before } : {}),
          dir: 'b',
          limit: PER_ROOM,
        })
        for (const event of await ctx.rooms.visibleTo(userId, events)) {
          if (event.pdu.sender === userId || event.pos === undefined || event.pos >= before) continue
          const outcome = await ctx.push.judge(userId, event)
          if (!outcome.notify || (query.only === 'highlight' && !outcome.highlight)) continue
          found.push({
            pos: event.pos,
            notification: {
              actions: outcome.actions,
              event: await ctx.sync.clientEvent(event, { userId, deviceId: requester.deviceId }),
              read: event.pos <= read.all,
              room_id: roomId,
              ts: event.receivedAt,
            },
          })
        }
      }
      found.sort((a, b) => b.pos - a.pos)
      const page = found.slice(0, query.limit)
      return {
        notifications: page.map(({ notification }) => notification),
        ...(found.length > page.length ? { next_token: String(page.at(-1)!.pos) } : {}),
      }
    },
  }),
]

/** @throws M_INVALID_PARAM unless it is the address of a push gateway (push gateway API) */
function checkGateway(address: string | undefined, allowPrivate: boolean): void {
  const url = address === undefined ? null : URL.parse(address)
  if (!url) throw invalidParam('data.url: the address of the push gateway is needed')
  if (url.protocol !== 'https:') throw invalidParam('data.url: must be https')
  if (url.pathname !== '/_matrix/push/v1/notify')
    throw invalidParam('data.url: must end in /_matrix/push/v1/notify')
  if (!isAllowedEndpoint(url.href, allowPrivate))
    throw invalidParam('data.url: this server may not connect to that address')
}
