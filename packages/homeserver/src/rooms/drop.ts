/** What is left of a room in which nobody of this node is any more goes from this node. The other servers keep theirs. */
import type { Connection } from 'mongoose'
import { invalidParam, notFound } from '../errors.ts'
import type { Room } from './room.ts'
import type { RoomModels, RoomStore } from './types.ts'

const BATCH = 500
/** What other parts keep by room; their indexes begin with `room_id` where there are many. */
const KEPT_BY_ROOM = ['cases', 'delivery_marks', 'receipts', 'aliases'] as const

export function createDrop(deps: {
  serverName: string
  db: Connection
  models: RoomModels
  store: RoomStore
  open(roomId: string): Promise<Room | undefined>
  evict(roomId: string): void
  isLocal(userId: string): boolean
}) {
  const { models, db } = deps

  /** Once more after a crash it goes on: the room's own document is the last to go. @throws MatrixError */
  return async function dropRoom(roomId: string): Promise<{ events: number }> {
    const doc = await models.Room.findById(roomId).lean()
    if (!doc) throw notFound(`Este nodo no conoce ${roomId}. / This node does not know ${roomId}.`)
    // Index {room_id, membership}.
    const inside = await models.Membership.find({
      room_id: roomId,
      membership: { $in: ['join', 'invite', 'knock'] },
    }).lean()
    const here = inside.filter(({ user_id }) => deps.isLocal(user_id)).map(({ user_id }) => user_id)
    if (here.length > 0)
      throw invalidParam(
        `Todavía hay personas de este nodo en ${roomId}: ${here.slice(0, 5).join(', ')}. / There are still people of this node in it.`,
      )
    const room = await deps.open(roomId)
    // After whatever is being written to it.
    await room?.enqueue(async () => {})
    deps.evict(roomId)
    let events = 0
    const groups = new Set<string>(doc.group === undefined ? [] : [doc.group])
    for (;;) {
      // Index {room_id, pos}.
      const batch = await models.Event.find({ room_id: roomId }, { _id: 1, before: 1, after: 1 })
        .limit(BATCH)
        .lean()
      if (batch.length === 0) break
      for (const { before, after } of batch)
        for (const id of [before, after]) if (id !== undefined) groups.add(id)
      await models.StateGroup.deleteMany({ _id: { $in: [...groups] } })
      groups.clear()
      const ids = batch.map(({ _id }) => _id)
      await models.Event.deleteMany({ _id: { $in: ids } })
      for (const id of ids) deps.store.events.forget(id)
      events += ids.length
    }
    for (const name of KEPT_BY_ROOM) await db.collection(name).deleteMany({ room_id: roomId })
    await db.collection<{ _id: string }>('published_rooms').deleteOne({ _id: roomId })
    await models.Membership.deleteMany({ room_id: roomId })
    await models.Room.deleteOne({ _id: roomId })
    deps.evict(roomId)
    return { events }
  }
}
