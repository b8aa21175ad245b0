/** What the escalation engine keeps. All but duty rosters and lapses can be made again from the room log. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { DutyRoster } from './roster.ts'

export type EscalationDoc = {
  /** the escalation event */
  _id: string
  room_id: string
  about: string
  here: boolean
  state: 'open' | 'acknowledged' | 'resolved'
  raised_ts: number
  acknowledged_ts?: number
  cause: string
  /** when the engine looks at it again */
  wake_ts?: number
  /** from when the present step's time runs */
  anchor_ts: number
  seen: string[]
  /** `EscalationRow` as JSON text */
  row: string
}

export type EscalationCursorDoc = { _id: string; pos: number }

/** A time of a case that lapsed: which, and on whose behalf the call is sent. */
export type LapseDoc = { _id: string; case_id: string; sender: string; escalation_id?: string }

export type DutyDoc = { _id: string; roster: DutyRoster; updated_by: string; updated_ts: number }

/** What was last heard of a partner's person, for when the partner cannot be asked. */
export type KnownMemberDoc = { _id: string; institution?: string; role?: string; heard_ts: number }

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openEscalationModels(db: Database) {
  const escalation = new Schema<EscalationDoc>(
    {
      _id: String,
      room_id: String,
      about: String,
      here: Boolean,
      state: String,
      raised_ts: Number,
      acknowledged_ts: Number,
      cause: String,
      wake_ts: Number,
      anchor_ts: Number,
      seen: [String],
      row: String,
    },
    options,
  )
  escalation.index({ wake_ts: 1 }, { partialFilterExpression: { wake_ts: { $exists: true } } })
  escalation.index({ state: 1, raised_ts: 1 })
  escalation.index({ room_id: 1, raised_ts: 1 })
  escalation.index({ about: 1 })
  // A redacted event does not say any more what it was about.
  escalation.index({ seen: 1 })
  return {
    Escalation: await openModel(db, 'escalations', escalation),
    Cursor: await openModel(
      db,
      'escalation_cursors',
      new Schema<EscalationCursorDoc>({ _id: String, pos: Number }, options),
    ),
    Lapse: await openModel(
      db,
      'escalation_lapses',
      new Schema<LapseDoc>({ _id: String, case_id: String, sender: String, escalation_id: String }, options),
    ),
    Duty: await openModel(
      db,
      'duty_rosters',
      new Schema<DutyDoc>(
        { _id: String, roster: Schema.Types.Mixed, updated_by: String, updated_ts: Number },
        options,
      ),
    ),
    KnownMember: await openModel(
      db,
      'known_members',
      new Schema<KnownMemberDoc>(
        { _id: String, institution: String, role: String, heard_ts: Number },
        options,
      ),
    ),
  }
}

export type EscalationModels = Awaited<ReturnType<typeof openEscalationModels>>
