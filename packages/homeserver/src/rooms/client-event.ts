/** Client format of events (client-server API, "Room event format"), with the `unsigned` data a viewer is entitled to. */
import type { Context } from '../context.ts'
import type { ClientEvent, StoredEvent } from './types.ts'

export type Viewer = { userId: string; deviceId?: string }

/**
 * @param options.withoutRoomId as in `/sync`, where the room is known from its place
 * @param options.bundle also `m.relations` (edits, threads, references); costs a query for events that have any
 */
export async function clientEvent(
  ctx: Pick<Context, 'rooms'>,
  event: StoredEvent,
  viewer: Viewer,
  options: { withoutRoomId?: boolean } = {},
): Promise<ClientEvent> {
  const { pdu } = event
  const unsigned: Record<string, unknown> = { age: Math.max(0, Date.now() - pdu.origin_server_ts) }
  if (
    event.transaction &&
    event.transaction.userId === viewer.userId &&
    event.transaction.deviceId === viewer.deviceId
  ) {
    unsigned['transaction_id'] = event.transaction.txnId
  }
  if (event.redactedBy !== undefined) {
    // Who has left is not told what somebody said of it afterwards.
    const because = await ctx.rooms.accessEvent(viewer.userId, event.redactedBy)
    if (because) unsigned['redacted_because'] = await clientEvent(ctx, because, viewer)
  }
  if (event.replaces !== undefined && pdu.state_key !== undefined) {
    const replaced = await ctx.rooms.event(event.replaces)
    if (replaced) {
      unsigned['replaces_state'] = replaced.eventId
      unsigned['prev_content'] = replaced.pdu.content
      unsigned['prev_sender'] = replaced.pdu.sender
    }
  }
  const out: ClientEvent = {
    type: pdu.type,
    sender: pdu.sender,
    content: pdu.content,
    event_id: event.eventId,
    origin_server_ts: pdu.origin_server_ts,
    unsigned,
  }
  if (pdu.state_key !== undefined) out['state_key'] = pdu.state_key
  if (!options.withoutRoomId) out['room_id'] = event.roomId
  // Room versions 11 and later keep `redacts` in the content; clients are served both places.
  const redacts = pdu.redacts ?? (pdu.type === 'm.room.redaction' ? pdu.content['redacts'] : undefined)
  if (redacts !== undefined) {
    out['redacts'] = redacts
    if (pdu.type === 'm.room.redaction') out['content'] = { ...pdu.content, redacts }
  }
  return out
}
