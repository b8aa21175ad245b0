/** The record of who left: kept, so that an account that ended can be explained. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { DepartureDoc, DepartureModel } from './types.ts'

const { Mixed } = Schema.Types

export function openDepartureModel(db: Database): Promise<DepartureModel> {
  const schema = new Schema<DepartureDoc>(
    {
      _id: String,
      user_id: String,
      name: String,
      institution: String,
      role: String,
      by: String,
      started_ts: Number,
      state: String,
      account: String,
      had_key: Boolean,
      successor: String,
      shifts_to: String,
      cases_to: String,
      cases: Mixed,
      publication: String,
      steps: Mixed,
      problems: Mixed,
    },
    { versionKey: false, strict: 'throw', minimize: false },
  )
  schema.index({ state: 1, started_ts: 1 })
  schema.index({ institution: 1, started_ts: -1 })
  // One at a time for a person, whoever begins it.
  schema.index({ user_id: 1 }, { unique: true, partialFilterExpression: { state: 'open' } })
  return openModel(db, 'departures', schema)
}
