/** Takes what is over out of what is open on this page: the SDK's timelines, and every part that holds some of it in memory. */
import { type MatrixClient, MatrixEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import type { CaseDrafts, Cases } from '../cases/types.ts'
import type { SearchIndex } from '../search/types.ts'
import type { KeptSync } from '../session/kept-sync.ts'
import type { Media, Outbox } from '../timeline/types.ts'
import { emptied, relatedTo } from './over.ts'
import type { Over, RawEvent } from './types.ts'

export function createForgetting(parts: {
  client: MatrixClient
  keptSync: KeptSync
  cases: Cases
  caseDrafts: CaseDrafts
  outbox: Outbox
  searchIndex: SearchIndex
  media: Media
}): (over: Over) => Promise<void> {
  const { client, keptSync, cases, caseDrafts, outbox, searchIndex, media } = parts
  return async (over) => {
    for (const room of client.getRooms()) if (over.rooms.has(room.roomId)) emptyRoom(room, over)
    await keptSync.forget(over)
    cases.forget(over.cases)
    // Pictures that stay are fetched again.
    media.release()
    await searchIndex.forget(({ id, roomId, ts }) => over.written(roomId, id, ts))
    for (const { id, roomId, updatedAt, eventId } of caseDrafts.all.get())
      if (over.cases.has(eventId ?? '') || over.written(roomId, undefined, updatedAt))
        await caseDrafts.discard(id)
    for (const { txnId, roomId, createdAt, content } of outbox.entries.get())
      if (over.cases.has(relatedTo(content) ?? '') || over.written(roomId, undefined, createdAt))
        await outbox.discard(txnId)
  }
}

function emptyRoom(room: Room, over: Over): void {
  const { roomId } = room
  const sets = [room.getUnfilteredTimelineSet(), ...room.getThreads().map((thread) => thread.timelineSet)]
  const events = new Set(sets.flatMap((set) => set.getTimelines().flatMap((one) => one.getEvents())))
  for (const event of events) {
    if (event.status !== null || event.isRedacted()) continue
    const raw: RawEvent = {
      event_id: event.getId(),
      type: event.getWireType(),
      sender: event.getSender(),
      state_key: event.getStateKey(),
      origin_server_ts: event.getTs(),
      content: event.getWireContent(),
    }
    if (!over.event(roomId, raw)) continue
    const because = new MatrixEvent(emptied(roomId, raw).unsigned.redacted_because)
    event.makeRedacted(because, room)
    room.emit(RoomEvent.Redaction, because, room, undefined)
  }
}
