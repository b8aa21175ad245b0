/** Words and faces of alerts. Times are milliseconds since the Unix epoch, by the wall clock. */
import type { Model } from 'mongoose'
import type { Clock as NodeClock } from '../lib/clock.ts'
import type { QuietHours } from './quiet-hours.ts'
import type { AlertSettings, PushSubscriptionJson } from './settings-schemas.ts'

export const alertChannels = ['client', 'web_push', 'email', 'webhook'] as const
export type AlertChannel = (typeof alertChannels)[number]

/** Channels that go to an address somebody types. A browser's subscription comes from that browser. */
export const addressChannels = ['email', 'webhook'] as const
export type AddressChannel = (typeof addressChannels)[number]

export const alertKinds = [
  'escalation',
  'case',
  'deadline',
  'identity_reset',
  'envelope',
  'new_device',
  'directory',
  'duty',
  /** A commitment of a meeting comes due, or is overdue. */
  'commitment',
  /** A meeting was convened or moved. By mail alone, to whoever asked for it. */
  'meeting',
  'report',
  /** Somebody is away and messages wait. By mail alone. */
  'digest',
  /** The week in numbers, for coordinators. By mail alone. */
  'week',
  'test',
] as const
export type AlertKind = (typeof alertKinds)[number]

export type SettleReason = 'acknowledged' | 'resolved' | 'superseded'

/**
 * `sent`: handed to a device, or accepted by the push service, mail server or gateway. `delivered`: a device of the
 * person, or the gateway, says it has it. `cancelled`: not sent, because the cause was gone first.
 */
export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'seen' | 'failed' | 'cancelled'

/** Why an attempt failed. Never the words of the other side: they may name addresses. */
export type FailureReason =
  | 'unreachable'
  | 'timed_out'
  | 'tls'
  | 'private_address'
  /** The other side answered no; `status` is its HTTP or SMTP code. */
  | 'refused'
  | 'redirected'
  /** The mail server does not take this node's password: the operator's to repair, tried again meanwhile. */
  | 'authentication'
  /** The push service does not know the subscription any longer; it was removed. */
  | 'subscription_gone'
  /** The person has no address, or turned the channel off, since. */
  | 'no_address'
  /** This node does not offer the channel any more. */
  | 'channel_off'
  | 'no_account'
  /** The last attempt was the last one there is. */
  | 'attempts_used_up'
  | 'internal'

export type AlertRequest = {
  key: string
  /** A local person. */
  userId: string
  urgent: boolean
  kind: AlertKind
  reference?: string
  roomId: string
  eventId: string
  level?: string
  dueTs?: number
  /** What a `digest` or a `week` says: how much of what. */
  numbers?: Readonly<Record<string, number>>
}

export type AlertLedgerEntry = {
  key: string
  alertId: string
  userId: string
  channel: AlertChannel
  state: DeliveryState
  reason?: FailureReason | SettleReason
  /** HTTP or SMTP code of the last failure. */
  status?: number
  attempts: number
  queuedTs: number
  sentTs?: number
  deliveredTs?: number
  seenTs?: number
  failedTs?: number
  nextAttemptTs?: number
  /** Held back by the person's quiet hours until then. */
  heldUntilTs?: number
}

/** How an attempt ended. */
export type Outcome =
  /** Of the client channel: shown, and queued until a device takes it. */
  | { result: 'shown' }
  | { result: 'sent' }
  | { result: 'delivered' }
  | { result: 'retry'; reason: FailureReason; status?: number; afterMs?: number }
  | { result: 'failed'; reason: FailureReason; status?: number }

/** Sends a code to an address that is not confirmed yet. `id`: for whoever has to tell a repetition. */
export type CodeSender = (address: string, code: string, id: string) => Promise<Outcome>

export type Clock = Pick<NodeClock, 'now'>

/** alerts/: alerts that reach people, on every channel of theirs, until somebody has dealt with the cause. */
export interface Alerts {
  /**
   * Queues an alert to a local person on every channel of theirs. The same `key` twice does nothing (exactly once
   * through crashes). Resolves once it is on disk. Keys are yours to name: end what you settle by with a separator, for
   * `settle` and `ledger` go by what a key begins with.
   */
  raise(alert: AlertRequest): Promise<void>
  /** The same by mail alone: no client shows it, and quiet hours are the caller's to heed. */
  mail(alert: AlertRequest): Promise<void>
  /** The cause is gone: nothing more is sent, retries stop, the person's clients stop ringing. */
  settle(keyPrefix: string, reason: SettleReason): Promise<void>
  /** All deliveries of alerts whose key has the prefix (at most 2,000 alerts): who, channel, state, when. No addresses. */
  ledger(keyPrefix: string): Promise<AlertLedgerEntry[]>
  /** What a person may see and do of their own alerts: the routes. */
  own: {
    offered: ReadonlySet<AlertChannel>
    vapidPublicKey: string | undefined
    settings(userId: string): Promise<KeptSettings>
    subscriptions(userId: string): Promise<{ _id: string; device_id: string; created_ts: number }[]>
    set(userId: string, settings: AlertSettings): Promise<void>
    /** @throws M_TOO_LARGE */
    subscribe(userId: string, deviceId: string, subscription: PushSubscriptionJson): Promise<{ id: string }>
    unsubscribe(userId: string, id: string): Promise<boolean>
    allowsEndpoint(endpoint: string): boolean
    /** Sends a code to the address that is not confirmed yet. @throws M_INVALID_PARAM, M_FORBIDDEN, M_LIMIT_EXCEEDED */
    sendCode(userId: string, channel: AddressChannel): Promise<{ expires_ts: number }>
    /** From then on alerts go to the address. @throws M_FORBIDDEN, M_LIMIT_EXCEEDED */
    confirm(userId: string, channel: AddressChannel, code: string): Promise<void>
    /** Whether the person has a confirmed address for the channel and left it on. */
    usable(userId: string, channel: AlertChannel): Promise<boolean>
    /** A test message on one channel. @throws M_LIMIT_EXCEEDED */
    test(userId: string, channel: AlertChannel): Promise<{ id: string }>
    /** Open alerts and those of the last 30 days with their deliveries; open ones first, newest first, at most 100. */
    list(userId: string): Promise<Record<string, unknown>[]>
    /** The person saw it there. @throws M_NOT_FOUND */
    seen(userId: string, alertId: string, channel: AlertChannel): Promise<void>
  }
  /** Whether the person may have a browser that takes web push: in memory. */
  mayHaveBrowser(userId: string): boolean
  /** Web Push to all browsers of a person, once and at once; a later one of the same `topic` takes its place. */
  tellBrowsers(userId: string, said: Record<string, unknown>, topic: string): Promise<void>
  /** Those whom nothing reaches but an open Enlace, though this node could; nobody where it offers no other channel. */
  onlyHere(userIds: Iterable<string>): Promise<string[]>
  /** sync/: an answer up to position `pos`, with the person's alerts in it, goes to a device. */
  handedOut(userId: string, deviceId: string, pos: number, content: Record<string, unknown>): void
  /** sync/: a device has everything up to `pos`. */
  acknowledgedUpTo(userId: string, deviceId: string, pos: number): void
  /** The person is not in the room any more: what happens there is not for them. */
  left(userId: string, roomId: string): Promise<void>
  removeDevice(userId: string, deviceId: string): Promise<void>
  removeAccount(userId: string): Promise<void>
  /** What was under way when the node stopped goes on. */
  start(): Promise<void>
  /** Looks at the queue now: a test moved the clock. */
  wake(): void
  /** Housekeeping: alerts go after 90 days. */
  trim(): Promise<void>
  close(): Promise<void>
}

/** `confirmed`: where alerts go now. What the person wrote last may be another address, that nobody has confirmed yet. */
export type KeptSettings = AlertSettings & { confirmed: { email: string | null; phone: string | null } }

/** Codes by which somebody shows that an address is theirs. */
export interface Addresses {
  send(userId: string, channel: AddressChannel): Promise<{ expires_ts: number }>
  confirm(userId: string, channel: AddressChannel, code: string): Promise<void>
  removeAccount(userId: string): Promise<void>
  trim(): Promise<void>
}

/** Each person's own channels. */
export interface Settings {
  get(userId: string): Promise<KeptSettings>
  /** A new address is kept beside the one in use, until it is confirmed. */
  set(userId: string, settings: AlertSettings): Promise<void>
  /** @returns false when the person has written another address since */
  confirm(userId: string, channel: AddressChannel, address: string): Promise<boolean>
  subscriptions(userId: string): Promise<PushSubscriptionDoc[]>
  subscription(id: string): Promise<PushSubscriptionDoc | null>
  /** Who has a browser, or had: in memory. */
  mayHaveBrowser(userId: string): boolean
  /** The endpoint is this person's from now on: the browser may have changed hands. @throws M_TOO_LARGE */
  subscribe(
    userId: string,
    deviceId: string,
    subscription: PushSubscriptionJson,
    now: number,
  ): Promise<{ id: string }>
  /** @returns false when the person has no such subscription */
  unsubscribe(userId: string, id: string): Promise<boolean>
  removeDevice(userId: string, deviceId: string): Promise<void>
  removeAccount(userId: string): Promise<void>
  /** The places a person is reached at now. The client is always one. */
  targets(
    userId: string,
    offered: ReadonlySet<AlertChannel>,
  ): Promise<{ channel: AlertChannel; target: string }[]>
}

// ---- on disk ------------------------------------------------------------------------------------------------------

export type AlertDoc = {
  /** The key it was raised with: once. */
  _id: string
  /** What clients call it: `alertIdOf(key)`. */
  id: string
  user_id: string
  urgent: boolean
  kind: AlertKind
  reference?: string
  room_id: string
  event_id: string
  level?: string
  due_ts?: number
  numbers?: Record<string, number>
  created_ts: number
  /** The one channel of a test. */
  only?: AlertChannel
  open: boolean
  /** Shown in the person's clients; false while quiet hours hold it back. */
  visible: boolean
  settled_ts?: number
  settled_reason?: SettleReason
  seen_ts?: number
  /** What the person's clients are shown, or the deliveries, may lag behind this document. Absent otherwise. */
  stale?: number
}

export type DeliveryDoc = {
  /** `deliveryIdOf`: the same over all attempts, so that the other side can tell a repetition. */
  _id: string
  alert: string
  user_id: string
  channel: AlertChannel
  /** Id of the push subscription; empty for other channels. */
  target: string
  urgent: boolean
  state: DeliveryState
  reason?: FailureReason | SettleReason
  status?: number
  attempts: number
  queued_ts: number
  attempted_ts?: number
  sent_ts?: number
  delivered_ts?: number
  seen_ts?: number
  failed_ts?: number
  /** When to attempt (again). Absent: nothing to do. */
  next_ts?: number
  /** An attempt is under way; `next_ts` is when whoever makes it has lost its claim. */
  leased?: boolean
  held_until_ts?: number
}

export type AlertSettingsDoc = {
  /** User id. */
  _id: string
  /** As the person wrote them last. */
  email?: string
  phone?: string
  /** Written since addresses are confirmed; before, what stands above was in use, and stays so. */
  checked?: true
  /** Where alerts go. */
  confirmed?: { email?: string; phone?: string }
  /** `digest` came later: absent, it is on. */
  on: { web_push: boolean; email: boolean; webhook: boolean; digest?: boolean }
  quiet_hours?: QuietHours
}

export type AddressCodeDoc = {
  /** `USER_ID|CHANNEL`; or, to count what one address gets, `to|` and a hash of it. */
  _id: string
  /** The address it was sent to, hashed: a code confirms no other. */
  address?: string
  code?: string
  salt?: string
  tries?: number
  made_ts?: number
  expires_ts?: number
  /** When codes were sent, of the last day. */
  sent: number[]
  /** After that it says nothing any more. */
  forget_ts: number
}

export type PushSubscriptionDoc = {
  /** `subscriptionIdOf(endpoint)`: an endpoint belongs to one person. */
  _id: string
  user_id: string
  device_id: string
  endpoint: string
  p256dh: string
  auth: string
  created_ts: number
}

export interface AlertModels {
  readonly Alert: Model<AlertDoc>
  readonly Delivery: Model<DeliveryDoc>
  readonly Settings: Model<AlertSettingsDoc>
  readonly Code: Model<AddressCodeDoc>
  readonly Subscription: Model<PushSubscriptionDoc>
}
