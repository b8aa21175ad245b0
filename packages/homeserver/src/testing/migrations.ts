import type { Migration } from '../storage/migrations.ts'

export const ROWS = 2_000
const BATCH = 50

/** Doubles a number in every row, once: a row that is done twice shows. */
export const longMigration = (tell: (done: number) => void = () => {}): Migration => ({
  id: 'test-long',
  describe: { es: 'Prueba', en: 'Test' },
  concerns: (db) => db.collection('rows').countDocuments({ done: { $exists: false } }),
  async run(db, { from, mark }) {
    const rows = db.collection<{ _id: string; value: number; done?: boolean }>('rows')
    let after = from ?? ''
    let count = 0
    for (;;) {
      const batch = await rows
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(BATCH)
        .toArray()
      if (batch.length === 0) return
      for (const { _id, done, value } of batch)
        if (!done) await rows.updateOne({ _id }, { $set: { done: true, value: value * 2 } })
      after = batch.at(-1)!._id
      await mark(after)
      count += batch.length
      tell(count)
    }
  },
})
