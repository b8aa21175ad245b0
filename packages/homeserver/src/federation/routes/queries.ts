/** What partners may ask about people, devices and rooms (server-server API, "Querying for information" and after). */
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { CONFIRMATION_PATH } from '../../e2ee/identity-confirmations.ts'
import { sharesRoomWith } from '../../e2ee/sharing.ts'
import { invalidParam, notFound } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import { mayPreview, publicRooms, roomSummary, spaceChildren } from '../../rooms/routes/directory.ts'
import { id, roomParams, V1 } from './access.ts'

const noSuchPerson = () => notFound('There is no such person on this server.')

/** @throws M_INVALID_PARAM when somebody is of another server */
function checkLocal(ctx: Context, userIds: readonly string[]): void {
  if (userIds.some((userId) => !ctx.accounts.isLocal(userId)))
    throw invalidParam('Only people of this server can be asked about here.')
}

/** Whether a room may be shown to a server: it has somebody in it, or could have. */
async function mayServerPreview(ctx: Context, origin: string, roomId: string): Promise<boolean> {
  if (!(await ctx.rooms.serverAllowed(roomId, origin))) return false
  if ((await ctx.rooms.joinedServers(roomId)).includes(origin)) return true
  if (await mayPreview(ctx, roomId, '')) return true
  const invited = await ctx.rooms.members(roomId, 'invite')
  if (invited.some((userId) => serverNameOf(userId) === origin)) return true
  const rules = (await ctx.rooms.currentState(roomId)).get('m.room.join_rules')?.pdu.content
  if (rules?.['join_rule'] !== 'restricted' || !Array.isArray(rules['allow'])) return false
  for (const allow of rules['allow'].slice(0, 50) as { room_id?: unknown }[]) {
    if (typeof allow?.room_id !== 'string') continue
    if ((await ctx.rooms.joinedServers(allow.room_id)).includes(origin)) return true
  }
  return false
}

/** What a room is, and who else may come in: the asking server decides for its own people. */
async function summaryFor(ctx: Context, roomId: string): Promise<Record<string, unknown>> {
  const summary = await roomSummary(ctx, roomId)
  const allow = (await ctx.rooms.currentState(roomId)).get('m.room.join_rules')?.pdu.content['allow']
  if (!/restricted$/.test(String(summary['join_rule'])) || !Array.isArray(allow)) return summary
  const rooms = (allow as { type?: unknown; room_id?: unknown }[]).flatMap((one) =>
    one?.type === 'm.room_membership' && typeof one.room_id === 'string' ? [one.room_id] : [],
  )
  return { ...summary, allowed_room_ids: rooms.slice(0, 50) }
}

export const queryRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${V1}/query/profile`,
    auth: 'server',
    entryPoint: 'profile',
    query: z.object({ user_id: id, field: id.optional() }),
    async handler({ ctx, query }) {
      checkLocal(ctx, [query.user_id])
      const profile = await ctx.profiles.get(query.user_id)
      if (!profile) throw noSuchPerson()
      if (query.field === undefined) return profile
      return Object.hasOwn(profile, query.field) ? { [query.field]: profile[query.field] } : {}
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/query/directory`,
    auth: 'server',
    entryPoint: 'directory',
    query: z.object({ room_alias: id }),
    async handler({ ctx, query }) {
      const own = serverNameOf(query.room_alias) === ctx.serverName
      const found = own ? await ctx.aliases.resolve(query.room_alias) : undefined
      if (!found) throw notFound('There is no room with that alias.')
      return { room_id: found.roomId, servers: found.servers }
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/user/devices/:userId`,
    auth: 'server',
    entryPoint: 'devices',
    params: z.object({ userId: id }),
    async handler({ ctx, params }) {
      if (!ctx.accounts.isLocal(params.userId) || !(await ctx.accounts.exists(params.userId)))
        throw noSuchPerson()
      return { user_id: params.userId, ...(await ctx.deviceKeys.localDevices(params.userId)) }
    },
  }),
  route({
    method: 'POST',
    path: `${V1}/user/keys/query`,
    auth: 'server',
    entryPoint: 'devices',
    rateLimit: 'read',
    body: z.looseObject({ device_keys: z.record(z.string(), z.array(z.string())) }),
    handler({ ctx, body }) {
      checkLocal(ctx, Object.keys(body.device_keys))
      return ctx.deviceKeys.queryLocal(body.device_keys, undefined)
    },
  }),
  route({
    method: 'POST',
    path: `${V1}/user/keys/claim`,
    auth: 'server',
    entryPoint: 'devices',
    rateLimit: 'read',
    body: z.looseObject({ one_time_keys: z.record(z.string(), z.record(z.string(), z.string())) }),
    async handler({ ctx, body }) {
      checkLocal(ctx, Object.keys(body.one_time_keys))
      return { one_time_keys: await ctx.deviceKeys.claimLocal(body.one_time_keys) }
    },
  }),
  route({
    method: 'GET',
    // Enlace: what a coordinator signed about a person's new identity, for servers with somebody who shares a room.
    path: `${CONFIRMATION_PATH}/:userId`,
    auth: 'server',
    entryPoint: 'devices',
    params: z.object({ userId: id }),
    async handler({ ctx, origin, params }) {
      const shares = ctx.accounts.isLocal(params.userId) && (await sharesRoomWith(ctx, params.userId, origin))
      const confirmation = shares ? await ctx.identityResets.ownConfirmation(params.userId) : undefined
      if (!confirmation) throw notFound('No coordinator has confirmed an identity of that person.')
      return { confirmation }
    },
  }),
  route({
    method: 'GET',
    path: `${V1}/publicRooms`,
    auth: 'server',
    entryPoint: 'directory',
    query: z.object({ limit: z.coerce.number().int().optional(), since: z.string().optional() }),
    handler: ({ ctx, query }) => publicRooms(ctx, query),
  }),
  route({
    method: 'POST',
    path: `${V1}/publicRooms`,
    auth: 'server',
    entryPoint: 'directory',
    rateLimit: 'read',
    body: z.looseObject({
      limit: z.number().int().nullish(),
      since: z.string().nullish(),
      filter: z
        .looseObject({
          generic_search_term: z.string().nullish(),
          room_types: z.array(z.string().nullable()).nullish(),
        })
        .nullish(),
    }),
    handler: ({ ctx, body }) =>
      publicRooms(ctx, {
        limit: body.limit ?? undefined,
        since: body.since ?? undefined,
        term: body.filter?.generic_search_term ?? undefined,
        roomTypes: body.filter?.room_types ?? undefined,
      }),
  }),
  route({
    method: 'GET',
    path: `${V1}/hierarchy/:roomId`,
    auth: 'server',
    entryPoint: 'directory',
    params: roomParams,
    query: z.object({ suggested_only: z.enum(['true', 'false']).default('false') }),
    async handler({ ctx, origin, params, query }) {
      const here = async (roomId: string) => (await ctx.rooms.room(roomId))?.joinedLocally === true
      if (!(await here(params.roomId)) || !(await mayServerPreview(ctx, origin, params.roomId)))
        throw notFound('There is no such room here.')
      const suggestedOnly = query.suggested_only === 'true'
      const childrenOf = async (roomId: string, summary: Record<string, unknown>) =>
        summary['room_type'] === 'm.space' ? spaceChildren(ctx, roomId, suggestedOnly) : []
      const summary = await summaryFor(ctx, params.roomId)
      const children = await childrenOf(params.roomId, summary)
      const shown: Record<string, unknown>[] = []
      const inaccessible: string[] = []
      for (const { state_key: child } of children.slice(0, 500)) {
        if (!(await here(child))) continue
        if (await mayServerPreview(ctx, origin, child)) {
          const about = await summaryFor(ctx, child)
          shown.push({ ...about, children_state: await childrenOf(child, about) })
        } else inaccessible.push(child)
      }
      return {
        room: { ...summary, children_state: children },
        children: shown,
        inaccessible_children: inaccessible,
      }
    },
  }),
]
