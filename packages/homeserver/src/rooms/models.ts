/** What the room core keeps on disk. The `events` collection is the room log; everything else can be made from it again. */
import { Schema } from 'mongoose'
import { type Database, openModel } from '../storage/db.ts'
import type { Membership, Verdict } from './types.ts'

export type EventDoc = {
  _id: string
  room_id: string
  /** Position in the node's log; negative for history fetched later; absent for outliers. */
  pos?: number
  /** The PDU as JSON text: BSON would lose the difference between 1 and 1.0 and choke on odd keys. */
  json: string
  type: string
  state_key?: string
  sender: string
  depth: number
  verdict: Verdict
  outlier: boolean
  /** State groups before and after the event; absent for outliers. */
  before?: string
  after?: string
  /** Remote servers this node must send the event to: the outbox of each is a query on this. */
  dest?: string[]
  redacted_by?: string
  /** `m.relates_to`: the event it refers to, and how. */
  relates_to?: string
  rel_type?: string
  /** Of one of Enlace's envelope types, or a redaction: projections catch up by it. */
  envelope?: boolean
  ts: number
  /** `user|device|room|txnId`, for idempotent sends. */
  txn?: string
  received_at: number
  replaces?: string
  /** This node came (back) into the room with it: what it knew of the room's newest events before does not count. */
  begins?: boolean
  /** A redaction whose target is not known yet. */
  waits_for?: string
}

/** A set of state: `delta` over `parent`, or everything when there is no parent. Keys are `stateKeyOf`. */
export type StateGroupDoc = { _id: string; parent?: string; length: number; delta: [string, string][] }

export type RoomDoc = {
  _id: string
  version: string
  extremities: string[]
  /** State group of the current state. */
  group?: string
  /** Events up to this position are in `extremities`, `group` and the memberships. */
  applied_pos: number
  /** Lowest position given to history fetched later. */
  min_pos: number
}

/** State changes up to `pos` are in the memberships. */
export type CheckpointDoc = { _id: string; pos: number }

export type MembershipDoc = {
  _id: string
  room_id: string
  user_id: string
  membership: Membership
  event_id: string
  pos: number
  forgotten: boolean
  /** For invites and knocks of rooms this node is not in: stripped state as JSON text. */
  stripped?: string
}

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openRoomModels(db: Database) {
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
  event.index({ room_id: 1, ts: 1 })
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

export type RoomModels = Awaited<ReturnType<typeof openRoomModels>>
