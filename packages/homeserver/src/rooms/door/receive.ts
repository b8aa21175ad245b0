/** A partner's event of a room this node is in. */
import { joiningEventType } from '@enlace/coordination'
import {
  type Pdu,
  type PduReading,
  requiredPower,
  serverNameOf,
  stateKeyOf,
  userPower,
} from '@enlace/room-model'
import { carriesPolicy, groupBefore, groupOf, lookupIn, type Room } from '../room.ts'
import type { AppendOutcome, Door, ReceiveOptions, StoredEvent } from '../types.ts'
import { comesIn } from './checks.ts'
import { betterCopy, fillIn } from './copies.ts'
import { destinations } from './draft.ts'
import type { Steps } from './types.ts'
import { pduWithoutText } from './without-text.ts'
import { BuiltOnSand } from './write-buffer.ts'

/** More extremities than this are joined by an event of this server. */
const MAX_EXTREMITIES = 10

/** A state event that Enlace's own rules refused: it is no part of the state after it. */
const isWithheld = ({ verdict, before, after, outlier }: StoredEvent): boolean =>
  verdict === 'soft-fail' && !outlier && before === after

export function createReceive(steps: Steps, send: Door['send']): Door['receive'] {
  const { ctx, store, redactions, open, checks, persist } = steps
  const joining = new Set<Room>()

  /** Where a partner's join, leave or knock that came through this server has to go: everyone but them. */
  function relayTo(room: Room, pdu: Pdu): string[] | undefined {
    const sender = serverNameOf(pdu.sender)
    const others = destinations(ctx.serverName, room, pdu)?.filter((server) => server !== sender)
    return others && others.length > 0 ? others : undefined
  }

  /**
   * The state a partner names, without what was withheld or would be: otherwise whatever is refused would come in as the
   * ground of the next event.
   */
  async function judged(room: Room, ids: readonly string[], isPast: boolean): Promise<string[]> {
    const kept: string[] = []
    for (const event of await store.events.getMany(ids)) {
      const { eventId, pdu } = event
      const isCurrent = room.state.get(stateKeyOf(pdu.type, pdu.state_key ?? '')) === eventId
      const against =
        isCurrent || !event.outlier
          ? isWithheld(event)
          : // What a server that is cut off now had set before is the ground of what others wrote then.
            (!isPast && checks.shutOut(pdu)) ||
            (await checks.withheld(room, pduWithoutText(pdu, room.version))) !== undefined
      if (!against) kept.push(eventId)
    }
    return kept
  }

  /** On the room's queue, the event's format, signatures and hash being checked. */
  async function take(room: Room, came: PduReading, options: ReceiveOptions): Promise<AppendOutcome> {
    const { eventId: id } = came
    const known = await store.events.get(id)
    if (known && !known.outlier) return { outcome: 'known', event: await fillIn(steps, known, came) }
    if (known?.verdict === 'reject') return { outcome: 'rejected', event: known, reason: 'rejected before' }
    const given = betterCopy(known, came)
    const pdu = carriesPolicy(room.state) ? pduWithoutText(given, room.version) : given
    const prev = await store.events.getMany(pdu.prev_events)
    const auth = await store.events.getMany(pdu.auth_events)
    const inTimeline = prev.filter((event) => !event.outlier)
    const missingPrev = options.stateBefore
      ? []
      : pdu.prev_events.filter((one) => !inTimeline.some((event) => event.eventId === one))
    const missingAuth = pdu.auth_events.filter((one) => !auth.some((event) => event.eventId === one))
    if (missingPrev.length > 0 || missingAuth.length > 0)
      return { outcome: 'missing', prevEvents: missingPrev, authEvents: missingAuth }

    const { backfillPos } = options
    const before = options.stateBefore
      ? await groupOf(await judged(room, options.stateBefore, backfillPos !== undefined), store)
      : await groupBefore(room, pdu, store)
    const state = before === undefined ? new Map<string, string>() : await store.groups.get(before)
    const rejection =
      (await checks.rejectedByAuthEvents(room.roomId, room.version, pdu, auth)) ??
      (await checks.rejectedByState(room, pdu, state))
    if (rejection !== undefined) {
      const { event } = await persist(room, { id, pdu, verdict: 'reject', before, backfillPos })
      return { outcome: 'rejected', event, reason: rejection }
    }
    // What is of the past has no part in the present; but what nobody may say in the clear now, nobody may have said then.
    if (backfillPos !== undefined) {
      // Nobody can tell when a server that is cut off wrote what it says is old: it is kept, and not shown.
      const withheld = pdu.state_key === undefined ? await checks.withheld(room, pdu) : undefined
      const against = checks.cutOff(pdu) ?? withheld
      const verdict = against === undefined ? 'accept' : 'soft-fail'
      const { event } = await persist(room, { id, pdu, verdict, before, backfillPos })
      if (against !== undefined) return { outcome: 'soft-failed', event, reason: against }
      if (pdu.type === 'm.room.redaction') await redactions.settle(event)
      return { outcome: 'accepted', event }
    }
    const against = await checks.softFailed(room, pdu)
    if (against !== undefined) {
      const withheld = checks.shutOut(pdu)
      const { event } = await persist(room, { id, pdu, verdict: 'soft-fail', before, withheld })
      return { outcome: 'soft-failed', event, reason: against }
    }
    const withheld = await checks.withheld(room, pdu)
    if (withheld !== undefined) {
      const { event } = await persist(room, { id, pdu, verdict: 'soft-fail', before, withheld: true })
      return { outcome: 'soft-failed', event, reason: withheld }
    }
    const dest = options.relay ? relayTo(room, pdu) : undefined
    const gather = options.onDurable !== undefined
    const { event, durable } = await persist(room, { id, pdu, verdict: 'accept', before, dest, gather })
    if (pdu.type === 'm.room.redaction') await redactions.settle(await durable)
    if (room.extremities.size > MAX_EXTREMITIES) joinExtremities(room)
    if (!options.onDurable) return { outcome: 'accepted', event: await durable }
    options.onDurable(durable)
    return { outcome: 'accepted', event }
  }

  /** So that a busy room does not fray: an empty event of a local member brings its newest events together again. */
  function joinExtremities(room: Room): void {
    const lookup = lookupIn(room.state, store)
    const needed = requiredPower(lookup, joiningEventType, false, room.version)
    const sender = [...room.local].find((user) => userPower(lookup, user, room.version) >= needed)
    if (sender === undefined || joining.has(room)) return
    joining.add(room)
    void send({ roomId: room.roomId, sender, type: joiningEventType, content: {} })
      .catch((error: unknown) => ctx.log.warn({ err: error, room: room.roomId }, 'extremities not joined'))
      .finally(() => joining.delete(room))
  }

  return async (event, options = {}) => {
    const room = await open(event.roomId)
    if (!room) return { outcome: 'refused', reason: 'this server is not in the room' }
    if (event.version.id !== room.version.id)
      return { outcome: 'refused', reason: 'the event is of another room version' }
    const notSigned = await checks.notSigned(event)
    if (notSigned !== undefined) return { outcome: 'refused', reason: notSigned }
    // Before the room's queue: a partner is asked who comes in, and the room does not wait for its answer.
    const person = options.backfillPos === undefined ? comesIn(event.pdu) : undefined
    if (person !== undefined && !room.joined(person)) await ctx.policy.prepare(event.roomId, person)
    for (;;) {
      try {
        return await room.enqueue(() => take(room, event, options))
      } catch (error) {
        if (!(error instanceof BuiltOnSand)) throw error
      }
    }
  }
}
