/** Tells the senders on this node, live and seldom, that something has happened to what they sent. */

import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import type { StreamEntry } from '../stream/entries.ts'
import type { News } from './types.ts'

/** News of a room are gathered for this long. */
const GATHER_MS = 500
/** Persons and rooms whose last news are remembered, for readers that the log's tail no longer reaches. */
const MAX_REMEMBERED = 20_000

export function createNews(ctx: Context): News {
  let waiting = new Map<string, Set<string>>()
  const last = growingCache<string, number>(MAX_REMEMBERED)
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function publish(): void {
    timer = undefined
    const all = waiting
    waiting = new Map()
    ctx.stream
      .append(async (pos) => {
        const entries: StreamEntry[] = []
        for (const [roomId, userIds] of all) {
          for (const userId of userIds) last.set(`${roomId}|${userId}`, pos)
          entries.push({ kind: 'delivery', pos, roomId, userIds })
        }
        return entries
      })
      .catch((error: unknown) => ctx.log.warn({ err: error }, 'delivery news not published'))
  }

  return {
    tell(roomId: string, userIds: Iterable<string>): void {
      if (closed) return
      const users = waiting.get(roomId) ?? new Set()
      for (const userId of userIds) if (ctx.accounts.isLocal(userId)) users.add(userId)
      if (users.size === 0) return
      waiting.set(roomId, users)
      timer ??= setTimeout(publish, GATHER_MS).unref()
    },
    /** Whether there were news for the person about the room in (from, to]. */
    between(roomId: string, userId: string, from: number, to: number): boolean {
      const pos = last.get(`${roomId}|${userId}`)
      return pos !== undefined && pos > from && pos <= to
    },
    close(): void {
      closed = true
      clearTimeout(timer)
    },
  }
}
