/** A person's own ways of being alerted, kept by their node (docs/enlace-api.md, "Alerts"). */
import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'
import { borderTimeZones } from '../../lib/time-zones.ts'

export const alertChannels = ['client', 'web_push', 'email', 'webhook'] as const
export type AlertChannel = (typeof alertChannels)[number]

const quietSchema = z.object({
  start: z.string(),
  end: z.string(),
  time_zone: z.enum(borderTimeZones),
  weekdays: z.array(z.number()),
})

const settingsSchema = z.object({
  offered: z.record(z.string(), z.boolean()),
  vapid_public_key: z.string().nullish(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  /** where alerts go now; a node from before codes says nothing, and sends to what stands above */
  confirmed: z.object({ email: z.string().nullable(), phone: z.string().nullable() }).optional(),
  on: z.object({
    web_push: z.boolean(),
    email: z.boolean(),
    webhook: z.boolean(),
    /** a node from before it has none, and refuses it */
    digest: z.boolean().optional(),
  }),
  quiet_hours: quietSchema.nullable(),
  push_subscriptions: z.array(z.object({ id: z.string(), device_id: z.string().nullish() })),
})
export type AlertSettings = z.output<typeof settingsSchema>

const deliverySchema = z.object({
  channel: z.enum(alertChannels),
  state: z.enum(['queued', 'sent', 'delivered', 'seen', 'failed']).catch('queued'),
  user_id: z.string().default(''),
  reason: z.string().optional(),
  /** nothing reaches this person but an open Enlace */
  only_here: z.boolean().default(false),
  queued_ts: z.number().default(0),
})
export type AlertDelivery = z.output<typeof deliverySchema>

const alertSchema = z.object({
  id: z.string(),
  kind: z.enum([
    'escalation',
    'case',
    'deadline',
    'identity_reset',
    'envelope',
    'new_device',
    'directory',
    'duty',
    'commitment',
    'report',
    'test',
  ]),
  urgent: z.boolean(),
  reference: z.string().optional(),
  raised_ts: z.number(),
  state: z.string().optional(),
  deliveries: z.array(deliverySchema).default([]),
})
export type AlertRecord = z.output<typeof alertSchema>

/** @returns undefined on a server that has no alerts */
export function fetchAlertSettings(request: AuthedRequest): Promise<AlertSettings | undefined> {
  return unlessAbsent(
    request('GET', `${ENLACE}/alert-channels`).then((answer) => settingsSchema.parse(answer)),
  )
}

export async function saveAlertSettings(
  request: AuthedRequest,
  { email, phone, on, quiet_hours }: Pick<AlertSettings, 'email' | 'phone' | 'on' | 'quiet_hours'>,
): Promise<AlertSettings> {
  return settingsSchema.parse(
    await request('PUT', `${ENLACE}/alert-channels`, { email, phone, on, quiet_hours }),
  )
}

export async function testAlertChannel(request: AuthedRequest, channel: AlertChannel): Promise<void> {
  await request('POST', `${ENLACE}/alert-channels/${channel}/test`, {})
}

/** Channels whose address has to be confirmed with a code that is sent there. */
export const addressChannels = ['email', 'webhook'] as const
export type AddressChannel = (typeof addressChannels)[number]

export async function askForCode(request: AuthedRequest, channel: AddressChannel): Promise<void> {
  await request('POST', `${ENLACE}/alert-channels/${channel}/code`, {})
}

export async function confirmAddress(
  request: AuthedRequest,
  channel: AddressChannel,
  code: string,
): Promise<AlertSettings> {
  return settingsSchema.parse(await request('POST', `${ENLACE}/alert-channels/${channel}/confirm`, { code }))
}

export async function fetchAlerts(request: AuthedRequest): Promise<AlertRecord[]> {
  const answer = await request('GET', `${ENLACE}/alerts`)
  return z.object({ alerts: z.array(alertSchema) }).parse(answer).alerts
}

export async function markSeen(
  request: AuthedRequest,
  id: string,
  channel: AlertChannel = 'client',
): Promise<void> {
  await request('POST', `${ENLACE}/alerts/${encodeURIComponent(id)}/seen`, { channel })
}

/** Alerts this node sent about an escalation, without addresses. */
export async function fetchLedger(request: AuthedRequest, escalationId: string): Promise<AlertDelivery[]> {
  const answer = await request('GET', `${ENLACE}/escalations/${encodeURIComponent(escalationId)}`)
  return z
    .object({
      ledger: z.array(deliverySchema).optional(),
      alerts: z.array(deliverySchema).optional(),
      only_here: z.array(z.string()).default([]),
    })
    .transform(({ ledger, alerts, only_here }) =>
      (ledger ?? alerts ?? []).map((one) => ({ ...one, only_here: only_here.includes(one.user_id) })),
    )
    .parse(answer)
}

export type PushState = 'unsupported' | 'denied' | 'off' | 'on'

export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  const registration = await navigator.serviceWorker.getRegistration()
  return (await registration?.pushManager.getSubscription()) ? 'on' : 'off'
}

/** Asks the person, subscribes this browser and tells the node. */
export async function turnPushOn(request: AuthedRequest, vapidPublicKey: string): Promise<PushState> {
  if ((await pushState()) === 'unsupported') return 'unsupported'
  if ((await Notification.requestPermission()) !== 'granted') return 'denied'
  const registration = await navigator.serviceWorker.ready
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: vapidPublicKey,
  })
  const { endpoint, keys } = subscription.toJSON()
  await request('POST', `${ENLACE}/alert-channels/push-subscriptions`, { endpoint, keys })
  return 'on'
}

/** @param subscriptions those the node has, of which this browser's goes */
export async function turnPushOff(
  request: AuthedRequest,
  subscriptions: AlertSettings['push_subscriptions'],
  deviceId: string,
): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration()
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
  for (const one of subscriptions.filter((each) => each.device_id === deviceId))
    await request('DELETE', `${ENLACE}/alert-channels/push-subscriptions/${encodeURIComponent(one.id)}`)
  return 'off'
}
