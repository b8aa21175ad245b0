/** Account data, tags and filters (client-server API, "Client Config", "Room Tagging", "Filtering"). */
import { z } from 'zod'
import { ALERTS_TYPE } from '../alerts/open-alerts.ts'
import type { Context } from '../context.ts'
import { forbidden, invalidParam, MatrixError, notFound } from '../errors.ts'
import { clientPaths } from '../http/client-paths.ts'
import { type Route, route } from '../http/route.ts'
import type { Requester } from '../http/types.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { filterSchema } from './filters.ts'

/** The server's own: clients change them through other endpoints. */
const SERVER_TYPES = new Set(['m.fully_read', 'm.push_rules', ALERTS_TYPE])

const content = z.record(z.string(), z.unknown())
const global = z.object({ userId: z.string(), type: z.string().max(255) })
const inRoom = global.extend({ roomId: z.string().regex(/^!/, 'not a room id') })
const room = inRoom.omit({ type: true })
const tag = room.extend({ tag: z.string().refine((tag) => Buffer.byteLength(tag) <= 255, 'too long') })

function checkOwn(requester: Requester, userId: string): void {
  if (requester.userId !== userId) throw forbidden('That belongs to another person.')
}

function checkSettable(type: string): void {
  if (SERVER_TYPES.has(type)) {
    throw new MatrixError(405, 'M_BAD_JSON', `${type} is kept by the server and cannot be set this way.`)
  }
}

async function read(ctx: Context, userId: string, type: string, roomId?: string) {
  const found = await ctx.accountData.get(userId, type, roomId)
  if (found) return found
  if (type === 'm.push_rules' && roomId === undefined) return ctx.push.rules(userId)
  throw notFound('There is no such account data.')
}

/** Tags are one object: changes to it take turns. */
const inTurn = createKeyedQueue()

async function tagsOf(ctx: Context, userId: string, roomId: string): Promise<Record<string, unknown>> {
  const tags = (await ctx.accountData.get(userId, 'm.tag', roomId))?.['tags']
  return typeof tags === 'object' && tags !== null ? (tags as Record<string, unknown>) : {}
}

const changeTags = (
  ctx: Context,
  userId: string,
  roomId: string,
  edit: (tags: Record<string, unknown>) => Record<string, unknown>,
) =>
  inTurn(`${userId}|${roomId}`, async () => {
    const tags = edit(await tagsOf(ctx, userId, roomId))
    await ctx.accountData.set(userId, 'm.tag', { tags }, roomId)
    return {}
  })

export const accountDataRoutes: Route[] = [
  route({
    method: 'PUT',
    path: clientPaths('/user/:userId/account_data/:type'),
    auth: 'user',
    guests: true,
    params: global,
    body: content,
    async handler({ ctx, requester, params, body }) {
      checkOwn(requester, params.userId)
      checkSettable(params.type)
      await ctx.accountData.set(params.userId, params.type, body)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/user/:userId/account_data/:type'),
    auth: 'user',
    guests: true,
    params: global,
    handler({ ctx, requester, params }) {
      checkOwn(requester, params.userId)
      return read(ctx, params.userId, params.type)
    },
  }),
  route({
    method: 'PUT',
    path: clientPaths('/user/:userId/rooms/:roomId/account_data/:type'),
    auth: 'user',
    guests: true,
    params: inRoom,
    body: content,
    async handler({ ctx, requester, params, body }) {
      checkOwn(requester, params.userId)
      checkSettable(params.type)
      await ctx.accountData.set(params.userId, params.type, body, params.roomId)
      return {}
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/user/:userId/rooms/:roomId/account_data/:type'),
    auth: 'user',
    guests: true,
    params: inRoom,
    handler({ ctx, requester, params }) {
      checkOwn(requester, params.userId)
      return read(ctx, params.userId, params.type, params.roomId)
    },
  }),

  route({
    method: 'GET',
    path: clientPaths('/user/:userId/rooms/:roomId/tags'),
    auth: 'user',
    params: room,
    async handler({ ctx, requester, params }) {
      checkOwn(requester, params.userId)
      return { tags: await tagsOf(ctx, params.userId, params.roomId) }
    },
  }),
  route({
    method: 'PUT',
    path: clientPaths('/user/:userId/rooms/:roomId/tags/:tag'),
    auth: 'user',
    params: tag,
    body: z.looseObject({ order: z.number().min(0).max(1).optional() }),
    handler({ ctx, requester, params, body }) {
      checkOwn(requester, params.userId)
      return changeTags(ctx, params.userId, params.roomId, (tags) => ({ ...tags, [params.tag]: body }))
    },
  }),
  route({
    method: 'DELETE',
    path: clientPaths('/user/:userId/rooms/:roomId/tags/:tag'),
    auth: 'user',
    params: tag,
    handler({ ctx, requester, params }) {
      checkOwn(requester, params.userId)
      return changeTags(ctx, params.userId, params.roomId, ({ [params.tag]: _gone, ...tags }) => tags)
    },
  }),

  route({
    method: 'POST',
    path: clientPaths('/user/:userId/filter'),
    auth: 'user',
    guests: true,
    params: z.object({ userId: z.string() }),
    maxBody: 64 * 1024,
    body: filterSchema,
    async handler({ ctx, requester, params, body }) {
      checkOwn(requester, params.userId)
      return { filter_id: await ctx.filters.create(params.userId, body) }
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/user/:userId/filter/:filterId'),
    auth: 'user',
    guests: true,
    params: z.object({ userId: z.string(), filterId: z.string() }),
    async handler({ ctx, requester, params }) {
      checkOwn(requester, params.userId)
      if (params.filterId.startsWith('{')) throw invalidParam('filterId: must not begin with {')
      const filter = await ctx.filters.get(params.userId, params.filterId)
      if (!filter) throw notFound('There is no such filter.')
      return filter
    },
  }),
]
