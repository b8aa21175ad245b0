/** Each person's own channels: addresses, what is switched on, quiet hours, browsers that take web push. */
import { tooLarge } from '../errors.ts'
import { subscriptionIdOf } from './models.ts'
import type { AlertSettings, PushSubscriptionJson } from './settings-schemas.ts'
import type { AlertChannel, AlertModels, AlertSettingsDoc, PushSubscriptionDoc, Settings } from './types.ts'

export const MAX_SUBSCRIPTIONS = 10

const DEFAULTS: AlertSettings = {
  email: null,
  phone: null,
  on: { web_push: true, email: true, webhook: true },
  quiet_hours: null,
}

export function createSettings(models: AlertModels): Settings {
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
