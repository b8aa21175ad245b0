/** Times of an escalation as this node counts them. */
import { type Escalation, type EscalationEntry, nextStepAt } from '@enlace/coordination'
import type { EscalationRow } from './types.ts'

type Times = Pick<EscalationRow, 'anchor' | 'snooze'>

/**
 * From when the present step's time runs. What came from a partner counts from when it was seen here, once and for all:
 * their clock may be ahead or behind, and a step must come neither early nor late for it. The same for an event of
 * this node from the future, whose clock was ahead.
 *
 * @param own whether this node sent an event
 * @param restarted nothing is known of how much time passed since `before` was written
 */
export function timesOf(
  escalation: Escalation,
  before: Times | undefined,
  now: number,
  own: (entry: EscalationEntry) => boolean,
  restarted: boolean,
): Times {
  const { eventId, at } = escalation.waitingSince
  const known = before?.anchor.event === eventId ? before.anchor : undefined
  const entry = escalation.history.find((one) => one.eventId === eventId)
  const first = entry && own(entry) ? Math.min(at, now) : now
  const ts = known ? (restarted ? Math.min(known.ts, now) : known.ts) : first
  const last = lastSnooze(escalation)
  if (!last) return { anchor: { event: eventId, ts } }
  const length = Math.max(0, last.until - last.at)
  const seen = before?.snooze?.event === last.eventId ? before.snooze.until : undefined
  const until = Math.min(seen ?? last.until, restarted || seen === undefined ? now + length : Infinity)
  return { anchor: { event: eventId, ts }, snooze: { event: last.eventId, until } }
}

function lastSnooze(escalation: Escalation): (EscalationEntry & { until: number }) | undefined {
  if (escalation.snoozedUntil === undefined || escalation.state !== 'open') return undefined
  const entry = escalation.history.findLast((one) => one.what === 'snooze')
  return entry?.until === undefined ? undefined : { ...entry, until: entry.until }
}

/** When the next step is taken; undefined: nothing is waited for. */
export function dueOf(escalation: Escalation, { anchor, snooze }: Times, pace: number): number | undefined {
  const { snoozedUntil: _wall, ...rest } = escalation
  const seen: Escalation = { ...rest, waitingSince: { eventId: anchor.event, at: anchor.ts } }
  const from = Math.max(anchor.ts, snooze?.until ?? 0)
  const at = nextStepAt(snooze ? { ...seen, snoozedUntil: snooze.until } : seen)
  return at === undefined ? undefined : from + (at - from) / pace
}
