/** Each person's own channels: addresses, what is switched on, quiet hours, browsers that take web push. */
import { refusal } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { subscriptionIdOf } from './models.ts'
import type { AlertSettings, PushSubscriptionJson } from './settings-schemas.ts'
import type {
  AddressChannel,
  AlertChannel,
  AlertModels,
  AlertSettingsDoc,
  KeptSettings,
  PushSubscriptionDoc,
  Settings,
} from './types.ts'

export const MAX_SUBSCRIPTIONS = 10

const DEFAULTS: KeptSettings = {
  email: null,
  phone: null,
  confirmed: { email: null, phone: null },
  on: { web_push: true, email: true, webhook: true, digest: true },
  quiet_hours: null,
}

/** What the address of a channel is called in the settings. */
export const addressOf = { email: 'email', webhook: 'phone' } as const satisfies Record<
  AddressChannel,
  string
>

/** @param owners who has a browser that takes web push, when it is opened */
export function createSettings(models: AlertModels, owners: Set<string>): Settings {
  const { Settings, Subscription } = models
  const inTurn = createKeyedQueue()

  async function get(userId: string): Promise<KeptSettings> {
    const doc = await Settings.findById(userId).lean()
    if (!doc) return DEFAULTS
    const inUse = doc.checked ? (doc.confirmed ?? {}) : doc
    return {
      email: doc.email ?? null,
      phone: doc.phone ?? null,
      confirmed: { email: inUse.email ?? null, phone: inUse.phone ?? null },
      on: { ...doc.on, digest: doc.on.digest ?? true },
      quiet_hours: doc.quiet_hours ?? null,
    }
  }

  // Index {user_id}.
  const subscriptions = (userId: string): Promise<PushSubscriptionDoc[]> =>
    Subscription.find({ user_id: userId }).sort({ created_ts: 1 }).lean().exec()

  return {
    get,
    subscriptions,
    mayHaveBrowser: (userId) => owners.has(userId),

    async set(userId: string, settings: AlertSettings): Promise<void> {
      const { email, phone, on, quiet_hours } = settings
      const { confirmed } = await get(userId)
      const doc: AlertSettingsDoc = {
        _id: userId,
        on,
        checked: true,
        confirmed: {
          ...(email === null || confirmed.email === null ? {} : { email: confirmed.email }),
          ...(phone === null || confirmed.phone === null ? {} : { phone: confirmed.phone }),
        },
        ...(email === null ? {} : { email }),
        ...(phone === null ? {} : { phone }),
        ...(quiet_hours === null ? {} : { quiet_hours }),
      }
      await Settings.replaceOne({ _id: userId }, doc, { upsert: true })
    },

    async confirm(userId, channel, address) {
      const field = addressOf[channel]
      const found = await Settings.updateOne(
        { _id: userId, [field]: address },
        { $set: { [`confirmed.${field}`]: address } },
      )
      return found.matchedCount > 0
    },

    subscription: (id: string): Promise<PushSubscriptionDoc | null> =>
      Subscription.findById(id).lean().exec(),

    /** The endpoint is this person's from now on: the browser may have changed hands. @throws M_TOO_LARGE */
    subscribe(
      userId: string,
      deviceId: string,
      { endpoint, keys }: PushSubscriptionJson,
      now: number,
    ): Promise<{ id: string }> {
      // Counted and kept one after the other, however many come at once.
      return inTurn(userId, async () => {
        const id = subscriptionIdOf(endpoint)
        const others = await Subscription.countDocuments({ user_id: userId, _id: { $ne: id } })
        if (others >= MAX_SUBSCRIPTIONS)
          throw refusal(413, 'M_TOO_LARGE', {
            es: `Puede tener avisos en ${MAX_SUBSCRIPTIONS} navegadores a lo más. Apáguelos en uno que ya no use.`,
            en: `You can have alerts in ${MAX_SUBSCRIPTIONS} browsers at most. Switch them off in one you no longer use.`,
          })
        const doc: PushSubscriptionDoc = {
          _id: id,
          user_id: userId,
          device_id: deviceId,
          endpoint,
          ...keys,
          created_ts: now,
        }
        await Subscription.replaceOne({ _id: id }, doc, { upsert: true })
        owners.add(userId)
        return { id }
      })
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
      if (offered.has('email') && own.on.email && own.confirmed.email)
        targets.push({ channel: 'email', target: '' })
      if (offered.has('webhook') && own.on.webhook && own.confirmed.phone)
        targets.push({ channel: 'webhook', target: '' })
      return targets
    },
  }
}
