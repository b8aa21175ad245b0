/** What a room's current state lets somebody do. */
import { powerLevelsOf, requiredPower, serverNameOf, userPower } from '@enlace/room-model'
import { lookupIn, preload, type Room } from './room.ts'
import { allowedByAcl } from './server-acl.ts'
import type { Rights, RoomStore } from './types.ts'

export function createRights(deps: {
  serverName: string
  store: RoomStore
  open(roomId: string): Promise<Room | undefined>
  requireRoom(roomId: string): Promise<Room>
}): Rights {
  const { store, open } = deps

  async function lookup(room: Room) {
    await preload(room.state, store)
    return lookupIn(room.state, store)
  }

  return {
    async mayRedact(roomId, userId) {
      const room = await open(roomId)
      if (!room?.joined(userId)) return false
      const state = await lookup(room)
      return userPower(state, userId, room.version) >= powerLevelsOf(state, room.version).redact
    },

    async maySendState(roomId, userId, type) {
      const room = await open(roomId)
      if (!room?.joined(userId)) return false
      const state = await lookup(room)
      return userPower(state, userId, room.version) >= requiredPower(state, type, true, room.version)
    },

    async mayRemove(roomId, userId, target) {
      const room = await open(roomId)
      if (!room?.joined(userId)) return false
      const state = await lookup(room)
      const power = userPower(state, userId, room.version)
      return (
        power >= powerLevelsOf(state, room.version).kick && power > userPower(state, target, room.version)
      )
    },

    async restrictedJoinAuthoriser(roomId, userId) {
      const room = await deps.requireRoom(roomId)
      const state = await lookup(room)
      const allow = state('m.room.join_rules', '')?.content['allow']
      let unknown = false
      let member = false
      for (const rule of Array.isArray(allow) ? allow : []) {
        const { type, room_id } = (rule ?? {}) as { type?: unknown; room_id?: unknown }
        if (type !== 'm.room_membership' || typeof room_id !== 'string') continue
        const other = await open(room_id)
        if (!other?.servers.has(deps.serverName)) unknown = true
        else if (other.joined(userId)) member = true
      }
      if (!member) return unknown ? { outcome: 'unable' } : { outcome: 'not-allowed' }
      const level = powerLevelsOf(state, room.version).invite
      for (const [user, membership] of room.members) {
        const local = membership === 'join' && serverNameOf(user) === deps.serverName
        if (local && userPower(state, user, room.version) >= level)
          return { outcome: 'authorised', userId: user }
      }
      return { outcome: 'unable' }
    },

    async serverAllowed(roomId, serverName) {
      const room = await open(roomId)
      if (!room) return true
      return allowedByAcl((await lookup(room))('m.room.server_acl', '')?.content, serverName)
    },
  }
}
