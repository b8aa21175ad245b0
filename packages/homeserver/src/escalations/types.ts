/** Faces of escalations: what others may ask, what the engine needs of a node, the record it keeps of each escalation. */
import type {
  CaseRow,
  Escalation,
  EscalationContent,
  EscalationStage,
  EscalationTimes,
  Member,
} from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import type { Pdu } from '@enlace/room-model'
import type { Model } from 'mongoose'
import type { AlertRequest, SettleReason } from '../alerts/types.ts'
import type { Clock } from '../lib/clock.ts'
import type { StoredEvent } from '../rooms/types.ts'

export type EscalationOptions = {
  clock?: Clock
  /** How many times faster than their settings chains run: for tests. */
  pace?: number
}

export interface Escalations {
  /** Escalations not resolved, by the case or message they are about. */
  openAbout(): Promise<ReadonlyMap<string, OpenEscalation>>
  /** When escalations about these cases were raised and answered. */
  times(rows: readonly CaseRow[]): Promise<EscalationTimes[]>
  /** The steps of those of the events that are calls. One query each. */
  stepsOf(events: readonly StoredEvent[]): Promise<StoredEvent[]>
  /** The escalation as the log has it now. */
  read(id: string): Promise<Escalation | undefined>
  /** What became of the alerts of this node's people. */
  ledger(id: string): Promise<({ user_id: string } & Record<string, unknown>)[]>
  readonly store: EscalationStore
  readonly people: People
  readonly raising: Raising
  readonly clock: Clock
  /** Events of the past that were fetched now. */
  revisit(events: readonly StoredEvent[]): void
  /** Catches up with the log and begins to run chains. */
  start(): Promise<void>
  /** Looks at both clocks now; what is due is begun. */
  tick(): Promise<void>
  /** Before an answer that should include what was just sent. */
  fresh(): Promise<void>
  /** Everything that was asked for is done: for tests. */
  settled(): Promise<void>
  close(): Promise<void>
}

export type OpenEscalation = {
  id: string
  state: 'open' | 'acknowledged'
  step: number
  next_step_ts?: number
}

/** An open call as one who would raise another must know it. */
export type OpenCall = {
  id: string
  raisedBy: string
  raisedAt: number
  /** The stages that have begun, and since when the last of them has been called. */
  begun: readonly EscalationStage[]
  rungAt: number
}

/** Whether a call may be raised: about something that is there, for a cause its raiser may give, not again and again. */
export interface Raising {
  /** A local person's call, before it enters the room; what is let in counts. Undefined: it may. */
  check(
    sender: string,
    roomId: string,
    content: EscalationContent,
  ): Promise<{ rule: string; message: BilingualText; contact: string } | undefined>
  /** A partner's envelope at the door, on the room's queue: why it is soft-failed; undefined: it is not. */
  judge(
    roomId: string,
    pdu: Pick<Pdu, 'type' | 'sender' | 'content' | 'origin_server_ts'>,
  ): Promise<string | undefined>
}

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
  /** The events it was made from, since a redacted one no longer says what it was about. */
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
  /** Who of the institution is on duty for that channel; undefined: its book says nothing about now. */
  onDuty(institution: string, now: number, roomId: string): Promise<ReadonlySet<string> | undefined>
  alerts: AlertPort
  /** Whether a call of that server may ring the person now; otherwise it is told without ringing. */
  mayRing(serverName: string, userId: string, key: string): boolean
}

/** Brings escalations up to date, each by one worker at a time, which the caller sees to. */
export interface Engine {
  /** @returns the record as it is then; undefined: there is none */
  bringUpToDate(id: string): Promise<EscalationRow | undefined>
  /** Sets the alarm a record asks for. */
  arm(row: EscalationRow): void
  /** A restart must look at a record at once whose times lie in the future by this clock. */
  isFromTheFuture(row: Pick<EscalationRow, 'anchor'>): boolean
}

/** Members of a room as escalations need them: also while their server cannot be asked who they are. */
export interface People {
  memberOf(userId: string): Promise<{ member: Member; unknown: boolean }>
  inRoom(roomId: string): Promise<Person[]>
  /** A local joined account to send for: the person; else one of their institution; else anybody of this node. */
  senderFor(roomId: string, userId: string): Promise<string | undefined>
}

/** Records of escalations on disk, and in memory which ones are open about what. */
export interface EscalationStore {
  readonly about: ReadonlyMap<string, OpenEscalation>
  /** Open ones nobody has answered, about this. */
  openCallsOn(eventId: string): OpenCall[]
  /** Grows with each call about this that comes into the records. */
  recordedAbout(eventId: string): number
  /** Raised by this node itself and not resolved: escalation and case. */
  automatic(): Iterable<{ id: string; caseId: string }>
  automaticAbout(caseId: string): string[]
  row(id: string): Promise<EscalationRow | undefined>
  keep(row: EscalationRow): Promise<void>
  drop(id: string): Promise<void>
  /** Every record that is not resolved, when the node starts. */
  unresolved(): AsyncIterable<EscalationRow>
  /** Those to look at by now, the longest waiting first. */
  waking(now: number, limit: number): Promise<string[]>
  /** The escalation an event is of, also when the event is redacted. */
  holding(eventId: string): Promise<string | undefined>
  /** Of a room: those not resolved and the recent ones, newest first. */
  ofRoom(roomId: string, since: number, limit: number): Promise<EscalationRow[]>
  /** Of all rooms, the newest of each state. */
  raisedSince(since: number, limit: number): Promise<EscalationRow[]>
  aboutAny(eventIds: readonly string[]): Promise<EscalationRow[]>
}

// ---- on disk ------------------------------------------------------------------------------------------------------

export type EscalationDoc = {
  /** the escalation event */
  _id: string
  room_id: string
  about: string
  here: boolean
  state: 'open' | 'acknowledged' | 'resolved'
  raised_ts: number
  acknowledged_ts?: number
  cause: string
  /** when the engine looks at it again */
  wake_ts?: number
  /** from when the present step's time runs */
  anchor_ts: number
  seen: string[]
  /** `EscalationRow` as JSON text */
  row: string
}

/** A time of a case that lapsed: which, and on whose behalf the call is sent. */
export type LapseDoc = { _id: string; case_id: string; sender: string; escalation_id?: string }

/** What was last heard of a partner's person, for when the partner cannot be asked. */
export type KnownMemberDoc = { _id: string; institution?: string; role?: string; heard_ts: number }

export interface EscalationModels {
  readonly Escalation: Model<EscalationDoc>
  readonly Lapse: Model<LapseDoc>
  readonly KnownMember: Model<KnownMemberDoc>
}
