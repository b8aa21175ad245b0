/** /room_keys (client-server API, "Server-side key backups"). */
import { z } from 'zod'
import { notFound } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import type { RoomKeys } from '../types.ts'

/** A client uploads a few hundred sessions at once. */
const MAX_BODY = 8 * 1024 * 1024

const keyData = z.object({
  first_message_index: z.number().int().min(0),
  forwarded_count: z.number().int().min(0),
  is_verified: z.boolean(),
  session_data: z.record(z.string(), z.unknown()),
})
const sessions = z.object({ sessions: z.record(z.string(), keyData) })
const version = z.object({ version: z.string() })
const room = z.object({ roomId: z.string() })
const session = z.object({ roomId: z.string(), sessionId: z.string() })
const authData = z.record(z.string(), z.unknown())

const paths = {
  all: clientPaths('/room_keys/keys'),
  room: clientPaths('/room_keys/keys/:roomId'),
  session: clientPaths('/room_keys/keys/:roomId/:sessionId'),
  versions: clientPaths('/room_keys/version'),
  version: clientPaths('/room_keys/version/:version'),
}

export const roomKeyRoutes: Route[] = [
  route({
    method: 'POST',
    path: paths.versions,
    auth: 'user',
    body: z.object({ algorithm: z.string().max(255), auth_data: authData }),
    handler: async ({ ctx, requester, body }) => ({
      version: await ctx.keyBackup.create(requester.userId, body.algorithm, body.auth_data),
    }),
  }),
  route({
    method: 'GET',
    path: paths.versions,
    auth: 'user',
    handler: ({ ctx, requester }) => ctx.keyBackup.info(requester.userId),
  }),
  route({
    method: 'GET',
    path: paths.version,
    auth: 'user',
    params: version,
    handler: ({ ctx, requester, params }) => ctx.keyBackup.info(requester.userId, params.version),
  }),
  route({
    method: 'PUT',
    path: paths.version,
    auth: 'user',
    params: version,
    body: z.object({ algorithm: z.string(), auth_data: authData, version: z.string().optional() }),
    async handler({ ctx, requester, params, body }) {
      await ctx.keyBackup.update(requester.userId, params.version, body)
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: paths.version,
    auth: 'user',
    params: version,
    async handler({ ctx, requester, params }) {
      await ctx.keyBackup.remove(requester.userId, params.version)
      return {}
    },
  }),

  route({
    method: 'PUT',
    path: paths.all,
    auth: 'user',
    query: version,
    maxBody: MAX_BODY,
    body: z.object({ rooms: z.record(z.string(), sessions) }),
    handler({ ctx, requester, query, body }) {
      const rooms: RoomKeys = {}
      for (const [roomId, { sessions }] of Object.entries(body.rooms)) rooms[roomId] = sessions
      return ctx.keyBackup.put(requester.userId, query.version, rooms)
    },
  }),
  route({
    method: 'PUT',
    path: paths.room,
    auth: 'user',
    params: room,
    query: version,
    maxBody: MAX_BODY,
    body: sessions,
    handler: ({ ctx, requester, params, query, body }) =>
      ctx.keyBackup.put(requester.userId, query.version, { [params.roomId]: body.sessions }),
  }),
  route({
    method: 'PUT',
    path: paths.session,
    auth: 'user',
    params: session,
    query: version,
    body: keyData,
    handler: ({ ctx, requester, params, query, body }) =>
      ctx.keyBackup.put(requester.userId, query.version, { [params.roomId]: { [params.sessionId]: body } }),
  }),

  route({
    method: 'GET',
    path: paths.all,
    auth: 'user',
    query: version,
    async handler({ ctx, requester, query }) {
      const rooms = await ctx.keyBackup.get(requester.userId, query.version, {})
      return {
        rooms: Object.fromEntries(Object.entries(rooms).map(([roomId, sessions]) => [roomId, { sessions }])),
      }
    },
  }),
  route({
    method: 'GET',
    path: paths.room,
    auth: 'user',
    params: room,
    query: version,
    async handler({ ctx, requester, params, query }) {
      const rooms = await ctx.keyBackup.get(requester.userId, query.version, params)
      return { sessions: rooms[params.roomId] ?? {} }
    },
  }),
  route({
    method: 'GET',
    path: paths.session,
    auth: 'user',
    params: session,
    query: version,
    async handler({ ctx, requester, params, query }) {
      const rooms = await ctx.keyBackup.get(requester.userId, query.version, params)
      const key = rooms[params.roomId]?.[params.sessionId]
      if (!key) throw notFound('There is no backup of that key.')
      return key
    },
  }),

  route({
    method: 'DELETE',
    path: paths.all,
    auth: 'user',
    query: version,
    handler: ({ ctx, requester, query }) => ctx.keyBackup.delete(requester.userId, query.version, {}),
  }),
  route({
    method: 'DELETE',
    path: paths.room,
    auth: 'user',
    params: room,
    query: version,
    handler: ({ ctx, requester, params, query }) =>
      ctx.keyBackup.delete(requester.userId, query.version, params),
  }),
  route({
    method: 'DELETE',
    path: paths.session,
    auth: 'user',
    params: session,
    query: version,
    handler: ({ ctx, requester, params, query }) =>
      ctx.keyBackup.delete(requester.userId, query.version, params),
  }),
]
