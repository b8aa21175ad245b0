/**
 * The client channel: a person's open alerts as account data `org.enlace.alerts`, so that every sync and socket brings
 * them. An alert marked `stale` may not be shown (or taken off) yet; the mark is written with the change and goes when
 * the account data is on disk, so a crash in between is made good at the next start.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { deliveryIdOf } from './models.ts'
import type { AlertDoc, AlertModels, Clock } from './types.ts'

export const ALERTS_TYPE = 'org.enlace.alerts'
export const MAX_SHOWN = 50

export function shownAlert(alert: AlertDoc): Record<string, unknown> {
  const { reference, level, due_ts, seen_ts } = alert
  return {
    id: alert.id,
    kind: alert.kind,
    urgent: alert.urgent,
    room_id: alert.room_id,
    event_id: alert.event_id,
    raised_ts: alert.created_ts,
    ...(reference === undefined ? {} : { reference }),
    ...(level === undefined ? {} : { level }),
    ...(due_ts === undefined ? {} : { due_ts }),
    ...(seen_ts === undefined ? {} : { seen_ts }),
  }
}

export function createBoard(ctx: Context, models: AlertModels, clock: Clock) {
  const { Alert, Delivery } = models
  /** One writer per person; whoever asks meanwhile shares the run after it. */
  const running = new Map<string, { now: Promise<void>; next?: Promise<void> }>()
  /** What was handed to a device and not acknowledged yet, and what needs no write any more. */
  const awaiting = growingCache<string, { pos: number; ids: string[] }>(10_000)
  const told = growingCache<string, 'sent' | 'delivered'>(20_000)

  async function write(userId: string): Promise<void> {
    // What is stale by now is in what is read next; what becomes stale later keeps its mark.
    // Index {stale}: few at any time, while a person's alerts may be many.
    const stale = await Alert.find({ user_id: userId, stale: { $exists: true } }, { stale: 1 })
      .hint({ stale: 1 })
      .lean()
    // Index {user_id, open, created_ts}.
    const open = await Alert.find({ user_id: userId, open: true, visible: true })
      .sort({ created_ts: -1 })
      .limit(MAX_SHOWN)
      .lean()
    const content = { alerts: open.map(shownAlert) }
    const before = (await ctx.accountData.get(userId, ALERTS_TYPE)) ?? { alerts: [] }
    if (!isDeepStrictEqual(before, content)) await ctx.accountData.set(userId, ALERTS_TYPE, content)
    if (stale.length === 0) return
    await Alert.bulkWrite(
      stale.map(({ _id, stale: mark }) => ({
        updateOne: { filter: { _id, stale: mark! }, update: { $unset: { stale: 1 } } },
      })),
      { ordered: false },
    )
  }

  function run(userId: string): Promise<void> {
    return write(userId).finally(() => {
      const slot = running.get(userId)
      if (slot?.next) running.set(userId, { now: slot.next })
      else running.delete(userId)
    })
  }

  return {
    /** Brings the account data up to what the database has now. */
    show(userId: string): Promise<void> {
      const slot = running.get(userId)
      if (!slot) {
        const now = run(userId)
        running.set(userId, { now })
        return now
      }
      slot.next ??= slot.now.catch(() => undefined).then(() => run(userId))
      return slot.next
    },

    /** An answer up to `pos` with the person's alerts in it goes to a device. */
    async handedOut(
      userId: string,
      deviceId: string,
      pos: number,
      content: Record<string, unknown>,
    ): Promise<void> {
      const alerts = Array.isArray(content['alerts']) ? (content['alerts'] as { id: string }[]) : []
      const ids = alerts.map(({ id }) => deliveryIdOf(id, 'client', ''))
      const fresh = ids.filter((id) => told.get(id) !== 'delivered')
      if (fresh.length > 0) awaiting.set(`${userId}|${deviceId}`, { pos, ids: fresh })
      const unsent = ids.filter((id) => !told.has(id))
      if (unsent.length === 0) return
      await Delivery.updateMany(
        { _id: { $in: unsent }, state: 'queued' },
        { $set: { state: 'sent', sent_ts: clock.now() } },
      )
      for (const id of unsent) told.set(id, 'sent')
    },

    /** The device has everything up to `pos`. */
    async acknowledgedUpTo(userId: string, deviceId: string, pos: number): Promise<void> {
      const key = `${userId}|${deviceId}`
      const waiting = awaiting.peek(key)
      if (!waiting || waiting.pos > pos) return
      awaiting.delete(key)
      await Delivery.updateMany(
        { _id: { $in: waiting.ids }, state: { $in: ['queued', 'sent'] } },
        { $set: { state: 'delivered', delivered_ts: clock.now() } },
      )
      for (const id of waiting.ids) told.set(id, 'delivered')
    },
  }
}
