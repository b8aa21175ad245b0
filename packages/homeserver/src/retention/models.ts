/** What retention keeps: each deletion with its receipts, how far each channel was looked through, and the first day. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { ErasureDoc, FirstDayDoc, RetentionModels, SweepDoc } from './types.ts'

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openRetentionModels(db: Database): Promise<RetentionModels> {
  const erasure = new Schema<ErasureDoc>(
    {
      _id: String,
      room_id: String,
      subject: String,
      state: String,
      open: Boolean,
      began_ts: Number,
      waits_for: [String],
      json: String,
    },
    options,
  )
  erasure.index({ open: 1, began_ts: 1 })
  erasure.index({ room_id: 1, subject: 1, began_ts: 1 })
  erasure.index({ began_ts: 1 })
  erasure.index({ waits_for: 1 })
  return {
    Erasure: await openModel(db, 'retention_erasures', erasure),
    Sweep: await openModel(
      db,
      'retention_sweeps',
      new Schema<SweepDoc>({ _id: String, until_ts: Number }, options),
    ),
    FirstDay: await openModel(
      db,
      'retention_first_day',
      new Schema<FirstDayDoc>({ _id: String, begins_ts: Number }, options),
    ),
  }
}
