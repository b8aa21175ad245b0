/**
 * Brings one escalation up to date: its record, the alerts of this node's people and, where it was raised here, the
 * steps of its chain. The events are the truth: each step is decided on what the log says at that moment, written down
 * with who sends it, and sent under a transaction id that names what it follows, so that a crash anywhere and a
 * repetition of everything change nothing.
 */
import {
  afterHeads,
  type Escalation,
  type EscalationEntry,
  type EscalationStepContent,
  escalationAlertedEventType,
  escalationStepEventType,
  stageAt,
} from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Alarms } from './alarms.ts'
import { type CallPoint, calledBy, callPoints, perhapsCalled, stillCalls, whomToAlert } from './calls.ts'
import { dueOf, timesOf } from './timing.ts'
import type { CallRecord, Engine, EngineDeps, EscalationRow, ReadEscalation } from './types.ts'

/** Stages of a chain that call nobody are passed over at once: at most as many as a chain can have. */
const MAX_ROUNDS = 10
/** Who was called is told of so many; all are alerted. */
const MAX_NAMED = 50
/** Entries and refusals a record keeps for lists; the log has all. */
const MAX_HISTORY = 300
const MAX_REFUSED = 50
const MAX_UNREACHABLE = 50

const reference = (id: string) => ({ 'm.relates_to': { rel_type: 'm.reference', event_id: id } })

export function createEngine(deps: EngineDeps, alarms: Alarms): Engine {
  const { clock } = deps
  /** Escalations whose times were brought in line with the clock since this process started. */
  const known = new Set<string>()

  /** One escalation at a time, the caller sees to it. @returns the record as it is then; undefined: there is none */
  async function bringUpToDate(id: string): Promise<EscalationRow | undefined> {
    let row: EscalationRow | undefined
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const now = await deps.read(id)
      const before = row ?? (await deps.row(id))
      if (!now) {
        if (before) await deps.alerts.settle(`${id}|`, 'superseded')
        if (before) await deps.drop(id)
        alarms.clear(id)
        known.delete(id)
        return undefined
      }
      row = project(now, before)
      if (JSON.stringify(row) !== JSON.stringify(before)) await deps.keep(row)
      await settleAlerts(row)
      await makeCalls(now.escalation, row)
      if (!(await step(now.escalation, row))) break
    }
    arm(row!)
    return row
  }

  function project(
    { escalation, seen, unbelieved }: ReadEscalation,
    before: EscalationRow | undefined,
  ): EscalationRow {
    const { id } = escalation
    const own = (entry: EscalationEntry) => serverNameOf(entry.sender) === deps.serverName
    const times = timesOf(escalation, before, clock.now(), own, !known.has(id))
    if (escalation.state !== 'resolved') known.add(id)
    else known.delete(id)
    const here = serverNameOf(escalation.raisedBy) === deps.serverName
    const nextStepTs = dueOf(escalation, times, deps.pace)
    const row: EscalationRow = {
      id,
      roomId: escalation.roomId ?? '',
      aboutEventId: escalation.aboutEventId,
      here,
      escalation: {
        ...escalation,
        history: escalation.history.slice(-MAX_HISTORY),
        refused: escalation.refused.slice(-MAX_REFUSED),
      },
      ...times,
      calling: before?.calling ?? [],
      called: before?.called ?? madeBefore(escalation),
      seen,
      ...(unbelieved.length > 0 ? { unbelieved } : {}),
      ...(nextStepTs === undefined ? {} : { nextStepTs }),
      ...(before?.sending ? { sending: before.sending } : {}),
      ...(before?.reachesSomebody ? { reachesSomebody: before.reachesSomebody } : {}),
      ...(before?.settled ? { settled: before.settled } : {}),
    }
    const wakeTs = wakeOf(row)
    return wakeTs === undefined ? row : { ...row, wakeTs }
  }

  /** A record made anew from the log: calls this node has told of were made. */
  function madeBefore(escalation: Escalation): string[] {
    return escalation.history.flatMap((entry) =>
      entry.what === 'alerted' && serverNameOf(entry.sender) === deps.serverName ? [String(entry.step)] : [],
    )
  }

  /** The end of a snooze concerns every node, the next step the one that runs the chain. */
  function wakeOf({ escalation, here, snooze, nextStepTs, called }: EscalationRow): number | undefined {
    if (escalation.state !== 'open') return undefined
    if (snooze && !called.includes(`z${snooze.event}`)) return snooze.until
    return here ? nextStepTs : undefined
  }

  function arm(row: EscalationRow): void {
    if (row.wakeTs === undefined) alarms.clear(row.id)
    else alarms.set(row.id, row.wakeTs)
  }

  async function settleAlerts(row: EscalationRow): Promise<void> {
    const { escalation, snooze } = row
    const answers = ['acknowledged', 'accept_hand_over', 'resolve'] as const
    const answer =
      escalation.state === 'open'
        ? snooze?.event
        : escalation.history.findLast((one) => (answers as readonly string[]).includes(one.what))?.eventId
    if (answer === undefined || row.settled === answer) return
    const why = { open: 'superseded', acknowledged: 'acknowledged', resolved: 'resolved' } as const
    await deps.alerts.settle(`${row.id}|`, why[escalation.state])
    row.settled = answer
    await deps.keep(row)
  }

  async function makeCalls(escalation: Escalation, row: EscalationRow): Promise<void> {
    const snoozeOver = row.snooze !== undefined && isOver(row, row.snooze)
    const done = new Set(row.called)
    for (const point of callPoints(escalation, snoozeOver)) {
      if (done.has(point.mark)) continue
      const begun = row.calling.find((one) => one.mark === point.mark)
      const now = snoozeOver ? Math.max(clock.now(), row.snooze?.until ?? 0) : clock.now()
      if (stillCalls(escalation, point, row, now)) await call(escalation, row, point, begun)
      row.calling = row.calling.filter((one) => one.mark !== point.mark)
      row.called.push(point.mark)
    }
    if (row.called.length === done.size) return
    const wakeTs = wakeOf(row)
    delete row.wakeTs
    if (wakeTs !== undefined) row.wakeTs = wakeTs
    await deps.keep(row)
  }

  function isOver(row: EscalationRow, snooze: { event: string; until: number }): boolean {
    return row.called.includes(`z${snooze.event}`) || alarms.isDue(row.id, snooze.until)
  }

  async function call(
    escalation: Escalation,
    row: EscalationRow,
    point: CallPoint,
    begun: CallRecord | undefined,
  ): Promise<void> {
    const { id } = escalation
    const record = begun ?? {
      mark: point.mark,
      step: point.step,
      ...(await whomToAlert(deps, escalation, point)),
    }
    const first = record.persons[0]
    if (first === undefined) return
    if (!begun) {
      row.calling.push(record)
      await deps.keep(row)
    }
    const { level } = stageAt(escalation, record.step)
    const from = serverNameOf(escalation.raisedBy) ?? ''
    for (const userId of record.persons) {
      const key = `${id}|${record.mark}|${userId}`
      await deps.alerts.raise({
        key,
        userId,
        urgent: deps.mayRing(from, userId, key),
        kind: 'escalation',
        ...(escalation.reference ? { reference: escalation.reference } : {}),
        roomId: row.roomId,
        eventId: id,
        level,
        ...(row.nextStepTs === undefined ? {} : { dueTs: row.nextStepTs }),
      })
    }
    const sender = await deps.senderFor(row.roomId, first)
    if (sender === undefined) return
    await deps.send({
      roomId: row.roomId,
      sender,
      type: escalationAlertedEventType,
      content: {
        ...reference(id),
        ...afterHeads(escalation),
        step: record.step,
        persons: record.persons.slice(0, MAX_NAMED),
        ...(record.onDuty ? { on_duty: true } : {}),
      },
      txnId: `${id}|alerted|${record.mark}`,
      ts: clock.now(),
    })
  }

  /** Takes the next step when it is time. @returns whether one was taken */
  async function step(escalation: Escalation, row: EscalationRow): Promise<boolean> {
    const { nextStepTs } = row
    if (!row.here || escalation.state !== 'open' || nextStepTs === undefined) return false
    if (row.snooze && !isOver(row, row.snooze)) return false
    const isTime = alarms.isDue(row.id, nextStepTs)
    const begun = `${row.anchor.event}|${escalation.step}`
    const isLast = escalation.step >= escalation.chain.length - 1
    if (!isTime && (isLast || row.reachesSomebody === begun)) return false

    const people = await deps.people(row.roomId)
    const called = [
      ...calledBy(escalation, escalation.step, people),
      ...perhapsCalled(deps, escalation, people),
    ]
    if (!isTime && called.length > 0) {
      row.reachesSomebody = begun
      await deps.keep(row)
      return false
    }
    const next = escalation.step + 1
    const content: EscalationStepContent & Record<string, unknown> = {
      'm.relates_to': { rel_type: 'm.reference', event_id: escalation.id },
      ...afterHeads(escalation),
      step: next,
      ...(await whyNext(escalation, row, called)),
    }
    const sender = await senderOf(row, `${row.anchor.event}|${next}`)
    if (sender === undefined) throw new Error('no member of this node is in the room to send a step for')
    await deps.send({
      roomId: row.roomId,
      sender,
      type: escalationStepEventType,
      content,
      txnId: `${escalation.id}|${row.anchor.event}|${next}`,
      ts: clock.now(),
    })
    const after = (await deps.read(escalation.id))?.escalation
    if (after?.state === 'open' && after.step < next) throw new Error('a step was sent and not applied')
    return true
  }

  async function senderOf(row: EscalationRow, key: string): Promise<string | undefined> {
    const before = row.sending?.key === key ? row.sending.sender : undefined
    const sender = await deps.senderFor(row.roomId, before ?? row.escalation.raisedBy)
    if (sender === undefined || sender === before) return sender
    row.sending = { key, sender }
    await deps.keep(row)
    return sender
  }

  async function whyNext(
    escalation: Escalation,
    row: EscalationRow,
    called: readonly { serverName: string; local: boolean }[],
  ): Promise<Pick<EscalationStepContent, 'because' | 'unreachable'>> {
    if (called.length === 0) return { because: 'nobody' }
    const call = escalation.history.findLast((one) => one.what === 'raised' || one.what === 'step')
    const waiting = await deps.outOfReach(row.roomId, call?.eventId ?? escalation.id)
    const servers = [...new Set(called.filter((one) => !one.local).map((one) => one.serverName))]
    const unreachable = servers
      .filter((name) => waiting.has(name))
      .sort()
      .slice(0, MAX_UNREACHABLE)
    if (unreachable.length === 0) return { because: 'unacknowledged' }
    const someGotIt = called.some((one) => one.local || !waiting.has(one.serverName))
    return { because: someGotIt ? 'unacknowledged' : 'unreachable', unreachable }
  }

  return {
    bringUpToDate,
    arm,
    /** A restart must look at a record at once whose times lie in the future by this clock. */
    isFromTheFuture: (row: Pick<EscalationRow, 'anchor'>) => row.anchor.ts > clock.now(),
  }
}
