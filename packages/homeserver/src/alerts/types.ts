/** Words of alerts that cross files. Times are milliseconds since the Unix epoch, by the wall clock. */

export const alertChannels = ['client', 'web_push', 'email', 'webhook'] as const
export type AlertChannel = (typeof alertChannels)[number]

export const alertKinds = ['escalation', 'case', 'deadline', 'test'] as const
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
  /** The push service knows the subscription no more; it was removed. */
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

export type Clock = { now(): number }
