/** What of the audit log is on disk. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { EntryDoc, EntryModel } from './types.ts'

export function openEntryModel(db: Database): Promise<EntryModel> {
  const entry = new Schema<EntryDoc>(
    { _id: Number, ts: Number, act: String, tags: [String], line: String, hash: String },
    { versionKey: false },
  )
  entry.index({ tags: 1, _id: -1 })
  entry.index({ ts: 1 })
  return openModel(db, 'audit_entries', entry)
}
