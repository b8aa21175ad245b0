/** Collections of those who ask their institution for the way back that its coordinators keep in parts. */
import mongoose, { type Model } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { EnvelopeRelease, EnvelopeState } from './types.ts'

export type EnvelopeAskDoc = {
  _id: string
  user_id: string
  device_id: string
  device_name?: string
  institution: string
  envelope: string
  public_key: string
  state: Exclude<EnvelopeState, 'expired'>
  requested_ts: number
  expires_ts: number
  /** Sealed for the device that asked; gone when it is over. */
  releases: EnvelopeRelease[]
  refused_by?: string
}
export type EnvelopeModels = { readonly Ask: Model<EnvelopeAskDoc> }

export async function openEnvelopeModels(db: Database): Promise<EnvelopeModels> {
  const asks = new mongoose.Schema<EnvelopeAskDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      device_name: String,
      institution: String,
      envelope: String,
      public_key: String,
      state: String,
      requested_ts: Number,
      expires_ts: Number,
      releases: [{ _id: false, by: String, sealed: String, ts: Number }],
      refused_by: String,
    },
    { versionKey: false },
  )
  asks.index({ user_id: 1, requested_ts: 1 })
  asks.index({ institution: 1, requested_ts: 1 })
  asks.index({ requested_ts: 1 })
  return { Ask: await openModel(db, 'envelope_asks', asks) }
}
