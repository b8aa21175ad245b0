/** What the ledger says of a delivery, here and to the person it was for. No addresses. */
import { alertIdOf } from './models.ts'
import type { AlertLedgerEntry, DeliveryDoc } from './types.ts'

export function ledgerEntry(doc: DeliveryDoc): AlertLedgerEntry {
  const optional = {
    reason: doc.reason,
    status: doc.status,
    sentTs: doc.sent_ts,
    deliveredTs: doc.delivered_ts,
    seenTs: doc.seen_ts,
    failedTs: doc.failed_ts,
    nextAttemptTs: doc.next_ts,
    heldUntilTs: doc.held_until_ts,
  }
  return {
    key: doc.alert,
    alertId: alertIdOf(doc.alert),
    userId: doc.user_id,
    channel: doc.channel,
    state: doc.state,
    attempts: doc.attempts,
    queuedTs: doc.queued_ts,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}

export function publicEntry(entry: AlertLedgerEntry): Record<string, unknown> {
  const { key: _key, alertId: _id, userId: _user, ...rest } = entry
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name.replace(/[A-Z]/g, (big) => `_${big.toLowerCase()}`),
      value,
    ]),
  )
}
