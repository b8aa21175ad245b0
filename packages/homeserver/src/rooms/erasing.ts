/**
 * Taking content out of the log when its time is over: what a redaction takes away, without one. The event's place in the room's
 * history, its sender, time, hash and signatures stay, so that the rest can be verified (room version specification, "Redactions").
 */
import { redact } from '@enlace/room-model'
import { ERASED } from './client-event.ts'
import type { Erasing, RoomModels, RoomStore } from './types.ts'

const PAGE = 500
/** A case with more is taken in parts. */
const MAX_BELONGING = 20_000

export function createErasing(models: RoomModels, store: RoomStore): Erasing {
  async function* referring(roomId: string, eventId: string) {
    // Served by {relates_to, pos}. Rejected copies and outliers too: they have content as well.
    const docs = await models.Event.find(
      { relates_to: eventId },
      { room_id: 1, type: 1, state_key: 1 },
    ).lean()
    for (const doc of docs) if (doc.room_id === roomId && doc.state_key === undefined) yield doc
  }

  return {
    async belonging(roomId, rootId, keeps) {
      const found = new Set([rootId])
      for (const id of found) {
        if (found.size >= MAX_BELONGING) break
        for await (const doc of referring(roomId, id)) if (!keeps(doc.type)) found.add(doc._id)
      }
      return [...found]
    },

    async sentBefore(roomId, types, { from, untilTs, after }, limit) {
      const find = (ts: object | number, id: object, most: number) =>
        // Served by {room_id, ts, _id}.
        models.Event.find({
          room_id: roomId,
          ts,
          ...id,
          type: { $in: [...types] },
          state_key: { $exists: false },
          redacted_by: { $exists: false },
        })
          .sort({ ts: 1, _id: 1 })
          .limit(most)
          .lean()
      const same = after ? await find(after.ts, { _id: { $gt: after.id } }, limit) : []
      const range = { ...(after ? { $gt: after.ts } : { $gte: from }), $lt: untilTs }
      const later = same.length < limit ? await find(range, {}, limit - same.length) : []
      return store.events.fromDocs([...same, ...later])
    },

    async erase(eventIds) {
      let erased = 0
      for (let at = 0; at < eventIds.length; at += PAGE) {
        const events = await store.events.getMany(eventIds.slice(at, at + PAGE))
        for (const event of events) {
          if (event.redactedBy === ERASED || event.pdu.state_key !== undefined) continue
          const pdu = redact(event.pdu, event.version)
          await models.Event.updateOne(
            { _id: event.eventId },
            {
              $set: { json: JSON.stringify(pdu), redacted_by: ERASED },
              $unset: { relates_to: 1, rel_type: 1, txn: 1 },
            },
          )
          store.events.put({ ...event, pdu, redactedBy: ERASED })
          erased += 1
        }
      }
      return erased
    },

    async sessionsOnlyIn(roomId, eventIds) {
      const going = new Set(eventIds)
      const sessions = new Set<string>()
      for (const event of await store.events.getMany(eventIds)) {
        const session = event.pdu.content['session_id']
        if (event.pdu.type === 'm.room.encrypted' && typeof session === 'string') sessions.add(session)
      }
      if (sessions.size === 0) return []
      // Served by {room_id, type, pos}.
      const cursor = models.Event.find({ room_id: roomId, type: 'm.room.encrypted' }, { json: 1 })
        .lean()
        .cursor({ batchSize: PAGE })
      for await (const doc of cursor) {
        if (going.has(doc._id)) continue
        const { content } = JSON.parse(doc.json) as { content: Record<string, unknown> }
        sessions.delete(String(content['session_id']))
        if (sessions.size === 0) break
      }
      return [...sessions]
    },
  }
}
