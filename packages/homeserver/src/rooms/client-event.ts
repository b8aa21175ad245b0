/** Client format of events (client-server API, "Room event format"), with the `unsigned` data a viewer is entitled to. */
import type { Context } from '../context.ts'
import type { ClientEvent, StoredEvent } from './types.ts'

/** In place of the redaction by which an event lost its content: its time was over. */
export const ERASED = 'org.enlace.retention'

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
  if (event.redactedBy === ERASED) {
    // NOTSPEC: there is no redaction event. Clients show what has one of these as deleted.
    unsigned['redacted_because'] = {
      type: 'm.room.redaction',
      event_id: event.eventId,
      room_id: event.roomId,
      sender: pdu.sender,
      origin_server_ts: pdu.origin_server_ts,
      content: { [ERASED]: true },
    }
  } else if (event.redactedBy !== undefined) {
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
  if (pdu.type === 'm.room.redaction') {
    const { redacts: _r, ...content } = pdu.content
    const redacts = await redactedBy(ctx, event)
    // Room versions 11 and later keep `redacts` in the content; clients are served both places.
    out['content'] = redacts === undefined ? content : { ...content, redacts }
    if (redacts !== undefined) out['redacts'] = redacts
  }
  return out
}

/** What a redaction took away. Clients redact what is named: one that did not take effect here names nothing. */
async function redactedBy(ctx: Pick<Context, 'rooms'>, redaction: StoredEvent): Promise<string | undefined> {
  const id = redaction.pdu.redacts ?? redaction.pdu.content['redacts']
  if (typeof id !== 'string' || id.length > 255) return undefined
  await ctx.rooms.takeEffect(redaction)
  const target = await ctx.rooms.event(id)
  return target?.roomId === redaction.roomId && target.redactedBy !== undefined ? id : undefined
}
