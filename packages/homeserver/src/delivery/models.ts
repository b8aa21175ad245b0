/** What the delivery ledger keeps on disk. Everything else of it is worked out from the log, the outbox and the receipts. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'

/** How far a room has come to a device of a person: one small row per person and room. */
export type MarkDoc = {
  /** `roomId|userId` */
  _id: string
  room_id: string
  user_id: string
  event_id: string
  /** Where the event is in this node's log. */
  pos: number
  ts: number
}

/** What a partner accepted within a moment: events for it after position `from`, up to `upto`. */
export type AcceptedDoc = {
  /** `dest|upto` */
  _id: string
  dest: string
  from: number
  upto: number
  ts: number
}

export type DeliveryModels = Awaited<ReturnType<typeof openDeliveryModels>>

export async function openDeliveryModels(db: Database) {
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
