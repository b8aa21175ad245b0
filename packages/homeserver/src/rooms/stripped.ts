/** What somebody who is not in the room yet is told of it (client-server API, "Stripped state"). */
import { stateKeyOf } from '@enlace/room-model'
import type { Room } from './room.ts'
import type { RoomModels, RoomStore, Visible } from './types.ts'

const STRIPPED = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
  'org.enlace.topic.policy',
  'org.enlace.conversation',
]

export function createStripped(deps: {
  models: RoomModels
  store: RoomStore
  open(roomId: string): Promise<Room | undefined>
  requireRoom(roomId: string): Promise<Room>
}): Pick<Visible, 'invitePdus' | 'strippedState'> {
  const { models, store } = deps
  return {
    async invitePdus(roomId, userId) {
      const room = await deps.requireRoom(roomId)
      const keys = [...STRIPPED.map((type) => stateKeyOf(type, '')), stateKeyOf('m.room.member', userId)]
      const events = await store.events.getMany(keys.flatMap((key) => room.state.get(key) ?? []))
      return events.map((event) => event.pdu)
    },

    async strippedState(roomId, userId) {
      // Of a room nobody here is in, what its server said with the invitation.
      const doc = await models.Membership.findById(`${roomId}|${userId}`).lean()
      if (doc?.stripped) return JSON.parse(doc.stripped) as Record<string, unknown>[]
      const room = await deps.open(roomId)
      if (!room) return []
      const keys = STRIPPED.map((type) => stateKeyOf(type, ''))
      const own = room.state.get(stateKeyOf('m.room.member', userId))
      const ownEvent = own === undefined ? undefined : await store.events.get(own)
      if (ownEvent)
        keys.push(stateKeyOf('m.room.member', ownEvent.pdu.sender), stateKeyOf('m.room.member', userId))
      const events = await store.events.getMany(
        [...new Set(keys)].flatMap((key) => room.state.get(key) ?? []),
      )
      return events.map(({ pdu }) => ({
        type: pdu.type,
        state_key: pdu.state_key,
        sender: pdu.sender,
        content: pdu.content,
      }))
    },
  }
}
