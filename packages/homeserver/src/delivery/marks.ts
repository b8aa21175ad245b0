/** High-water marks: up to which event each person of a room has it on a device. Written through, read from memory. */
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import type { DeliveryModels, Mark, MarkDoc, Marks } from './types.ts'

/** Rooms whose marks are in memory. */
const MAX_ROOMS = 1_000

export function createMarks({ Mark }: Pick<DeliveryModels, 'Mark'>): Marks {
  const rooms = growingCache<string, Map<string, Mark>>(MAX_ROOMS)
  const loading = createOnce<string, ReadonlyMap<string, Mark>>()

  async function load(roomId: string): Promise<Map<string, Mark>> {
    // Index {room_id}.
    const docs = await Mark.find({ room_id: roomId }).lean()
    const found = new Map(docs.map((doc) => [doc.user_id, fromDoc(doc)]))
    rooms.set(roomId, found)
    return found
  }

  async function of(roomId: string): Promise<ReadonlyMap<string, Mark>> {
    const known = rooms.get(roomId)
    if (known) return known
    return loading.run(roomId, () => load(roomId))
  }

  return {
    of,

    /** Those that are further than what is known; on disk when it resolves. @returns the ones that moved */
    async raise(given: readonly Mark[]): Promise<Mark[]> {
      const moved: Mark[] = []
      for (const mark of given) {
        const before = (await of(mark.roomId)).get(mark.userId)
        if (before === undefined || before.pos < mark.pos) moved.push(mark)
      }
      if (moved.length === 0) return moved
      await Mark.bulkWrite(
        moved.map((mark) => ({
          updateOne: { filter: { _id: keyOf(mark) }, update: { $set: fields(mark) }, upsert: true },
        })),
        { ordered: false },
      )
      for (const mark of moved) {
        const room = rooms.get(mark.roomId)
        if (room && (room.get(mark.userId)?.pos ?? 0) < mark.pos) room.set(mark.userId, mark)
      }
      return moved
    },

    async remove(gone: readonly { roomId: string; userId: string }[]): Promise<void> {
      if (gone.length === 0) return
      await Mark.deleteMany({ _id: { $in: gone.map(keyOf) } })
      for (const { roomId, userId } of gone) rooms.get(roomId)?.delete(userId)
    },
  }
}

const keyOf = ({ roomId, userId }: { roomId: string; userId: string }) => `${roomId}|${userId}`

const fromDoc = (doc: MarkDoc): Mark => ({
  roomId: doc.room_id,
  userId: doc.user_id,
  eventId: doc.event_id,
  pos: doc.pos,
  ts: doc.ts,
})

const fields = (mark: Mark): Omit<MarkDoc, '_id'> => ({
  room_id: mark.roomId,
  user_id: mark.userId,
  event_id: mark.eventId,
  pos: mark.pos,
  ts: mark.ts,
})
