/**
 * Sends what is queued. The database is the queue: a channel takes at most as many deliveries into memory as it has
 * under way. Each attempt is written down before it is made, with a lease; whoever finds the lease over (this process
 * died) makes the attempt again under the same delivery id.
 *
 * Times are of the wall clock. No due time lies further ahead than `MAX_AHEAD_MS`: one that does was written while the
 * clock ran ahead, and is due. The queue is looked at when something is added, when the next one is due, and every 30 s.
 */
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts'
import { quietUntil } from './quiet-hours.ts'
import type {
  AlertChannel,
  AlertDoc,
  AlertModels,
  Clock,
  DeliveryDoc,
  FailureReason,
  Outcome,
  Settings,
} from './types.ts'

/** 5 s, doubled each time up to 15 min, each within ±20 %; after 100 attempts (about a day) it has failed. */
export const FIRST_RETRY_MS = 5_000
export const MAX_RETRY_MS = 900_000
export const MAX_ATTEMPTS = 100
const JITTER = 0.2
const MAX_AHEAD_MS = MAX_RETRY_MS * (1 + JITTER) + 60_000
/** Longer than any attempt takes: senders give up after 30 s. */
const LEASE_MS = 60_000
const CHECK_EVERY_MS = 30_000
/** A delivery whose alert is being written; after so long, it never was. */
const ORPHAN_RETRY_MS = 1_000
const ORPHAN_MS = 600_000
/** What attempts under way get when the node stops. */
const CLOSE_GRACE_MS = 3_000
const CLOCK_SLACK_MS = 2_000

const CONCURRENCY: Record<AlertChannel, number> = { client: 8, web_push: 8, email: 4, webhook: 4 }

/** One attempt. Never throws what the other side said. */
export type Sender = (delivery: DeliveryDoc, alert: AlertDoc) => Promise<Outcome>

const RETRY: BackoffPolicy = {
  firstMs: FIRST_RETRY_MS,
  longestMs: MAX_RETRY_MS,
  jitter: { from: 1 - JITTER, to: 1 + JITTER },
}
export const retryDelayMs = (attempts: number, random?: () => number): number =>
  backoffMs(RETRY, attempts, random)

export function createDispatcher(
  ctx: Context,
  parts: {
    models: AlertModels
    /** Whether the alert is just being written: its deliveries are no orphans. */
    beingRaised: (alert: string) => boolean
    settings: Settings
    clock: Clock
    senders: Partial<Record<AlertChannel, Sender>>
  },
) {
  const { models, settings, clock, senders } = parts
  const { Alert, Delivery } = models
  const underWay = new Map<AlertChannel, Set<string>>()
  const running = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let checking: Promise<void> | undefined
  let again = false
  let closed = false
  let lastNow = clock.now()
  const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<void>()

  /** Index {next_ts}. */
  async function dropFarTimes(now: number): Promise<void> {
    const wentBack = now < lastNow - CLOCK_SLACK_MS
    lastNow = now
    const horizon = wentBack ? now : now + MAX_AHEAD_MS
    await Delivery.updateMany({ next_ts: { $gt: horizon } }, { $set: { next_ts: now } })
  }

  async function fill(channel: AlertChannel, now: number): Promise<void> {
    const busy = underWay.get(channel) ?? new Set()
    underWay.set(channel, busy)
    for (const urgent of [true, false]) {
      const free = CONCURRENCY[channel] - busy.size
      if (free <= 0) return
      // Index {channel, urgent, next_ts}.
      const due = await Delivery.find({ channel, urgent, next_ts: { $exists: true, $lte: now } })
        .sort({ next_ts: 1 })
        .limit(free + busy.size)
        .lean()
      for (const delivery of due) {
        if (closed || busy.size >= CONCURRENCY[channel]) break
        if (busy.has(delivery._id) || parts.beingRaised(delivery.alert)) continue
        busy.add(delivery._id)
        const work = attempt(delivery)
          .finally(() => {
            busy.delete(delivery._id)
            running.delete(work)
          })
          // After an error of the database the next look is by the timer.
          .then(wake, (error: unknown) =>
            ctx.log.error({ err: error, delivery: delivery._id }, 'an alert could not be processed'),
          )
        running.add(work)
      }
    }
  }

  const postpone = (delivery: DeliveryDoc, next_ts: number, more: Partial<DeliveryDoc> = {}) =>
    Delivery.updateOne(
      { _id: delivery._id, next_ts: delivery.next_ts!, state: 'queued' },
      { $set: { next_ts, ...more }, $unset: { leased: 1 } },
    )

  async function hasLeft({ room_id, user_id }: AlertDoc): Promise<boolean> {
    if (room_id === '' || !(await ctx.rooms.room(room_id))) return false
    const own = await ctx.rooms.membership(room_id, user_id)
    return own?.membership === 'leave' || own?.membership === 'ban'
  }

  async function attempt(delivery: DeliveryDoc): Promise<void> {
    const now = clock.now()
    const alert = await Alert.findById(delivery.alert).lean()
    if (!alert) {
      const age = now - delivery.queued_ts
      if (age >= 0 && age < ORPHAN_MS) await postpone(delivery, now + ORPHAN_RETRY_MS)
      else await Delivery.deleteOne({ _id: delivery._id })
      return
    }
    // Who was taken out of the channel, or left it, is called for nothing there any more.
    if (!alert.open || (await hasLeft(alert))) {
      await Delivery.updateOne(
        { _id: delivery._id, state: 'queued' },
        {
          $set: { state: 'cancelled', reason: alert.settled_reason ?? 'superseded' },
          $unset: { next_ts: 1, leased: 1, held_until_ts: 1 },
        },
      )
      return
    }
    // Nor is anybody who was suspended or has left the institution since.
    if (!isActive(await ctx.accounts.get(alert.user_id))) {
      await Delivery.updateOne(
        { _id: delivery._id, state: 'queued' },
        {
          $set: { state: 'failed', reason: 'no_account', failed_ts: now },
          $unset: { next_ts: 1, leased: 1, held_until_ts: 1 },
        },
      )
      return
    }
    if (!alert.urgent && alert.kind !== 'test') {
      const until = quietUntil((await settings.get(alert.user_id)).quiet_hours ?? undefined, now)
      if (until !== undefined) {
        await postpone(delivery, Math.min(until, now + MAX_RETRY_MS), { held_until_ts: until })
        return
      }
    }
    // Written before it is made; whoever loses this race leaves it to the other.
    const lease = now + LEASE_MS
    const claimed = await Delivery.updateOne(
      { _id: delivery._id, next_ts: delivery.next_ts!, state: 'queued' },
      {
        $set: { next_ts: lease, leased: true, attempted_ts: now },
        $unset: { held_until_ts: 1 },
        $inc: { attempts: 1 },
      },
    )
    if (claimed.modifiedCount === 0) return
    const outcome = await Promise.race([send(delivery, alert), interrupted])
    // Stopping: the lease stands, and the next start makes the attempt again.
    if (outcome !== undefined) await conclude(delivery, outcome)
  }

  async function send(delivery: DeliveryDoc, alert: AlertDoc): Promise<Outcome> {
    const sender = senders[delivery.channel]
    if (!sender) return { result: 'failed', reason: 'channel_off' }
    try {
      return await sender(delivery, alert)
    } catch (error) {
      ctx.log.error({ err: (error as Error).name, channel: delivery.channel }, 'an alert channel failed')
      return { result: 'retry', reason: 'internal' }
    }
  }

  async function conclude(delivery: DeliveryDoc, outcome: Outcome): Promise<void> {
    const { _id, channel } = delivery
    const attempts = delivery.attempts + 1
    const now = clock.now()
    if (outcome.result === 'shown') {
      await Delivery.updateOne({ _id, state: 'queued' }, { $unset: { next_ts: 1, leased: 1 } })
      return
    }
    if (outcome.result === 'sent' || outcome.result === 'delivered') {
      const { result } = outcome
      await Delivery.updateOne(
        // Sent is sent, also when the cause was gone meanwhile.
        { _id, state: { $in: ['queued', 'cancelled'] } },
        {
          $set: {
            state: result,
            sent_ts: now,
            ...(result === 'delivered' ? { delivered_ts: now } : {}),
          },
          $unset: { next_ts: 1, leased: 1, reason: 1, status: 1 },
        },
      )
      return
    }
    const failure = {
      reason: outcome.reason,
      ...(outcome.status === undefined ? {} : { status: outcome.status }),
    }
    if (outcome.result === 'retry' && attempts < MAX_ATTEMPTS) {
      const delay = Math.max(retryDelayMs(attempts), Math.min(outcome.afterMs ?? 0, MAX_RETRY_MS))
      await Delivery.updateOne(
        { _id, state: 'queued' },
        {
          $set: { next_ts: now + Math.round(delay), ...failure },
          $unset: { leased: 1, ...(outcome.status === undefined ? { status: 1 } : {}) },
        },
      )
      ctx.log.info({ channel, attempts, ...failure }, 'an alert will be tried again')
      return
    }
    const reason: FailureReason = outcome.result === 'retry' ? 'attempts_used_up' : outcome.reason
    await Delivery.updateOne(
      { _id, state: 'queued' },
      { $set: { state: 'failed', failed_ts: now, ...failure, reason }, $unset: { next_ts: 1, leased: 1 } },
    )
    ctx.log.warn({ channel, attempts, ...failure, delivery: _id }, 'an alert could not be delivered')
  }

  async function check(): Promise<void> {
    const now = clock.now()
    await dropFarTimes(now)
    for (const channel of Object.keys(CONCURRENCY) as AlertChannel[]) await fill(channel, now)
    // Those due now wait for a free place, which wakes us.
    const next = await Delivery.findOne({ next_ts: { $gt: now } }, { next_ts: 1 })
      .sort({ next_ts: 1 })
      .lean()
    arm(next ? next.next_ts! - now : CHECK_EVERY_MS)
  }

  function arm(ms: number): void {
    clearTimeout(timer)
    if (closed) return
    timer = setTimeout(wake, Math.min(Math.max(ms, 50), CHECK_EVERY_MS))
    timer.unref()
  }

  function wake(): void {
    if (closed) return
    if (checking) {
      again = true
      return
    }
    checking = check()
      .catch((error: unknown) => {
        ctx.log.error({ err: error }, 'the queue of alerts could not be read')
        arm(CHECK_EVERY_MS)
      })
      .finally(() => {
        checking = undefined
        if (again) {
          again = false
          wake()
        }
      })
  }

  return {
    wake,

    /** Nobody else works on this database: what was under way when this node stopped is due at once. */
    async resume(): Promise<void> {
      await Delivery.updateMany(
        { next_ts: { $gt: clock.now() }, leased: true },
        { $set: { next_ts: clock.now() }, $unset: { leased: 1 } },
      )
      wake()
    },

    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await checking
      const grace = setTimeout(interrupt, CLOSE_GRACE_MS)
      await Promise.allSettled([...running])
      clearTimeout(grace)
    },
  }
}
