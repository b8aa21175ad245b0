/** What the case projection keeps. Everything but the references can be made again from the room log. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'

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

/** Everything of the log up to `pos` is in the projection. */
export type CursorDoc = { _id: string; pos: number }

/** `DOC-2026-01` and how many of it were given out. */
export type CounterDoc = { _id: string; given: number }

export type ReferenceDoc = { _id: string; institution: string; room_id: string; expires: Date }

/** A channel joined late, and whether its history has been fetched. */
export type HistoryDoc = { _id: string; done: boolean }

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openCaseModels(db: Database) {
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
  kase.index({ ended: 1, changed_ts: 1 })
  // A redacted event says no more which case it was of.
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
    Cursor: await openModel(
      db,
      'projection_cursors',
      new Schema<CursorDoc>({ _id: String, pos: Number }, options),
    ),
    Counter: await openModel(
      db,
      'case_counters',
      new Schema<CounterDoc>({ _id: String, given: Number }, options),
    ),
    Reference: await openModel(db, 'case_references', reference),
    History: await openModel(db, 'case_histories', history),
  }
}

export type CaseModels = Awaited<ReturnType<typeof openCaseModels>>
