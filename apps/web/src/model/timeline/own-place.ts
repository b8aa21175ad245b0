/**
 * A message of one's own stands where it was written until the server has it; others may have written before by then. The
 * SDK leaves it there: it would stand above what came first, and count as read by whoever read only that.
 */
import { type MatrixClient, type MatrixEvent, type Room, RoomEvent } from 'matrix-js-sdk'

/** Gives one's own messages the place the server gave them, as they come back from it. @returns what ends that */
export function keepOrder(client: Pick<MatrixClient, 'on' | 'off'>): () => void {
  const onEcho = (event: MatrixEvent, room: Room) => {
    if (event.status === null) toItsPlace(event, room)
  }
  client.on(RoomEvent.LocalEchoUpdated, onEcho)
  return () => void client.off(RoomEvent.LocalEchoUpdated, onEcho)
}

/** What comes from the server comes in order: the event's place is after all that has come, before what has not. */
function toItsPlace(event: MatrixEvent, room: Room): void {
  const events = room.getLiveTimeline().getEvents()
  const at = events.indexOf(event)
  const last = events.findLastIndex((one) => one.status === null)
  if (at < 0 || at >= last) return
  events.splice(at, 1)
  events.splice(last, 0, event)
}
