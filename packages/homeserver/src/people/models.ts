import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { InvitationDoc, InvitationModel } from './types.ts'

export function openInvitationModel(db: Database): Promise<InvitationModel> {
  const schema = new Schema<InvitationDoc>(
    {
      _id: String,
      secret_hash: String,
      kind: String,
      institution: String,
      by: String,
      user_id: String,
      display_name: String,
      role: String,
      made_ts: Number,
      expires_ts: Number,
      revoked_ts: Number,
      used_ts: Number,
      used_by: String,
      open: Boolean,
    },
    { versionKey: false, strict: 'throw' },
  )
  schema.index({ institution: 1, made_ts: -1 })
  schema.index({ expires_ts: 1 })
  schema.index({ user_id: 1 }, { unique: true, partialFilterExpression: { open: true } })
  return openModel(db, 'invitations', schema)
}
