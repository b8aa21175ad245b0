/** The restores of this node, kept: positions of a lost life stay lost for as long as somebody may hold a token of it. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { RestoreDoc, RestoreModel } from './types.ts'

export const openRestoreModel = (db: Database): Promise<RestoreModel> =>
  openModel(
    db,
    'restores',
    new Schema<RestoreDoc>(
      {
        _id: String,
        backup: String,
        made_ts: Number,
        restored_ts: Number,
        end_sessions: Boolean,
        from_pos: Number,
        upto_pos: Number,
        steps: [String],
        partners: [String],
        finished_ts: Number,
      },
      { versionKey: false, strict: 'throw' },
    ),
  )
