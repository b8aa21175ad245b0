/** Two nodes in memory, for the engine: logs, a cable that can be cut, clocks that jump, processes that die at any call. */
import {
  type Escalation,
  type EscalationStage,
  type Member,
  reduceEscalations,
  stageSelects,
  type TimelineEvent,
} from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { AlertRequest } from '../alerts/types.ts'
import { Alarms } from '../escalations/alarms.ts'
import { createEngine } from '../escalations/engine.ts'
import type { Engine, EngineDeps, EscalationRow, Person } from '../escalations/types.ts'

export const ROOM = '!canal'

export class Killed extends Error {}

export type Account = { userId: string; member: Member }

const institution = (key: string, country: string) => ({ key, country, kind: 'government' })

export const people: Account[] = [
  { userId: '@albergue:gt', member: { institution: institution('gt-casa', 'GT'), role: 'staff' } },
  { userId: '@oficial:gt', member: { institution: institution('gt-sbs', 'GT'), role: 'official' } },
  { userId: '@registro:hn', member: { institution: institution('hn-rnp', 'HN'), role: 'staff' } },
  { userId: '@jefe:hn', member: { institution: institution('hn-rnp', 'HN'), role: 'coordinator' } },
  { userId: '@oficial:hn', member: { institution: institution('hn-senaf', 'HN'), role: 'official' } },
]

/** Time as it passes, the same for all; walls and processes are each node's own. */
export class World {
  time = 1_700_000_000_000
  cut = false
  readonly nodes = new Map<string, Node>()
  #next = 0

  constructor() {
    for (const name of ['gt', 'hn']) this.nodes.set(name, new Node(this, name))
  }

  get gt(): Node {
    return this.nodes.get('gt')!
  }
  get hn(): Node {
    return this.nodes.get('hn')!
  }

  id(): string {
    this.#next += 1
    return `$${String(this.#next).padStart(6, '0')}`
  }

  /** Passes on what the other side does not have, as far as the cable allows. */
  deliver(): void {
    if (this.cut) return
    for (const node of this.nodes.values())
      for (const other of this.nodes.values())
        if (other !== node) for (const event of node.log.values()) other.take(event)
  }

  /** Time passes, with a look at the clocks at least every `stepMs`. */
  async pass(ms: number, stepMs = 15_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.time += Math.min(left, stepMs)
      for (const node of this.nodes.values()) node.tick()
      // One side's answer is the other side's work.
      do {
        this.deliver()
        for (const node of this.nodes.values()) await node.work()
        this.deliver()
      } while (this.gt.busy || this.hn.busy)
    }
  }
}

export class Node {
  readonly log = new Map<string, TimelineEvent>()
  readonly rows = new Map<string, string>()
  readonly alerts = new Map<string, AlertRequest>()
  readonly settled = new Set<string>()
  readonly duty = new Map<string, Set<string>>()
  /** How far this node's wall clock is off. */
  wall = 0
  /** Calls until the process dies; undefined: it does not. */
  fuse: number | undefined
  readonly #world: World
  readonly name: string
  readonly #sent = new Map<string, string>()
  #born = 0
  #todo = new Set<string>()
  #alarms!: Alarms
  #engine!: Engine

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
    this.start()
  }

  get clock() {
    return {
      now: () => this.#world.time + this.wall,
      monotonic: () => this.#world.time - this.#born,
    }
  }

  /** A new process: what was in memory is gone, what was on disk is not. */
  start(): void {
    this.fuse = undefined
    this.#born = this.#world.time
    this.#alarms = new Alarms(this.clock)
    this.#engine = createEngine(this.#deps(), this.#alarms)
    for (const json of this.rows.values()) {
      const row = JSON.parse(json) as EscalationRow
      if (this.#engine.isFromTheFuture(row)) this.#todo.add(row.id)
      else this.#engine.arm(row)
    }
    // The cursor: everything since is looked at again.
    for (const event of this.log.values()) this.#note(event)
  }

  take(event: TimelineEvent): void {
    if (this.log.has(event.event_id)) return
    this.log.set(event.event_id, event)
    this.#note(event)
  }

  #note(event: TimelineEvent): void {
    const target = (event.content as { 'm.relates_to': { event_id: string } })['m.relates_to'].event_id
    this.#todo.add(event.type === 'org.enlace.escalation' ? event.event_id : target)
  }

  send(sender: string, type: string, content: Record<string, unknown>): string {
    const event = {
      event_id: this.#world.id(),
      room_id: ROOM,
      type,
      sender,
      origin_server_ts: this.clock.now(),
      content: structuredClone(content),
    }
    this.take(event)
    return event.event_id
  }

  get busy(): boolean {
    return this.#todo.size > 0
  }

  tick(): void {
    for (const id of this.#alarms.due()) this.#todo.add(id)
  }

  async work(): Promise<void> {
    while (this.#todo.size > 0) {
      const [id] = this.#todo
      this.#todo.delete(id!)
      try {
        await this.#engine.bringUpToDate(id!)
      } catch (error) {
        if (!(error instanceof Killed)) throw error
        this.start()
      }
    }
  }

  escalation(id: string): Escalation {
    return reduceEscalations(this.log.values(), who).escalations.get(id)!
  }

  #alive(): void {
    if (this.fuse === undefined) return
    this.fuse -= 1
    if (this.fuse <= 0) throw new Killed()
  }

  #deps(): EngineDeps {
    const on = <A extends unknown[], R>(work: (...args: A) => R) => {
      return async (...args: A): Promise<R> => {
        this.#alive()
        const result = work(...args)
        // Also between what was done and its caller learning of it.
        this.#alive()
        return result
      }
    }
    return {
      serverName: this.name,
      clock: this.clock,
      pace: 1,
      read: on((id) => {
        const escalation = reduceEscalations(this.log.values(), who).escalations.get(id)
        return escalation && { escalation, seen: [], unbelieved: [] }
      }),
      row: on((id) => {
        const json = this.rows.get(id)
        return json === undefined ? undefined : (JSON.parse(json) as EscalationRow)
      }),
      keep: on((row) => void this.rows.set(row.id, JSON.stringify(row))),
      drop: on((id) => void this.rows.delete(id)),
      send: on(({ sender, type, content, txnId }) => {
        const key = `${sender}|${txnId}`
        if (this.#sent.has(key)) return
        this.#sent.set(key, this.send(sender, type, content))
      }),
      people: on(() =>
        people.map(
          ({ userId, member }): Person => ({
            userId,
            member,
            local: serverNameOf(userId) === this.name,
            serverName: serverNameOf(userId) ?? '',
            unknown: false,
          }),
        ),
      ),
      mayCall: () => false,
      mayRing: () => true,
      senderFor: on((_room, userId) => (serverNameOf(userId) === this.name ? userId : undefined)),
      outOfReach: on((_room, eventId) => {
        const others = [...this.#world.nodes.values()].filter((node) => !node.log.has(eventId))
        return new Set(others.map((node) => node.name))
      }),
      onDuty: on((key) => this.duty.get(key)),
      alerts: {
        raise: on((alert) => {
          if (!this.alerts.has(alert.key)) this.alerts.set(alert.key, alert)
        }),
        settle: on((prefix) => void this.settled.add(prefix)),
      },
    }
  }
}

export const who = {
  actorOf(userId: string) {
    const member = people.find((one) => one.userId === userId)?.member
    return member?.role && { institution: member.institution!.key, role: member.role }
  },
}

export const whoAnswers = (escalation: Escalation, server: string): string | undefined =>
  people.find(
    (one) =>
      serverNameOf(one.userId) === server &&
      one.userId !== escalation.raisedBy &&
      escalation.chain.slice(0, escalation.step + 1).some((stage) => stageSelects(stage, one.member)),
  )?.userId

const MINUTE = 60_000
export const chain: EscalationStage[] = [
  { level: 'focal_point', institutions: ['hn-rnp'], roles: ['staff'], within_ms: 5 * MINUTE },
  {
    level: 'institution_coordination',
    institutions: ['hn-rnp'],
    roles: ['coordinator'],
    within_ms: 10 * MINUTE,
  },
  { level: 'national_liaison', country: 'HN', roles: ['official'], within_ms: 20 * MINUTE },
  { level: 'binational_committee', roles: ['official'], within_ms: 30 * MINUTE },
]
