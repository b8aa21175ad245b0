/** The state of a meeting. Times are milliseconds since the Unix epoch. */
import type { Actor } from '../cases/case-events.ts'
import type { MeetingContent, MeetingStep } from './meeting-events.ts'
import type { RecordOf } from './meeting-records.ts'

export type MeetingRefusal =
  | 'malformed' // the envelope is not of its form; also what a redacted event looks like
  | 'malformed_record' // the record is not of its form, or not one this step may name
  | 'not_believed' // the sender's server does not host the institution it speaks for
  | 'not_a_participant'
  | 'not_entitled' // the role, or the institution, has no say in this
  | 'not_own_record' // somebody else wrote it, or it belongs to another meeting
  | 'unknown_target' // the item, paragraph, decision or commitment is not there
  | 'already_done'
  | 'closed' // who sends it had seen that the meeting is over

/** Who took a step and when. */
export interface Stamp {
  eventId: string
  sender: string
  at: number
  by: Actor
}

export type AgendaItem = Stamp & Pick<RecordOf<'agenda'>, 'title' | 'order' | 'status'> & { id: string }

export type ParagraphVersion = Stamp & { text: string; bases: readonly string[] }

export interface Paragraph {
  id: string
  item?: string
  /** the text that stands: of the newest version, by causal order */
  text: string
  /** all of them, in causal order; the last stands */
  versions: ParagraphVersion[]
  /** versions that lost without the winner's writer having seen them: what two wrote at once */
  apart: ParagraphVersion[]
}

export type Decision = Stamp &
  Pick<RecordOf<'decision'>, 'text' | 'how' | 'quorum' | 'item'> & {
    id: string
    /** by institution: one each, the newest */
    votes: Map<string, RecordOf<'vote'>['choice']>
  }

export type CommitmentProgress = Stamp & {
  status: 'under_way' | 'fulfilled' | 'rescheduled'
  from: number
  due: number
  /** undefined: none given, or not readable here */
  reason?: string
  evidence?: string
}

export interface Commitment extends Stamp {
  id: string
  /** undefined: the record is not readable here */
  text?: string
  position?: string
  item?: string
  responsible: string
  /** as agreed in the meeting */
  agreedDue: number
  due: number
  status: 'pending' | 'under_way' | 'fulfilled' | 'rescheduled'
  progress: CommitmentProgress[]
}

export interface MeetingState {
  id: string
  roomId: string
  startsAt: number
  institutions: string[]
  conveners: string[]
  follows?: MeetingContent['follows']
  opened: Stamp
  details?: Omit<RecordOf<'details'>, 'what'>
  answers: Map<string, RecordOf<'answer'>['answer']>
  agenda: AgendaItem[]
  paragraphs: Paragraph[]
  attendance: Map<string, RecordOf<'attendance'>['people']>
  decisions: Decision[]
  documents: (Stamp & { title: string; document: string })[]
  commitments: Commitment[]
  closed?: Stamp & { nextAt: number; nextPlace?: string }
  /** the newest of each institution; whether it still covers the minutes says `signaturesOf` */
  signatures: Map<string, Stamp & Pick<RecordOf<'sign'>, 'sha256' | 'key'>>
  /** the newest steps; what the next one names as `after` */
  heads: string[]
  refused: { eventId: string; sender: string; at: number; reason: MeetingRefusal; step?: MeetingStep }[]
  /** steps that wait for one that has not arrived */
  waiting: string[]
  /** steps whose record is not here or cannot be decrypted: the minutes are not whole */
  unread: string[]
}
