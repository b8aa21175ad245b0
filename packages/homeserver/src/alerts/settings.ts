/** Each person's own channels: addresses, what is switched on, quiet hours, browsers that take web push. */
import { z } from 'zod'
import { tooLarge } from '../errors.ts'
import type { AlertModels, AlertSettingsDoc, PushSubscriptionDoc } from './models.ts'
import { subscriptionIdOf } from './models.ts'
import { quietHoursSchema } from './quiet-hours.ts'
import type { AlertChannel } from './types.ts'

export const MAX_SUBSCRIPTIONS = 10

/** Body of PUT alert-channels: the whole of it, each time. */
export const settingsSchema = z.strictObject({
  email: z.email('must be a mail address').max(254).nullable(),
  /** E.164, for the operator's SMS or WhatsApp gateway. */
  phone: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be a telephone number with country code, such as +50499990000')
    .nullable(),
  on: z.strictObject({ web_push: z.boolean(), email: z.boolean(), webhook: z.boolean() }),
  quiet_hours: quietHoursSchema.nullable(),
})
export type AlertSettings = z.output<typeof settingsSchema>

const base64url = (bytes: number) =>
  z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9_-]+=*$/, 'must be base64url')
    .refine((value) => Buffer.from(value, 'base64url').length === bytes, `must be ${bytes} bytes`)

/** What a browser's `PushSubscription.toJSON()` gives. */
export const subscriptionSchema = z.strictObject({
  endpoint: z
    .string()
    .max(2_048)
    .refine((value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined
      return url?.protocol === 'https:' && !url.username && !url.password && !url.hash
    }, 'must be an https URL'),
  expirationTime: z.number().nullish(),
  keys: z.strictObject({
    // An uncompressed point of P-256, and 16 bytes (RFC 8291 §2).
    p256dh: base64url(65).refine((value) => Buffer.from(value, 'base64url')[0] === 4, 'must be a P-256 key'),
    auth: base64url(16),
  }),
})
export type PushSubscriptionJson = z.output<typeof subscriptionSchema>

const DEFAULTS: AlertSettings = {
  email: null,
  phone: null,
  on: { web_push: true, email: true, webhook: true },
  quiet_hours: null,
}

export function createSettings(models: AlertModels) {
  const { Settings, Subscription } = models

  async function get(userId: string): Promise<AlertSettings> {
    const doc = await Settings.findById(userId).lean()
    if (!doc) return DEFAULTS
    return {
      email: doc.email ?? null,
      phone: doc.phone ?? null,
      on: doc.on,
      quiet_hours: doc.quiet_hours ?? null,
    }
  }

  // Index {user_id}.
  const subscriptions = (userId: string): Promise<PushSubscriptionDoc[]> =>
    Subscription.find({ user_id: userId }).sort({ created_ts: 1 }).lean().exec()

  return {
    get,
    subscriptions,

    async set(userId: string, settings: AlertSettings): Promise<void> {
      const { email, phone, on, quiet_hours } = settings
      const doc: AlertSettingsDoc = {
        _id: userId,
        on,
        ...(email === null ? {} : { email }),
        ...(phone === null ? {} : { phone }),
        ...(quiet_hours === null ? {} : { quiet_hours }),
      }
      await Settings.replaceOne({ _id: userId }, doc, { upsert: true })
    },

    subscription: (id: string): Promise<PushSubscriptionDoc | null> =>
      Subscription.findById(id).lean().exec(),

    /** The endpoint is this person's from now on: the browser may have changed hands. @throws M_TOO_LARGE */
    async subscribe(
      userId: string,
      deviceId: string,
      { endpoint, keys }: PushSubscriptionJson,
      now: number,
    ): Promise<{ id: string }> {
      const id = subscriptionIdOf(endpoint)
      const others = await Subscription.countDocuments({ user_id: userId, _id: { $ne: id } })
      if (others >= MAX_SUBSCRIPTIONS)
        throw tooLarge(`You can have ${MAX_SUBSCRIPTIONS} browsers with alerts at most.`)
      const doc: PushSubscriptionDoc = {
        _id: id,
        user_id: userId,
        device_id: deviceId,
        endpoint,
        ...keys,
        created_ts: now,
      }
      await Subscription.replaceOne({ _id: id }, doc, { upsert: true })
      return { id }
    },

    /** @returns false when the person has no such subscription */
    async unsubscribe(userId: string, id: string): Promise<boolean> {
      return (await Subscription.deleteOne({ _id: id, user_id: userId })).deletedCount > 0
    },

    async removeDevice(userId: string, deviceId: string): Promise<void> {
      await Subscription.deleteMany({ user_id: userId, device_id: deviceId })
    },

    async removeAccount(userId: string): Promise<void> {
      await Subscription.deleteMany({ user_id: userId })
      await Settings.deleteOne({ _id: userId })
    },

    /** The places a person is reached at now. The client is always one. */
    async targets(
      userId: string,
      offered: ReadonlySet<AlertChannel>,
    ): Promise<{ channel: AlertChannel; target: string }[]> {
      const own = await get(userId)
      const targets: { channel: AlertChannel; target: string }[] = [{ channel: 'client', target: '' }]
      if (offered.has('web_push') && own.on.web_push)
        for (const { _id } of await subscriptions(userId)) targets.push({ channel: 'web_push', target: _id })
      if (offered.has('email') && own.on.email && own.email) targets.push({ channel: 'email', target: '' })
      if (offered.has('webhook') && own.on.webhook && own.phone)
        targets.push({ channel: 'webhook', target: '' })
      return targets
    },
  }
}

export type Settings = ReturnType<typeof createSettings>
