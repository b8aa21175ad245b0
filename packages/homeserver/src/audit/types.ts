/** Faces of the audit log: every act that matters, in one chain of hashes per node. */
import type { Model } from 'mongoose'
import type { Act, ActGroup } from './acts.ts'

export type Outcome = 'done' | 'refused'
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>

/** An act as whoever sees it happen tells of it. Ids, never names, and nothing of what people write (`entry.ts` enforces it). */
export type ActRecord = {
  act: Act
  /** A user id, `operator`, `node`, or `unknown`: who did not get as far as saying who they are. */
  by: string
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
export interface Audit {
  /** Resolves when it is on disk. @throws Error when it could not be kept: nothing that must be recorded goes unrecorded unseen */
  record(act: ActRecord): Promise<void>
  /** A sign-in that was refused: under attack they are counted together, so that nobody fills the disk (`refusals.ts`). */
  refusedSignIn(refusal: { user?: string; network: string; why: string }): Promise<void>
  close(): Promise<void>
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
  act: string
  /** What it is found by: `institution`, and `institution|what` for group, person, case and outcome. */
  tags: string[]
  /** Canonical JSON of the entry: what is hashed, and the only thing that is read. */
  line: string
  hash: string
}
export type EntryModel = Model<EntryDoc>

export type ActFilter = { group?: ActGroup; person?: string; case?: string; outcome?: Outcome }
