/** The room core, put together: rooms in memory, the one door (door/door.ts), and what others may ask of them. */
import { roomVersion } from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { openDoor } from './door/door.ts'
import { createDrop } from './drop.ts'
import { createErasing } from './erasing.ts'
import { createHistory } from './history.ts'
import { createMembers, writeMembers } from './members.ts'
import { openRoomModels } from './models.ts'
import { createRedactions } from './redactions.ts'
import { createRights } from './rights.ts'
import { loadRoom, preload, Room } from './room.ts'
import { createStates } from './states.ts'
import { createRoomStore } from './store.ts'
import { createStripped } from './stripped.ts'
import { createSummaries } from './summaries.ts'
import type { Drafts, Rooms } from './types.ts'
import { createVisibility } from './visibility.ts'

const MAX_ROOMS = 2_000

export async function createRooms(ctx: Context): Promise<Rooms> {
  const models = await openRoomModels(ctx.db)
  const store = createRoomStore(models)
  const opening = new Map<string, Promise<Room | undefined>>()
  const rooms = new LRUCache<string, Room>({
    max: MAX_ROOMS,
    dispose: (room, _id, reason) => {
      // A room that is still writing stays: it will be evicted another time.
      if (reason === 'evict' && (room.busy || room.dirty)) queueMicrotask(() => rooms.set(room.roomId, room))
    },
  })

  async function open(roomId: string): Promise<Room | undefined> {
    const known = rooms.get(roomId)
    if (known) return known
    const running = opening.get(roomId) ?? load(roomId)
    opening.set(roomId, running)
    try {
      return await running
    } finally {
      opening.delete(roomId)
    }
  }

  async function load(roomId: string): Promise<Room | undefined> {
    const doc = await models.Room.findById(roomId).lean()
    const version = doc ? roomVersion(doc.version) : undefined
    if (!doc || !version) return undefined
    store.rememberVersion(roomId, version)
    const room = new Room(roomId, version, ctx.serverName)
    const { changed, redactions: recent } = await loadRoom(doc, room, models, store)
    await preload(room.state, store)
    for (const redaction of recent) await redactions.settle(redaction)
    if (changed.length > 0) await writeMembers(room, changed, room.appliedPos, { models, store })
    rooms.set(roomId, room)
    return room
  }

  async function requireRoom(roomId: string): Promise<Room> {
    const room = await open(roomId)
    if (!room) throw notFound('There is no such room here.')
    return room
  }

  const redactions = await createRedactions(ctx, models, store)
  const summaries = createSummaries(ctx, models, { open, drained: (room) => door.drained(room) })
  const door = openDoor({
    ctx,
    models,
    store,
    redactions,
    open,
    touch: summaries.touch,
    async writeMembers(room, users, pos) {
      await writeMembers(room, users, pos, { models, store })
      if (users.length > 0) ctx.policy.roomChanged(room.roomId)
    },
  })
  const inside = { serverName: ctx.serverName, models, store, open, requireRoom }
  const { standing, ...members } = createMembers({ ...inside, peek: (roomId) => rooms.peek(roomId) })

  const drafts: Drafts = {
    async makeTemplate(draft) {
      ctx.restored.checkRoom(draft.roomId)
      const room = await requireRoom(draft.roomId)
      return room.enqueue(async () => {
        const event = await door.draft.template(room, draft)
        await door.checks.checkLocal(room, event)
        return { event, version: room.version }
      })
    },
    finish: door.draft.finish,
    sentAs: door.sentAs,
    async reserveBackfill(roomId, count) {
      const room = await requireRoom(roomId)
      return room.enqueue(async () => {
        room.minPos -= count
        await models.Room.updateOne({ _id: roomId }, { $min: { min_pos: room.minPos } })
        return room.minPos
      })
    },
  }

  const service: Rooms = {
    ...door.ways,
    ...drafts,
    ...createRights(inside),
    ...createStates(inside),
    ...createHistory(models, store),
    ...createErasing(models, store),
    ...members,
    ...createVisibility(store, standing, (userId) => ctx.accounts.isErased(userId), open),
    ...createStripped(inside),

    dropRoom: createDrop({
      ...inside,
      db: ctx.db.connection,
      evict: (roomId) => void rooms.delete(roomId),
      isLocal: (userId) => ctx.accounts.isLocal(userId),
    }),

    async takeEffect(event) {
      if (event.pdu.type === 'm.room.redaction') await redactions.settle(event)
      else await redactions.arrived(event.eventId)
    },

    async close() {
      await Promise.all([...rooms.values()].map((room) => room.enqueue(() => door.drained(room))))
      await summaries.close()
    },
  }
  await summaries.recover()
  return service
}
