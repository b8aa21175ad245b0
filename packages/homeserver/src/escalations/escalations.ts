/**
 * Escalations as a projection of the room log, and the engine that runs the chains raised on this node. One event or one
 * alarm: the escalation it is about is brought up to date, each by one worker at a time.
 */
import { setTimeout as wait } from 'node:timers/promises'
import {
  afterOf,
  escalationEventType,
  escalationEventTypes,
  type Role,
  reduceEscalations,
} from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { systemClock } from '../lib/clock.ts'
import { WorkPool } from '../lib/work-pool.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { timelineEvent } from '../stream/envelopes.ts'
import { Alarms } from './alarms.ts'
import { createDuty } from './duty.ts'
import { createEngine } from './engine.ts'
import { createLapses } from './lapses.ts'
import { openEscalationModels } from './models.ts'
import { createPeople } from './people.ts'
import { createEscalationStore } from './store.ts'
import type { AlertPort, EngineDeps, EscalationOptions, Escalations, ReadEscalation } from './types.ts'

const CURSOR = 'escalations'
const CURSOR_DELAY_MS = 2_000
const PAGE = 500
/** Wall clocks jump: nothing is slept through for longer. */
const MAX_SLEEP_MS = 5_000
const MIN_SLEEP_MS = 20
const RETRY_MS = 15_000
/** Escalations brought up to date at once: their writes share one turn of the disk. */
const AT_ONCE = 64
const FRESH_MS = 300
const MAX_RETRY_MS = 3_600_000
const MAX_REDACTED = 100
/** Transactions of the node itself: no device has this id. */
const NODE_DEVICE = 'org.enlace.node'

export async function createEscalations(ctx: Context, options: EscalationOptions = {}): Promise<Escalations> {
  const clock = options.clock ?? systemClock
  const models = await openEscalationModels(ctx.db)
  const store = await createEscalationStore(models)
  const people = createPeople(ctx, models, clock.now)
  const duty = createDuty(ctx, models, clock)
  const alerts: AlertPort = {
    raise: (alert) => ctx.alerts.raise(alert),
    settle: (prefix, reason) => ctx.alerts.settle(prefix, reason),
  }
  const alarms = new Alarms(clock)
  const retries = new Map<string, { failures: number; elapsed: number }>()
  const pool = new WorkPool(work, AT_ONCE)
  const engine = createEngine(engineDeps(), alarms)
  const lapses = createLapses(ctx, {
    models,
    store,
    people,
    clock,
    alerts,
    onDuty: duty.onDuty,
    send,
    read: readAll,
  })
  let done = 0
  let written = 0
  /** Events whose escalation is still being looked up. */
  let finding: Promise<void> = Promise.resolve()
  let sleeping: NodeJS.Timeout | undefined
  let drowsy: NodeJS.Timeout | undefined
  let cursorTimer: NodeJS.Timeout | undefined
  let unsubscribe: (() => void)[] = []
  /** Events taken up, and those of them whose escalation is known. */
  let taken = 0
  let asked = 0
  let caughtUp = false
  let closed = false

  function engineDeps(): EngineDeps {
    return {
      serverName: ctx.serverName,
      clock,
      pace: options.pace ?? 1,
      read: readAll,
      row: store.row,
      keep: store.keep,
      drop: store.drop,
      send: async (args) => void (await send(args)),
      people: people.inRoom,
      mayCall: (stage, serverName) => {
        const keys = stage.institutions ?? institutionsIn(stage.country)
        return keys.some((key) => ctx.federation.hosts(serverName, key))
      },
      senderFor: people.senderFor,
      async outOfReach(roomId, eventId) {
        const delivery = await ctx.federation.delivery(roomId)
        const away = delivery.filter(
          (one) => one.unreachableSinceTs !== undefined || one.pending.includes(eventId),
        )
        return new Set(away.map(({ serverName }) => serverName))
      },
      onDuty: duty.onDuty,
      alerts,
    }
  }

  function institutionsIn(country: string | undefined): string[] {
    const all = ctx.directory.all()
    return all.filter((one) => country === undefined || one.country === country).map((one) => one.key)
  }

  function send(args: Parameters<EngineDeps['send']>[0]): Promise<StoredEvent> {
    const { roomId, sender, type, content, txnId, ts } = args
    const transaction = { deviceId: NODE_DEVICE, txnId }
    return ctx.rooms.send({ roomId, sender, type, content, originServerTs: ts, transaction })
  }

  async function readAll(id: string): Promise<ReadEscalation | undefined> {
    const root = await ctx.rooms.event(id)
    if (root?.pdu.type !== escalationEventType || root.outlier || root.verdict !== 'accept') return undefined
    const steps = await ctx.rooms.envelopesAbout(root.roomId, id)
    const known = new Set(steps.map((event) => event.eventId))
    const named = new Set(steps.flatMap((event) => afterOf(event.pdu.content)))
    const missing = [...named].filter((one) => !known.has(one) && one !== id).slice(0, MAX_REDACTED)
    // Redacted steps refer to nothing any more; what followed them must not wait for them.
    const gone = (await ctx.rooms.events(missing)).filter(
      (event) => event.redactedBy !== undefined && event.roomId === root.roomId,
    )
    const events = [root, ...steps, ...gone]
    const roles = await rolesOf(events)
    const unbelieved = await unbelievedOf(id, events)
    const escalation = reduceEscalations(
      events.map(timelineEvent),
      (user) => roles.get(user),
      (event) => !unbelieved.has(event.event_id),
    ).escalations.get(id)
    const seen = [...known, ...gone.map((event) => event.eventId), id]
    return escalation && { escalation, seen, unbelieved: [...unbelieved] }
  }

  /** Judged once, when an event arrives: a later change of the federation list does not rewrite what was done. */
  async function unbelievedOf(id: string, events: readonly StoredEvent[]): Promise<Set<string>> {
    const claims = events.flatMap(({ eventId, pdu: { sender, content } }) => {
      const institution = (content['by'] as { institution?: unknown } | undefined)?.institution
      // What people of this node say was checked before it was sent.
      const isClaim = typeof institution === 'string' && !ctx.accounts.isLocal(sender)
      return isClaim ? [{ eventId, server: serverNameOf(sender) ?? '', institution }] : []
    })
    if (claims.length === 0) return new Set()
    const before = await store.row(id)
    const judged = new Set(before?.seen)
    const unbelieved = new Set(before?.unbelieved)
    for (const { eventId, server, institution } of claims)
      if (!judged.has(eventId) && !ctx.federation.hosts(server, institution)) unbelieved.add(eventId)
    return unbelieved
  }

  async function rolesOf(events: readonly StoredEvent[]): Promise<Map<string, Role | undefined>> {
    const senders = [
      ...new Set(events.filter((one) => !('by' in one.pdu.content)).map((one) => one.pdu.sender)),
    ]
    return new Map(
      await Promise.all(
        senders.map(async (user) => [user, (await people.memberOf(user)).member.role] as const),
      ),
    )
  }

  async function work(id: string): Promise<void> {
    try {
      await engine.bringUpToDate(id)
      retries.delete(id)
    } catch (error) {
      if (closed) return
      const failures = (retries.get(id)?.failures ?? 0) + 1
      const wait = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (failures - 1))
      retries.set(id, { failures, elapsed: clock.monotonic() + wait })
      ctx.log.error({ err: error, escalation: id, failures }, 'an escalation could not be brought up to date')
    }
    sleepSoon()
  }

  function take(events: readonly StoredEvent[]): void {
    const mine = events.filter(concerns)
    if (mine.length === 0) return
    taken += mine.length
    finding = finding.then(async () => {
      for (const event of mine) {
        try {
          const id = await escalationOf(event)
          if (id !== undefined) pool.ask(id)
        } catch (error) {
          ctx.log.error({ err: error, event: event.eventId }, 'the escalation of an event was not found')
        }
        asked += 1
        done = Math.max(done, event.pos ?? 0)
      }
      cursorSoon()
    })
  }

  async function escalationOf({ eventId, pdu }: StoredEvent): Promise<string | undefined> {
    if (pdu.type === escalationEventType) return eventId
    const redacts = pdu.content['redacts'] ?? (pdu as { redacts?: unknown }).redacts
    if (pdu.type === 'm.room.redaction')
      return typeof redacts === 'string' ? store.holding(redacts) : undefined
    const target = (pdu.content['m.relates_to'] as { event_id?: unknown } | undefined)?.event_id
    return typeof target === 'string' ? target : store.holding(eventId)
  }

  /** The cursor moves only while nothing is unfinished: after a crash the rest is looked at again, which changes nothing. */
  function cursorSoon(): void {
    if (closed) return
    cursorTimer ??= setTimeout(() => {
      cursorTimer = undefined
      void writeCursor()
    }, CURSOR_DELAY_MS)
    cursorTimer.unref()
  }

  async function writeCursor(): Promise<void> {
    if (done === written) return
    if (!caughtUp || !pool.idle || retries.size > 0) return cursorSoon()
    const pos = done
    try {
      await models.Cursor.updateOne({ _id: CURSOR }, { $max: { pos } }, { upsert: true })
      written = pos
    } catch (error) {
      ctx.log.warn({ err: error }, 'the place of escalations in the log was not written')
      cursorSoon()
    }
  }

  async function tick(): Promise<void> {
    for (const id of alarms.due()) pool.ask(id)
    for (const [id, { elapsed }] of retries) if (clock.monotonic() >= elapsed) pool.ask(id)
    if (alarms.overflowed) for (const id of await store.waking(clock.now(), PAGE)) pool.ask(id)
    lapses.look()
  }

  function sleep(): void {
    if (closed) return
    clearTimeout(sleeping)
    const next = Math.min(MAX_SLEEP_MS, alarms.untilNext() ?? MAX_SLEEP_MS, lapses.untilNext())
    sleeping = setTimeout(() => void wake(), Math.max(MIN_SLEEP_MS, next))
    sleeping.unref()
  }

  /** The alarms are looked through once for all that changed in a moment. */
  function sleepSoon(): void {
    if (closed) return
    drowsy ??= setTimeout(() => {
      drowsy = undefined
      sleep()
    }, MIN_SLEEP_MS)
  }

  async function wake(): Promise<void> {
    try {
      await tick()
      await pool.settled()
    } catch (error) {
      ctx.log.error({ err: error }, 'escalations could not be looked at')
    }
    sleep()
  }

  async function settled(): Promise<void> {
    do {
      await finding
      await lapses.settled()
      await pool.settled()
    } while (!pool.idle)
  }

  /** What was just sent is in the records, unless a partner keeps somebody waiting. */
  async function fresh(): Promise<void> {
    if (pool.idle && taken === asked) return
    await Promise.race([settled(), wait(FRESH_MS, undefined, { ref: false })])
  }

  return {
    async openAbout() {
      await fresh()
      return store.about
    },
    fresh,
    async times(rows) {
      return (await store.aboutAny(rows.map((row) => row.id))).map(({ escalation }) => ({
        caseId: escalation.aboutEventId,
        raisedAt: escalation.raisedAt,
        ...(escalation.acknowledgedAt === undefined ? {} : { acknowledgedAt: escalation.acknowledgedAt }),
      }))
    },
    async eventsAbout(roomId, eventId) {
      const raised = (await ctx.rooms.envelopesAbout(roomId, eventId)).filter(
        (event) => event.pdu.type === escalationEventType,
      )
      const steps = await Promise.all(raised.map((event) => ctx.rooms.envelopesAbout(roomId, event.eventId)))
      return [...raised, ...steps.flat()]
    },
    read: async (id) => (await readAll(id))?.escalation,
    async ledger(id) {
      return (await ctx.alerts.ledger(`${id}|`)).map((one) => ({
        user_id: one.userId,
        channel: one.channel,
        state: one.state,
        ...(one.reason ? { reason: one.reason } : {}),
        queued_ts: one.queuedTs,
        ...(one.sentTs === undefined ? {} : { sent_ts: one.sentTs }),
        ...(one.deliveredTs === undefined ? {} : { delivered_ts: one.deliveredTs }),
        ...(one.seenTs === undefined ? {} : { seen_ts: one.seenTs }),
        ...(one.failedTs === undefined ? {} : { failed_ts: one.failedTs }),
      }))
    },
    store,
    people,
    duty,
    clock,
    revisit: take,

    async start() {
      for await (const row of store.unresolved()) {
        if (engine.isFromTheFuture(row)) pool.ask(row.id)
        else engine.arm(row)
      }
      done = written = (await models.Cursor.findById(CURSOR).lean())?.pos ?? 0
      // Subscribed first: what comes while the past is read is looked at twice at most.
      unsubscribe = [
        ctx.stream.subscribe((entries) =>
          take(entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : []))),
        ),
        ctx.cases.onChange((row) => {
          lapses.changed(row)
          sleepSoon()
        }),
      ]
      for (let from = written, more = true; more; ) {
        const events = await ctx.rooms.envelopesSince(from, PAGE)
        take(events)
        from = events.at(-1)?.pos ?? from
        more = events.length === PAGE
        await finding
      }
      caughtUp = true
      sleep()
    },
    tick,
    settled,
    async close() {
      closed = true
      for (const one of unsubscribe) one()
      clearTimeout(sleeping)
      clearTimeout(drowsy)
      clearTimeout(cursorTimer)
      await finding
      const complete = await pool.close()
      await lapses.close()
      if (complete && caughtUp && retries.size === 0 && done !== written)
        await models.Cursor.updateOne({ _id: CURSOR }, { $max: { pos: done } }, { upsert: true })
    },
  }
}

function concerns(event: StoredEvent): boolean {
  const { type } = event.pdu
  return type === 'm.room.redaction' || (escalationEventTypes as readonly string[]).includes(type)
}
