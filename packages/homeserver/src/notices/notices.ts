/**
 * Web Push for messages: that there is something to read in a channel, and how much. Never who wrote, what, or the channel's name: the
 * node does not know the first two, and a push service need not hear of any. The person's push rules decide (client-server API, "Push
 * rules"), then their quiet hours.
 *
 * Best effort, held in memory alone: the message itself waits in sync. Urgent calls are alerts, which are kept and tried again.
 */
import { createHash } from 'node:crypto'
import PQueue from 'p-queue'
import { isActive } from '../accounts/suspension.ts'
import { quietUntil } from '../alerts/quiet-hours.ts'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { Notices } from './types.ts'

const AT_ONCE = 4
/** Waiting beyond this is dropped: who comes back reads it all the same. */
const MAX_WAITING = 2_000
/** Of a channel that tells of mentions alone it is said so seldom that something waits there. */
const UNREAD_EVERY_MS = 3_600_000
const MAX_TOLD = 20_000

/** What a page calls a room to its service worker: the address stays out of what is pushed, which has one length. */
export const roomMark = (roomId: string): string =>
  createHash('sha256').update(roomId).digest('base64url').slice(0, 22)

export function createNotices(ctx: Context): Notices {
  const queue = new PQueue({ concurrency: AT_ONCE })
  /** By person and room: one that waits stands for all that come meanwhile. */
  const waiting = new Map<string, StoredEvent>()
  /** By person and room: when they were told that something waits. */
  const toldUnread = growingCache<string, number>(MAX_TOLD)
  let closed = false

  function readers({ roomId, pdu }: StoredEvent): string[] {
    const { type, state_key, content, sender } = pdu
    if (type === 'm.room.member')
      return content['membership'] === 'invite' && state_key !== undefined && ctx.accounts.isLocal(state_key)
        ? [state_key]
        : []
    if (state_key !== undefined) return []
    return [...ctx.rooms.localJoined(roomId)].filter((userId) => userId !== sender)
  }

  function consider(event: StoredEvent): void {
    if (closed || event.verdict !== 'accept') return
    for (const userId of readers(event)) {
      if (!ctx.alerts.mayHaveBrowser(userId)) continue
      const key = `${userId}|${event.roomId}`
      const first = !waiting.has(key)
      if (first && waiting.size >= MAX_WAITING) continue
      waiting.set(key, event)
      if (first) void queue.add(() => work(key, userId))
    }
  }

  async function work(key: string, userId: string): Promise<void> {
    const event = waiting.get(key)
    waiting.delete(key)
    if (closed || !event) return
    try {
      await tell(userId, event)
    } catch (error) {
      ctx.log.info({ err: error }, 'a browser could not be told of a message')
    }
  }

  async function tell(userId: string, event: StoredEvent): Promise<void> {
    if (!isActive(await ctx.accounts.get(userId))) return
    const { notify, highlight, mentionsAlone } = await ctx.push.judge(userId, event)
    const mayMention = mentionsAlone === true && event.pdu.type === 'm.room.encrypted'
    if (!notify && !mayMention) return
    const now = ctx.clock.now()
    const { on, quiet_hours } = await ctx.alerts.own.settings(userId)
    if (!on.web_push || quietUntil(quiet_hours ?? undefined, now) !== undefined) return
    if (!notify) return tellUnread(userId, event.roomId, now)
    const isInvitation = event.pdu.type === 'm.room.member'
    const count = isInvitation ? 1 : (await ctx.push.unread(userId, event.roomId)).notification_count
    // Read meanwhile, on another device.
    if (count === 0) return
    const room = roomMark(event.roomId)
    const said = { kind: isInvitation ? 'invitation' : 'messages', room, n: Math.min(count, 999) }
    await ctx.alerts.tellBrowsers(userId, { ...said, ...(highlight ? { mention: true } : {}) }, room)
  }

  /** Somebody may have been mentioned: which only a device can read, and a service worker cannot. */
  async function tellUnread(userId: string, roomId: string, now: number): Promise<void> {
    const key = `${userId}|${roomId}`
    const last = toldUnread.get(key)
    if (last !== undefined && now >= last && now - last < UNREAD_EVERY_MS) return
    toldUnread.set(key, now)
    const room = roomMark(roomId)
    await ctx.alerts.tellBrowsers(userId, { kind: 'unread', room }, room)
  }

  const stop = ctx.stream.subscribe((entries) => {
    for (const entry of entries)
      if (entry.kind === 'event' && (entry.event.pos ?? 0) > 0) consider(entry.event)
  })

  return {
    settled: () => queue.onIdle(),
    async close() {
      closed = true
      stop()
      queue.clear()
      await queue.onIdle()
    },
  }
}
