/** Escalations as clients are shown them (docs/enlace-api.md). */
import {
  type Escalation,
  type EscalationEntry,
  type Member,
  stageAt,
  stageSelects,
} from '@enlace/coordination'
import type { Context } from '../context.ts'
import type { EscalationRow } from './types.ts'

const RECENT_MS = 30 * 24 * 3_600_000
const MAX_LISTED = 500

type Shown = Pick<EscalationRow, 'roomId' | 'nextStepTs'> & { escalation: Escalation }

function entryView(entry: EscalationEntry): Record<string, unknown> {
  const { step, because, unreachable, persons, to, until, reason } = entry
  return {
    event_id: entry.eventId,
    sender: entry.sender,
    ts: entry.at,
    what: entry.what,
    ...(step === undefined ? {} : { step }),
    ...(because ? { because } : {}),
    ...(unreachable ? { unreachable } : {}),
    ...(persons ? { persons } : {}),
    ...(to ? { to } : {}),
    ...(until === undefined ? {} : { until_ts: until }),
    ...(reason ? { reason } : {}),
  }
}

export function escalationView({ escalation, roomId, nextStepTs }: Shown, viewer: string, member: Member) {
  const one = escalation
  return {
    id: one.id,
    room_id: roomId,
    about_event_id: one.aboutEventId,
    state: one.state,
    raised_by: one.raisedBy,
    raised_ts: one.raisedAt,
    ...(one.acknowledgedBy === undefined
      ? {}
      : { acknowledged_by: one.acknowledgedBy, acknowledged_ts: one.acknowledgedAt }),
    ...(one.resolvedBy === undefined ? {} : { resolved_by: one.resolvedBy, resolved_ts: one.resolvedAt }),
    cause: one.cause,
    ...(one.reference ? { reference: one.reference } : {}),
    chain: one.chain,
    step: one.step,
    level: stageAt(one, one.step).level,
    ...(nextStepTs === undefined ? {} : { next_step_ts: Math.round(nextStepTs) }),
    ...(one.snoozedUntil === undefined ? {} : { snoozed_until_ts: one.snoozedUntil }),
    ...(one.handedTo === undefined ? {} : { handed_to: one.handedTo }),
    called: isCalled(one, viewer, member),
    alerted: one.alerted.map(({ step, persons, at }) => ({ step, persons, ts: at })),
    history: one.history.map(entryView),
    refused: one.refused.map(({ eventId, sender, at, reason }) => ({
      event_id: eventId,
      sender,
      ts: at,
      reason,
    })),
  }
}

/** Whether it is for the viewer to answer: a stage that has begun calls them, or it was offered to them. */
function isCalled(escalation: Escalation, viewer: string, member: Member): boolean {
  if (escalation.handedTo === viewer) return true
  if (escalation.state !== 'open' || viewer === escalation.raisedBy) return false
  return escalation.chain.slice(0, escalation.step + 1).some((stage) => stageSelects(stage, member))
}

/** Those not resolved and those of the last 30 days, of the rooms the user is in; open ones first, newest first. */
export async function listEscalations(ctx: Context, userId: string): Promise<Record<string, unknown>[]> {
  const rooms = (await ctx.rooms.roomsOf(userId)).filter((room) => room.membership === 'join')
  const since = ctx.escalations.clock.now() - RECENT_MS
  const found: EscalationRow[] = []
  for (const { roomId } of rooms)
    found.push(...(await ctx.escalations.store.ofRoom(roomId, since, MAX_LISTED)))
  found.sort(
    (a, b) =>
      Number(b.escalation.state === 'open') - Number(a.escalation.state === 'open') ||
      b.escalation.raisedAt - a.escalation.raisedAt,
  )
  const rows = found.slice(0, MAX_LISTED)
  const events = await ctx.rooms.events(rows.map((row) => row.id))
  const visible = new Set((await ctx.rooms.visibleTo(userId, events)).map((event) => event.eventId))
  const member = await ctx.policy.memberOf(userId)
  return rows.filter((row) => visible.has(row.id)).map((row) => escalationView(row, userId, member))
}
