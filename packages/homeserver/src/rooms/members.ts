/** Who is in which room: the `memberships` collection, written with the room's state, and what is read from both. */
import { serverNameOf, stateKeyOf } from '@enlace/room-model'
import type { AnyBulkWriteOperation } from 'mongoose'
import { membershipIn, type Room } from './room.ts'
import type { Members, Membership, MembershipDoc, RoomModels, RoomStore, StoredEvent } from './types.ts'

const NOBODY: ReadonlySet<string> = new Set()
const MAX_WRITES = 500
/** Earlier memberships looked through for the last time somebody was in the room. */
const MAX_EARLIER = 50

/** Whether somebody is in a room now, was at some time, and where in the log their last stay ended. */
export type Standing = {
  membership: Membership | undefined
  joinedEver: boolean
  /** For those who are out now and were in: the event that ended their last stay. */
  left: StoredEvent | undefined
}

/** Memberships of these users, after their member events in the room's current state changed. */
export async function writeMembers(
  room: Room,
  users: readonly string[],
  pos: number,
  { models, store }: { models: RoomModels; store: RoomStore },
): Promise<void> {
  const ids = users.flatMap((user) => room.state.get(stateKeyOf('m.room.member', user)) ?? [])
  const events = new Map((await store.events.getMany(ids)).map((event) => [event.pdu.state_key, event]))
  const writes = users.map((user): AnyBulkWriteOperation<MembershipDoc> => {
    const event = events.get(user)
    const membership = event && membershipIn(event)
    room.setMember(user, membership)
    const _id = `${room.roomId}|${user}`
    if (!event || !membership) return { deleteOne: { filter: { _id } } }
    const set = {
      room_id: room.roomId,
      user_id: user,
      membership,
      event_id: event.eventId,
      pos,
      forgotten: false,
    }
    return { updateOne: { filter: { _id }, update: { $set: set, $unset: { stripped: 1 } }, upsert: true } }
  })
  for (let at = 0; at < writes.length; at += MAX_WRITES)
    await models.Membership.bulkWrite(writes.slice(at, at + MAX_WRITES), { ordered: false })
}

export function createMembers(deps: {
  serverName: string
  models: RoomModels
  store: RoomStore
  open(roomId: string): Promise<Room | undefined>
  requireRoom(roomId: string): Promise<Room>
  /** The room, if it is in memory. */
  peek(roomId: string): Room | undefined
}): Members & { standing(roomId: string, userId: string): Promise<Standing> } {
  const { models, store, open } = deps

  async function membership(roomId: string, userId: string) {
    const room = await open(roomId)
    const inside = room?.servers.has(deps.serverName) === true
    const now = await current(room, userId)
    const gone = now?.membership === 'leave' || now?.membership === 'ban'
    // What was forgotten, and invitations to rooms nobody here is in, are known from the membership alone.
    if (now && inside && !gone) return now
    if (serverNameOf(userId) !== deps.serverName) return now
    const doc = await models.Membership.findById(`${roomId}|${userId}`).lean()
    if (!doc || doc.forgotten) return undefined
    const event = await store.events.get(doc.event_id)
    return event ? { membership: doc.membership, event } : now
  }

  async function current(room: Room | undefined, userId: string) {
    const id = room?.state.get(stateKeyOf('m.room.member', userId))
    const event = id === undefined ? undefined : await store.events.get(id)
    const value = event && membershipIn(event)
    return event && value ? { membership: value, event } : undefined
  }

  async function standing(roomId: string, userId: string): Promise<Standing> {
    const own = await membership(roomId, userId)
    if (own?.membership === 'join') return { membership: 'join', joinedEver: true, left: undefined }
    // Back through what was said of them, to the last time they were in: nothing after its end is theirs to see.
    let event: StoredEvent | undefined = own?.event
    for (let steps = 0; event?.replaces !== undefined && steps < MAX_EARLIER; steps++) {
      const earlier: StoredEvent | undefined = await store.events.get(event.replaces)
      if (earlier && membershipIn(earlier) === 'join')
        return { membership: own?.membership, joinedEver: true, left: event }
      event = earlier
    }
    return { membership: own?.membership, joinedEver: false, left: undefined }
  }

  return {
    membership,

    standing,
    leftWith: async (roomId, userId) => (await standing(roomId, userId)).left,

    async members(roomId, wanted) {
      const room = await open(roomId)
      if (!room) return []
      return [...room.members]
        .filter(([, value]) => wanted === undefined || value === wanted)
        .map(([user]) => user)
    },

    localJoined: (roomId) => deps.peek(roomId)?.local ?? NOBODY,

    async memberEvents(roomId) {
      const room = await deps.requireRoom(roomId)
      return store.events.getMany(
        [...room.state].filter(([key]) => key.startsWith('m.room.member\u0000')).map(([, id]) => id),
      )
    },

    async joinedServers(roomId) {
      return [...((await open(roomId))?.servers.keys() ?? [])]
    },

    async *allRooms() {
      let last = ''
      for (;;) {
        // Served by _id, range and sort alike.
        const docs = await models.Room.find({ _id: { $gt: last } }, { _id: 1 })
          .sort({ _id: 1 })
          .limit(MAX_WRITES)
          .lean()
        if (docs.length > 0) yield docs.map((doc) => doc._id)
        if (docs.length < MAX_WRITES) return
        last = docs.at(-1)!._id
      }
    },
    async roomsOf(userId) {
      // Served by {user_id, membership}.
      const docs = await models.Membership.find({ user_id: userId }).lean()
      return docs
        .filter((doc) => !doc.forgotten)
        .map((doc) => ({
          roomId: doc.room_id,
          membership: doc.membership,
          pos: doc.pos,
          eventId: doc.event_id,
        }))
    },

    async forget(roomId, userId) {
      await models.Membership.updateOne(
        { _id: `${roomId}|${userId}`, membership: { $in: ['leave', 'ban'] } },
        { $set: { forgotten: true } },
      )
    },
  }
}
