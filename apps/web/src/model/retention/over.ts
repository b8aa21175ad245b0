/** Which of the things on this device are over, by what the account's own node says; and the last sync without them. */
import { caseEventType } from '@enlace/coordination'
import type { DeviceErasure, Over, RawEvent } from './types.ts'

/** As on nodes: what people write in a channel outside of cases. */
const MESSAGE_TYPES: ReadonlySet<string> = new Set(['m.room.encrypted', 'm.room.message', 'm.reaction'])
/** As the node shows what it deleted when its time was over. */
const ERASED = 'org.enlace.retention'

export const relatedTo = (content: unknown): string | undefined => {
  const relation = (content as { 'm.relates_to'?: { event_id?: unknown } } | null | undefined)?.[
    'm.relates_to'
  ]
  return typeof relation?.event_id === 'string' ? relation.event_id : undefined
}

/**
 * @param isCase whether an id is that of a case this device knows: what is in its thread stays as long as the case. Where this
 * device does not know it, the message goes from here and comes from the node again when the case is opened.
 */
export function whatIsOver(erasures: readonly DeviceErasure[], isCase: (id: string) => boolean): Over {
  const byRoom = new Map<string, { ids: Set<string>; cases: Set<string>; untilTs: number }>()
  for (const { room_id, subject, until_ts, event_ids } of erasures) {
    const room = byRoom.get(room_id) ?? { ids: new Set(), cases: new Set(), untilTs: 0 }
    byRoom.set(room_id, room)
    for (const id of event_ids) room.ids.add(id)
    if (subject === 'messages') room.untilTs = Math.max(room.untilTs, until_ts ?? 0)
    else room.cases.add(subject)
  }
  return {
    rooms: new Set(byRoom.keys()),
    cases: new Set([...byRoom.values()].flatMap(({ cases }) => [...cases])),
    event(roomId, { event_id, type, state_key, origin_server_ts, content }) {
      const room = byRoom.get(roomId)
      if (!room || state_key !== undefined) return false
      if (event_id !== undefined && (room.ids.has(event_id) || room.cases.has(event_id))) return true
      if (!MESSAGE_TYPES.has(type ?? '')) return false
      const about = relatedTo(content)
      if (about !== undefined && room.cases.has(about)) return true
      return (origin_server_ts ?? 0) < room.untilTs && !(about !== undefined && isCase(about))
    },
    written(roomId, id, ts) {
      const room = byRoom.get(roomId)
      return room !== undefined && (ts < room.untilTs || (id !== undefined && room.ids.has(id)))
    },
  }
}

/** What stays of an event: that it was there. The same as the node gives. */
export function emptied(roomId: string, { event_id, type, sender, origin_server_ts }: RawEvent) {
  const because = {
    type: 'm.room.redaction',
    event_id: event_id ?? '',
    room_id: roomId,
    sender: sender ?? '',
    origin_server_ts: origin_server_ts ?? 0,
    content: { [ERASED]: true },
  }
  return { event_id, type, sender, origin_server_ts, content: {}, unsigned: { redacted_because: because } }
}

type Room = { timeline?: { events?: RawEvent[] } | undefined }
/** Rooms of a sync: those joined, left and so on. */
const roomsIn = (rooms: object | undefined): [string, Room][] =>
  Object.values(rooms ?? {}).flatMap((group) => Object.entries((group ?? {}) as Record<string, Room>))

/** Empties in place what is over in the rooms of a sync, and what other events carry of it. @returns how many */
export function emptySync(rooms: object | undefined, over: Over): number {
  let gone = 0
  for (const [roomId, room] of roomsIn(rooms)) {
    const events = room.timeline?.events
    if (!over.rooms.has(roomId) || !events) continue
    for (const [index, event] of events.entries()) {
      if (over.event(roomId, event)) {
        events[index] = emptied(roomId, event)
        gone += 1
        continue
      }
      // The newest answer, or the correction, that servers put into the event they belong to.
      const unsigned = event.unsigned as { 'm.relations'?: Record<string, unknown> } | undefined
      for (const [kind, bundle] of Object.entries(unsigned?.['m.relations'] ?? {})) {
        const carried = ((bundle as { latest_event?: RawEvent } | null)?.latest_event ?? bundle) as RawEvent
        if (!over.event(roomId, carried)) continue
        delete unsigned!['m.relations']![kind]
        gone += 1
      }
    }
  }
  return gone
}

/** Cases that a sync brought. */
export function casesIn(rooms: object | undefined): string[] {
  return roomsIn(rooms).flatMap(([, room]) =>
    (room.timeline?.events ?? []).flatMap(({ type, event_id }) =>
      type === caseEventType && event_id !== undefined ? [event_id] : [],
    ),
  )
}
