/** What the case projection keeps. Everything but the references can be made again from the room log. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { CaseDoc, CaseModels, CounterDoc, HistoryDoc, ReferenceDoc } from './types.ts'

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openCaseModels(db: Database): Promise<CaseModels> {
  const kase = new Schema<CaseDoc>(
    {
      _id: String,
      room_id: String,
      root_pos: Number,
      row: String,
      ended: Boolean,
      opened_ts: Number,
      changed_ts: Number,
      seen: [String],
      unbelieved: [String],
    },
    options,
  )
  // Rows are loaded open ones first, then the ended ones that changed last.
  kase.index({ ended: 1, changed_ts: 1, _id: 1 })
  // A redacted event no longer says which case it belonged to.
  kase.index({ seen: 1 })
  const reference = new Schema<ReferenceDoc>(
    { _id: String, institution: String, room_id: String, expires: Date },
    options,
  )
  reference.index({ expires: 1 }, { expireAfterSeconds: 0 })
  const history = new Schema<HistoryDoc>({ _id: String, done: Boolean }, options)
  history.index({ done: 1 })
  return {
    Case: await openModel(db, 'cases', kase),
    Counter: await openModel(
      db,
      'case_counters',
      new Schema<CounterDoc>({ _id: String, given: Number }, options),
    ),
    Reference: await openModel(db, 'case_references', reference),
    History: await openModel(db, 'case_histories', history),
  }
}
