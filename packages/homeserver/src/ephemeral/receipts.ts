/** Read receipts (client-server API, "Receipts"): up to which event each person has read, per room and thread. */

import mongoose from 'mongoose'
import { z } from 'zod'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import { openModel } from '../storage/db.ts'

type ReceiptType = 'm.read' | 'm.read.private'

export type Receipt = {
  roomId: string
  userId: string
  type: ReceiptType
  eventId: string
  /** `main`, a thread's root, or nothing: the whole room. */
  threadId?: string
  ts: number
  /** Where the event is in the log; unknown for events not (yet) here. */
  eventPos?: number
  pos: number
}

type ReceiptDoc = {
  /** `roomId|type|userId|threadId or nothing` */
  _id: string
  room_id: string
  user_id: string
  type: ReceiptType
  event_id: string
  thread_id?: string
  ts: number
  event_pos?: number
  pos: number
}

/** `version` grows with every change. */
type ReadUpTo = { all: number; threads: Map<string, number>; version: number }
type RoomReceipts = { all: Map<string, Receipt>; byUser: Map<string, ReadUpTo> }

/** Rooms whose receipts are in memory. */
const MAX_ROOMS = 1_000

/** `m.receipt` EDU: room -> type -> user -> { event_ids, data }. */
const receiptEdu = z.record(
  z.string(),
  z.object({
    'm.read': z.record(
      z.string(),
      z.object({
        event_ids: z.array(z.string()).min(1).max(100),
        data: z.looseObject({ ts: z.number().optional(), thread_id: z.string().max(255).optional() }),
      }),
    ),
  }),
)

export async function createReceipts(ctx: Context) {
  const schema = new mongoose.Schema<ReceiptDoc>(
    {
      _id: String,
      room_id: String,
      user_id: String,
      type: String,
      event_id: String,
      thread_id: String,
      ts: Number,
      event_pos: Number,
      pos: Number,
    },
    { versionKey: false },
  )
  schema.index({ room_id: 1 })
  const Doc = await openModel(ctx.db, 'receipts', schema)

  const rooms = growingCache<string, RoomReceipts>(MAX_ROOMS)
  const loading = createOnce<string, RoomReceipts>()

  async function room(roomId: string): Promise<RoomReceipts> {
    const known = rooms.get(roomId)
    if (known) return known
    return loading.run(roomId, async () => {
      const found: RoomReceipts = { all: new Map(), byUser: new Map() }
      // Index {room_id}.
      for (const doc of await Doc.find({ room_id: roomId }).lean()) put(found, doc._id, fromDoc(doc))
      rooms.set(roomId, found)
      return found
    })
  }

  const keyOf = ({
    roomId,
    type,
    userId,
    threadId,
  }: Pick<Receipt, 'roomId' | 'type' | 'userId' | 'threadId'>) =>
    `${roomId}|${type}|${userId}|${threadId ?? ''}`

  /** @returns false when the person had read further already */
  async function set(given: Omit<Receipt, 'pos' | 'eventPos'>): Promise<boolean> {
    const receipts = await room(given.roomId)
    const event = await ctx.rooms.event(given.eventId)
    const eventPos = event?.roomId === given.roomId ? event.pos : undefined
    const id = keyOf(given)
    const before = receipts.all.get(id)
    if (before) {
      const further = before.eventPos !== undefined && eventPos !== undefined && before.eventPos >= eventPos
      if (further || before.eventId === given.eventId) return false
    }
    await ctx.stream.append(async (pos) => {
      const receipt: Receipt = { ...given, pos, ...(eventPos === undefined ? {} : { eventPos }) }
      await Doc.replaceOne({ _id: id }, toDoc(id, receipt), { upsert: true })
      put(receipts, id, receipt)
      return {
        kind: 'receipt' as const,
        pos,
        roomId: given.roomId,
        userId: given.userId,
        receiptType: given.type,
        eventId: given.eventId,
        ts: given.ts,
        ...(given.threadId === undefined ? {} : { threadId: given.threadId }),
      }
    })
    return true
  }

  async function tellPartners(receipt: Omit<Receipt, 'pos' | 'eventPos'>): Promise<void> {
    const { roomId, userId, eventId, threadId, ts } = receipt
    const servers = (await ctx.rooms.joinedServers(roomId)).filter((server) => server !== ctx.serverName)
    if (servers.length === 0) return
    const data = { ts, ...(threadId === undefined ? {} : { thread_id: threadId }) }
    await ctx.federation.sendEdu(
      servers,
      {
        edu_type: 'm.receipt',
        content: { [roomId]: { 'm.read': { [userId]: { event_ids: [eventId], data } } } },
      },
      { durable: false, coalesceKey: `receipt|${keyOf(receipt)}` },
    )
  }

  return {
    /** A local user's receipt. Private ones go nowhere else. */
    async setLocal(receipt: Omit<Receipt, 'pos' | 'eventPos'>): Promise<void> {
      if ((await set(receipt)) && receipt.type === 'm.read') await tellPartners(receipt)
    },

    async receive(origin: string, content: Record<string, unknown>): Promise<void> {
      const parsed = receiptEdu.safeParse(content)
      if (!parsed.success) return
      for (const [roomId, byType] of Object.entries(parsed.data)) {
        for (const [userId, { event_ids, data }] of Object.entries(byType['m.read'])) {
          if (serverOfUser(userId) !== origin) continue
          if ((await ctx.rooms.membership(roomId, userId))?.membership !== 'join') continue
          await set({
            roomId,
            userId,
            type: 'm.read',
            eventId: event_ids.at(-1)!,
            ts: data.ts ?? Date.now(),
            ...(data.thread_id === undefined ? {} : { threadId: data.thread_id }),
          })
        }
      }
    },

    /**
     * Contents of `m.receipt` events for receipts in (from, to]. More than one only where a person has receipts of
     * several threads at one event, which one content cannot say.
     */
    async since(
      roomId: string,
      viewer: string,
      from: number,
      to: number,
    ): Promise<Record<string, unknown>[]> {
      // Event, type, user; in maps, since ids come from partners and may be any text.
      type Content = Map<string, Map<string, Map<string, unknown>>>
      const contents: Content[] = []
      for (const receipt of (await room(roomId)).all.values()) {
        const { pos, type, userId, eventId, threadId, ts } = receipt
        if (pos <= from || pos > to || (type === 'm.read.private' && userId !== viewer)) continue
        let content = contents.find((one) => !one.get(eventId)?.get(type)?.has(userId))
        if (!content) {
          content = new Map()
          contents.push(content)
        }
        const byType = content.get(eventId) ?? new Map<string, Map<string, unknown>>()
        const byUser = byType.get(type) ?? new Map<string, unknown>()
        byUser.set(userId, { ts, ...(threadId === undefined ? {} : { thread_id: threadId }) })
        byType.set(type, byUser)
        content.set(eventId, byType)
      }
      return contents.map((content) =>
        Object.fromEntries(
          [...content].map(([eventId, byType]) => [
            eventId,
            Object.fromEntries([...byType].map(([type, byUser]) => [type, Object.fromEntries(byUser)])),
          ]),
        ),
      )
    },

    /** Who says in public to have read an event, with the time of the receipt that covers it: no later than that. */
    async readersOf(
      roomId: string,
      event: { pos: number; threadId: string | undefined },
    ): Promise<Map<string, number>> {
      const readers = new Map<string, number>()
      for (const { type, userId, threadId, eventPos, ts } of (await room(roomId)).all.values()) {
        if (type !== 'm.read' || eventPos === undefined || eventPos < event.pos) continue
        if (threadId !== undefined && threadId !== (event.threadId ?? 'main')) continue
        readers.set(userId, Math.min(ts, readers.get(userId) ?? ts))
      }
      return readers
    },

    /** How far a person has read: overall, and further in single threads. Public and private receipts count alike. */
    async readUpTo(roomId: string, userId: string): Promise<ReadUpTo> {
      return (await room(roomId)).byUser.get(userId) ?? NOTHING_READ
    },
  }
}

const NOTHING_READ: ReadUpTo = { all: 0, threads: new Map(), version: 0 }

/** Keeps a receipt, and how far its owner has read with it. */
function put(receipts: RoomReceipts, id: string, receipt: Receipt): void {
  receipts.all.set(id, receipt)
  const { userId, threadId, eventPos } = receipt
  if (eventPos === undefined) return
  const read = receipts.byUser.get(userId) ?? { all: 0, threads: new Map<string, number>(), version: 0 }
  if (threadId === undefined) read.all = Math.max(read.all, eventPos)
  else read.threads.set(threadId, Math.max(read.threads.get(threadId) ?? 0, eventPos))
  read.version++
  receipts.byUser.set(userId, read)
}

const fromDoc = (doc: ReceiptDoc): Receipt => ({
  roomId: doc.room_id,
  userId: doc.user_id,
  type: doc.type,
  eventId: doc.event_id,
  ts: doc.ts,
  pos: doc.pos,
  ...(doc.thread_id === undefined ? {} : { threadId: doc.thread_id }),
  ...(doc.event_pos === undefined ? {} : { eventPos: doc.event_pos }),
})

const toDoc = (id: string, receipt: Receipt): ReceiptDoc => ({
  _id: id,
  room_id: receipt.roomId,
  user_id: receipt.userId,
  type: receipt.type,
  event_id: receipt.eventId,
  ts: receipt.ts,
  pos: receipt.pos,
  ...(receipt.threadId === undefined ? {} : { thread_id: receipt.threadId }),
  ...(receipt.eventPos === undefined ? {} : { event_pos: receipt.eventPos }),
})
