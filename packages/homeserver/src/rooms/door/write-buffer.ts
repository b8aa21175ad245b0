/**
 * Messages on their way to disk. A room's queue builds each event on top of the last without waiting for the disk;
 * what has gathered meanwhile is written with one ordered insert, so that a burst costs one commit and not one each.
 * A crash leaves a beginning of the sequence, never a hole: each event's predecessor is on disk before it.
 */
import type { Context } from '../../context.ts'
import type { EventDoc, RoomModels } from '../models.ts'
import type { Room } from '../room.ts'
import type { StoredEvent } from '../types.ts'

const MAX_BATCH = 100

/** The event was built on one that could not be written: build it again. */
export class BuiltOnSand extends Error {}

type Item = {
  doc: Omit<EventDoc, 'pos'>
  event: Omit<StoredEvent, 'pos'>
  /** The room's forward extremities before the event, to go back to. */
  before: Map<string, number>
  resolve: (event: StoredEvent) => void
  reject: (error: unknown) => void
}

export function createWriteBuffer(
  ctx: Context,
  models: RoomModels,
  put: (event: StoredEvent) => void,
  forget: (eventId: string) => void,
) {
  const waiting = new Map<Room, Item[]>()
  const flushing = new Map<Room, Promise<void>>()

  async function flush(room: Room): Promise<void> {
    const items = waiting.get(room)
    while (items && items.length > 0) {
      const batch = items.splice(0, MAX_BATCH)
      const failure = await write(room, batch)
      if (!failure) continue
      // What follows was built on what is not there.
      const lost = [...batch.slice(failure.index), ...items.splice(0)]
      room.extremities = lost[0]!.before
      room.rollbacks += 1
      for (const [index, item] of lost.entries()) {
        forget(item.doc._id)
        item.reject(index === 0 ? failure.error : new BuiltOnSand())
      }
    }
    waiting.delete(room)
    flushing.delete(room)
  }

  /** @returns the first item that was not written, and why */
  async function write(
    room: Room,
    batch: readonly Item[],
  ): Promise<{ index: number; error: unknown } | undefined> {
    const docs: EventDoc[] = []
    let written = 0
    let failure: { index: number; error: unknown } | undefined
    let insert: Promise<void> | undefined
    // The last one to get its position starts the insert; each entry is published when it is on disk.
    const insertAll = async () => {
      try {
        await models.Event.collection.insertMany(docs as never[], { ordered: true })
        written = batch.length
      } catch (error) {
        written =
          (error as { result?: { insertedCount?: number }; insertedCount?: number }).insertedCount ??
          (error as { result?: { insertedCount?: number } }).result?.insertedCount ??
          0
        failure = { index: written, error }
      }
    }
    await Promise.all(
      batch.map((item, index) =>
        ctx.stream.append(async (pos) => {
          docs.push({ ...item.doc, pos })
          if (docs.length === batch.length) insert = insertAll()
          while (!insert) await new Promise((turn) => setImmediate(turn))
          await insert
          if (index >= written) return undefined
          const event: StoredEvent = { ...item.event, pos }
          put(event)
          room.appliedPos = Math.max(room.appliedPos, pos)
          item.resolve(event)
          return { kind: 'event' as const, pos, roomId: room.roomId, event }
        }),
      ),
    )
    return failure
  }

  return {
    /** Call on the room's queue, after which the event counts as the room's newest. Resolves when it is on disk. */
    add(room: Room, doc: Omit<EventDoc, 'pos'>, event: Omit<StoredEvent, 'pos'>): Promise<StoredEvent> {
      return new Promise((resolve, reject) => {
        const items = waiting.get(room) ?? []
        waiting.set(room, items)
        items.push({ doc, event, before: new Map(room.extremities), resolve, reject })
        if (!flushing.has(room))
          flushing.set(
            room,
            Promise.resolve().then(() => flush(room)),
          )
      })
    },
    /** Resolves when nothing of the room is under way. */
    async drained(room: Room): Promise<void> {
      await flushing.get(room)
    },
  }
}
