/** Content that nobody is given, by what it is: another upload of the same file is held back with it. */
import { Schema } from 'mongoose'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { openModel } from '../storage/db.ts'

const CODE = 'ORG.ENLACE.MEDIA_QUARANTINED'

type QuarantineDoc = { _id: string; since: number; reason?: string }

export const isQuarantined = (error: unknown): boolean =>
  error instanceof MatrixError && error.errcode === CODE

const heldBack = () =>
  new MatrixError(
    403,
    CODE,
    'Este archivo está en cuarentena: quien administra el servidor lo retiró mientras se revisa. Pregunte a su coordinación. / This file is in quarantine: the server’s operator holds it back while it is looked at. Ask your coordinator.',
  )

export type Quarantine = {
  /** @throws ORG.ENLACE.MEDIA_QUARANTINED */
  check(hash: string | undefined): void
  has(hash: string | undefined): boolean
  hashes(): string[]
  put(hash: string, reason: string | undefined): Promise<void>
  lift(hash: string): Promise<void>
}

/** Few by nature: all of them are in memory. */
export async function openQuarantine(ctx: Pick<Context, 'db' | 'clock'>): Promise<Quarantine> {
  const schema = new Schema<QuarantineDoc>(
    { _id: String, since: Number, reason: String },
    { versionKey: false },
  )
  const Doc = await openModel(ctx.db, 'media_quarantine', schema)
  const held = new Set((await Doc.find({}, { _id: 1 }).lean()).map(({ _id }) => _id))
  return {
    check(hash) {
      if (hash !== undefined && held.has(hash)) throw heldBack()
    },
    has: (hash) => hash !== undefined && held.has(hash),
    hashes: () => [...held],
    async put(hash, reason) {
      await Doc.updateOne(
        { _id: hash },
        { $setOnInsert: { since: ctx.clock.now(), ...(reason === undefined ? {} : { reason }) } },
        { upsert: true },
      )
      held.add(hash)
    },
    async lift(hash) {
      await Doc.deleteOne({ _id: hash })
      held.delete(hash)
    },
  }
}
