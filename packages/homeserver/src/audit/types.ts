/** Faces of the audit log: every act that matters, in one chain of hashes per node. */
import type { BilingualText } from '@enlace/directory/text'
import type { AuditFaultKind, AuditHead, AuditWitness } from '@enlace/trust/audit'
import type { Model } from 'mongoose'
import type { Act, ActGroup } from './acts.ts'

export type Outcome = 'done' | 'refused'
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>

/** An act as whoever sees it happen tells of it. Ids, never names, and nothing of what people write (`entry.ts` enforces it). */
export type ActRecord = {
  act: Act
  /**
   * A user id, `operator`, `node`, or `unknown`: who did not get as far as saying who they are. Default: whose request the
   * running code serves, else the node.
   */
  by?: string
  /** What it was done to: a user id, a server, a version of the list … */
  on?: string | undefined
  /** Whose coordinators see it, beside the institutions of the people concerned. */
  institution?: string | undefined
  room?: string | undefined
  case?: string | undefined
  /** Default `done`. */
  outcome?: Outcome
  /** Short ids, numbers, yes or no. */
  facts?: Facts
}

/** audit/: what `ctx.audit` gives the other parts of a node. */
export interface Audit extends AuditWitnessing {
  /** Resolves when it is on disk. @throws Error when it could not be kept: nothing that must be recorded goes unrecorded unseen */
  record(act: ActRecord): Promise<void>
  /** A sign-in that was refused: under attack they are counted together, so that nobody fills the disk (`refusals.ts`). */
  refusedSignIn(refusal: { user?: string; network: string; why: string }): Promise<void>
  /** Somebody's client shows them the file of a case. Once more within ten minutes is the same reading. */
  caseRead(userId: string, caseId: string, room: string | undefined): Promise<void>
  /** Somebody's client makes a file of the directory. The same once more within ten minutes is the same export. */
  directoryExported(userId: string, what: { format: string; public: boolean }): Promise<void>
  /** Entries of an institution, newest first; without one, all: for the operator. */
  find(query: AuditQuery): Promise<{ entries: Entry[]; next?: number }>
  /** The lines of a file that anybody can verify; what does not concern the institution, or is not asked for, as digests. */
  exportLines(query: Omit<AuditQuery, 'before' | 'limit'>): AsyncGenerator<string>
  /** Walks the whole chain on the disk. What does not hold becomes an alarm. */
  check(): Promise<{ entries: number; fault?: { kind: AuditFaultKind; seq: number } }>
  /** Deletes what is older than configured, as far as partners have countersigned it. @returns how many */
  trim(): Promise<number>
  status(): Promise<AuditStatus>
  alarms(): Promise<AuditAlarm[]>
  /** Begins exchanging heads, and passing entries on. */
  start(): void
  close(): Promise<void>
}

/** Heads, exchanged with partners. */
export interface AuditWitnessing {
  /** federation/: a partner shows the end of its chain. */
  witness(origin: string, shown: ShownHead): Promise<WitnessAnswer>
  /** Shows ours to the partners whose turn it is, or to all. */
  exchange(all?: boolean): Promise<void>
  /** The operator says that the chain begins anew: the node was restored from a backup. Partners see it as an alarm that says so. */
  restarted(): Promise<void>
  /** Countersignatures that this node gave a partner: what its log is held against. */
  given(server: string): Promise<AuditWitness | undefined>
}

/** What is shown of a chain: its end, and the digests between what the partner has seen and that. */
export type ShownHead = { head: AuditHead; from: number; digests: readonly string[] }
export type WitnessAnswer =
  | { witness: AuditWitness }
  /** What it has seen last: it is to be shown how the head follows from that. */
  | { known: { seq: number; hash: string } }
  | { alarm: AuditAlarmKind; known: { seq: number; hash: string } }

/**
 * `fork`: what it shows does not follow from what was countersigned. `rollback`: it ends earlier. `restarted`: the same, and it says
 * so itself. `own-fork`, `own-rollback`: partners have countersigned another past of this node. `broken`: the chain on this disk
 * does not hold.
 */
export type AuditAlarmKind = 'fork' | 'rollback' | 'restarted' | 'own-fork' | 'own-rollback' | 'broken'
export type AuditAlarm = {
  kind: AuditAlarmKind
  server: string
  seq: number
  since_ts: number
  last_ts: number
  message: BilingualText
}
export type AlarmDoc = Omit<AuditAlarm, 'message'> & { _id: string; evidence: string[] }

export type AuditQuery = {
  institution?: string
  group?: ActGroup
  person?: string
  case?: string
  outcome?: Outcome
  from_ts?: number
  to_ts?: number
  /** Entries before this number. */
  before?: number
  limit?: number
}

export type AuditStatus = {
  seq: number
  first: number
  hash: string
  /** The newest countersignatures of our chain, and how partners stand. */
  partners: {
    server: string
    /** Countersigned up to here. */
    seq: number
    ts: number | null
    tried_ts: number | null
    problem: string | null
  }[]
  checked?: { ts: number; entries: number; ok: boolean }
}

/** An entry of the chain as it is hashed. */
export type Entry = {
  seq: number
  /** Milliseconds since 1970; never before that of the entry before it. */
  ts: number
  act: Act
  by: string
  on?: string
  institutions?: string[]
  room?: string
  case?: string
  outcome: Outcome
  facts?: Record<string, string | number | boolean>
  /** Random: partners see the hashes of entries, and must not be able to guess what is hashed. */
  salt: string
}

/** The end of the chain at some moment. */
export type ChainHead = { seq: number; hash: string }

export type EntryDoc = {
  /** Its sequence number. */
  _id: number
  ts: number
  /** What it is found by: `institution`, and `institution|what` for group, person, case and outcome. */
  tags: string[]
  /** Canonical JSON of the entry: what is hashed, and the only thing that is read. */
  line: string
  hash: string
}
export type EntryModel = Model<EntryDoc>

/** A signed end of the chain, and who has countersigned it; both as JSON, as they were signed. */
export type HeadDoc = { _id: number; hash: string; head: string; witnesses: string[] }

export type PartnerDoc = {
  _id: string
  /** Of our chain: what it has countersigned last. */
  ours?: { seq: number; hash: string; ts: number }
  tried_ts?: number
  problem?: string
  /** It is still to be told that our chain begins anew. */
  restarted?: boolean
  /** Of its chain: what we have countersigned last, since which head without a break. */
  theirs?: { seq: number; hash: string; ts: number; since: number; head: string; witness: string }
}
/** How far entries were passed on. */
export type SinkDoc = { _id: string; seq: number }

export type AuditModels = {
  readonly Entry: EntryModel
  readonly Head: Model<HeadDoc>
  readonly Partner: Model<PartnerDoc>
  readonly Alarm: Model<AlarmDoc>
  readonly Sink: Model<SinkDoc>
}

export type ActFilter = { group?: ActGroup; person?: string; case?: string; outcome?: Outcome }
