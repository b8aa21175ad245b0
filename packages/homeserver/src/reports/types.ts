/** Faces of reports: that something was written which should not be, who looks at it, what is decided, and appeals. */
import type { Model } from 'mongoose'
import type { AccountRecord } from '../accounts/types.ts'
import type { Requester } from '../http/types.ts'

/** Why somebody reports. What they say of it in words reaches coordinators sealed, never this node. */
export const reportReasons = ['child_data', 'impersonation', 'threats', 'fraud', 'other'] as const
export type ReportReason = (typeof reportReasons)[number]
export type ReportKind = 'message' | 'room' | 'person'
export type ReportOutcome = 'removed' | 'warned' | 'suspended' | 'none'

/** A coordination that gets a report: by its institution where that is known here, else by the server that has to know. */
export type Desk = { server: string; institution?: string }

/** A report as whoever made it sees it. */
export type FiledReport = {
  id: string
  kind: ReportKind
  reason: ReportReason
  room_id?: string
  event_id?: string
  about?: string
  filed_ts: number
  named: boolean
  disclosed: boolean
  desks: (Desk & { outcome?: ReportOutcome; reason?: string; decided_ts?: number })[]
}

/** An encrypted event as it was when it was reported: whoever wrote it may take it back, and it must still be decided on. */
export type Evidence = {
  event_id: string
  sender: string
  origin_server_ts: number
  type: string
  content: Record<string, unknown>
}

/** A report as a coordination sees it. */
export type DeskReport = {
  id: string
  /** What a sealed message to the coordinators' devices calls it. */
  ref: string
  kind: ReportKind
  reason: ReportReason
  origin: string
  reporter?: string
  reporter_institution?: string
  room_id?: string
  event_id?: string
  about?: string
  sent_ts?: number
  filed_ts: number
  disclosed: boolean
  state: 'new' | 'taken' | 'decided'
  taken_by?: string
  taken_ts?: number
  removed_by?: string
  removed_ts?: number
  outcome?: ReportOutcome
  reason_text?: string
  decided_by?: string
  decided_ts?: number
}

/** One report with what there is to decide by. */
export type OpenedReport = DeskReport & {
  evidence: Evidence[]
  /** The person is of this institution and has an account here: it may warn and suspend. */
  ours: boolean
  /** The one who asks can take the message away. */
  may_remove: boolean
  /** Whom of the room to ask, where they cannot. */
  ask: string[]
  decision?: Decision
}

export type DecisionKind = 'warning' | 'suspension'
export type AppealOutcome = 'upheld' | 'undone'
/** What was decided about a person, with its reasons; their one appeal, and the answer. */
export type Decision = {
  id: string
  institution: string
  user_id: string
  kind: DecisionKind
  reason: string
  by: string
  ts: number
  acknowledged_ts?: number
  lifted_ts?: number
  appeal?: { ts: number; words: string }
  answer?: {
    ts: number
    by: string
    outcome: AppealOutcome
    reason: string
    /** Nobody else could decide: it was the one who had decided before. */
    same_person: boolean
  }
}
/** For the coordination: whether the one who asks may answer the appeal, and as whom. */
export type DeskDecision = Decision & { answerable: 'yes' | 'same_person' | 'no' }

/** What a client without a session is told of a suspension, and what it appeals with. */
export type AppealOffer = { decision: Decision; token?: string }

export interface Reports {
  /** Coordinators who read a report about what this person wrote, by desk; a partner is asked for its own. */
  readers(reporter: string, about: string | undefined): Promise<(Desk & { coordinators: string[] })[]>
  /** @throws M_NOT_FOUND for what the reporter cannot see, M_LIMIT_EXCEEDED, M_FORBIDDEN where nobody would read it */
  file(reporter: string, report: NewReport): Promise<FiledReport>
  filedBy(userId: string): Promise<FiledReport[]>
  desk: ReportDesk
  decisions: Decisions
  /** federation/: a partner passes on a report of one of its people, or says what became of one of ours. */
  receive(origin: string, content: unknown): Promise<void>
  receiveOutcome(origin: string, content: unknown): Promise<void>
  /** federation/: who reads reports about somebody of this node. */
  readersFor(origin: string, about: string): Promise<{ institution?: string; coordinators: string[] }>
  /** retention/: these events are gone, and so is what is kept of them here. */
  erased(eventIds: readonly string[]): Promise<void>
  /** What a crash kept from its desks goes there. */
  resume(): Promise<void>
  trim(): Promise<void>
}

export type NewReport = {
  kind: ReportKind
  reason: ReportReason
  roomId?: string
  eventId?: string
  about?: string
  /** The other institution may know who reports. The own one always does. */
  named: boolean
  /** The key of the message goes to coordinators' devices, sealed. */
  disclosed: boolean
}

/** What coordinators do. Each asks for the institution they coordinate; the rest is as if it were not there. */
export interface ReportDesk {
  list(coordinator: string): Promise<DeskReport[]>
  open(coordinator: string, id: string): Promise<OpenedReport>
  take(coordinator: string, id: string): Promise<DeskReport>
  /** Takes the message away, in the coordinator's name. @throws M_FORBIDDEN naming whom to ask */
  remove(coordinator: Requester, id: string): Promise<DeskReport>
  decide(
    coordinator: string,
    id: string,
    how: { act: 'warn' | 'suspend' | 'close'; reason: string },
  ): Promise<DeskReport>
}

export interface Decisions {
  warn(decision: Pick<Decision, 'id' | 'institution' | 'user_id' | 'reason' | 'by'>): Promise<void>
  /** The one that stands for the suspension in force, whoever suspended and however. */
  ofSuspension(account: AccountRecord): Promise<Decision | undefined>
  get(id: string): Promise<Decision | undefined>
  ofUser(userId: string): Promise<Decision[]>
  acknowledge(userId: string, id: string): Promise<void>
  /** Once for a decision. @throws M_NOT_FOUND, M_FORBIDDEN */
  appeal(userId: string, id: string, words: string): Promise<Decision>
  /** At a sign-in that proved who it is, and was refused because of the suspension. */
  offer(account: AccountRecord): Promise<AppealOffer | undefined>
  /** With what `offer` gave. @throws M_FORBIDDEN */
  appealWith(token: string, words: string): Promise<Decision>
  list(coordinator: string): Promise<DeskDecision[]>
  answer(
    coordinator: string,
    id: string,
    how: { outcome: AppealOutcome; reason: string },
  ): Promise<DeskDecision>
  trim(): Promise<void>
}

// ---- on disk ------------------------------------------------------------------------------------------------------

export type FiledDoc = Omit<FiledReport, 'id'> & {
  _id: string
  reporter: string
  /** Who, and what: a second report of the same is the first. Not the id, which partners see and must not guess from. */
  key: string
  /** Not at all of its desks yet. */
  waits?: boolean
  forget_ts: number
}
export type ReportDoc = Omit<DeskReport, 'id'> & {
  _id: string
  institution: string
  received_ts: number
  evidence?: string[]
  evidence_until?: number
  forget_ts?: number
}
export type DecisionDoc = Omit<Decision, 'id'> & {
  _id: string
  /** There is an appeal without an answer. */
  waits?: boolean
  forget_ts: number
}
/** A sign-in that was refused: what may be appealed with. */
export type AppealTokenDoc = { _id: string; decision: string; user_id: string; expires: Date }

export type ReportModels = {
  readonly Filed: Model<FiledDoc>
  readonly Report: Model<ReportDoc>
  readonly Decision: Model<DecisionDoc>
  readonly AppealToken: Model<AppealTokenDoc>
}
