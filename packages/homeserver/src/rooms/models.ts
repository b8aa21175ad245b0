/** What the room core keeps on disk. The `events` collection is the room log; everything else can be made from it again. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { CheckpointDoc, EventDoc, MembershipDoc, RoomDoc, RoomModels, StateGroupDoc } from './types.ts'

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openRoomModels(db: Database): Promise<RoomModels> {
  const event = new Schema<EventDoc>(
    {
      _id: String,
      room_id: String,
      pos: Number,
      json: String,
      type: String,
      state_key: String,
      sender: String,
      depth: Number,
      verdict: String,
      outlier: Boolean,
      before: String,
      after: String,
      dest: { type: [String], default: undefined },
      redacted_by: String,
      relates_to: String,
      rel_type: String,
      envelope: Boolean,
      ts: Number,
      txn: String,
      received_at: Number,
      replaces: String,
      begins: Boolean,
      waits_for: String,
    },
    options,
  )
  event.index({ room_id: 1, pos: 1 })
  event.index({ room_id: 1, ts: 1, _id: 1 })
  event.index({ room_id: 1, type: 1, pos: 1 })
  event.index({ relates_to: 1, pos: 1 }, { partialFilterExpression: { relates_to: { $exists: true } } })
  event.index({ dest: 1, pos: 1 }, { partialFilterExpression: { dest: { $exists: true } } })
  // State changes alone: after a crash they tell which rooms have memberships to write.
  event.index({ pos: 1 }, { partialFilterExpression: { state_key: { $exists: true } } })
  event.index({ envelope: 1, pos: 1 }, { partialFilterExpression: { envelope: { $exists: true } } })
  event.index({ waits_for: 1 }, { partialFilterExpression: { waits_for: { $exists: true } } })
  event.index({ txn: 1 }, { unique: true, partialFilterExpression: { txn: { $exists: true } } })

  const group = new Schema<StateGroupDoc>(
    { _id: String, parent: String, length: Number, delta: { type: [[String]], default: [] } },
    options,
  )
  const room = new Schema<RoomDoc>(
    {
      _id: String,
      version: String,
      extremities: { type: [String], default: [] },
      group: String,
      applied_pos: Number,
      min_pos: Number,
    },
    options,
  )
  const membership = new Schema<MembershipDoc>(
    {
      _id: String,
      room_id: String,
      user_id: String,
      membership: String,
      event_id: String,
      pos: Number,
      forgotten: Boolean,
      stripped: String,
    },
    options,
  )
  membership.index({ user_id: 1, membership: 1 })
  membership.index({ room_id: 1, membership: 1 })
  return {
    Event: await openModel(db, 'events', event),
    StateGroup: await openModel(db, 'state_groups', group),
    Room: await openModel(db, 'rooms', room),
    Membership: await openModel(db, 'memberships', membership),
    Checkpoint: await openModel(
      db,
      'room_checkpoints',
      new Schema<CheckpointDoc>({ _id: String, pos: Number }, options),
    ),
  }
}
