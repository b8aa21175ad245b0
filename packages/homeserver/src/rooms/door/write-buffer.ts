/**
 * Messages on their way to disk. A room's queue builds each event on top of the last without waiting for the disk;
 * what has gathered meanwhile is written with one ordered insert, so that a burst costs one commit and not one each.
 * A crash leaves a beginning of the sequence, never a hole: each event's predecessor is on disk before it.
 */
import type { Logger } from '../../log.ts'
import type { Stream } from '../../stream/stream.ts'
import type { Room } from '../room.ts'
import type { EventDoc, StoredEvent } from '../types.ts'

const MAX_BATCH = 100

/** The event was built on one that could not be written: build it again. */
export class BuiltOnSand extends Error {}

export interface WriteBuffer {
  /** Call on the room's queue, after which the event counts as the room's newest. Resolves when it is on disk. */
  add(room: Room, doc: Omit<EventDoc, 'pos'>, event: Omit<StoredEvent, 'pos'>): Promise<StoredEvent>
  /** Resolves when nothing of the room is under way. */
  drained(room: Room): Promise<void>
}

export type WriteBufferDeps = {
  log: Pick<Logger, 'error' | 'warn'>
  stream: Pick<Stream, 'append'>
  /** One ordered insert. */
  insert(docs: readonly EventDoc[]): Promise<void>
  put(event: StoredEvent): void
  forget(eventId: string): void
}

type Item = {
  doc: Omit<EventDoc, 'pos'>
  event: Omit<StoredEvent, 'pos'>
  /** The room's forward extremities before the event, to go back to. */
  before: Map<string, number>
  resolve: (event: StoredEvent) => void
  reject: (error: unknown) => void
}

/** Items of a batch before `index` are on disk, the others are not. `all`: nothing in the event itself was wrong. */
type Failure = { index: number; error: unknown; all: boolean }

export function createWriteBuffer({ log, stream, insert, put, forget }: WriteBufferDeps): WriteBuffer {
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
      const toBlame = failure.all ? batch.length - failure.index : 1
      for (const [index, item] of lost.entries()) {
        forget(item.doc._id)
        item.reject(index < toBlame ? failure.error : new BuiltOnSand())
      }
    }
    waiting.delete(room)
    flushing.delete(room)
  }

  /** Writes a batch once every event of it has its position. Never rejects. */
  async function write(room: Room, batch: readonly Item[]): Promise<Failure | undefined> {
    const positions: number[] = []
    let failure: Failure | undefined
    let undecided = batch.length
    let insertNow = (_done: Promise<void>) => {}
    const inserted = new Promise<void>((resolve) => {
      insertNow = resolve
    })
    const decided = () => {
      undecided -= 1
      if (undecided === 0) insertNow(insertAll())
    }
    const insertAll = async () => {
      // Those before the first one without a position: what follows it was built on it.
      const docs = batch
        .slice(0, failure?.index)
        .map((item, index): EventDoc => ({ ...item.doc, pos: positions[index]! }))
      if (docs.length === 0) return
      try {
        await insert(docs)
      } catch (error) {
        const written = insertedOf(error)
        if (written < docs.length) failure = { index: written, error, all: false }
        else log.warn({ err: error, room: room.roomId }, 'events were written, but not confirmed')
      }
    }
    await Promise.all(
      batch.map(async (item, index) => {
        try {
          await stream.append(async (pos) => {
            positions[index] = pos
            decided()
            await inserted
            if (failure && index >= failure.index) return undefined
            const event: StoredEvent = { ...item.event, pos }
            put(event)
            room.appliedPos = Math.max(room.appliedPos, pos)
            item.resolve(event)
            return { kind: 'event' as const, pos, roomId: room.roomId, event }
          })
        } catch (error) {
          if (positions[index] !== undefined) {
            log.error({ err: error, room: room.roomId }, 'an event is on disk, but was not published')
            return
          }
          if (!failure || index < failure.index) failure = { index, error, all: true }
          decided()
        }
      }),
    )
    return failure
  }

  return {
    add(room, doc, event) {
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
    async drained(room) {
      await flushing.get(room)
    },
  }
}

/** How many documents of an ordered insert were written before it failed. */
function insertedOf(error: unknown): number {
  const { insertedCount, result } = (error ?? {}) as {
    insertedCount?: number
    result?: { insertedCount?: number }
  }
  return insertedCount ?? result?.insertedCount ?? 0
}
