import type {
  CaseExport,
  CaseFamily,
  CaseFlag,
  CaseKind,
  CaseLink,
  CaseRow,
  CaseState,
  CaseStep,
  CaseStepDraft,
  DocumentType,
  Priority,
} from '@enlace/coordination'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { BoardCounts, BoardRow, DeletedCase, KeptDetails } from '../../model/cases/records.ts'
import type { EventView } from '../../model/timeline/types.ts'

// What views show of the model.
export type { BoardCounts, BoardRow, CaseDraft, KeptDetails } from '../../model/cases/records.ts'

export type BoardTab = 'mine' | 'institution' | 'overdue' | 'room' | 'all'

export interface BoardChoice {
  tab: BoardTab
  room?: string
  family?: CaseFamily
  kind?: CaseKind
  priority?: Priority
  flag?: CaseFlag
  reference: string
  ended: boolean
}

export interface BoardState {
  choice: BoardChoice
  rows: readonly BoardRow[]
  /** cases that were deleted, as the node last said */
  deleted: readonly DeletedCase[]
  total: number
  counts?: BoardCounts
  /** `node`: the node's answer; `kept`: what this device kept of it; `timelines`: the server has no board */
  source: 'node' | 'kept' | 'timelines'
  /** when the node last answered */
  asOf?: number
  /** the node's clock, in milliseconds since the Unix epoch */
  now: number
  loading: boolean
  more: boolean
  failure?: Failure
}

export type AcknowledgeResult = { id: string; reference: string; problem?: Failure | { kind: 'not_now' } }

export interface Bulk {
  total: number
  results: readonly AcknowledgeResult[]
  running: boolean
}

export interface Board {
  readonly state: ReadableStore<BoardState>
  readonly selected: ReadableStore<ReadonlySet<string>>
  readonly bulk: ReadableStore<Bulk | undefined>
  choose(change: Partial<BoardChoice>): void
  refresh(): Promise<void>
  loadMore(): Promise<void>
  toggle(id: string): void
  selectNone(): void
  /** Acknowledges each case for itself; what is refused is listed with its reason. */
  acknowledge(ids: readonly string[]): Promise<void>
  dismissBulk(): void
  csv(): Promise<string>
  close(): void
}

export interface LinkedCase {
  link: CaseLink
  /** undefined while it is asked for; `no_access` when this person may not see it */
  row?: CaseRow | 'no_access'
}

export interface CaseView {
  state?: CaseState
  row?: BoardRow
  steps: readonly CaseStep[]
  links: readonly LinkedCase[]
  details?: KeptDetails
  /** how much of its thread this device cannot open, and others can */
  closed: number
  /** what left the case, for whom */
  exports: readonly CaseExport[]
  /** messages of the thread, oldest first */
  notes: readonly EventView[]
  /** by the id of the event that holds them */
  documents: ReadonlyMap<string, EventView>
  duplicates: readonly KeptDetails[]
  loading: boolean
  /** from what this device kept: the node could not be asked */
  stale: boolean
  missing: boolean
  failure?: Failure
  threadFailure?: Failure
  now: number
}

/** What a step carries beyond its name; a file becomes a document of the thread first, a note goes after the step. */
export interface StepInput {
  draft: CaseStepDraft
  file?: { blob: File; type: DocumentType }
  note?: string
}

export interface CaseModel {
  readonly caseId: string
  readonly view: ReadableStore<CaseView>
  refresh(): Promise<void>
  /** @param attempt stays the same when the same sheet is sent again: nothing arrives twice */
  take(input: StepInput, attempt: string, onProgress: (part: number) => void): Promise<Failure | undefined>
  note(text: string): Promise<void>
  /** Sends the form once more, encrypted for whoever is in the channel now: a device that came later has no older keys. */
  shareAgain(): Promise<Failure | undefined>
  close(): void
}
