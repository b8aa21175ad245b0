/** What is kept of alerts: the alert, its deliveries, each person's settings and push subscriptions. */
import { createHash } from 'node:crypto'
import mongoose from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { QuietHours } from './quiet-hours.ts'
import type {
  AddressCodeDoc,
  AlertChannel,
  AlertDoc,
  AlertModels,
  AlertSettingsDoc,
  DeliveryDoc,
  PushSubscriptionDoc,
} from './types.ts'

const hashOf = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32)

export const alertIdOf = (key: string): string => hashOf('alert', key)
export const deliveryIdOf = (alertId: string, channel: AlertChannel, target: string): string =>
  hashOf('delivery', alertId, channel, target)
export const subscriptionIdOf = (endpoint: string): string => hashOf('subscription', endpoint)

/** All keys that begin with the prefix, as a range of the index on the key. */
export const keysWith = (prefix: string) => ({ $gte: prefix, $lt: `${prefix}\u{10FFFF}` })

export async function openAlertModels(db: Database): Promise<AlertModels> {
  const alerts = new mongoose.Schema<AlertDoc>(
    {
      _id: String,
      id: String,
      user_id: String,
      urgent: Boolean,
      kind: String,
      reference: String,
      room_id: String,
      event_id: String,
      level: String,
      due_ts: Number,
      numbers: mongoose.Schema.Types.Mixed,
      created_ts: Number,
      only: String,
      open: Boolean,
      visible: Boolean,
      settled_ts: Number,
      settled_reason: String,
      seen_ts: Number,
      stale: Number,
    },
    { versionKey: false },
  )
  alerts.index({ id: 1 }, { unique: true })
  alerts.index({ user_id: 1, open: 1, created_ts: 1 })
  alerts.index({ created_ts: 1 })
  alerts.index({ stale: 1 }, { sparse: true })
  const deliveries = new mongoose.Schema<DeliveryDoc>(
    {
      _id: String,
      alert: String,
      user_id: String,
      channel: String,
      target: String,
      urgent: Boolean,
      state: String,
      reason: String,
      status: Number,
      attempts: Number,
      queued_ts: Number,
      attempted_ts: Number,
      sent_ts: Number,
      delivered_ts: Number,
      seen_ts: Number,
      failed_ts: Number,
      next_ts: Number,
      leased: Boolean,
      held_until_ts: Number,
    },
    { versionKey: false },
  )
  deliveries.index({ alert: 1 })
  deliveries.index({ next_ts: 1 }, { sparse: true })
  deliveries.index(
    { channel: 1, urgent: 1, next_ts: 1 },
    { partialFilterExpression: { next_ts: { $exists: true } } },
  )
  deliveries.index({ queued_ts: 1 })
  const settings = new mongoose.Schema<AlertSettingsDoc>(
    {
      _id: String,
      email: String,
      phone: String,
      checked: Boolean,
      confirmed: new mongoose.Schema({ email: String, phone: String }, { _id: false }),
      on: { web_push: Boolean, email: Boolean, webhook: Boolean, digest: Boolean },
      quiet_hours: new mongoose.Schema<QuietHours>(
        { start: String, end: String, time_zone: String, weekdays: [Number] },
        { _id: false },
      ),
    },
    { versionKey: false },
  )
  const codes = new mongoose.Schema<AddressCodeDoc>(
    {
      _id: String,
      address: String,
      code: String,
      salt: String,
      tries: Number,
      made_ts: Number,
      expires_ts: Number,
      sent: [Number],
      forget_ts: Number,
    },
    { versionKey: false },
  )
  codes.index({ forget_ts: 1 })
  const subscriptions = new mongoose.Schema<PushSubscriptionDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      endpoint: String,
      p256dh: String,
      auth: String,
      created_ts: Number,
    },
    { versionKey: false },
  )
  subscriptions.index({ user_id: 1 })
  return {
    Alert: await openModel(db, 'alerts', alerts),
    Delivery: await openModel(db, 'alert_deliveries', deliveries),
    Settings: await openModel(db, 'alert_settings', settings),
    Code: await openModel(db, 'alert_address_codes', codes),
    Subscription: await openModel(db, 'alert_push_subscriptions', subscriptions),
  }
}
