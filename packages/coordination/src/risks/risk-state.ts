/** The state of a report of a risk. Times are milliseconds since the Unix epoch. */
import type { Actor } from '../cases/case-events.ts'
import type { RiskSignature } from './published.ts'
import type { RiskStep } from './risk-events.ts'
import type { RiskRecord } from './risk-records.ts'

export type RiskRefusal =
  | 'malformed' // the envelope is not of its form; also what a redacted event looks like
  | 'malformed_record' // the record is not of its form
  | 'not_believed' // the sender's server does not host the institution it speaks for
  | 'not_entitled' // the role, or the institution, has no say in this
  | 'not_own_record' // somebody else wrote it, or it belongs to another report
  | 'own_version' // nobody reviews what they wrote
  | 'unknown_target' // the version is not there
  | 'already_done'
  | 'withdrawn'

export interface RiskStamp {
  eventId: string
  sender: string
  at: number
  by: Actor
}

export interface RiskVersion extends RiskStamp {
  /** undefined: the record is not readable here */
  details?: RiskRecord
}

export interface RiskReview extends RiskStamp {
  verdict: 'approve' | 'object'
}

/** The public form, signed by the institution of whoever took the step. */
export interface RiskSigned extends RiskStamp {
  /** the version that stood */
  version: string
  /** undefined: the record is not readable here */
  signature?: RiskSignature
}

export interface RiskReport {
  id: string
  roomId: string
  opened: RiskStamp
  /** in causal order; the last stands */
  versions: RiskVersion[]
  /** of the version that stands, by institution: the newest of each */
  reviews: Map<string, RiskReview>
  withdrawn?: RiskStamp
  /** in causal order */
  signed: RiskSigned[]
  /** what is at the registry, by the institution that published: the newest of each; `signed` as its step has it */
  published: Map<string, RiskStamp & { signed: string }>
  /** of the `sign` steps: institutions that took their word back */
  retracted: Map<string, Set<string>>
  /** the report this one says again */
  mergedInto?: string
  /** the newest steps; what the next one names as `after` */
  heads: string[]
  refused: { eventId: string; sender: string; at: number; reason: RiskRefusal; step?: RiskStep }[]
  /** steps that wait for one that has not arrived */
  waiting: string[]
}

/** What becomes of a report outside the network. */
export type Publication =
  | 'empty' // nothing readable was reported
  | 'in_review' // nobody approved the version that stands
  | 'half' // one side did
  | 'objected'
  | 'public' // a coordinator of each of two countries did
  | 'withdrawn'
