/** The state of a material. Times are milliseconds since the Unix epoch. */
import type { Actor } from '../cases/case-events.ts'
import type { MaterialStep, MaterialUpdate } from './material-events.ts'
import type { MaterialRecordOf } from './material-records.ts'
import type { MaterialContent } from './published.ts'

export type MaterialRefusal =
  | 'malformed' // the envelope is not of its form; also what a redacted event looks like
  | 'malformed_record' // the record is not of its form, or not one this step may name
  | 'not_believed' // the sender's server does not host the institution it speaks for
  | 'not_entitled' // the role, or the institution, has no say in this
  | 'own_version' // nobody approves what they wrote
  | 'not_own_record' // somebody else wrote it, or it belongs to another material
  | 'unknown_target' // the version or the publication is not there
  | 'address_changed' // institution, address or language are others than those of the first version
  | 'not_approved' // by both countries, with no return standing
  | 'superseded' // a newer version is published, or this one was withdrawn
  | 'validity' // the end is past, too far, or not the one the version says
  | 'already_done'

/** Who took a step and when. */
export interface MaterialStamp {
  eventId: string
  sender: string
  at: number
  by: Actor
}

/** What an institution's coordination says of a version: the newest counts. */
export type MaterialStance = MaterialStamp & {
  stance: 'approve' | 'return'
  signatures?: MaterialRecordOf<'approval'>['signatures']
}

export interface MaterialVersion extends MaterialStamp {
  id: string
  bases: readonly string[]
  /** undefined: not readable here */
  content?: MaterialContent
  /** by institution */
  stances: Map<string, MaterialStance>
}

export type MaterialComment = MaterialStamp & { text?: string; block?: number; version?: string }

export interface MaterialPublication extends MaterialStamp {
  id: string
  version: string
  validUntil: number
  withdrawn?: MaterialStamp & { reason: NonNullable<MaterialUpdate['reason']> }
}

export interface MaterialState {
  id: string
  roomId: string
  institution: string
  proposed: MaterialStamp
  /** in causal order; the last stands */
  versions: MaterialVersion[]
  /** versions that lost without the writer of the last one having seen them: what two wrote at once */
  apart: string[]
  comments: MaterialComment[]
  publications: MaterialPublication[]
  /** the newest steps; what the next one names as `after` */
  heads: string[]
  refused: {
    eventId: string
    sender: string
    at: number
    reason: MaterialRefusal
    step?: MaterialStep
  }[]
  /** steps that wait for one that has not arrived */
  waiting: string[]
  /** steps whose record is not here or cannot be decrypted */
  unread: string[]
}
