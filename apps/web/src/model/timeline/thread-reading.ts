import {
  type MatrixClient,
  type MatrixEvent,
  NotificationCountType,
  type Room,
  RoomEvent,
} from 'matrix-js-sdk'
import { z } from 'zod'
import type { AuthedRequest } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import { threadOf } from './event-view.ts'
import type { ThreadReading } from './types.ts'

/** Which threads somebody follows, or not, where they said so: event ids alone, so that a server learns no words. */
const FOLLOWED = 'org.enlace.threads'
const followedSchema = z.object({ followed: z.record(z.string(), z.boolean()) })
const MOST_FOLLOWED = 500

const receiptsSchema = z.record(
  z.string(),
  z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ ts: z.number().optional(), thread_id: z.string().optional() })),
  ),
)
const READ_TYPES: readonly string[] = ['m.read', 'm.read.private']

/** For the whole channel, whatever the thread. */
const ALL = ''
type Mark = { eventId: string; ts: number }

/**
 * How far this person has read in each thread (receipts with a `thread_id`). The SDK counts threads only where it also takes
 * them out of the timeline, which the threads of cases are not made for.
 */
export function createThreadReading(
  client: MatrixClient,
  userId: string,
  request: AuthedRequest,
): ThreadReading {
  const version = createStore(0)
  const marks = new Map<string, Map<string, Mark>>()
  const note = (roomId: string, thread: string, mark: Mark) => {
    const own = marks.get(roomId) ?? new Map<string, Mark>()
    marks.set(roomId, own)
    const before = own.get(thread)
    if (before && before.ts > mark.ts) return
    own.set(thread, mark)
    version.update((n) => n + 1)
  }
  const onReceipt = (event: MatrixEvent, room: Room) => {
    const parsed = receiptsSchema.safeParse(event.getContent())
    if (!parsed.success) return
    for (const [eventId, types] of Object.entries(parsed.data))
      for (const [type, users] of Object.entries(types)) {
        const own = READ_TYPES.includes(type) ? users[userId] : undefined
        if (own) note(room.roomId, own.thread_id ?? ALL, { eventId, ts: own.ts ?? 0 })
      }
  }
  const onAccountData = () => version.update((n) => n + 1)
  client.on(RoomEvent.Receipt, onReceipt)
  client.on(RoomEvent.AccountData, onAccountData)

  function said(room: Room): Record<string, boolean> {
    const parsed = followedSchema.safeParse(room.getAccountData(FOLLOWED)?.getContent())
    return parsed.success ? parsed.data.followed : {}
  }

  function eventsOf(room: Room, rootId: string): MatrixEvent[] {
    return room
      .getLiveTimeline()
      .getEvents()
      .filter((event) => isOf(event, rootId))
  }

  const reading: ThreadReading = {
    version,
    unread(room, rootId) {
      const order = room.getLiveTimeline().getEvents()
      let readUpTo = -1
      let readUntil = 0
      for (const key of [ALL, rootId]) {
        const mark = marks.get(room.roomId)?.get(key)
        const at = mark ? order.findLastIndex((one) => one.getId() === mark.eventId) : -1
        readUpTo = Math.max(readUpTo, at)
        // Where the receipt's own event is not here, its time stands for it.
        if (mark && at < 0) readUntil = Math.max(readUntil, mark.ts)
      }
      let count = 0
      for (const [at, event] of order.entries()) {
        if (!isOf(event, rootId)) continue
        // Whoever answers has read what was there.
        if (event.getSender() === userId) count = 0
        else if (at > readUpTo && event.getTs() > readUntil) count++
      }
      return count
    },
    follows(room, rootId) {
      const own = said(room)[rootId]
      if (own !== undefined) return own
      if (room.findEventById(rootId)?.getSender() === userId) return true
      return eventsOf(room, rootId).some(
        (event) => event.getSender() === userId || mentions(event).includes(userId),
      )
    },
    async follow(room, rootId, on) {
      // The newest stay: a list that only grows would be fetched with every start.
      const { [rootId]: _before, ...rest } = said(room)
      const kept = Object.fromEntries(Object.entries(rest).slice(1 - MOST_FOLLOWED))
      await client.setRoomAccountData(
        room.roomId,
        FOLLOWED as never,
        { followed: { ...kept, [rootId]: on } } as never,
      )
    },
    async markRead(room, rootId) {
      const last = eventsOf(room, rootId).at(-1)
      if (!last || reading.unread(room, rootId) === 0) return
      await send(room, last, rootId)
    },
    rootsIn(room) {
      const roots = new Set<string>()
      for (const event of room.getLiveTimeline().getEvents()) {
        const root = threadOf(event)
        if (root !== undefined && isMessage(event)) roots.add(root)
      }
      return [...roots]
    },
    async markChannelRead(room, isSeparate) {
      const events = room
        .getLiveTimeline()
        .getEvents()
        .filter((event) => event.status === null)
      const open = reading
        .rootsIn(room)
        .filter((root) => isSeparate(root) && reading.follows(room, root) && reading.unread(room, root) > 0)
      const last = events.at(-1)
      if (!last) return
      // Where all is encrypted the SDK counts by itself, and takes back only when the server counts nothing at all: a message in
      // a followed thread, or a request that failed, would leave what was read as unread.
      for (const kind of [NotificationCountType.Total, NotificationCountType.Highlight])
        if ((room.getUnreadNotificationCount(kind) ?? 0) > 0) room.setUnreadNotificationCount(kind, 0)
      if (open.length === 0) {
        const id = last.getId()
        if (!id || room.getEventReadUpTo(userId, true) === id) return
        await client.setRoomReadMarkers(room.roomId, id, last)
        return
      }
      // What is followed and not read yet keeps its own count: the rest is said to be read, each for itself.
      const main = events.findLast((event) => threadOf(event) === undefined && isMessage(event))
      if (main && room.getEventReadUpTo(userId, true) !== main.getId()) await send(room, main, 'main')
      for (const root of reading.rootsIn(room)) if (!open.includes(root)) await reading.markRead(room, root)
    },
    close() {
      client.off(RoomEvent.Receipt, onReceipt)
      client.off(RoomEvent.AccountData, onAccountData)
    },
  }

  async function send(room: Room, event: MatrixEvent, thread: string): Promise<void> {
    const eventId = event.getId()!
    if (marks.get(room.roomId)?.get(thread)?.eventId === eventId) return
    const before = marks.get(room.roomId)?.get(thread)
    note(room.roomId, thread, { eventId, ts: Date.now() })
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/receipt/m.read/${encodeURIComponent(eventId)}`
    try {
      await request('POST', path, { thread_id: thread })
    } catch (error) {
      // The server has not heard of it: it is said again.
      const now = marks.get(room.roomId)
      if (now?.get(thread)?.eventId === eventId) {
        if (before) now.set(thread, before)
        else now.delete(thread)
        version.update((n) => n + 1)
      }
      throw error
    }
  }
  return reading
}

const isOf = (event: MatrixEvent, rootId: string) =>
  event.status === null && threadOf(event) === rootId && isMessage(event)

const isMessage = (event: MatrixEvent) =>
  !event.isState() &&
  !event.isRedacted() &&
  event.isEncrypted() &&
  !event.isRelation('m.replace') &&
  (event.isDecryptionFailure() || event.getType() === 'm.room.message')

function mentions(event: MatrixEvent): readonly unknown[] {
  const found: unknown = event.getContent()['m.mentions']
  if (typeof found !== 'object' || found === null || !('user_ids' in found)) return []
  return Array.isArray(found.user_ids) ? found.user_ids : []
}
