/** Events and state groups: read through bounded caches, written before anything that refers to them. */
import { createHash } from 'node:crypto'
import { type Pdu, type RoomVersion, roomVersion } from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import { growingCache } from '../lib/cache.ts'
import type { EventDoc, RoomModels, RoomStore, StoredEvent } from './types.ts'

/** A chain of deltas longer than this starts again from a full set. */
const MAX_DELTAS = 100

export function createRoomStore(models: RoomModels): RoomStore {
  const events = growingCache<string, StoredEvent>(30_000)
  const groups = new LRUCache<string, ReadonlyMap<string, string>>({
    maxSize: 400_000,
    sizeCalculation: (state) => state.size + 1,
  })
  const lengths = growingCache<string, number>(20_000)
  const versions = growingCache<string, RoomVersion>(5_000)

  async function versionOf(roomId: string): Promise<RoomVersion | undefined> {
    const known = versions.get(roomId)
    if (known) return known
    const room = await models.Room.findById(roomId, { version: 1 }).lean()
    const version = room ? roomVersion(room.version) : undefined
    if (version) versions.set(roomId, version)
    return version
  }

  function fromDoc(doc: EventDoc, version: RoomVersion): StoredEvent {
    const transaction = doc.txn === undefined ? undefined : transactionOf(doc.txn)
    return {
      eventId: doc._id,
      roomId: doc.room_id,
      pos: doc.pos,
      pdu: JSON.parse(doc.json) as Pdu,
      version,
      verdict: doc.verdict,
      outlier: doc.outlier,
      redactedBy: doc.redacted_by,
      transaction,
      receivedAt: doc.received_at,
      replaces: doc.replaces,
      before: doc.before,
      after: doc.after,
      dest: doc.dest,
    }
  }

  async function fromDocs(docs: readonly EventDoc[]): Promise<StoredEvent[]> {
    const out: StoredEvent[] = []
    for (const doc of docs) {
      const cached = events.get(doc._id)
      const version = cached?.version ?? (await versionOf(doc.room_id))
      if (!version) continue
      const event = cached ?? fromDoc(doc, version)
      if (!cached) events.set(doc._id, event)
      out.push(event)
    }
    return out
  }

  return {
    events: {
      fromDocs,
      put: (event: StoredEvent) => void events.set(event.eventId, event),
      forget: (id: string) => void events.delete(id),
      peek: (id: string) => events.get(id),
      async get(id: string): Promise<StoredEvent | undefined> {
        return events.get(id) ?? (await this.getMany([id]))[0]
      },
      async getMany(ids: readonly string[]): Promise<StoredEvent[]> {
        const missing = ids.filter((id) => !events.has(id))
        const loaded = new Map<string, StoredEvent>()
        for (let at = 0; at < missing.length; at += 500) {
          const docs = await models.Event.find({ _id: { $in: missing.slice(at, at + 500) } }).lean()
          for (const event of await fromDocs(docs)) loaded.set(event.eventId, event)
        }
        return ids.flatMap((id) => loaded.get(id) ?? events.get(id) ?? [])
      },
    },
    rememberVersion: (roomId: string, version: RoomVersion) => void versions.set(roomId, version),
    versionOf,
    groups: {
      async get(id: string): Promise<ReadonlyMap<string, string>> {
        const cached = groups.get(id)
        if (cached) return cached
        const deltas: [string, string][][] = []
        let at: string | undefined = id
        let base: ReadonlyMap<string, string> | undefined
        while (at !== undefined && !base) {
          const doc: { parent?: string; length: number; delta: [string, string][] } | null =
            await models.StateGroup.findById(at).lean()
          if (!doc) throw new Error(`state group ${at} is missing`)
          if (at === id) lengths.set(id, doc.length)
          deltas.unshift(doc.delta)
          at = doc.parent
          base = at === undefined ? undefined : groups.get(at)
        }
        const state = new Map(base)
        for (const delta of deltas) for (const [key, event] of delta) state.set(key, event)
        groups.set(id, state)
        return state
      },
      async extend(parent: string | undefined, key: string, eventId: string): Promise<string> {
        const id = `s${eventId}.${createHash('sha256')
          .update(parent ?? '')
          .digest('base64url')
          .slice(0, 12)}`
        if (groups.has(id)) return id
        const base = parent === undefined ? new Map<string, string>() : await this.get(parent)
        const state = new Map(base).set(key, eventId)
        const length = parent === undefined ? 0 : (lengths.get(parent) ?? 0) + 1
        const whole = parent === undefined || length > MAX_DELTAS
        await models.StateGroup.updateOne(
          { _id: id },
          {
            $setOnInsert: whole
              ? { length: 0, delta: [...state] }
              : { parent, length, delta: [[key, eventId]] },
          },
          { upsert: true },
        )
        groups.set(id, state)
        lengths.set(id, whole ? 0 : length)
        return id
      },
      async whole(state: ReadonlyMap<string, string>): Promise<string> {
        const hash = createHash('sha256')
        for (const [key, event] of [...state].sort(([a], [b]) => (a < b ? -1 : 1)))
          hash.update(`${key}\u0001${event}\u0002`)
        const id = `r${hash.digest('base64url')}`
        if (groups.has(id)) return id
        await models.StateGroup.updateOne(
          { _id: id },
          { $setOnInsert: { length: 0, delta: [...state] } },
          { upsert: true },
        )
        groups.set(id, new Map(state))
        lengths.set(id, 0)
        return id
      },
    },
  }
}

/** The key that makes a send happen once, and back. A `|` can be in a device's or a transaction's id. */
export function transactionKey(
  roomId: string,
  { userId, deviceId, txnId }: NonNullable<StoredEvent['transaction']>,
): string {
  const plain = (part: string) => part.replace(/[%|]/g, encodeURIComponent)
  return `${plain(userId)}|${plain(deviceId)}|${plain(roomId)}|${txnId}`
}

export function transactionOf(key: string): NonNullable<StoredEvent['transaction']> {
  const [userId = '', deviceId = '', , ...rest] = key.split('|')
  return { userId: decodeURIComponent(userId), deviceId: decodeURIComponent(deviceId), txnId: rest.join('|') }
}
