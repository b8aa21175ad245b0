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

/** What a person has set about their calendar of meetings. */
export type MeetingCalendarSettings = {
  /** an address to subscribe to exists; it was told once */
  address: { created_ts: number; last_ts?: number } | null
  /** each meeting comes by mail */
  mail: boolean
  /** whether mail would reach them now: offered here, and an address confirmed */
  mail_usable: boolean
}

/** Calendars of meetings by what a node knows: that there is one, and when. */
export interface MeetingCalendars {
  of(userId: string): Promise<MeetingCalendarSettings>
  /** A new address in the place of the one before. @returns its token, told once */
  renew(userId: string): Promise<string>
  /** @returns false when the person has none */
  revoke(userId: string): Promise<boolean>
  /** @throws M_INVALID_PARAM where no mail would reach the person */
  mail(userId: string, on: boolean): Promise<void>
  /** The calendar of a token. @throws M_NOT_FOUND */
  read(token: string): Promise<string>
  /** The account is closed. */
  forget(userId: string): Promise<void>
  /** Mails those who asked for it what they were not told of these yet. */
  invite(rows: Iterable<MeetingRow>): Promise<void>
  changed(before: MeetingRow | undefined, after: MeetingRow | undefined): Promise<void>
}

export interface Meetings {
  readonly calendars: Omit<MeetingCalendars, 'invite' | 'changed'>
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

export type MeetingCalendarDoc = {
  /** the person */
  _id: string
  /** hash of the address's token */
  token?: string
  created_ts?: number
  last_ts?: number
  mail?: boolean
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
