/** What duty keeps on disk. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type {
  BookDoc,
  ConversationDoc,
  CopyDoc,
  DutyModels,
  FeedDoc,
  HandOverDoc,
  RosterDoc,
} from './types.ts'

const options = { versionKey: false, strict: 'throw', minimize: false } as const
const { Mixed } = Schema.Types

export async function openDutyModels(db: Database): Promise<DutyModels> {
  const feed = new Schema<FeedDoc>(
    {
      _id: String,
      id: String,
      user_id: String,
      institution: String,
      kind: String,
      position: String,
      created_ts: Number,
      last_ts: Number,
    },
    options,
  )
  feed.index({ user_id: 1, id: 1 })
  const handOver = new Schema<HandOverDoc>(
    { _id: String, institution: String, position: String, by: String, ts: Number, items: Mixed },
    options,
  )
  handOver.index({ institution: 1, ts: 1 })
  const written = { _id: String, updated_by: String, updated_ts: Number }
  return {
    Roster: await openModel(
      db,
      'duty_rosters',
      new Schema<RosterDoc>({ ...written, roster: Mixed }, options),
    ),
    Book: await openModel(
      db,
      'duty_books',
      new Schema<BookDoc>({ ...written, book: Mixed, revision: Number }, options),
    ),
    Feed: await openModel(db, 'duty_feeds', feed),
    HandOver: await openModel(db, 'duty_hand_overs', handOver),
    Copy: await openModel(
      db,
      'duty_copies',
      new Schema<CopyDoc>(
        { _id: String, book: Mixed, revision: Number, server: String, heard_ts: Number },
        options,
      ),
    ),
    Conversation: await openModel(
      db,
      'duty_conversations',
      new Schema<ConversationDoc>({ _id: String, room_id: String }, options),
    ),
  }
}
