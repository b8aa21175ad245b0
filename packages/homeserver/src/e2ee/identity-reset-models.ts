/** Collections of those who start again with a new identity: also the record of who asked, who decided, and when. */
import mongoose, { type Model } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { IdentityResetState } from './types.ts'

export type ResetDoc = {
  _id: string
  user_id: string
  device_id: string
  device_name?: string
  institution?: string
  master_key: string
  /** The session of interactive authentication, by which a page without a token shows how it stands. */
  session?: string
  state: Exclude<IdentityResetState, 'expired'>
  requested_ts: number
  expires_ts: number
  decided_by?: string
  decided_ts?: number
  done_ts?: number
  /** The person said on another device, which is not confirmed: it was not me. */
  doubted_ts?: number
  /** JSON of the coordinator's signed confirmation. */
  confirmation?: string
}
/** The last confirmed identity of each person. */
export type ConfirmationDoc = { _id: string; master_key: string; json: string }

export interface ResetModels {
  readonly Reset: Model<ResetDoc>
  readonly Confirmation: Model<ConfirmationDoc>
}

export async function openResetModels(db: Database): Promise<ResetModels> {
  const resets = new mongoose.Schema<ResetDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      device_name: String,
      institution: String,
      master_key: String,
      session: String,
      state: String,
      requested_ts: Number,
      expires_ts: Number,
      decided_by: String,
      decided_ts: Number,
      done_ts: Number,
      doubted_ts: Number,
      confirmation: String,
    },
    { versionKey: false },
  )
  resets.index({ user_id: 1, requested_ts: 1 })
  resets.index({ institution: 1, requested_ts: 1 })
  resets.index({ requested_ts: 1 })
  resets.index({ session: 1 }, { sparse: true })
  const confirmations = new mongoose.Schema<ConfirmationDoc>(
    { _id: String, master_key: String, json: String },
    { versionKey: false },
  )
  return {
    Reset: await openModel(db, 'identity_resets', resets),
    Confirmation: await openModel(db, 'identity_confirmations', confirmations),
  }
}
