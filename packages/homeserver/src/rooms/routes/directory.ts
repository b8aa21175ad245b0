/** Aliases, the published room directory and the hierarchy of a space (client-server API, "Room aliases", "Listing rooms", "Spaces"). */
import { parseRoomAlias, serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { forbidden, invalidParam, notFound } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { checkJoined, isWorldReadable } from '../access.ts'
import { limit, roomParams } from './schemas.ts'

const aliasParams = z.object({
  roomAlias: z
    .string()
    .max(255)
    .refine((value) => parseRoomAlias(value) !== undefined, 'must be a room alias'),
})
const visibilityPath = clientPaths('/directory/list/room/:roomId')

/** What the directory and a space show of a room (`PublicRoomsChunk`). */
export async function roomSummary(ctx: Context, roomId: string): Promise<Record<string, unknown>> {
  const state = await ctx.rooms.currentState(roomId)
  const text = (type: string, key: string) => {
    const value = state.get(type)?.pdu.content[key]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const entries: Record<string, unknown> = {
    room_id: roomId,
    name: text('m.room.name', 'name'),
    topic: text('m.room.topic', 'topic'),
    canonical_alias: text('m.room.canonical_alias', 'alias'),
    avatar_url: text('m.room.avatar', 'url'),
    join_rule: text('m.room.join_rules', 'join_rule') ?? 'invite',
    room_type: text('m.room.create', 'type'),
    encryption: text('m.room.encryption', 'algorithm'),
    room_version: (await ctx.rooms.room(roomId))?.version.id,
    num_joined_members: (await ctx.rooms.members(roomId, 'join')).length,
    world_readable: text('m.room.history_visibility', 'history_visibility') === 'world_readable',
    guest_can_join: text('m.room.guest_access', 'guest_access') === 'can_join',
  }
  for (const key of Object.keys(entries)) if (entries[key] === undefined) delete entries[key]
  return entries
}

/** A page of the published rooms of this node. */
export async function publicRooms(
  ctx: Context,
  options: { limit?: number; since?: string; term?: string; roomTypes?: (string | null)[] },
): Promise<Record<string, unknown>> {
  const term = options.term?.toLocaleLowerCase()
  const all: Record<string, unknown>[] = []
  for (const roomId of await ctx.aliases.published()) {
    if (!(await ctx.rooms.room(roomId))?.joinedLocally) continue
    const summary = await roomSummary(ctx, roomId)
    if (
      term &&
      ![summary['name'], summary['topic'], summary['canonical_alias']].some(
        (text) => typeof text === 'string' && text.toLocaleLowerCase().includes(term),
      )
    )
      continue
    if (
      options.roomTypes &&
      !options.roomTypes.includes((summary['room_type'] as string | undefined) ?? null)
    )
      continue
    all.push(summary)
  }
  all.sort((a, b) => Number(b['num_joined_members']) - Number(a['num_joined_members']))
  const start = options.since && /^\d+$/.test(options.since) ? Number(options.since) : 0
  const size = options.limit && options.limit > 0 ? Math.min(options.limit, 500) : 500
  return {
    chunk: all.slice(start, start + size),
    total_room_count_estimate: all.length,
    ...(start + size < all.length ? { next_batch: String(start + size) } : {}),
    ...(start > 0 ? { prev_batch: String(Math.max(0, start - size)) } : {}),
  }
}

async function remotePublicRooms(
  ctx: Context,
  server: string,
  body: Record<string, unknown>,
): Promise<unknown> {
  if (!serverNameOf(`@:${server}`)) throw invalidParam('server: is not a server name')
  const path = '/_matrix/federation/v1/publicRooms'
  const request = { entryPoint: 'directory', method: 'POST', path, body } as const
  return ctx.federation.request(server, request, z.looseObject({ chunk: z.array(z.unknown()) }))
}

export const directoryRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/directory/room/:roomAlias'),
    auth: 'optional',
    params: aliasParams,
    async handler({ ctx, params }) {
      const found = await ctx.aliases.resolve(params.roomAlias)
      if (!found) throw notFound('There is no room with that alias.')
      return { room_id: found.roomId, servers: found.servers }
    },
  }),
  route({
    method: 'PUT',
    path: clientPaths('/directory/room/:roomAlias'),
    auth: 'user',
    params: aliasParams,
    body: z.looseObject({ room_id: z.string().max(255).startsWith('!') }),
    async handler({ ctx, requester, params, body }) {
      if (serverNameOf(params.roomAlias) !== ctx.serverName)
        throw invalidParam('The alias is of another server.')
      await checkJoined(ctx, body.room_id, requester.userId)
      await ctx.aliases.create(params.roomAlias, body.room_id, requester.userId)
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: clientPaths('/directory/room/:roomAlias'),
    auth: 'user',
    params: aliasParams,
    async handler({ ctx, requester, params }) {
      await ctx.aliases.remove(params.roomAlias, requester.userId)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/rooms/:roomId/aliases'),
    auth: 'user',
    params: roomParams,
    async handler({ ctx, requester, params }) {
      const open =
        (await ctx.rooms.room(params.roomId)) && isWorldReadable(await ctx.rooms.currentState(params.roomId))
      if (!open) await checkJoined(ctx, params.roomId, requester.userId)
      return { aliases: await ctx.aliases.of(params.roomId) }
    },
  }),
  route({
    method: 'GET',
    path: visibilityPath,
    auth: 'optional',
    params: roomParams,
    async handler({ ctx, requester, params }) {
      if (await ctx.aliases.isPublished(params.roomId)) return { visibility: 'public' }
      // NOTSPEC: to others than its members a room that is not listed is not there.
      const own = requester && (await ctx.rooms.membership(params.roomId, requester.userId))
      if (own?.membership !== 'join') throw notFound('There is no such room here.')
      return { visibility: 'private' }
    },
  }),
  route({
    method: 'PUT',
    path: visibilityPath,
    auth: 'user',
    params: roomParams,
    body: z.looseObject({ visibility: z.enum(['public', 'private']).default('public') }),
    async handler({ ctx, requester, params, body }) {
      if (!(await ctx.rooms.maySendState(params.roomId, requester.userId, 'm.room.canonical_alias'))) {
        throw forbidden('You cannot change whether this room is listed.')
      }
      await ctx.aliases.publish(params.roomId, body.visibility === 'public')
      return {}
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/publicRooms'),
    auth: 'optional',
    query: z.object({
      limit: z.coerce.number().int().optional(),
      since: z.string().optional(),
      server: z.string().optional(),
    }),
    handler: ({ ctx, query }) =>
      query.server !== undefined && query.server !== ctx.serverName
        ? remotePublicRooms(ctx, query.server, { limit: query.limit, since: query.since })
        : publicRooms(ctx, query),
  }),
  route({
    method: 'POST',
    path: clientPaths('/publicRooms'),
    auth: 'user',
    query: z.object({ server: z.string().optional() }),
    body: z.looseObject({
      limit: z.number().int().optional(),
      since: z.string().optional(),
      filter: z
        .looseObject({
          generic_search_term: z.string().nullish(),
          room_types: z.array(z.string().nullable()).nullish(),
        })
        .optional(),
    }),
    handler: ({ ctx, query, body }) =>
      query.server !== undefined && query.server !== ctx.serverName
        ? remotePublicRooms(ctx, query.server, body)
        : publicRooms(ctx, {
            limit: body.limit,
            since: body.since,
            term: body.filter?.generic_search_term ?? undefined,
            roomTypes: body.filter?.room_types ?? undefined,
          }),
  }),
  route({
    method: 'GET',
    path: '/_matrix/client/v1/rooms/:roomId/hierarchy',
    auth: 'user',
    params: roomParams,
    query: z.object({
      suggested_only: z.enum(['true', 'false']).default('false'),
      limit: limit(50, 50),
      max_depth: z.coerce.number().int().min(0).max(20).default(20),
      from: z.string().max(20).optional(),
    }),
    async handler({ ctx, requester, params, query }) {
      const rooms = await hierarchy(ctx, requester.userId, params.roomId, {
        suggestedOnly: query.suggested_only === 'true',
        maxDepth: query.max_depth,
      })
      if (rooms.length === 0) throw forbidden('You cannot see that space.')
      const start = query.from && /^\d+$/.test(query.from) ? Number(query.from) : 0
      return {
        rooms: rooms.slice(start, start + query.limit),
        ...(start + query.limit < rooms.length ? { next_batch: String(start + query.limit) } : {}),
      }
    },
  }),
]

type Child = {
  type: string
  state_key: string
  content: Record<string, unknown>
  sender: string
  origin_server_ts: number
}

/** Children of a space in the spec's order: `order`, then time, then room id. */
export async function spaceChildren(ctx: Context, roomId: string, suggestedOnly: boolean): Promise<Child[]> {
  const state = await ctx.rooms.currentState(roomId)
  const order = (child: Child) => {
    const value = child.content['order']
    return typeof value === 'string' && /^[\x20-\x7e]{1,50}$/.test(value) ? value : '\x7f'
  }
  return (await state.all())
    .filter(({ pdu }) => pdu.type === 'm.space.child' && Array.isArray(pdu.content['via']))
    .filter(({ pdu }) => !suggestedOnly || pdu.content['suggested'] === true)
    .map(({ pdu }) => ({
      type: pdu.type,
      state_key: pdu.state_key ?? '',
      content: pdu.content,
      sender: pdu.sender,
      origin_server_ts: pdu.origin_server_ts,
    }))
    .sort((a, b) =>
      order(a) < order(b)
        ? -1
        : order(a) > order(b)
          ? 1
          : a.origin_server_ts - b.origin_server_ts || (a.state_key < b.state_key ? -1 : 1),
    )
}

/** Whether a room may be shown to somebody who is not necessarily in it. */
export async function mayPreview(ctx: Context, roomId: string, userId: string): Promise<boolean> {
  const membership = (await ctx.rooms.membership(roomId, userId))?.membership
  if (membership === 'join' || membership === 'invite') return true
  const state = await ctx.rooms.currentState(roomId)
  const rules = state.get('m.room.join_rules')?.pdu.content
  const rule = rules?.['join_rule']
  if (rule === 'public' || rule === 'knock' || rule === 'knock_restricted') return true
  if (isWorldReadable(state)) return true
  if (rule === 'restricted' && Array.isArray(rules?.['allow'])) {
    for (const allow of rules['allow'] as { room_id?: unknown }[]) {
      if (
        typeof allow?.room_id === 'string' &&
        (await ctx.rooms.membership(allow.room_id, userId))?.membership === 'join'
      )
        return true
    }
  }
  return false
}

async function hierarchy(
  ctx: Context,
  userId: string,
  root: string,
  options: { suggestedOnly: boolean; maxDepth: number },
): Promise<Record<string, unknown>[]> {
  const out: Record<string, unknown>[] = []
  const seen = new Set<string>()
  const remote = new Map<string, Record<string, unknown>>()
  const stack: { roomId: string; depth: number; via: string[] }[] = [{ roomId: root, depth: 0, via: [] }]
  for (let next = stack.pop(); next !== undefined && out.length < 1_000; next = stack.pop()) {
    const { roomId, depth } = next
    if (seen.has(roomId)) continue
    seen.add(roomId)
    const room = await ctx.rooms.room(roomId)
    if (!room?.joinedLocally) {
      const found =
        remote.get(roomId) ?? (await remoteHierarchy(ctx, roomId, next.via, options.suggestedOnly, remote))
      if (!found) continue
      out.push(found)
      if (depth < options.maxDepth && found['room_type'] === 'm.space') {
        for (const child of [...(found['children_state'] as Child[])].reverse()) {
          stack.push({
            roomId: child.state_key,
            depth: depth + 1,
            via: (child.content['via'] as string[]) ?? [],
          })
        }
      }
      continue
    }
    if (!(await mayPreview(ctx, roomId, userId))) continue
    const summary = await roomSummary(ctx, roomId)
    const children =
      summary['room_type'] === 'm.space' ? await spaceChildren(ctx, roomId, options.suggestedOnly) : []
    out.push({ ...summary, children_state: children })
    if (depth >= options.maxDepth) continue
    for (const child of [...children].reverse()) {
      stack.push({ roomId: child.state_key, depth: depth + 1, via: child.content['via'] as string[] })
    }
  }
  return out
}

const remoteRoom = z.looseObject({
  room_id: z.string(),
  children_state: z
    .array(
      z.looseObject({
        state_key: z.string(),
        content: z.looseObject({ via: z.array(z.string()).default([]) }),
      }),
    )
    .default([]),
})
const hierarchyAnswer = z.looseObject({ room: remoteRoom, children: z.array(remoteRoom).default([]) })

async function remoteHierarchy(
  ctx: Context,
  roomId: string,
  via: readonly string[],
  suggestedOnly: boolean,
  cache: Map<string, Record<string, unknown>>,
): Promise<Record<string, unknown> | undefined> {
  for (const server of via.filter((one) => one !== ctx.serverName).slice(0, 3)) {
    try {
      const request = {
        entryPoint: 'directory',
        method: 'GET',
        path: `/_matrix/federation/v1/hierarchy/${encodeURIComponent(roomId)}`,
        query: { suggested_only: String(suggestedOnly) },
        timeoutMs: 10_000,
      } as const
      const answer = await ctx.federation.request(server, request, hierarchyAnswer)
      for (const child of answer.children) cache.set(child.room_id, child)
      return answer.room
    } catch {
      // Another server may know the room.
    }
  }
  return undefined
}
