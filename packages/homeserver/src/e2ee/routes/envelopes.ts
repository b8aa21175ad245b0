/** Enlace: the institution's sealed envelope, and what people's devices say they did with keys (docs/enlace-api.md). */
import { isValidUserId } from '@enlace/room-model'
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../../accounts/uia.ts'
import { forbidden } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import type { EnvelopeAsk } from '../types.ts'

const BASE = '/_enlace/client/v1/envelopes'
const id = z.string().regex(/^[A-Za-z0-9-]{8,64}$/)
const publicKey = z.string().regex(/^[A-Za-z0-9_-]{80,100}$/)
const askParams = z.object({ id })
const roomId = z.string().startsWith('!').max(255)

const shown = (one: EnvelopeAsk) => ({
  id: one.id,
  user_id: one.userId,
  device_id: one.deviceId,
  device_name: one.deviceName,
  envelope: one.envelope,
  public_key: one.publicKey,
  requested_ts: one.requestedTs,
  expires_ts: one.expiresTs,
  state: one.state,
  releases: one.releases.map(({ by, sealed, ts }) => ({ by, ts, ...(sealed === '' ? {} : { sealed }) })),
  refused_by: one.refusedBy,
})

export const envelopeRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    async handler({ ctx, requester }) {
      const { userId, deviceId } = requester
      const own = await ctx.envelopes.own(userId)
      return {
        coordinators: await ctx.envelopes.keepers(userId),
        // What was released is for the device that asked, and no other is shown it.
        own: own.map((one) => shown(one.deviceId === deviceId ? one : { ...one, releases: [] })),
        asks: (await ctx.envelopes.list(userId)).map(shown),
      }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/made`,
    auth: 'user',
    body: z.object({ holders: z.int().min(2).max(255) }),
    async handler({ ctx, requester, body }) {
      await ctx.envelopes.made(requester.userId, body.holders)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/asks`,
    auth: 'user',
    body: z.object({ envelope: id, public_key: publicKey }),
    async handler({ ctx, requester, body }) {
      const { userId, deviceId } = requester
      const made = await ctx.envelopes.ask({
        userId,
        deviceId,
        envelope: body.envelope,
        publicKey: body.public_key,
      })
      return shown(made)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/asks/:id/release`,
    auth: 'user',
    params: askParams,
    body: z.object({
      public_key: publicKey,
      sealed: z.string().regex(/^[A-Za-z0-9_-]{20,2000}$/),
      auth: authData.optional(),
    }),
    async handler({ ctx, requester, params, body, req }) {
      // A session left open on a desk must not do it.
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: `POST /envelopes release ${params.id}`,
        requester,
        address: req.ip ?? '',
      })
      await ctx.envelopes.release(requester.userId, {
        id: params.id,
        publicKey: body.public_key,
        sealed: body.sealed,
        deviceId: requester.deviceId,
      })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/asks/:id/refuse`,
    auth: 'user',
    params: askParams,
    body: z.object({}),
    async handler({ ctx, requester, params }) {
      await ctx.envelopes.refuse(requester.userId, params.id)
      return {}
    },
  }),
  ...(['withdraw', 'opened'] as const).map((verb) =>
    route({
      method: 'POST',
      path: `${BASE}/asks/:id/${verb}`,
      auth: 'user',
      params: askParams,
      body: z.object({}),
      async handler({ ctx, requester, params }) {
        await ctx.envelopes.finish(requester, params.id, verb === 'opened')
        return {}
      },
    }),
  ),
  route({
    method: 'POST',
    path: '/_enlace/client/v1/key-acts',
    auth: 'user',
    body: z.discriminatedUnion('act', [
      z.object({ act: z.literal('recovery_made') }),
      z.object({ act: z.literal('recovery_used'), way: z.enum(['sheet', 'passkey', 'envelope']) }),
      z.object({
        act: z.literal('keys_given'),
        room_id: roomId,
        user_id: z.string().refine(isValidUserId, 'not a user id'),
      }),
    ]),
    async handler({ ctx, requester: { userId }, body }) {
      switch (body.act) {
        case 'recovery_made':
          await ctx.audit.record({ act: 'account.recovery_made', by: userId, on: userId })
          break
        case 'recovery_used':
          await ctx.audit.record({
            act: 'account.recovery',
            by: userId,
            on: userId,
            facts: { way: body.way },
          })
          break
        case 'keys_given': {
          const members = await ctx.rooms.members(body.room_id, 'join')
          const invited = await ctx.rooms.members(body.room_id, 'invite')
          // The log takes nobody's word about rooms they are not in.
          if (![...members].includes(userId) || ![...members, ...invited].includes(body.user_id))
            throw forbidden('Both have to be in that room.')
          await ctx.audit.record({
            act: 'channel.keys',
            by: userId,
            on: body.user_id,
            room: body.room_id,
          })
        }
      }
      return {}
    },
  }),
]
