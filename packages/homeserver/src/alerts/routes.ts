/** A person's own alerts and channels (docs/enlace-api.md, "Alerts"). */
import { inBoth } from '@enlace/directory/both-languages'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { refusal } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { settingsSchema, subscriptionSchema } from './settings-schemas.ts'
import { addressChannels, alertChannels } from './types.ts'

const BASE = '/_enlace/client/v1'

async function channelsOf(ctx: Context, userId: string) {
  const { own } = ctx.alerts
  const [settings, subscriptions] = await Promise.all([own.settings(userId), own.subscriptions(userId)])
  return {
    offered: Object.fromEntries(alertChannels.map((channel) => [channel, own.offered.has(channel)])),
    vapid_public_key: own.vapidPublicKey ?? null,
    ...settings,
    push_subscriptions: subscriptions.map(({ _id, device_id, created_ts }) => ({
      id: _id,
      device_id,
      created_ts,
    })),
  }
}

const addressParams = z.object({ channel: z.enum(addressChannels) })
/** As people copy it: with spaces, or a hyphen in the middle. */
const codeSchema = z.strictObject({
  code: z
    .string()
    .max(32)
    .transform((value) => value.replaceAll(/[\s-]/g, ''))
    .pipe(
      z
        .string()
        .regex(
          /^\d{6}$/,
          inBoth('Escriba los seis dígitos del código.', 'Write the six digits of the code.'),
        ),
    ),
})

export const alertRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${BASE}/alert-channels`,
    auth: 'user',
    handler: ({ ctx, requester }) => channelsOf(ctx, requester.userId),
  }),
  route({
    method: 'PUT',
    path: `${BASE}/alert-channels`,
    auth: 'user',
    body: settingsSchema,
    maxBody: 8_192,
    async handler({ ctx, requester, body }) {
      await ctx.alerts.own.set(requester.userId, body)
      return channelsOf(ctx, requester.userId)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/alert-channels/push-subscriptions`,
    auth: 'user',
    body: subscriptionSchema,
    maxBody: 8_192,
    handler({ ctx, requester, body }) {
      const { own } = ctx.alerts
      if (!own.offered.has('web_push'))
        throw refusal(400, 'M_INVALID_PARAM', {
          es: 'Este nodo no envía avisos al navegador. Consulte a su administración.',
          en: 'This node does not send alerts to browsers. Ask whoever runs it.',
        })
      if (!own.allowsEndpoint(body.endpoint))
        throw refusal(400, 'M_INVALID_PARAM', {
          es: 'Este nodo no puede usar esa dirección de avisos del navegador.',
          en: 'This node may not use that push address of the browser.',
        })
      return own.subscribe(requester.userId, requester.deviceId, body)
    },
  }),
  route({
    method: 'DELETE',
    path: `${BASE}/alert-channels/push-subscriptions/:id`,
    auth: 'user',
    params: z.object({ id: z.string().max(64) }),
    async handler({ ctx, requester, params }) {
      if (!(await ctx.alerts.own.unsubscribe(requester.userId, params.id)))
        throw refusal(404, 'M_NOT_FOUND', {
          es: 'Ese navegador ya no recibe avisos.',
          en: 'That browser gets no alerts any more.',
        })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/alert-channels/:channel/code`,
    auth: 'user',
    params: addressParams,
    handler: ({ ctx, requester, params }) => ctx.alerts.own.sendCode(requester.userId, params.channel),
  }),
  route({
    method: 'POST',
    path: `${BASE}/alert-channels/:channel/confirm`,
    auth: 'user',
    params: addressParams,
    body: codeSchema,
    maxBody: 1_024,
    async handler({ ctx, requester, params, body }) {
      await ctx.alerts.own.confirm(requester.userId, params.channel, body.code)
      return channelsOf(ctx, requester.userId)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/alert-channels/:channel/test`,
    auth: 'user',
    params: z.object({ channel: z.enum(alertChannels) }),
    async handler({ ctx, requester, params }) {
      const { own } = ctx.alerts
      if (!own.offered.has(params.channel))
        throw refusal(400, 'M_INVALID_PARAM', {
          es: 'Este nodo no ofrece ese canal de avisos.',
          en: 'This node does not offer that alert channel.',
        })
      if (!(await own.usable(requester.userId, params.channel)))
        throw refusal(400, 'M_INVALID_PARAM', {
          es: 'Primero guarde la dirección de ese canal, confírmela con el código y actívelo.',
          en: 'First save the address of that channel, confirm it with the code and switch it on.',
        })
      return { alert_id: (await own.test(requester.userId, params.channel)).id }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/alerts`,
    auth: 'user',
    handler: async ({ ctx, requester }) => ({ alerts: await ctx.alerts.own.list(requester.userId) }),
  }),
  route({
    method: 'POST',
    path: `${BASE}/alerts/:id/seen`,
    auth: 'user',
    params: z.object({ id: z.string().max(64) }),
    body: z.strictObject({ channel: z.enum(alertChannels).default('client') }),
    maxBody: 1_024,
    async handler({ ctx, requester, params, body }) {
      await ctx.alerts.own.seen(requester.userId, params.id, body.channel)
      return {}
    },
  }),
]
