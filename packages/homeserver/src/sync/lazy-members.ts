/**
 * Lazy-loaded members (client-server API, "Lazy-loading room members"): which memberships a device has been told, and in
 * the answer up to which position. Told counts only for requests from there on: an answer that got lost is told again.
 */
import { growingCache } from '../lib/cache.ts'

const MAX_PER_ROOM = 2_000

export type LazyMembers = ReturnType<typeof createLazyMembers>

export function createLazyMembers() {
  const rooms = growingCache<string, Map<string, number>>(10_000)
  const keyOf = (device: { userId: string; deviceId: string }, roomId: string) =>
    `${device.userId}|${device.deviceId}|${roomId}`

  return {
    forget(device: { userId: string; deviceId: string }, roomId: string): void {
      rooms.delete(keyOf(device, roomId))
    },
    /** Whether the device, which has everything up to `since`, knows the member. */
    knows(
      device: { userId: string; deviceId: string },
      roomId: string,
      member: string,
      since: number,
    ): boolean {
      const told = rooms.get(keyOf(device, roomId))?.get(member)
      return told !== undefined && told <= since
    },
    tell(
      device: { userId: string; deviceId: string },
      roomId: string,
      members: Iterable<string>,
      at: number,
    ): void {
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
