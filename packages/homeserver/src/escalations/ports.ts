/** What the escalation engine needs of a node, and the record it keeps of each escalation. */
import type { Escalation, Member } from '@enlace/coordination'
import type { AlertRequest, SettleReason } from '../alerts/types.ts'
import type { Clock } from '../lib/clock.ts'

export type AlertPort = {
  raise(alert: AlertRequest): Promise<void>
  settle(keyPrefix: string, reason: SettleReason): Promise<void>
}

export type Person = {
  userId: string
  local: boolean
  serverName: string
  member: Member
  /** Their server was never heard about them: they may be anyone it speaks for. */
  unknown: boolean
}

/** A call on people of this node: decided once, written before anybody is alerted. */
export type CallRecord = { mark: string; step: number; persons: string[]; onDuty: boolean }

export type EscalationRow = {
  id: string
  roomId: string
  aboutEventId: string
  /** Raised on this node, which runs the chain. */
  here: boolean
  escalation: Escalation
  /** The event the present step's time runs from, and from when: never later than when this node saw it. */
  anchor: { event: string; ts: number }
  /** The same for a snooze, and its end. */
  snooze?: { event: string; until: number }
  nextStepTs?: number
  /** When to look again whatever happens. */
  wakeTs?: number
  /** Step under way: who sends it stays the same through crashes, so that it cannot be sent twice. */
  sending?: { key: string; sender: string }
  /** Step whose stage was found to call somebody. */
  reachesSomebody?: string
  /** Calls being made, and the marks of those that were. */
  calling: CallRecord[]
  called: string[]
  /** The answer that alerts were settled for. */
  settled?: string
  /** Events it was made from: a redacted one does not say any more what it was about. */
  seen: string[]
  /** Of them, those whose sender's server did not host the institution it spoke for when they arrived. */
  unbelieved?: string[]
}

/** An escalation as the log has it, the ids of the events it was made from, and those whose `by` was not believed. */
export type ReadEscalation = { escalation: Escalation; seen: string[]; unbelieved: string[] }

export type EngineDeps = {
  serverName: string
  clock: Clock
  /** How many times faster than their settings chains run: 1 but in tests. */
  pace: number
  read(id: string): Promise<ReadEscalation | undefined>
  row(id: string): Promise<EscalationRow | undefined>
  keep(row: EscalationRow): Promise<void>
  drop(id: string): Promise<void>
  /** Sends an event on behalf of a local member; the same `txnId` and sender send once. Resolves when it is on disk. */
  send(args: {
    roomId: string
    sender: string
    type: string
    content: Record<string, unknown>
    txnId: string
    ts: number
  }): Promise<void>
  people(roomId: string): Promise<Person[]>
  /** Whether the federation list lets the server speak for an institution that the stage calls. */
  mayCall(stage: Escalation['chain'][number], serverName: string): boolean
  /** On whose behalf this node sends: the person concerned, or whoever of its people stands closest. */
  senderFor(roomId: string, userId: string): Promise<string | undefined>
  /** Servers of the room that have not accepted an event of this node, or cannot be reached now: no answer can come. */
  outOfReach(roomId: string, eventId: string): Promise<ReadonlySet<string>>
  /** Who of the institution is on duty by its roster; undefined: it says nothing about now. */
  onDuty(institution: string, now: number): Promise<ReadonlySet<string> | undefined>
  alerts: AlertPort
}
