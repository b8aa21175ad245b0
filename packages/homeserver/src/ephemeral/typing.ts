/** Who is typing (client-server API, "Typing Notifications"): in memory only, forgotten after its time. */

import { z } from 'zod'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'

const MAX_TIMEOUT_MS = 120_000
/** Partners do not say how long: as long as their clients repeat themselves. */
const REMOTE_TIMEOUT_MS = 30_000
const MAX_PER_ROOM = 100

const typingEdu = z.object({ room_id: z.string(), user_id: z.string(), typing: z.boolean() })

type Room = { typing: Map<string, NodeJS.Timeout>; pos: number }

export function createTyping(ctx: Context) {
  const rooms = new Map<string, Room>()
  /** Where the last person stopped: whoever was told that they are typing must be told when they stop. */
  const ended = growingCache<string, number>(5_000)

  async function publish(roomId: string): Promise<void> {
    await ctx.stream.append(async (pos) => {
      const room = rooms.get(roomId)
      if (room) room.pos = pos
      ended.set(roomId, pos)
      return { kind: 'typing' as const, pos, roomId, userIds: room ? [...room.typing.keys()] : [] }
    })
    if (rooms.get(roomId)?.typing.size === 0) rooms.delete(roomId)
  }

  /** @returns true when who is typing changed */
  function mark(roomId: string, userId: string, typing: boolean, timeoutMs: number): boolean {
    const room = rooms.get(roomId) ?? { typing: new Map(), pos: 0 }
    const before = room.typing.get(userId)
    clearTimeout(before)
    if (!typing) return room.typing.delete(userId)
    if (!before && room.typing.size >= MAX_PER_ROOM) return false
    const timer = setTimeout(() => stop(roomId, userId), timeoutMs)
    timer.unref()
    room.typing.set(userId, timer)
    rooms.set(roomId, room)
    return before === undefined
  }

  function stop(roomId: string, userId: string): void {
    if (!mark(roomId, userId, false, 0)) return
    publish(roomId).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'could not publish that somebody stopped typing'),
    )
  }

  // Somebody who leaves has stopped typing.
  const unsubscribe = ctx.stream.subscribe((entries) => {
    for (const entry of entries) {
      if (entry.kind !== 'event' || !rooms.has(entry.roomId)) continue
      const { type, state_key, content, sender } = entry.event.pdu
      if (type === 'm.room.member' && state_key !== undefined && content['membership'] !== 'join') {
        stop(entry.roomId, state_key)
      } else if (type === 'm.room.message' || type === 'm.room.encrypted') {
        // The message is there: what its sender was typing has arrived.
        if (!ctx.accounts.isLocal(sender)) stop(entry.roomId, sender)
      }
    }
  })

  return {
    async set(roomId: string, userId: string, typing: boolean, timeoutMs: number): Promise<void> {
      const changed = mark(roomId, userId, typing, Math.min(Math.max(timeoutMs, 1), MAX_TIMEOUT_MS))
      if (changed) await publish(roomId)
      // Repeated while it goes on, so that partners do not let it lapse.
      if (!changed && !typing) return
      const servers = (await ctx.rooms.joinedServers(roomId)).filter((server) => server !== ctx.serverName)
      if (servers.length === 0) return
      await ctx.federation.sendEdu(
        servers,
        { edu_type: 'm.typing', content: { room_id: roomId, user_id: userId, typing } },
        { durable: false, coalesceKey: `typing|${roomId}|${userId}` },
      )
    },

    get(roomId: string): { userIds: readonly string[]; pos: number } {
      const room = rooms.get(roomId)
      return room
        ? { userIds: [...room.typing.keys()], pos: room.pos }
        : { userIds: [], pos: ended.get(roomId) ?? 0 }
    },

    async receive(origin: string, content: Record<string, unknown>): Promise<void> {
      const parsed = typingEdu.safeParse(content)
      if (!parsed.success || serverOfUser(parsed.data.user_id) !== origin) return
      const { room_id, user_id, typing } = parsed.data
      if (typing && (await ctx.rooms.membership(room_id, user_id))?.membership !== 'join') return
      if (mark(room_id, user_id, typing, REMOTE_TIMEOUT_MS)) await publish(room_id)
    },

    close(): void {
      unsubscribe()
      for (const { typing } of rooms.values()) for (const timer of typing.values()) clearTimeout(timer)
      rooms.clear()
    },
  }
}
