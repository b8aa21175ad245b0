/**
 * Times of cases: the node of whoever opened a case raises the escalation by itself when a time of it lapses, and ends
 * it when a person has done what was waited for; each node tells its own people of cases that arrive for them and of
 * those almost due.
 */
import {
  afterHeads,
  almostDueFrom,
  type CaseRow,
  type DueFor,
  escalationContent,
  escalationEventType,
  escalationUpdateEventType,
  nextDue,
} from '@enlace/coordination'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import type { Clock } from '../lib/clock.ts'
import { WorkPool } from '../lib/work-pool.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { chainInRoom } from './room-chain.ts'
import type { AlertPort, EngineDeps, EscalationModels, EscalationStore, People } from './types.ts'

/** All cases are looked through this often; those that change, at once. */
const LOOK_MS = 60_000
const CAUSES = {
  acknowledgement: 'acknowledgement_lapsed',
  fulfilment: 'deadline_lapsed',
} as const satisfies Record<DueFor, string>

export type LapseDeps = {
  models: EscalationModels
  store: EscalationStore
  people: People
  clock: Clock
  alerts: AlertPort
  onDuty: EngineDeps['onDuty']
  send(args: Parameters<EngineDeps['send']>[0]): Promise<StoredEvent>
  read(id: string): ReturnType<EngineDeps['read']>
}

export function createLapses(ctx: Context, deps: LapseDeps) {
  const { models, store, people, clock, alerts } = deps
  /** Lapses that were raised, and people who were told. The tables have them too. */
  const done = growingCache<string, true>(50_000)
  const pool = new WorkPool(work, 2)
  let nextLook = Number.NEGATIVE_INFINITY
  let nextLapse: number | undefined

  async function work(caseId: string): Promise<void> {
    const row = ctx.cases.row(caseId)
    if (!row) return
    try {
      await end(row)
      await raise(row)
      await tell(row)
    } catch (error) {
      ctx.log.warn(
        { err: error, case: caseId },
        'the times of a case could not be looked at; tried again soon',
      )
    }
  }

  /** At most one escalation of a case nobody has answered, and one for each time that lapses. */
  async function raise(row: CaseRow): Promise<void> {
    const due = nextDue(row)
    if (!due || due.at > clock.now() || !ctx.accounts.isLocal(row.opened_by)) return
    const key = `${row.id}|${due.what}|${due.at}`
    if (done.has(key) || store.about.get(row.id)?.state === 'open') return
    const before = await models.Lapse.findById(key).lean()
    if (before?.escalation_id === undefined) {
      const sender = await people.senderFor(row.room_id, before?.sender ?? row.opened_by)
      if (sender === undefined) return
      // On whose behalf is written first: the transaction id makes it one event whatever happens.
      if (!before) await models.Lapse.create({ _id: key, case_id: row.id, sender })
      else if (before.sender !== sender) await models.Lapse.updateOne({ _id: key }, { $set: { sender } })
      const called = due.what === 'acknowledgement' ? (row.unacknowledged ?? [row.owner]) : [row.owner]
      const chain = await chainInRoom(ctx, row.room_id, called, row.priority)
      const { eventId } = await deps.send({
        roomId: row.room_id,
        sender,
        type: escalationEventType,
        content: escalationContent(row.id, { cause: CAUSES[due.what], reference: row.reference, chain }),
        txnId: `lapse|${key}`,
        ts: clock.now(),
      })
      await models.Lapse.updateOne({ _id: key }, { $set: { escalation_id: eventId } })
    }
    done.set(key, true)
  }

  /**
   * A person did what was waited for, or moved its time: the call this node raised by itself is over, and it says so for
   * whoever it was raised for. A call a person raised is a person's to end.
   */
  async function end(row: CaseRow): Promise<void> {
    for (const id of store.automaticAbout(row.id)) {
      const escalation = (await deps.read(id))?.escalation
      if (!escalation || escalation.state === 'resolved' || escalation.cause === 'person') continue
      const due = nextDue(row)
      if (due && CAUSES[due.what] === escalation.cause && due.at <= clock.now()) continue
      const sender = await ender(row.room_id, escalation.raisedBy)
      if (sender === undefined) continue
      await deps.send({
        roomId: row.room_id,
        sender,
        type: escalationUpdateEventType,
        content: {
          'm.relates_to': { rel_type: 'm.reference', event_id: id },
          ...afterHeads(escalation),
          action: 'resolve',
        },
        txnId: `lapse-over|${id}|${escalation.heads.join('|')}`,
        ts: clock.now(),
      })
    }
  }

  /** Whoever it was raised for; when they are gone, an official of this node: nobody else's resolution counts. */
  async function ender(roomId: string, raisedBy: string): Promise<string | undefined> {
    const usable = await people.senderFor(roomId, raisedBy)
    if (usable === raisedBy) return raisedBy
    const locals = (await people.inRoom(roomId)).filter((one) => one.local && one.member.role === 'official')
    return locals[0]?.userId
  }

  /** Not urgent: a case has come for an institution of this node, or is almost due. */
  async function tell(row: CaseRow): Promise<void> {
    const due = nextDue(row)
    const responsible = [...new Set([row.owner, ...(row.unacknowledged ?? [])])]
    const ours = responsible.filter((key) => ctx.federation.hosts(ctx.serverName, key))
    if (ours.length === 0) return
    const waits = due?.what === 'acknowledgement'
    const almost = due && clock.now() >= (almostDueFrom(row) ?? Infinity) && clock.now() < due.at
    for (const institution of ours) {
      const arrived = `case|${row.id}|${institution}|`
      if (waits) await alertAll(row, institution, 'case', arrived)
      else await settle(arrived)
    }
    const nearing = `due|${row.id}|${due?.what}|${due?.at}|`
    if (almost) for (const institution of ours) await alertAll(row, institution, 'deadline', nearing)
    else await settle(`due|${row.id}|`)
  }

  async function alertAll(
    row: CaseRow,
    institution: string,
    kind: 'case' | 'deadline',
    prefix: string,
  ): Promise<void> {
    const once = `${prefix}${institution}`
    if (done.has(once)) return
    const members = (await people.inRoom(row.room_id)).filter(
      (one) => one.local && one.member.institution?.key === institution && one.userId !== row.opened_by,
    )
    const duty = await deps.onDuty(institution, clock.now(), row.room_id)
    const narrowed = members.filter((one) => duty?.has(one.userId))
    const dueTs = nextDue(row)?.at
    for (const { userId } of narrowed.length > 0 ? narrowed : members)
      await alerts.raise({
        key: `${prefix}${userId}`,
        userId,
        urgent: false,
        kind,
        reference: row.reference,
        roomId: row.room_id,
        eventId: row.id,
        ...(dueTs === undefined ? {} : { dueTs }),
      })
    done.set(once, true)
    for (const settled of [prefix, `due|${row.id}|`]) done.delete(`settled|${settled}`)
  }

  async function settle(prefix: string): Promise<void> {
    const once = `settled|${prefix}`
    if (done.has(once)) return
    await alerts.settle(prefix, 'superseded')
    done.set(once, true)
  }

  function isForUs(row: CaseRow, now: number): boolean {
    const due = nextDue(row)
    if (!due) return false
    if (due.at <= now && ctx.accounts.isLocal(row.opened_by)) return true
    const nearing = due.what === 'acknowledgement' || now >= (almostDueFrom(row) ?? Infinity)
    return nearing && [row.owner, ...(row.unacknowledged ?? [])].some(isOurs)
  }
  const isOurs = (key: string) => ctx.federation.hosts(ctx.serverName, key)

  return {
    changed(row: CaseRow): void {
      pool.ask(row.id)
      const due = ctx.accounts.isLocal(row.opened_by) ? nextDue(row) : undefined
      if (due && due.at > clock.now()) nextLapse = Math.min(nextLapse ?? due.at, due.at)
    },

    /** Once a minute, and when the next time lapses. Cost: one look at each case. */
    look(): void {
      const now = clock.now()
      if (clock.monotonic() < nextLook && (nextLapse === undefined || now < nextLapse)) return
      nextLook = clock.monotonic() + LOOK_MS
      nextLapse = ctx.cases.lapsed(now).nextTs
      for (const { row } of ctx.cases.entries()) if (isForUs(row, now)) pool.ask(row.id)
      for (const { caseId } of store.automatic()) pool.ask(caseId)
    },

    untilNext(): number {
      const look = nextLook - clock.monotonic()
      const lapse = nextLapse === undefined ? look : nextLapse - clock.now()
      return Math.max(0, Math.min(look, lapse))
    },

    settled: () => pool.settled(),
    close: () => pool.close(),
  }
}
