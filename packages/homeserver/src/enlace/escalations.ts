/**
 * Urgent calls as a projection of the room log: read from the events themselves by an index on their type, so there is
 * nothing to lose and nothing to rebuild.
 */
import {
  type Escalation,
  escalationAcknowledgementEventType,
  escalationEventType,
  type Role,
  reduceEscalations,
} from '@enlace/coordination'
import type { Context } from '../context.ts'

const RECENT_MS = 30 * 24 * 3_600_000
const TYPES = [escalationEventType, escalationAcknowledgementEventType]

/** Open urgent calls and those of the last 30 days, of the rooms the user is in; open ones first, newest first. */
export async function listEscalations(ctx: Context, userId: string): Promise<Record<string, unknown>[]> {
  const rooms = (await ctx.rooms.roomsOf(userId)).filter((room) => room.membership === 'join')
  const all: Escalation[] = []
  for (const { roomId } of rooms) {
    const events = await ctx.rooms.visibleTo(userId, await ctx.rooms.eventsOfTypes(roomId, TYPES))
    if (events.length === 0) continue
    const senders = [...new Set(events.map((event) => event.pdu.sender))]
    const roles = new Map<string, Role | undefined>(
      await Promise.all(
        senders.map(async (sender) => [sender, (await ctx.policy.memberOf(sender)).role] as const),
      ),
    )
    const { escalations } = reduceEscalations(
      events.map(({ eventId, pdu }) => ({
        event_id: eventId,
        room_id: roomId,
        type: pdu.type,
        sender: pdu.sender,
        origin_server_ts: pdu.origin_server_ts,
        content: pdu.content,
      })),
      (sender) => roles.get(sender),
    )
    all.push(...escalations.values())
  }
  const recent = all.filter((one) => one.state === 'open' || one.raisedAt > Date.now() - RECENT_MS)
  recent.sort((a, b) => Number(b.state === 'open') - Number(a.state === 'open') || b.raisedAt - a.raisedAt)
  return recent.slice(0, 500).map((one) => ({
    id: one.id,
    room_id: one.roomId,
    about_event_id: one.aboutEventId,
    state: one.state,
    raised_by: one.raisedBy,
    raised_ts: one.raisedAt,
    ...(one.acknowledgedBy === undefined
      ? {}
      : { acknowledged_by: one.acknowledgedBy, acknowledged_ts: one.acknowledgedAt }),
  }))
}
