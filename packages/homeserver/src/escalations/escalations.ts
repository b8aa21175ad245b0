/**
 * Escalations as a projection of the room log, and the engine that runs the chains raised on this node. One event or one
 * alarm: the escalation it is about is brought up to date, each by one worker at a time.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { escalationEventType, escalationEventTypes, reduceEscalations } from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { systemClock } from '../lib/clock.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { institutionOf, rootOf, rootsConcerned, stepsOf, timelineEvent } from '../stream/envelopes.ts'
import { openProjection } from '../stream/projection.ts'
import { Alarms } from './alarms.ts'
import { createEngine } from './engine.ts'
import { createLapses } from './lapses.ts'
import { openEscalationModels } from './models.ts'
import { createPeople } from './people.ts'
import { createRaising } from './raising.ts'
import { createRinging } from './ringing.ts'
import { createEscalationStore } from './store.ts'
import type { AlertPort, EngineDeps, EscalationOptions, Escalations, ReadEscalation } from './types.ts'

/** Overdue records looked at in one round, when not all alarms are in memory. */
const MAX_WAKING = 500
/** Wall clocks jump: nothing is slept through for longer. */
const MAX_SLEEP_MS = 5_000
const MIN_SLEEP_MS = 20
/** Escalations brought up to date at once: their writes share one turn of the disk. */
const AT_ONCE = 64
const FRESH_MS = 300
/** Transactions of the node itself: no device has this id. */
const NODE_DEVICE = 'org.enlace.node'

export async function createEscalations(ctx: Context, options: EscalationOptions = {}): Promise<Escalations> {
  const clock = options.clock ?? systemClock
  const models = await openEscalationModels(ctx.db)
  const store = await createEscalationStore(models)
  const people = createPeople(ctx, models, clock.now)
  const alerts: AlertPort = {
    raise: (alert) => ctx.alerts.raise(alert),
    settle: (prefix, reason) => ctx.alerts.settle(prefix, reason),
  }
  const alarms = new Alarms(clock)
  const raising = createRaising(ctx, store, clock)
  const ringing = createRinging(clock)
  const engine = createEngine(engineDeps(), alarms)
  const projection = await openProjection(ctx, {
    name: 'escalations',
    startsAt: 'beginning',
    atOnce: AT_ONCE,
    concerns: ({ pdu: { type } }) => isEscalationEnvelope(type) || type === 'm.room.redaction',
    read: (range) => ctx.rooms.envelopesIn(range),
    keysOf: (event) =>
      rootsConcerned(event, {
        rooms: ctx.rooms,
        rootType: escalationEventType,
        isEnvelope: isEscalationEnvelope,
        holding: store.holding,
        worked: () => projection.worked(),
      }),
    async work(id) {
      await engine.bringUpToDate(id)
      sleepSoon()
    },
  })
  const lapses = createLapses(ctx, {
    models,
    store,
    people,
    clock,
    alerts,
    onDuty: (institution, now, roomId) => ctx.duty.onDutyInRoom(institution, now, roomId),
    send,
    read: readAll,
  })
  let sleeping: NodeJS.Timeout | undefined
  let drowsy: NodeJS.Timeout | undefined
  let unsubscribe = () => {}
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
        const keys = stage.institutions ?? institutionsAt(serverName, stage.country)
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
      onDuty: (institution, now, roomId) => ctx.duty.onDutyInRoom(institution, now, roomId),
      alerts,
      mayRing: (server, userId, key) => server === ctx.serverName || ringing(server, userId, key),
    }
  }

  /** By what the list signs: a directory that leaves one out, or moves it across the border, silences no call. */
  function institutionsAt(serverName: string, country: string | undefined): string[] {
    const { institutionsAt: listed, institution } = ctx.federation
    const all = [...listed(serverName), ...ctx.directory.all().map(({ key }) => key)]
    return all.filter((key) => country === undefined || institution(key)?.country === country)
  }

  function send(args: Parameters<EngineDeps['send']>[0]): Promise<StoredEvent> {
    const { roomId, sender, type, content, txnId, ts } = args
    const transaction = { deviceId: NODE_DEVICE, txnId }
    return ctx.rooms.send({ roomId, sender, type, content, originServerTs: ts, transaction })
  }

  async function readAll(id: string): Promise<ReadEscalation | undefined> {
    const root = await rootOf(ctx.rooms, id, escalationEventType)
    if (!root) return undefined
    const events = [root, ...(await stepsOf(ctx.rooms, root))]
    const actors = await actorsOf(events)
    const unbelieved = await unbelievedOf(id, events)
    const escalation = reduceEscalations(
      events.map(timelineEvent),
      { actorOf: (user) => actors.get(user), countryOf: (key) => ctx.federation.institution(key)?.country },
      (event) => !unbelieved.has(event.event_id),
    ).escalations.get(id)
    const seen = events.map((event) => event.eventId)
    return escalation && { escalation, seen, unbelieved: [...unbelieved] }
  }

  /** Judged once, when an event arrives: a later change of the federation list does not rewrite what was done. */
  async function unbelievedOf(id: string, events: readonly StoredEvent[]): Promise<Set<string>> {
    const claims = events.flatMap((event) => {
      const institution = institutionOf(event)
      const { sender } = event.pdu
      // What people of this node say was checked before it was sent.
      if (institution === undefined || ctx.accounts.isLocal(sender)) return []
      return [{ eventId: event.eventId, server: serverNameOf(sender) ?? '', institution }]
    })
    if (claims.length === 0) return new Set()
    const before = await store.row(id)
    const judged = new Set(before?.seen)
    const unbelieved = new Set(before?.unbelieved)
    for (const { eventId, server, institution } of claims)
      if (!judged.has(eventId) && !ctx.federation.hosts(server, institution)) unbelieved.add(eventId)
    return unbelieved
  }

  async function actorsOf(events: readonly StoredEvent[]) {
    const senders = [
      ...new Set(events.filter((one) => !('by' in one.pdu.content)).map((one) => one.pdu.sender)),
    ]
    return new Map(
      await Promise.all(
        senders.map(async (user) => {
          const { institution, role } = (await people.memberOf(user)).member
          return [
            user,
            { ...(institution ? { institution: institution.key } : {}), ...(role ? { role } : {}) },
          ] as const
        }),
      ),
    )
  }

  async function tick(): Promise<void> {
    for (const id of alarms.due()) projection.ask(id)
    if (alarms.overflowed) for (const id of await store.waking(clock.now(), MAX_WAKING)) projection.ask(id)
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
      await projection.settled()
    } catch (error) {
      ctx.log.error({ err: error }, 'escalations could not be looked at')
    }
    sleep()
  }

  async function settled(): Promise<void> {
    do {
      await projection.caughtUp()
      await lapses.settled()
      await projection.settled()
    } while (!projection.idle)
  }

  /** What was just sent is in the records, unless a partner keeps somebody waiting. */
  async function fresh(): Promise<void> {
    if (projection.idle) return
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
    async stepsOf(events) {
      const raised = events.filter(({ pdu }) => pdu.type === escalationEventType)
      const steps = raised.map((event) => ctx.rooms.envelopesAbout(event.roomId, event.eventId))
      return (await Promise.all(steps)).flat()
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
    raising,
    clock,
    revisit: (events) => void projection.revisit(events),

    async start() {
      for await (const row of store.unresolved()) {
        if (engine.isFromTheFuture(row)) projection.ask(row.id)
        else engine.arm(row)
      }
      unsubscribe = ctx.cases.onChange((row) => {
        lapses.changed(row)
        sleepSoon()
      })
      await projection.start()
      sleep()
    },
    tick,
    settled,
    async close() {
      closed = true
      unsubscribe()
      clearTimeout(sleeping)
      clearTimeout(drowsy)
      await projection.close()
      await lapses.close()
    },
  }
}

const isEscalationEnvelope = (type: string) => (escalationEventTypes as readonly string[]).includes(type)
