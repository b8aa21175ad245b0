/** What is kept of reports: envelopes, what coordinators write to those concerned, and encrypted events as they were. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { AppealTokenDoc, DecisionDoc, FiledDoc, ReportDoc, ReportModels } from './types.ts'

const { Mixed } = Schema.Types
const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openReportModels(db: Database): Promise<ReportModels> {
  const filed = new Schema<FiledDoc>(
    {
      _id: String,
      reporter: String,
      key: String,
      kind: String,
      reason: String,
      room_id: String,
      event_id: String,
      about: String,
      filed_ts: Number,
      named: Boolean,
      disclosed: Boolean,
      desks: Mixed,
      waits: Boolean,
      forget_ts: Number,
    },
    options,
  )
  filed.index({ key: 1 }, { unique: true })
  filed.index({ waits: 1 })
  filed.index({ reporter: 1, filed_ts: -1 })
  filed.index({ forget_ts: 1 })

  const report = new Schema<ReportDoc>(
    {
      _id: String,
      ref: String,
      institution: String,
      origin: String,
      reporter: String,
      reporter_institution: String,
      kind: String,
      reason: String,
      room_id: String,
      event_id: String,
      about: String,
      sent_ts: Number,
      filed_ts: Number,
      received_ts: Number,
      disclosed: Boolean,
      state: String,
      taken_by: String,
      taken_ts: Number,
      removed_by: String,
      removed_ts: Number,
      outcome: String,
      reason_text: String,
      decided_by: String,
      decided_ts: Number,
      evidence: [String],
      evidence_until: Number,
      forget_ts: Number,
    },
    options,
  )
  report.index({ institution: 1, filed_ts: -1 })
  report.index({ origin: 1, received_ts: 1 })
  report.index({ event_id: 1, origin: 1 })
  report.index({ evidence_until: 1 })
  report.index({ forget_ts: 1 })

  const decision = new Schema<DecisionDoc>(
    {
      _id: String,
      institution: String,
      user_id: String,
      kind: String,
      reason: String,
      by: String,
      ts: Number,
      acknowledged_ts: Number,
      lifted_ts: Number,
      appeal: Mixed,
      answer: Mixed,
      waits: Boolean,
      forget_ts: Number,
    },
    options,
  )
  decision.index({ user_id: 1, ts: -1 })
  decision.index({ institution: 1, ts: -1 })
  decision.index({ forget_ts: 1 })

  const token = new Schema<AppealTokenDoc>(
    { _id: String, decision: String, user_id: String, expires: Date },
    options,
  )
  token.index({ expires: 1 }, { expireAfterSeconds: 0 })
  return {
    Filed: await openModel(db, 'reports_filed', filed),
    Report: await openModel(db, 'reports', report),
    Decision: await openModel(db, 'report_decisions', decision),
    AppealToken: await openModel(db, 'report_appeal_tokens', token),
  }
}
