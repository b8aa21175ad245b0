/** How far each projection has come in the log, on disk. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'

/** Everything of the log up to `pos` is in the projection. */
type CursorDoc = { _id: string; pos: number }

export interface Cursors {
  get(name: string): Promise<number | undefined>
  /** It only moves forward. */
  set(name: string, pos: number): Promise<void>
}

export async function openCursors(db: Database): Promise<Cursors> {
  const Cursor = await openModel(
    db,
    'projection_cursors',
    new Schema<CursorDoc>({ _id: String, pos: Number }, { versionKey: false, strict: 'throw' }),
  )
  return {
    get: async (name) => (await Cursor.findById(name).lean())?.pos,
    set: async (name, pos) =>
      void (await Cursor.updateOne({ _id: name }, { $max: { pos } }, { upsert: true })),
  }
}
