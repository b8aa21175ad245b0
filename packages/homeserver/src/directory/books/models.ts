/** Books of the institutions this node hosts, and what its people sent to others. Each change is one write of one document. */
import { Schema } from 'mongoose'
import { openModel } from '../../storage/db.ts'
import type { Database } from '../../storage/types.ts'
import type { BookDoc, BookModels, ReminderDoc, SentDoc } from './types.ts'

const options = { versionKey: false, strict: 'throw', minimize: false } as const

export async function openBookModels(db: Database): Promise<BookModels> {
  const sent = new Schema<SentDoc>(
    {
      _id: String,
      by: String,
      institution: String,
      server: String,
      at: Number,
      state: String,
      suggestion: String,
      decided: Schema.Types.Mixed,
      refused: Schema.Types.Mixed,
      next_ts: Number,
      attempts: Number,
    },
    options,
  )
  sent.index({ by: 1, at: 1 })
  sent.index({ next_ts: 1 }, { partialFilterExpression: { next_ts: { $exists: true } } })
  return {
    Book: await openModel(
      db,
      'directory_books',
      new Schema<BookDoc>(
        {
          _id: String,
          version: Number,
          signed_revision: Number,
          book: String,
          publishing: String,
          outcomes: [String],
        },
        options,
      ),
    ),
    Sent: await openModel(db, 'directory_suggestions', sent),
    Reminder: await openModel(
      db,
      'directory_reminders',
      new Schema<ReminderDoc>(
        { _id: String, reminded: Schema.Types.Mixed, raising: Schema.Types.Mixed },
        options,
      ),
    ),
  }
}
