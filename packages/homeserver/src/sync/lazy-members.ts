/**
 * Which members a device has been told. Told counts only for requests from the position of that answer on: an answer that
 * got lost is told again.
 */
import { growingCache } from '../lib/cache.ts'
import type { DeviceId, LazyMembers } from './types.ts'

const MAX_PER_ROOM = 2_000

export function createLazyMembers(): LazyMembers {
  const rooms = growingCache<string, Map<string, number>>(10_000)
  const keyOf = (device: DeviceId, roomId: string) => `${device.userId}|${device.deviceId}|${roomId}`

  return {
    forget(device, roomId) {
      rooms.delete(keyOf(device, roomId))
    },
    knows(device, roomId, member, since) {
      const told = rooms.get(keyOf(device, roomId))?.get(member)
      return told !== undefined && told <= since
    },
    tell(device, roomId, members, at) {
      const key = keyOf(device, roomId)
      let told = rooms.get(key)
      // Too many to remember: they are told again, which the specification allows.
      if (!told || told.size > MAX_PER_ROOM) {
        told = new Map()
        rooms.set(key, told)
      }
      for (const member of members) told.set(member, Math.min(told.get(member) ?? at, at))
    },
  }
}
