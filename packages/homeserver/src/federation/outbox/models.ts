/** What the outbox keeps on disk. The PDUs themselves are in `events`, found by {dest, pos}. */
import { type Model, Schema } from 'mongoose'
import { openModel } from '../../storage/db.ts'
import type { Database } from '../../storage/types.ts'

/** A transaction on its way: the same id carries the same content until it has been accepted. */
export type InFlight = {
  txn_id: string
  ts: number
  event_ids: string[]
  edu_ids: number[]
  /** The cursor once it has been accepted. */
  upto: number
}

export type DestinationDoc = {
  _id: string
  /** Every event up to this position that is for the server has been accepted by it. */
  cursor: number
  in_flight?: InFlight
  failures: number
  retry_at: number
  last_success_ts?: number
  unreachable_since?: number
}

/** An EDU that must arrive. `_id` orders them; kept until accepted. */
export type OutgoingEduDoc = { _id: number; dest: string; json: string }

/** One that a partner has taken: kept for some days, for a partner that loses its machine and what it had taken since its backup. */
export type SentEduDoc = OutgoingEduDoc & { at: Date }
const SENT_KEPT_S = 8 * 24 * 3_600

const options = { versionKey: false, minimize: false } as const

export interface OutboxModels {
  Destination: Model<DestinationDoc>
  Edu: Model<OutgoingEduDoc>
  SentEdu: Model<SentEduDoc>
}

export async function openOutboxModels(db: Database): Promise<OutboxModels> {
  const destination = new Schema<DestinationDoc>(
    {
      _id: String,
      cursor: Number,
      in_flight: {
        type: { txn_id: String, ts: Number, event_ids: [String], edu_ids: [Number], upto: Number },
        _id: false,
        default: undefined,
      },
      failures: Number,
      retry_at: Number,
      last_success_ts: Number,
      unreachable_since: Number,
    },
    options,
  )
  const edu = new Schema<OutgoingEduDoc>({ _id: Number, dest: String, json: String }, options)
  edu.index({ dest: 1, _id: 1 })
  const sent = new Schema<SentEduDoc>({ _id: Number, dest: String, json: String, at: Date }, options)
  sent.index({ dest: 1, at: 1 })
  sent.index({ at: 1 }, { expireAfterSeconds: SENT_KEPT_S })
  return {
    Destination: await openModel(db, 'destinations', destination),
    Edu: await openModel(db, 'outgoing_edus', edu),
    SentEdu: await openModel(db, 'sent_edus', sent),
  }
}
