/** Reading the room log: what comes before and after, what refers to what. */
import type { History, RoomModels, RoomStore, StoredEvent } from './types.ts'

const MAX_ENVELOPES = 5_000

export function createHistory(models: RoomModels, store: RoomStore): History {
  return {
    async timeline(roomId, { from, to, dir, limit }) {
      const range: Record<string, number> = {}
      if (dir === 'b') {
        if (from !== undefined) range['$lt'] = from
        if (to !== undefined) range['$gt'] = to
      } else {
        if (from !== undefined) range['$gt'] = from
        if (to !== undefined) range['$lte'] = to
      }
      const wanted = Math.min(limit, 1_000)
      const out: StoredEvent[] = []
      for (let more = true; more && out.length < wanted; ) {
        // Served by {room_id, pos}, filter and sort alike.
        const docs = await models.Event.find({
          room_id: roomId,
          pos: Object.keys(range).length > 0 ? { ...range } : { $exists: true },
        })
          .sort({ pos: dir === 'b' ? -1 : 1 })
          .limit(wanted + 10)
          .lean()
        for (const event of await store.events.fromDocs(docs)) {
          if (event.verdict === 'accept' && !event.outlier && out.length < wanted) out.push(event)
        }
        more = docs.length === wanted + 10 && out.length < wanted
        const last = docs.at(-1)?.pos
        if (last !== undefined) range[dir === 'b' ? '$lt' : '$gt'] = last
      }
      return out
    },

    async relations(roomId, eventId, { relType, type, from, dir, limit }) {
      // Served by {relates_to, pos}.
      const docs = await models.Event.find({
        relates_to: eventId,
        ...(from === undefined ? {} : { pos: { [dir === 'b' ? '$lt' : '$gt']: from } }),
        room_id: roomId,
        ...(relType === undefined ? {} : { rel_type: relType }),
        ...(type === undefined ? {} : { type }),
        verdict: 'accept',
        outlier: false,
      })
        .sort({ pos: dir === 'b' ? -1 : 1 })
        .limit(limit)
        .lean()
      return (await store.events.fromDocs(docs)).filter((event) => !event.redactedBy)
    },

    async eventsOfTypes(roomId, types) {
      // Served by {room_id, type, pos}, one range per type.
      const docs = await Promise.all(
        types.map((type) =>
          models.Event.find({ room_id: roomId, type, verdict: 'accept', outlier: false })
            .sort({ pos: -1 })
            .limit(2_000)
            .lean(),
        ),
      )
      const events = await store.events.fromDocs(docs.flat())
      return events.sort((a, b) => b.pos! - a.pos!)
    },

    async envelopesIn({ after, upTo, limit }) {
      // Served by {envelope, pos}, range and sort alike.
      const docs = await models.Event.find({
        envelope: true,
        pos: { $gt: after, $lte: upTo },
        verdict: 'accept',
        outlier: false,
      })
        .sort({ pos: 1 })
        .limit(limit)
        .lean()
      return store.events.fromDocs(docs)
    },

    async stateChangesIn({ after, upTo, limit }, types) {
      // Served by {pos} of state changes, range and sort alike.
      const docs = await models.Event.find({
        state_key: { $exists: true },
        pos: { $gt: after, $lte: upTo },
        type: { $in: types },
        verdict: 'accept',
        outlier: false,
      })
        .sort({ pos: 1 })
        .limit(limit)
        .lean()
      return store.events.fromDocs(docs)
    },

    async envelopesAbout(roomId, eventId) {
      // Served by {relates_to, pos}.
      const docs = await models.Event.find({
        relates_to: eventId,
        room_id: roomId,
        envelope: true,
        verdict: 'accept',
        outlier: false,
      })
        .sort({ pos: 1 })
        .limit(MAX_ENVELOPES)
        // Not the room's own index, which would serve as well by its form and look at every event of the room.
        .hint({ relates_to: 1, pos: 1 })
        .lean()
      // A redaction is among the envelopes for those who catch up with the log; it is about nothing.
      return (await store.events.fromDocs(docs)).filter((event) => event.pdu.type !== 'm.room.redaction')
    },

    async eventAt(roomId, ts, dir) {
      // Served by {room_id, ts}.
      const docs = await models.Event.find({
        room_id: roomId,
        ts: dir === 'f' ? { $gte: ts } : { $lte: ts },
        verdict: 'accept',
        outlier: false,
      })
        .sort({ ts: dir === 'f' ? 1 : -1 })
        .limit(1)
        .lean()
      return (await store.events.fromDocs(docs))[0]
    },

    async backfillFrom(roomId, ids, limit) {
      const out: StoredEvent[] = []
      const seen = new Set<string>()
      let level = [...ids]
      while (level.length > 0 && out.length < limit) {
        const events = (await store.events.getMany(level.filter((id) => !seen.has(id)))).filter(
          (event) => event.roomId === roomId && !event.outlier && event.verdict !== 'reject',
        )
        for (const event of events) seen.add(event.eventId)
        events.sort((a, b) => b.pdu.depth - a.pdu.depth)
        out.push(...events)
        level = events.flatMap((event) => event.pdu.prev_events).filter((id) => !seen.has(id))
      }
      return out.slice(0, limit)
    },

    async missingBetween(roomId, earliest, latest, limit, minDepth) {
      const out: StoredEvent[] = []
      const seen = new Set<string>([...earliest, ...latest])
      let level = [...latest]
      while (level.length > 0 && out.length < limit) {
        const from = (await store.events.getMany(level)).filter((event) => event.roomId === roomId)
        const ids = [...new Set(from.flatMap((event) => event.pdu.prev_events))].filter((id) => !seen.has(id))
        for (const id of ids) seen.add(id)
        const events = (await store.events.getMany(ids)).filter(
          (event) =>
            event.roomId === roomId &&
            !event.outlier &&
            event.verdict !== 'reject' &&
            event.pdu.depth >= minDepth,
        )
        out.push(...events)
        level = events.map((event) => event.eventId)
      }
      return out.sort((a, b) => a.pdu.depth - b.pdu.depth).slice(-limit)
    },
  }
}
