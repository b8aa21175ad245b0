/**
 * Alerts that reach people: raised once per key, sent on every channel of the person, each delivery followed in a
 * ledger, settled when the cause is gone.
 *
 *   raise: deliveries -> alert (each written once, whatever is repeated) -> clients and dispatcher are told
 *   settle: alert -> deliveries still queued -> clients
 *
 * A delivery without its alert is not sent; one whose alert is settled is cancelled. So a crash between two writes does
 * no harm: whoever raised has no answer yet and raises again, and what was settled stays so.
 */
import { randomInt } from 'node:crypto'
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import { limitExceeded, refusal } from '../errors.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { isJoined } from '../rooms/access.ts'
import { createAddresses } from './addresses.ts'
import { openChannels } from './channels/channels.ts'
import { createDispatcher } from './dispatcher.ts'
import { ledgerEntry, publicEntry } from './ledger-entry.ts'
import { alertIdOf, deliveryIdOf, keysWith, openAlertModels } from './models.ts'
import { createBoard, shownAlert } from './open-alerts.ts'
import { quietUntil } from './quiet-hours.ts'
import { createSettings } from './settings.ts'
import {
  type AlertChannel,
  type AlertDoc,
  type AlertLedgerEntry,
  type AlertRequest,
  type Alerts,
  alertKinds,
  type Clock,
  type DeliveryDoc,
} from './types.ts'

const KEEP_MS = 90 * 24 * 3_600_000
const RECENT_MS = 30 * 24 * 3_600_000
const MAX_LISTED = 100
const MAX_LEDGER = 2_000
const RECONCILE_EVERY_MS = 30_000
const MAX_KEY = 400
const TEST_PAUSE_MS = 30_000
const TESTS_PER_HOUR = 10
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const remoteChannels = ['web_push', 'email', 'webhook'] as const

const staleMark = () => randomInt(2 ** 47)

export type AlertsOptions = { clock?: Clock }

export async function createAlerts(ctx: Context, options: AlertsOptions = {}): Promise<Alerts> {
  const clock = options.clock ?? Date
  const models = await openAlertModels(ctx.db)
  const { Alert, Delivery } = models
  const settings = createSettings(models, new Set(await models.Subscription.distinct('user_id')))
  const board = createBoard(ctx, models, clock)
  let channels = await openChannels(ctx, settings, ctx.config.alerts)
  const codes = { ...channels.codes }
  const addresses = createAddresses({ models, settings, clock, senders: codes })
  /** Alerts whose deliveries are written before they themselves are: not yet the dispatcher's. */
  const raising = new Map<string, number>()
  const senders: Parameters<typeof createDispatcher>[1]['senders'] = {
    ...channels.senders,
    async client(_delivery, alert) {
      await Alert.updateOne(
        { _id: alert._id, visible: false },
        { $set: { visible: true, stale: staleMark() } },
      )
      await board.show(alert.user_id)
      return { result: 'shown' }
    },
  }
  ctx.settings.whenApplied(['alerts'], async (next) => {
    const opened = await openChannels(ctx, settings, next.alerts)
    return {
      commit() {
        const old = channels
        channels = opened
        for (const name of remoteChannels) Object.assign(senders, { [name]: opened.senders[name] })
        for (const name of ['email', 'webhook'] as const) Object.assign(codes, { [name]: opened.codes[name] })
        // What is being sent on it goes out first.
        old.close().catch((error: unknown) => ctx.log.warn({ err: error }, 'a channel did not close'))
      },
      discard: () => opened.close(),
    }
  })
  const dispatcher = createDispatcher(ctx, {
    beingRaised: (alert) => raising.has(alert),
    models,
    settings,
    clock,
    senders,
  })
  const inTurn = createKeyedQueue()

  async function show(userId: string): Promise<void> {
    try {
      await board.show(userId)
    } catch (error) {
      // Still marked: tried again below.
      ctx.log.error({ err: error }, 'alerts could not be shown to a client')
    }
  }

  async function showStale(): Promise<void> {
    // Index {stale}: the range is what an index can answer.
    for (const userId of await Alert.distinct('user_id', { stale: { $exists: true, $gte: 0 } }))
      await board.show(userId)
  }

  async function raise(alert: AlertRequest, only?: AlertChannel): Promise<void> {
    checkRequest(alert)
    const { key, userId, urgent } = alert
    if (!ctx.accounts.isLocal(userId)) throw new Error('An alert is for a person of this node.')
    if (await Alert.exists({ _id: key })) return
    const now = clock.now()
    const reachable = isActive(await ctx.accounts.get(userId))
    const targets = (await settings.targets(userId, channels.offered)).filter(
      ({ channel }) => !only || channel === only,
    )
    const quiet = urgent || only ? undefined : (await settings.get(userId)).quiet_hours
    const heldUntil = quietUntil(quiet ?? undefined, now)
    const id = alertIdOf(key)
    const deliveries = targets
      .filter(({ channel }) => reachable || channel === 'client')
      .map(({ channel, target }): DeliveryDoc => {
        const common = {
          _id: deliveryIdOf(id, channel, target),
          alert: key,
          user_id: userId,
          channel,
          target,
          urgent,
          attempts: 0,
          queued_ts: now,
        }
        if (!reachable) return { ...common, state: 'failed', reason: 'no_account', failed_ts: now }
        if (heldUntil !== undefined)
          return { ...common, state: 'queued', next_ts: now, held_until_ts: heldUntil }
        // The client needs no attempt: it is shown with what follows.
        return { ...common, state: 'queued', ...(channel === 'client' ? {} : { next_ts: now }) }
      })
    const visible = reachable && heldUntil === undefined && (!only || only === 'client')
    const doc: AlertDoc = {
      _id: key,
      id,
      user_id: userId,
      urgent,
      kind: alert.kind,
      room_id: alert.roomId,
      event_id: alert.eventId,
      created_ts: now,
      open: true,
      visible,
      ...(alert.reference === undefined ? {} : { reference: alert.reference }),
      ...(alert.level === undefined ? {} : { level: alert.level }),
      ...(alert.dueTs === undefined ? {} : { due_ts: alert.dueTs }),
      ...(alert.numbers === undefined ? {} : { numbers: { ...alert.numbers } }),
      ...(only === undefined ? {} : { only }),
      ...(visible ? { stale: staleMark() } : {}),
    }
    raising.set(key, (raising.get(key) ?? 0) + 1)
    try {
      await insertOnce(Delivery, deliveries)
      await insertOnce(Alert, [doc])
    } finally {
      const others = raising.get(key)! - 1
      if (others > 0) raising.set(key, others)
      else raising.delete(key)
    }
    dispatcher.wake()
    if (visible) await show(userId)
  }

  async function settle(keyPrefix: string, reason: AlertDoc['settled_reason']): Promise<void> {
    if (keyPrefix === '') throw new Error('A prefix is needed: all alerts of a node are not settled at once.')
    const range = keysWith(keyPrefix)
    const open = { _id: range, open: true }
    const users = await Alert.distinct('user_id', open)
    await Alert.updateMany(open, {
      $set: { open: false, settled_ts: clock.now(), settled_reason: reason, stale: staleMark() },
    })
    await Delivery.updateMany(
      { alert: range, state: 'queued' },
      { $set: { state: 'cancelled', reason }, $unset: { next_ts: 1, leased: 1, held_until_ts: 1 } },
    )
    for (const userId of users) await show(userId)
  }

  async function left(userId: string, roomId: string): Promise<void> {
    // Index {user_id, open, created_ts}.
    const open = await Alert.find({ user_id: userId, open: true, room_id: roomId }, { _id: 1 }).lean()
    for (const { _id } of open) await settle(_id, 'superseded')
  }

  async function test(userId: string, channel: AlertChannel): Promise<{ id: string }> {
    return inTurn(userId, async () => {
      const now = clock.now()
      // Index {user_id, open, created_ts} for each of the two.
      const earlier = await Alert.find({
        user_id: userId,
        open: { $in: [true, false] },
        created_ts: { $gt: now - HOUR_MS },
        kind: 'test',
      }).lean()
      const newest = Math.max(
        0,
        ...earlier.filter(({ only }) => only === channel).map(({ created_ts }) => created_ts),
      )
      if (newest > now - TEST_PAUSE_MS) throw limitExceeded(Math.min(newest - now, 0) + TEST_PAUSE_MS)
      if (earlier.length >= TESTS_PER_HOUR) throw limitExceeded(HOUR_MS)
      const prefix = `test|${userId}|${channel}|`
      await settle(prefix, 'superseded')
      const key = `${prefix}${now}`
      const nowhere = { roomId: '', eventId: '' }
      await raise({ key, userId, urgent: false, kind: 'test', ...nowhere }, channel)
      return { id: alertIdOf(key) }
    })
  }

  async function ledgerOf(alerts: readonly AlertDoc[]): Promise<Map<string, AlertLedgerEntry[]>> {
    const byAlert = new Map<string, AlertLedgerEntry[]>(alerts.map(({ _id }) => [_id, []]))
    // Index {alert}.
    const docs = await Delivery.find({ alert: { $in: [...byAlert.keys()] } })
      .sort({ alert: 1, queued_ts: 1 })
      .lean()
    for (const doc of docs) byAlert.get(doc.alert)?.push(ledgerEntry(doc))
    return byAlert
  }

  const timer = setInterval(() => {
    showStale().catch((error: unknown) => ctx.log.error({ err: error }, 'alerts could not be shown'))
  }, RECONCILE_EVERY_MS)
  timer.unref()

  return {
    raise: (alert) => raise(alert),
    mail: (alert) => raise(alert, 'email'),
    settle,
    left,

    async ledger(keyPrefix) {
      const alerts = await Alert.find({ _id: keysWith(keyPrefix) })
        .sort({ _id: 1 })
        .limit(MAX_LEDGER)
        .lean()
      const entries = [...(await ledgerOf(alerts)).values()].flat()
      return entries.sort((a, b) => a.queuedTs - b.queuedTs)
    },

    own: {
      get offered() {
        return channels.offered
      },
      get vapidPublicKey() {
        return channels.vapidPublicKey
      },
      settings: settings.get,
      subscriptions: settings.subscriptions,
      async set(userId, wanted) {
        await settings.set(userId, wanted)
        // Quiet hours may have changed: what they hold back is looked at again.
        await Delivery.updateMany(
          { user_id: userId, next_ts: { $gt: clock.now() }, held_until_ts: { $exists: true } },
          { $set: { next_ts: clock.now() } },
        )
        dispatcher.wake()
      },
      subscribe: (userId, deviceId, subscription) =>
        settings.subscribe(userId, deviceId, subscription, clock.now()),
      unsubscribe: settings.unsubscribe,
      allowsEndpoint: (endpoint) => channels.allowsEndpoint(endpoint),
      sendCode: addresses.send,
      confirm: addresses.confirm,
      usable: async (userId, channel) =>
        (await settings.targets(userId, channels.offered)).some((one) => one.channel === channel),
      test,

      async list(userId) {
        // Index {user_id, open, created_ts}.
        const open = await Alert.find({ user_id: userId, open: true })
          .sort({ created_ts: -1 })
          .limit(MAX_LISTED)
          .lean()
        const closed = await Alert.find({
          user_id: userId,
          open: false,
          created_ts: { $gt: clock.now() - RECENT_MS },
        })
          .sort({ created_ts: -1 })
          .limit(MAX_LISTED - open.length)
          .lean()
        const found = [...open, ...(open.length < MAX_LISTED ? closed : [])]
        const left = new Set<string>()
        for (const roomId of new Set(found.map((one) => one.room_id)))
          if ((await ctx.rooms.room(roomId)) && !(await isJoined(ctx, roomId, userId))) left.add(roomId)
        const all = found.filter((one) => !left.has(one.room_id) && !byMail(one))
        const ledger = await ledgerOf(all)
        return all.map((alert) => ({
          ...shownAlert(alert),
          state: alert.open ? 'open' : 'settled',
          ...(alert.open ? {} : { settled_ts: alert.settled_ts, settled_reason: alert.settled_reason }),
          deliveries: (ledger.get(alert._id) ?? []).map(publicEntry),
        }))
      },

      async seen(userId, alertId, channel) {
        const alert = await Alert.findOne({ id: alertId }).lean()
        if (alert?.user_id !== userId)
          throw refusal(404, 'M_NOT_FOUND', { es: 'No hay tal aviso.', en: 'There is no such alert.' })
        const now = clock.now()
        if (alert.seen_ts === undefined)
          await Alert.updateOne(
            { _id: alert._id, seen_ts: { $exists: false } },
            { $set: { seen_ts: now, stale: staleMark() } },
          )
        await Delivery.updateMany(
          // What was not sent cannot have been seen, except in a client.
          {
            alert: alert._id,
            channel,
            state: { $in: channel === 'client' ? ['queued', 'sent', 'delivered'] : ['sent', 'delivered'] },
          },
          { $set: { state: 'seen', seen_ts: now }, $unset: { next_ts: 1, leased: 1, held_until_ts: 1 } },
        )
        if (alert.kind === 'test' || alert.kind === 'new_device') await settle(alert._id, 'acknowledged')
        else await show(userId)
      },
    },

    mayHaveBrowser: settings.mayHaveBrowser,
    async tellBrowsers(userId, said, topic) {
      const { notify } = channels
      if (notify) for (const one of await settings.subscriptions(userId)) await notify(one, said, topic)
    },
    async onlyHere(userIds) {
      if (channels.offered.size === 1) return []
      const out: string[] = []
      for (const userId of new Set(userIds))
        if ((await settings.targets(userId, channels.offered)).length === 1) out.push(userId)
      return out
    },

    handedOut(userId, deviceId, pos, content) {
      board.handedOut(userId, deviceId, pos, content).catch((error: unknown) => {
        ctx.log.error({ err: error }, 'the ledger of alerts could not be written')
      })
    },
    acknowledgedUpTo(userId, deviceId, pos) {
      board.acknowledgedUpTo(userId, deviceId, pos).catch((error: unknown) => {
        ctx.log.error({ err: error }, 'the ledger of alerts could not be written')
      })
    },
    removeDevice: settings.removeDevice,
    async removeAccount(userId) {
      await settings.removeAccount(userId)
      await addresses.removeAccount(userId)
    },

    async start() {
      await showStale()
      if (ctx.config.database.uri === undefined) await dispatcher.resume()
      dispatcher.wake()
    },
    wake: dispatcher.wake,

    async trim() {
      const now = clock.now()
      await addresses.trim()
      for (const [kind, age] of [
        ['test', HOUR_MS],
        ['digest', DAY_MS],
        ['week', DAY_MS],
        ['meeting', DAY_MS],
      ] as const) {
        const over = { kind, created_ts: { $lt: now - age }, open: true }
        for (const { _id } of await Alert.find(over).limit(1_000).lean()) await settle(_id, 'superseded')
      }
      const before = now - KEEP_MS
      // Indexes {created_ts}, {queued_ts}.
      const shown = await Alert.distinct('user_id', { created_ts: { $lt: before }, open: true })
      await Alert.deleteMany({ created_ts: { $lt: before } })
      await Delivery.deleteMany({ queued_ts: { $lt: before } })
      for (const userId of shown) await board.show(userId)
    },

    async close() {
      clearInterval(timer)
      await dispatcher.close()
      await channels.close()
    },
  }
}

/** A person's mail is no alert that a client shows. */
const byMail = ({ kind }: AlertDoc): boolean => kind === 'digest' || kind === 'week' || kind === 'meeting'

/** A mistake of the caller, not of a person. */
function checkRequest({ key, kind, reference, level }: AlertRequest): void {
  if (key === '' || Buffer.byteLength(key) > MAX_KEY)
    throw new Error(`An alert's key has 1 to ${MAX_KEY} bytes.`)
  if (!alertKinds.includes(kind)) throw new Error('There is no such kind of alert.')
  if ((reference?.length ?? 0) > 64 || (level?.length ?? 0) > 64)
    throw new Error("An alert's reference and level have 64 characters at most.")
}

/** Inserts what is not there yet. */
async function insertOnce<T>(
  model: { insertMany(docs: T[], options: { ordered: false }): Promise<unknown> },
  docs: T[],
): Promise<void> {
  if (docs.length === 0) return
  try {
    await model.insertMany(docs, { ordered: false })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
}
