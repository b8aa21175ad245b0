/** What the escalation engine keeps. All but lapses can be made again from the room log. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { EscalationDoc, EscalationModels, KnownMemberDoc, LapseDoc } from './types.ts'

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openEscalationModels(db: Database): Promise<EscalationModels> {
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
  // A redacted event no longer says what it was about.
  escalation.index({ seen: 1 })
  return {
    Escalation: await openModel(db, 'escalations', escalation),
    Lapse: await openModel(
      db,
      'escalation_lapses',
      new Schema<LapseDoc>({ _id: String, case_id: String, sender: String, escalation_id: String }, options),
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
