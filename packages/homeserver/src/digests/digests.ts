/**
 * Two mails that say how much, and never who or what: once in each absence, that messages wait; on Mondays, a coordinator's week in
 * numbers. Only to an address that the person has confirmed, and not where they switched the summary off. Sent by the alerts'
 * queue, which keeps them over a crash and sends each once.
 */
import { isActive } from '../accounts/suspension.ts'
import { quietUntil } from '../alerts/quiet-hours.ts'
import type { Context } from '../context.ts'
import type { Digests } from './types.ts'
import { weekOfCalls } from './week-of-calls.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** No device of the person's was seen for so long. */
const AWAY_MS = 8 * HOUR_MS
/** Whoever was away for longer than this has got their mail; more of it helps nobody. */
const LONG_AWAY_MS = 60 * DAY_MS
/** Honduras and Guatemala have one time all year. */
const LOCAL_MS = -6 * HOUR_MS
const WEEK_FROM_HOUR = 7
/** Of each state: a corridor that has more in a week needs no number. */
const MOST_CALLS = 2_000

export function createDigests(ctx: Context): Digests {
  const nowhere = { urgent: false, roomId: '', eventId: '' }

  async function lastSeen(userId: string): Promise<number> {
    return Math.max(0, ...(await ctx.devices.list(userId)).map((device) => device.lastSeenTs ?? 0))
  }

  /** What the person's own rules count: what they muted is not in it. */
  async function unread(userId: string): Promise<{ messages: number; rooms: number }> {
    const sum = { messages: 0, rooms: 0 }
    for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
      if (membership !== 'join') continue
      const { notification_count } = await ctx.push.unread(userId, roomId)
      sum.messages += notification_count
      if (notification_count > 0) sum.rooms += 1
    }
    return sum
  }

  /** One mail for each absence: its key is when the person was seen last. */
  async function away(userId: string, now: number): Promise<void> {
    const seen = await lastSeen(userId)
    if (seen === 0 || now - seen < AWAY_MS || now - seen > LONG_AWAY_MS) return
    const { messages, rooms } = await unread(userId)
    if (messages === 0) return
    const numbers = { messages, rooms }
    await ctx.alerts.mail({ ...nowhere, key: `digest|${userId}|${seen}|`, userId, kind: 'digest', numbers })
  }

  async function week(userId: string, now: number): Promise<void> {
    const monday = mondayOf(now)
    if (monday === undefined) return
    const { institution } = await ctx.policy.memberOf(userId)
    if (!institution || !(await ctx.policy.coordinates(institution.key, userId))) return
    const numbers = await numbersOf(institution.key, now)
    await ctx.alerts.mail({ ...nowhere, key: `week|${userId}|${monday}|`, userId, kind: 'week', numbers })
  }

  async function numbersOf(institution: string, now: number): Promise<Record<string, number>> {
    const sum = {
      open: 0,
      unanswered: 0,
      late: 0,
      ended: 0,
      outdated: 0,
      ...(await callsOf(institution, now)),
    }
    for (const { row } of ctx.cases.entries()) {
      if (row.owner !== institution) continue
      if (row.status === 'closed' || row.status === 'revoked') {
        if (row.changed_ts > now - 7 * DAY_MS) sum.ended += 1
        continue
      }
      sum.open += 1
      if (row.times.acknowledged === undefined) sum.unanswered += 1
      if (row.deadline < now) sum.late += 1
    }
    const { books, reminders } = ctx.directoryBooks
    if (books.hosts(institution))
      sum.outdated = reminders
        .ofBook(await books.read(institution))
        .filter(({ freshness }) => freshness === 'overdue').length
    const gaps = await ctx.duty.gaps(institution, now, now + 7 * DAY_MS)
    const ms = gaps.reduce((all, { from_ts, to_ts }) => all + to_ts - from_ts, 0)
    return { ...sum, gaps: gaps.length, gap_hours: Math.ceil(ms / HOUR_MS) }
  }

  async function callsOf(institution: string, now: number): Promise<Record<string, number>> {
    const { kind = '', country } = ctx.federation.institution(institution) ?? {}
    const rows = await ctx.escalations.store.raisedSince(now - 7 * DAY_MS, MOST_CALLS)
    const raisers = new Set(rows.map(({ escalation }) => escalation.raisedBy))
    const own = new Set<string>()
    for (const userId of raisers)
      if ((await ctx.policy.memberOf(userId)).institution?.key === institution) own.add(userId)
    return weekOfCalls(
      rows.map(({ escalation }) => escalation),
      { key: institution, kind, country: country ?? '' },
      (userId) => own.has(userId),
    )
  }

  return {
    async run() {
      const now = ctx.clock.now()
      for (const { userId } of await ctx.accounts.list()) {
        const { on, confirmed, quiet_hours } = await ctx.alerts.own.settings(userId)
        if (!on.email || !on.digest || confirmed.email === null) continue
        if (quietUntil(quiet_hours ?? undefined, now) !== undefined) continue
        if (!isActive(await ctx.accounts.get(userId))) continue
        await away(userId, now)
        await week(userId, now)
      }
    },
  }
}

/** The date of this week's Monday, from seven in the morning until the end of Tuesday: a node that was down is late, not silent. */
export function mondayOf(now: number): string | undefined {
  const local = new Date(now + LOCAL_MS)
  const day = local.getUTCDay()
  if (day !== 1 && day !== 2) return undefined
  if (day === 1 && local.getUTCHours() < WEEK_FROM_HOUR) return undefined
  return new Date(local.getTime() - (day - 1) * DAY_MS).toISOString().slice(0, 10)
}
