import type { TimelineEvent } from '@enlace/coordination'
import type { MeetingRecord, MeetingState, MeetingStepDraft, ReadRecord } from '@enlace/coordination/meetings'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'

/** What this device has of one meeting. */
export interface MeetingFile {
  root: TimelineEvent
  events: Map<string, TimelineEvent>
  records: Map<string, ReadRecord>
}

/**
 * Something written that is not sent yet: the record first, then the envelope that names it. Until then it goes by an ID of this
 * device's, which is replaced wherever it stands once it has a real one.
 */
export interface QueuedStep {
  id: string
  meeting: string
  roomId: string
  type: string
  content: Record<string, unknown>
  record?: MeetingRecord
  recordSent?: boolean
  at: number
}

export interface Meetings {
  /** with what waits to be sent, newest first */
  readonly all: ReadableStore<readonly MeetingState[]>
  readonly queue: ReadableStore<readonly QueuedStep[]>
  /** why the first that waits could not be sent, unless it is tried again by itself */
  readonly stuck: ReadableStore<Failure | undefined>
  /** whether the node was asked since the page is open */
  readonly asked: ReadableStore<boolean>
  readonly failure: ReadableStore<Failure | undefined>
  refresh(): Promise<void>
  /** @returns its ID for now. @throws Error for an account of no institution */
  open(
    roomId: string,
    content: {
      institutions: string[]
      conveners: string[]
      starts_ts: number
      follows?: { event_id: string; room_id: string }
    },
    record: MeetingRecord,
  ): Promise<string>
  /** Puts a step in the queue: on disk when it resolves, seen at once. @throws QuotaExceededError */
  step(meeting: string, draft: MeetingStepDraft, record?: MeetingRecord): Promise<void>
  /** The real ID of what was begun under one of this device's. */
  idOf(id: string): string
  /** What it is called as long as the page is open: the first ID it had here. */
  keyOf(id: string): string
  retry(): void
  /** Gives up what is stuck, and what builds upon it. */
  discard(): Promise<void>
  close(): void
}
