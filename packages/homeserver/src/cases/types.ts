/** Faces of cases: what other parts of the node may ask, and what is kept on disk. */
import type { CaseKind, CaseRow, CaseState } from '@enlace/coordination'
import type { Model } from 'mongoose'
import type { MatrixError } from '../errors.ts'
import type { StoredEvent } from '../rooms/types.ts'

/** A row and where its case event is in the log: who joined later may not see it. */
export type BoardEntry = { row: CaseRow; rootPos: number }

/** Where a page ended: many things have the same time. */
export type Place = { ts: number; id: string }

export interface Cases {
  /** The whole case as this node knows it. */
  state(caseId: string): Promise<CaseState | undefined>
  /** The same, and the events it was read from: the case, its steps, and the calls raised about it. One query. */
  read(caseId: string): Promise<{ state: CaseState; events: StoredEvent[] } | undefined>
  row(caseId: string): CaseRow | undefined
  entries(): Iterable<BoardEntry>
  /** Ended cases, also those no board shows any more, by their newest step: those after one of them, up to a moment. */
  ended(after: Place | undefined, upToTs: number, limit: number): Promise<CaseRow[]>
  /** Told of every row that changed, after it is on disk. Returns the unsubscribe function. */
  onChange(listener: (row: CaseRow) => void): () => void
  /** Cases opened by people of this node whose next time has lapsed, and when the next one does. */
  lapsed(now: number): { rows: CaseRow[]; nextTs: number | undefined }
  readonly references: References
  readonly deleted: DeletedCases
  /** Events of the past that were fetched now. */
  revisit(events: readonly StoredEvent[]): void
  /** Somebody of this node has come into a room: what happened there before is fetched. */
  joined(roomId: string): Promise<void>
  /** Everything of the log up to here is in the rows: for tests, and before an answer that must include what was just sent. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** A case that was deleted; when, and by whom, where the log says it. `pos`: where the case is in the log. */
export type DeletedCase = {
  id: string
  room_id: string
  opened_by: string
  opened_ts: number
  deleted_by?: string
  deleted_ts?: number
  pos: number
}

/** Cases that cannot be shown any more, although they were there. */
export interface DeletedCases {
  inRoom(roomId: string): Promise<readonly DeletedCase[]>
  /** History of the room was fetched. */
  forget(roomId: string): void
  /** What to tell somebody who may see the event and opens it as a case; undefined when it is none. */
  refusal(event: StoredEvent): Promise<MatrixError | undefined>
}

/** Which events of a case were judged, and which of them speak for an institution that their server does not host. */
export type Judged = { seen: ReadonlySet<string>; unbelieved: ReadonlySet<string> }

/** Rows of cases: those a board shows are in memory. */
export interface Rows {
  row(caseId: string): CaseRow | undefined
  entries(): Iterable<BoardEntry>
  ended(after: Place | undefined, upToTs: number, limit: number): Promise<CaseRow[]>
  judged(caseId: string): Promise<Judged | undefined>
  /** The case an event was taken into, also when the event is redacted. */
  holding(eventId: string): Promise<string | undefined>
  /** On disk when it resolves. */
  keep(row: CaseRow, root: StoredEvent, judged: Judged): Promise<void>
  drop(caseId: string): Promise<void>
}

/** Case references, given out by this node. */
export interface References {
  reserve(kind: CaseKind, institution: string, roomId: string): Promise<string>
  /** Whether this node gave the reference to the institution for this room, and no case has it yet. */
  isReserved(reference: string, institution: string, roomId: string): Promise<boolean>
  /** The case is in the log: the reference is nobody else's. */
  used(reference: string): Promise<void>
}

// ---- on disk ------------------------------------------------------------------------------------------------------

export type CaseDoc = {
  /** the case event */
  _id: string
  room_id: string
  /** position of the case event in the log */
  root_pos: number
  /** the row as JSON text */
  row: string
  ended: boolean
  opened_ts: number
  changed_ts: number
  /** case and update events judged so far, and those whose server does not host the institution it spoke for */
  seen: string[]
  unbelieved: string[]
}

/** `DOC-2026-01` and how many of it were given out. */
export type CounterDoc = { _id: string; given: number }

export type ReferenceDoc = { _id: string; institution: string; room_id: string; expires: Date }

/** A channel joined late, and whether its history has been fetched. */
export type HistoryDoc = { _id: string; done: boolean }

export interface CaseModels {
  readonly Case: Model<CaseDoc>
  readonly Counter: Model<CounterDoc>
  readonly Reference: Model<ReferenceDoc>
  readonly History: Model<HistoryDoc>
}
