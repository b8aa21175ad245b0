/** Deletions on disk, changed one after another. */
import { createKeyedQueue } from '../lib/in-turn.ts'
import type { Erasure, ErasureDoc, RetentionModels } from './types.ts'

const read = (doc: Pick<ErasureDoc, 'json'>): Erasure => JSON.parse(doc.json) as Erasure

function docOf(erasure: Erasure): ErasureDoc {
  const waiting = erasure.devices.filter((device) => device.confirmed_ts === undefined)
  return {
    _id: erasure.id,
    room_id: erasure.room_id,
    subject: erasure.subject,
    state: erasure.state,
    open:
      erasure.state !== 'done' ||
      waiting.length > 0 ||
      erasure.partners.some(({ receipt, devices }) => !receipt || (devices?.waiting ?? 0) > 0),
    began_ts: erasure.began_ts,
    waits_for: erasure.state === 'done' ? waiting.map((one) => `${one.user_id}|${one.device_id}`) : [],
    json: JSON.stringify(erasure),
  }
}

export type ErasureStore = ReturnType<typeof createErasureStore>

export function createErasureStore({ Erasure: Doc }: Pick<RetentionModels, 'Erasure'>) {
  const inTurn = createKeyedQueue()

  return {
    get: async (id: string): Promise<Erasure | undefined> => {
      const doc = await Doc.findById(id).lean()
      return doc ? read(doc) : undefined
    },
    /** Written as it is, if it is not there yet. */
    async begin(erasure: Erasure): Promise<Erasure> {
      const { _id, ...rest } = docOf(erasure)
      await Doc.updateOne({ _id }, { $setOnInsert: rest }, { upsert: true })
      return read((await Doc.findById(_id).lean())!)
    },
    change: (id: string, how: (erasure: Erasure) => Erasure): Promise<Erasure | undefined> =>
      inTurn(id, async () => {
        const doc = await Doc.findById(id).lean()
        if (!doc) return undefined
        const next = how(read(doc))
        await Doc.replaceOne({ _id: id }, docOf(next))
        return next
      }),
    /** It was decided and not begun: nothing is gone. */
    drop: (id: string): Promise<void> => inTurn(id, async () => void (await Doc.deleteOne({ _id: id }))),
    /** Of one subject, the newest first. Served by {room_id, subject, began_ts}. */
    of: async (roomId: string, subject: string, limit: number) =>
      (await Doc.find({ room_id: roomId, subject }).sort({ began_ts: -1 }).limit(limit).lean()).map(read),
    /** Served by {open, began_ts}. */
    open: async (limit: number) =>
      (await Doc.find({ open: true }).sort({ began_ts: 1 }).limit(limit).lean()).map(read),
    /** Served by {began_ts}. */
    newest: async (limit: number) =>
      (await Doc.find({}).sort({ began_ts: -1 }).limit(limit).lean()).map(read),
    /** Served by {waits_for}. */
    waitingFor: async (userId: string, deviceId: string, limit: number) =>
      (
        await Doc.find({ waits_for: `${userId}|${deviceId}` })
          .limit(limit)
          .lean()
      ).map(read),
  }
}
