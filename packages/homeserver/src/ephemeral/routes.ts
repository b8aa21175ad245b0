/** /typing, /receipt, /read_markers, /presence (client-server API, modules of these names). */
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { joinedRooms, sharingWith } from '../e2ee/sharing.ts'
import { badJson, forbidden, invalidParam, notFound } from '../errors.ts'
import { clientPaths } from '../http/client-paths.ts'
import { type Route, route } from '../http/route.ts'

const room = z.object({ roomId: z.string() })
const DEFAULT_TYPING_MS = 30_000

/** @throws M_FORBIDDEN, also for rooms that do not exist */
async function checkJoined(ctx: Context, roomId: string, userId: string): Promise<void> {
  if ((await ctx.rooms.membership(roomId, userId))?.membership !== 'join') {
    throw forbidden('You are not in that room.')
  }
}

async function checkInRoom(ctx: Context, roomId: string, eventId: string): Promise<void> {
  if ((await ctx.rooms.event(eventId))?.roomId !== roomId)
    throw notFound('There is no such event in the room.')
}

export const ephemeralRoutes: Route[] = [
  route({
    method: 'PUT',
    path: clientPaths('/rooms/:roomId/typing/:userId'),
    auth: 'user',
    params: room.extend({ userId: z.string() }),
    body: z.object({ typing: z.boolean(), timeout: z.number().min(0).optional() }),
    async handler({ ctx, requester, params, body }) {
      if (params.userId !== requester.userId) throw forbidden('Only your own typing can be told.')
      await checkJoined(ctx, params.roomId, requester.userId)
      await ctx.ephemeral.setTyping(
        params.roomId,
        requester.userId,
        body.typing,
        body.timeout ?? DEFAULT_TYPING_MS,
      )
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/receipt/:receiptType/:eventId'),
    auth: 'user',
    params: room.extend({
      receiptType: z.enum(['m.read', 'm.read.private', 'm.fully_read']),
      eventId: z.string(),
    }),
    body: z.object({ thread_id: z.string().max(255).optional() }),
    async handler({ ctx, requester, params, body }) {
      const { userId } = requester
      const { roomId, receiptType, eventId } = params
      await checkJoined(ctx, roomId, userId)
      await checkInRoom(ctx, roomId, eventId)
      if (receiptType === 'm.fully_read') {
        if (body.thread_id !== undefined) throw invalidParam('thread_id: not for m.fully_read')
        await ctx.accountData.set(userId, 'm.fully_read', { event_id: eventId }, roomId)
        return {}
      }
      const threadId = body.thread_id
      if (threadId !== undefined && threadId !== 'main' && !threadId.startsWith('$')) {
        throw invalidParam('thread_id: must be "main" or the id of an event')
      }
      await ctx.ephemeral.setReceipt({
        roomId,
        userId,
        type: receiptType,
        eventId,
        ts: Date.now(),
        ...(threadId === undefined ? {} : { threadId }),
      })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/read_markers'),
    auth: 'user',
    params: room,
    body: z.object({
      'm.fully_read': z.string().optional(),
      'm.read': z.string().optional(),
      'm.read.private': z.string().optional(),
    }),
    async handler({ ctx, requester, params, body }) {
      const { userId } = requester
      const { roomId } = params
      await checkJoined(ctx, roomId, userId)
      for (const eventId of Object.values(body)) {
        if (eventId !== undefined) await checkInRoom(ctx, roomId, eventId)
      }
      const fullyRead = body['m.fully_read']
      if (fullyRead !== undefined) {
        await ctx.accountData.set(userId, 'm.fully_read', { event_id: fullyRead }, roomId)
      }
      for (const type of ['m.read', 'm.read.private'] as const) {
        const eventId = body[type]
        if (eventId !== undefined) {
          await ctx.ephemeral.setReceipt({ roomId, userId, type, eventId, ts: Date.now() })
        }
      }
      return {}
    },
  }),
  route({
    method: 'PUT',
    path: clientPaths('/presence/:userId/status'),
    auth: 'user',
    params: z.object({ userId: z.string() }),
    body: z.object({
      presence: z.enum(['online', 'unavailable', 'offline']),
      status_msg: z.string().nullish(),
    }),
    async handler({ ctx, requester, params, body }) {
      if (params.userId !== requester.userId) throw forbidden('Only your own presence can be set.')
      if (body.status_msg && body.status_msg.length > 512) throw badJson('status_msg: 512 characters at most')
      await ctx.ephemeral.setPresence(requester.userId, body.presence, body.status_msg ?? '')
      return {}
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/presence/:userId/status'),
    auth: 'user',
    params: z.object({ userId: z.string().refine(isValidUserId, 'not a user id') }),
    async handler({ ctx, requester, params }) {
      const allowed =
        params.userId === requester.userId ||
        ((await joinedRooms(ctx, requester.userId)).length > 0 &&
          (await sharingWith(ctx, requester.userId))(params.userId))
      if (!allowed) throw forbidden('You share no room with that person.')
      return ctx.ephemeral.presenceOf(params.userId)
    },
  }),
]
