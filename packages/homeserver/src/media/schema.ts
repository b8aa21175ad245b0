import mongoose from 'mongoose'
import type { MediaDoc } from './types.ts'

export function mediaSchema(): mongoose.Schema<MediaDoc> {
  const schema = new mongoose.Schema<MediaDoc>(
    {
      _id: String,
      remote: Boolean,
      user_id: String,
      hash: String,
      size: Number,
      content_type: String,
      file_name: String,
      created_ts: Number,
      expires_ts: Number,
      total: Number,
      used_ts: Number,
      fetched_by: { type: [String], default: undefined },
      room_id: String,
      event_id: String,
    },
    { versionKey: false },
  )
  schema.index({ hash: 1 })
  schema.index({ remote: 1, used_ts: 1 })
  schema.index({ user_id: 1, expires_ts: 1 })
  schema.index({ expires_ts: 1 }, { sparse: true })
  schema.index({ event_id: 1 }, { sparse: true })
  return schema
}
