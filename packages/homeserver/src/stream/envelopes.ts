/** Enlace's envelopes in the log, as the reducers of coordination take them. */
import type { TimelineEvent } from '@enlace/coordination'
import type { StoredEvent } from '../rooms/types.ts'

export function timelineEvent({ eventId, roomId, pdu }: StoredEvent): TimelineEvent {
  return {
    event_id: eventId,
    room_id: roomId,
    type: pdu.type,
    sender: pdu.sender,
    origin_server_ts: pdu.origin_server_ts,
    content: pdu.content,
  }
}
