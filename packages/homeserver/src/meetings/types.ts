/** Faces of meetings. Times are milliseconds since the Unix epoch. */
import type { MeetingState } from '@enlace/coordination/meetings'
import type { StoredEvent } from '../rooms/types.ts'

/** What a node knows of a commitment: not what it is. */
export type CommitmentRow = {
  id: string
  responsible: string
  due_ts: number
  status: 'pending' | 'under_way' | 'fulfilled' | 'rescheduled'
}

/** What a node knows of a meeting. */
export type MeetingRow = {
  id: string
  room_id: string
  starts_ts: number
  institutions: string[]
  conveners: string[]
  follows?: { event_id: string; room_id: string }
  /** when the next one begins; the meeting is over */
  next_ts?: number
  commitments: CommitmentRow[]
}

export interface Meetings {
  /** By envelopes alone, as the log has it now. */
  state(meetingId: string): Promise<MeetingState | undefined>
  rows(): Iterable<MeetingRow>
  /** Events of the past that were fetched now. */
  revisit(events: readonly StoredEvent[]): void
  /** Looks at what is due now: a test moved the clock. */
  look(): Promise<void>
  settled(): Promise<void>
  close(): Promise<void>
}

export type MeetingDoc = {
  /** the meeting event */
  _id: string
  /** the row as JSON text */
  row: string
  starts_ts: number
  /** envelopes judged so far, and those whose server does not host the institution it spoke for */
  seen: string[]
  unbelieved: string[]
}
