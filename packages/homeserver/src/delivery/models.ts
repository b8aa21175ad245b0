/** What the delivery ledger keeps on disk. Everything else of it is worked out from the log, the outbox and the receipts. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { AcceptedDoc, DeliveryModels, MarkDoc } from './types.ts'

export async function openDeliveryModels(db: Database): Promise<DeliveryModels> {
  const mark = new Schema<MarkDoc>(
    { _id: String, room_id: String, user_id: String, event_id: String, pos: Number, ts: Number },
    { versionKey: false },
  )
  mark.index({ room_id: 1 })
  const accepted = new Schema<AcceptedDoc>(
    { _id: String, dest: String, from: Number, upto: Number, ts: Number },
    { versionKey: false },
  )
  accepted.index({ dest: 1, upto: 1 })
  accepted.index({ ts: 1 })
  return {
    Mark: await openModel(db, 'delivery_marks', mark),
    Accepted: await openModel(db, 'delivery_accepted', accepted),
  }
}
