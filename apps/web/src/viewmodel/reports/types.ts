import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type {
  Decision,
  DeskDecision,
  DeskReport,
  FiledReport,
  OpenedReport,
  Readers,
  ReportReason,
} from '../../model/reports/reports-api.ts'
import type { Proof, ProofOutcome } from '../session/with-proof.ts'

export type {
  Decision,
  DeskDecision,
  DeskReport,
  FiledReport,
  ReportReason,
} from '../../model/reports/reports-api.ts'

export interface ReportsState {
  filed?: readonly FiledReport[]
  /** About this person. */
  decisions?: readonly Decision[]
  /** Of coordinators. */
  desk?: { reports: readonly DeskReport[]; decisions: readonly DeskDecision[] }
  failure?: Failure
}

export type { SuspensionNotice } from '../../model/reports/suspension.ts'

/** A message as its key opened it. */
export type ShownMessage =
  | { type: 'text'; text: string }
  | { type: 'file'; name: string }
  | { type: 'unsupported' }

/** One report with what this device can show of it. */
export interface ShownReport extends OpenedReport {
  /** The message, and what it was corrected to. */
  messages: readonly ShownMessage[]
  /** Why there is no message. */
  missing?: 'not_shown' | 'not_here' | 'not_opened' | 'kept'
  /** What the reporter says of it. */
  words: string
  /** The coordination of another node to which the message can be shown. */
  elsewhere?: { name: string; coordinators: readonly string[] }
}

export interface ReportsModel {
  readonly state: ReadableStore<ReportsState>
  refresh(): Promise<void>
  open(id: string): Promise<ShownReport>
  act(id: string, what: 'take' | 'remove'): Promise<void>
  decide(id: string, act: 'warn' | 'close', reason: string): Promise<void>
  /** For whoever shows again that it is them. */
  suspend(id: string, reason: string, proof: Proof): Promise<ProofOutcome>
  answer(id: string, outcome: 'upheld' | 'undone', reason: string): Promise<void>
  appeal(id: string, words: string): Promise<void>
  handOn(report: ShownReport): Promise<void>
  close(): void
}

/** Who would read a report of one message, and whom of them what is sealed can reach. */
export interface ReportReaders {
  desks: readonly (Readers[number] & { own: boolean; reachable: readonly string[] })[]
}

export interface ReportDraft {
  reason: ReportReason
  words: string
  /** Show them the message. */
  consent: boolean
  named: boolean
}

/** What waits for this person, wherever they are in the client. */
export interface ReportNews {
  /** Not acknowledged yet. */
  readonly warnings: ReadableStore<readonly Decision[]>
  /** Of coordinators: new reports, and appeals that they may answer. */
  readonly desk: ReadableStore<number>
  refresh(): void
  acknowledge(id: string): Promise<void>
  close(): void
}
