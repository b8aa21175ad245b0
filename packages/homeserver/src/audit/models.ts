/** What of the audit log is on disk. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { AlarmDoc, AuditModels, EntryDoc, HeadDoc, PartnerDoc, SinkDoc } from './types.ts'

const options = { versionKey: false, minimize: false } as const

export async function openAuditModels(db: Database): Promise<AuditModels> {
  const entry = new Schema<EntryDoc>(
    { _id: Number, ts: Number, tags: [String], line: String, hash: String },
    options,
  )
  entry.index({ tags: 1, _id: -1 })
  entry.index({ ts: 1, _id: 1 })
  const point = { type: { seq: Number, hash: String, ts: Number }, _id: false, default: undefined }
  return {
    Entry: await openModel(db, 'audit_entries', entry),
    Head: await openModel(
      db,
      'audit_heads',
      new Schema<HeadDoc>({ _id: Number, hash: String, head: String, witnesses: [String] }, options),
    ),
    Partner: await openModel(
      db,
      'audit_partners',
      new Schema<PartnerDoc>(
        {
          _id: String,
          ours: point,
          tried_ts: Number,
          problem: String,
          restarted: Boolean,
          theirs: {
            type: { seq: Number, hash: String, ts: Number, since: Number, head: String, witness: String },
            _id: false,
            default: undefined,
          },
        },
        options,
      ),
    ),
    Alarm: await openModel(
      db,
      'audit_alarms',
      new Schema<AlarmDoc>(
        {
          _id: String,
          kind: String,
          server: String,
          seq: Number,
          evidence: [String],
          since_ts: Number,
          last_ts: Number,
        },
        options,
      ),
    ),
    Sink: await openModel(db, 'audit_sinks', new Schema<SinkDoc>({ _id: String, seq: Number }, options)),
  }
}
