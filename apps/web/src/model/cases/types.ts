import type {
  Actor,
  CaseDetails,
  CaseFlag,
  CaseFromText,
  CaseState,
  CaseStepDraft,
  DocumentType,
  TimelineEvent,
} from '@enlace/coordination'
import type { MatrixEvent } from 'matrix-js-sdk'
import type { ReadableStore } from '../../lib/store.ts'
import type { DocumentFacts } from '../media/types.ts'
import type { Institution } from '../session/records.ts'
import type { BoardPage, CaseDraft, CaseFile, KeptDetails } from './records.ts'

/** The node's board of cases (docs/enlace-api.md). Rows are envelopes: no names, no text. */
export interface CasesApi {
  /** @returns a reference such as `DOC-2026-010001`, given out once */
  reserve(kind: string, roomId: string): Promise<string>
  /** @returns undefined on a server that has no board */
  board(query: BoardQuery): Promise<BoardPage | undefined>
  /** @returns undefined when there is none this person may see */
  one(caseId: string): Promise<CaseFile | undefined>
  csv(query: BoardQuery): Promise<string>
}

export type BoardView = 'all' | 'mine' | 'institution' | 'overdue'

export interface BoardQuery {
  view: BoardView
  room?: string
  family?: string
  kind?: string
  priority?: string
  flag?: CaseFlag
  reference?: string
  ended?: boolean
  from?: string
  limit?: number
}

/**
 * What a case sends. Envelopes go past the SDK, which would encrypt them, and then no node could keep a board; everything
 * people wrote goes through it. Each takes a transaction id: sent again with the same one it arrives once.
 */
export interface CaseSender {
  envelope(roomId: string, type: string, content: unknown, txnId: string): Promise<string>
  details(roomId: string, caseId: string, details: CaseDetails, txnId: string): Promise<string>
  document(
    roomId: string,
    caseId: string,
    /** `type`: of a case's document; what belongs to a meeting has none. `facts`: as this device read it */
    document: {
      file: Blob & { name?: string }
      type?: DocumentType
      facts?: DocumentFacts | undefined
    },
    txnId: string,
    onProgress: (part: number) => void,
  ): Promise<string>
}

/**
 * Cases as this device knows them: their events in the timelines and those fetched from the node, reduced as the node
 * reduces them. Forms that were decrypted here are kept here, and compared here alone.
 */
export interface Cases {
  readonly api: CasesApi
  readonly send: CaseSender
  /** by the id of the case event */
  readonly known: ReadableStore<ReadonlyMap<string, CaseState>>
  /** rises with every case event that comes by sync */
  readonly arrivals: ReadableStore<number>
  readonly institutions: ReadableStore<ReadonlyMap<string, Institution>>
  /** in whose name this account acts; undefined for an account of no institution */
  actor(): Actor | undefined
  /** Takes in all events of one case. @returns its state */
  learn(events: readonly TimelineEvent[]): CaseState | undefined
  /** What this device kept of a case when it was last open. */
  kept(caseId: string): Promise<TimelineEvent[] | undefined>
  keep(caseId: string, events: readonly TimelineEvent[]): Promise<void>
  /** Sends one step. It names every event of the case this device has seen as coming before it. */
  step(caseId: string, draft: CaseStepDraft, txnId: string): Promise<void>
  /** The newest form of a case that was decrypted on this device. */
  details(caseId: string): Promise<KeptDetails | undefined>
  readonly detailsVersion: ReadableStore<number>
  takeDetails(event: MatrixEvent): void
  /** Their time is over: they are not taken in again. */
  forget(caseIds: ReadonlySet<string>): void
  /** Other cases that are probably about the same person. */
  similar(values: CaseDetails['values'], except?: string): Promise<KeptDetails[]>
  close(): void
}

export type EditableField = 'kind' | 'institutions' | 'priority' | 'values' | 'links' | 'roomId'

export interface CaseDrafts {
  readonly all: ReadableStore<readonly CaseDraft[]>
  /** @param start what the message it is made from says of it */
  create(
    roomId: string,
    about?: { event_id: string; room_id: string },
    start?: CaseFromText,
  ): Promise<CaseDraft>
  change(id: string, fields: Partial<Pick<CaseDraft, EditableField>>): void
  /** Puts it on its way. Settles when it was tried once; what failed for now is tried again by itself. */
  /** @param unkept also where this device has no room to keep it until it is sent */
  submit(id: string, unkept?: boolean): Promise<'sent' | 'waiting' | 'failed'>
  discard(id: string): Promise<void>
  wake(): void
  /** Writes what was typed last. */
  flush(): Promise<void>
  /** Resolves when what was typed last is written. */
  close(): Promise<void>
}
