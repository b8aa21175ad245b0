/** Membership endpoints (client-server API, "Room membership"). */

import { z } from 'zod'
import { invalidParam } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { checkJoined } from '../access.ts'
import { changeMembership, inviteUser, joinRoom, knockRoom, leaveRoom } from './membership-actions.ts'
import { reason, roomParams, userId } from './schemas.ts'

const via = z.object({
  server_name: z.array(z.string().max(255)).max(50).optional(),
  via: z.array(z.string().max(255)).max(50).optional(),
})
const joinBody = z.looseObject({ reason })

export const membershipRoutes: Route[] = [
  route({
    method: 'POST',
    path: clientPaths('/join/:roomIdOrAlias'),
    auth: 'user',
    params: z.object({ roomIdOrAlias: z.string().max(255) }),
    query: via,
    repeated: ['server_name', 'via'],
    body: joinBody,
    handler: async ({ ctx, requester, params, query, body }) => ({
      room_id: await joinRoom(ctx, requester.userId, params.roomIdOrAlias, {
        via: [...(query.via ?? []), ...(query.server_name ?? [])],
        content: body.reason === undefined ? {} : { reason: body.reason },
      }),
    }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/join'),
    auth: 'user',
    params: roomParams,
    body: joinBody,
    handler: async ({ ctx, requester, params, body }) => ({
      room_id: await joinRoom(ctx, requester.userId, params.roomId, {
        content: body.reason === undefined ? {} : { reason: body.reason },
      }),
    }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/knock/:roomIdOrAlias'),
    auth: 'user',
    params: z.object({ roomIdOrAlias: z.string().max(255) }),
    query: via,
    repeated: ['server_name', 'via'],
    body: z.looseObject({ reason }),
    handler: async ({ ctx, requester, params, query, body }) => ({
      room_id: await knockRoom(ctx, requester.userId, params.roomIdOrAlias, {
        via: [...(query.via ?? []), ...(query.server_name ?? [])],
        reason: body.reason,
      }),
    }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/invite'),
    auth: 'user',
    params: roomParams,
    body: z.looseObject({ user_id: userId.optional(), reason, address: z.string().optional() }),
    async handler({ ctx, requester, params, body }) {
      if (body.user_id === undefined) {
        throw invalidParam(
          body.address === undefined
            ? 'user_id is missing: whom should be invited?'
            : 'Invitations by e-mail or telephone are not possible here. Give the user ID.',
        )
      }
      await inviteUser(ctx, {
        roomId: params.roomId,
        sender: requester.userId,
        userId: body.user_id,
        reason: body.reason,
      })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/leave'),
    auth: 'user',
    params: roomParams,
    body: z.looseObject({ reason }),
    async handler({ ctx, requester, params, body }) {
      await leaveRoom(ctx, requester.userId, params.roomId, body.reason)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/forget'),
    auth: 'user',
    params: roomParams,
    body: z.looseObject({}),
    async handler({ ctx, requester, params }) {
      const membership = (await ctx.rooms.membership(params.roomId, requester.userId))?.membership
      if (membership !== undefined && membership !== 'leave' && membership !== 'ban') {
        throw invalidParam('Leave the room before you forget it.')
      }
      await ctx.rooms.forget(params.roomId, requester.userId)
      return {}
    },
  }),
  ...(
    [
      ['kick', 'leave'],
      ['ban', 'ban'],
      ['unban', 'leave'],
    ] as const
  ).map(([action, membership]) =>
    route({
      method: 'POST',
      path: clientPaths(`/rooms/:roomId/${action}`),
      auth: 'user',
      params: roomParams,
      body: z.looseObject({ user_id: userId, reason }),
      async handler({ ctx, requester, params, body }) {
        await changeMembership(ctx, {
          roomId: params.roomId,
          sender: requester.userId,
          userId: body.user_id,
          membership,
          action,
          reason: body.reason,
        })
        return {}
      },
    }),
  ),
  route({
    method: 'GET',
    path: clientPaths('/joined_rooms'),
    auth: 'user',
    handler: async ({ ctx, requester }) => ({
      joined_rooms: (await ctx.rooms.roomsOf(requester.userId))
        .filter((room) => room.membership === 'join')
        .map((room) => room.roomId),
    }),
  }),
  route({
    method: 'GET',
    path: clientPaths('/rooms/:roomId/joined_members'),
    auth: 'user',
    params: roomParams,
    async handler({ ctx, requester, params }) {
      await checkJoined(ctx, params.roomId, requester.userId)
      const joined = (await ctx.rooms.memberEvents(params.roomId)).filter(
        ({ pdu }) => pdu.content['membership'] === 'join',
      )
      return {
        joined: Object.fromEntries(
          joined.map(({ pdu }) => [
            pdu.state_key,
            {
              ...(pdu.content['displayname'] === undefined
                ? {}
                : { display_name: pdu.content['displayname'] }),
              ...(pdu.content['avatar_url'] === undefined ? {} : { avatar_url: pdu.content['avatar_url'] }),
            },
          ]),
        ),
      }
    },
  }),
]
