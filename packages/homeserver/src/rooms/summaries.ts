/**
 * The summary of a room (newest events, current state) is written some time after it changed, and made again from the log
 * when the room is loaded after a crash.
 */
import type { Context } from '../context.ts'
import type { Room } from './room.ts'
import type { RoomModels } from './types.ts'

const SUMMARY_DELAY_MS = 1_000

export interface Summaries {
  /** The room has changed: its summary is written some time soon. */
  touch(room: Room): void
  /** Opens the rooms whose memberships a crash may have kept from being written, which writes them. */
  recover(): Promise<void>
  /** Writes what is left. */
  close(): Promise<void>
}

export function createSummaries(
  ctx: Pick<Context, 'log' | 'stream'>,
  models: RoomModels,
  room: { open(roomId: string): Promise<unknown>; drained(room: Room): Promise<void> },
): Summaries {
  const dirty = new Set<Room>()
  let timer: NodeJS.Timeout | undefined
  let summarising: Promise<void> = Promise.resolve()

  function summarise(): Promise<void> {
    timer = undefined
    summarising = summarising.then(writeAll)
    return summarising
  }

  async function writeAll(): Promise<void> {
    // Everything up to here is on disk, and its rooms are among these or were written before.
    const upTo = ctx.stream.stable
    let complete = true
    for (const one of [...dirty]) {
      dirty.delete(one)
      one.dirty = false
      try {
        await write(one)
      } catch (error) {
        // The log has everything: the summary is made again when the room is next loaded.
        ctx.log.warn({ err: error, room: one.roomId }, 'room summary not written')
        complete = false
        dirty.add(one)
      }
    }
    if (!complete) return
    await models.Checkpoint.updateOne(
      { _id: 'memberships' },
      { $max: { pos: upTo } },
      { upsert: true },
    ).catch((error: unknown) => ctx.log.warn({ err: error }, 'checkpoint not written'))
  }

  async function write(one: Room): Promise<void> {
    // On the room's queue and with nothing under way: a summary never names an event that is not on disk.
    const summary = await one.enqueue(async () => {
      await room.drained(one)
      return { extremities: [...one.extremities.keys()], group: one.group, applied_pos: one.appliedPos }
    })
    await models.Room.updateOne({ _id: one.roomId }, { $set: summary })
  }

  return {
    touch(one) {
      one.dirty = true
      dirty.add(one)
      timer ??= setTimeout(() => void summarise(), SUMMARY_DELAY_MS)
    },

    async recover() {
      const checkpoint = await models.Checkpoint.findById('memberships').lean()
      // Served by {pos}, of state events alone.
      const docs = await models.Event.find(
        { state_key: { $exists: true }, pos: { $gt: checkpoint?.pos ?? 0 } },
        { room_id: 1 },
      ).lean()
      const roomIds = new Set(docs.map((doc) => doc.room_id))
      for (const roomId of roomIds) {
        try {
          await room.open(roomId)
        } catch (error) {
          ctx.log.error({ err: error, room: roomId }, 'room could not be opened')
        }
      }
      if (roomIds.size > 0) ctx.log.info({ rooms: roomIds.size }, 'rooms looked through after a stop')
    },

    async close() {
      if (timer) clearTimeout(timer)
      await summarise()
    },
  }
}
