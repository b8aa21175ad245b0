/** When the time of something is over, and what stops it: from the events of its room, as this node has them now. */
import {
  type CaseRow,
  DAY_MS,
  dueAfter,
  type EffectivePeriod,
  effectivePeriod,
  finalStatuses,
  holdEventType,
  MIN_DAYS,
  type RetentionSubject,
  reduceHolds,
  reduceRetentionRules,
  retentionEventType,
  stops,
} from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { timelineEvent } from '../stream/envelopes.ts'
import type { Erasure, RoomRetention, Standing } from './types.ts'

type Rules = RoomRetention['rules']['rules']

/** @param turns told of each moment at which what was said here becomes another answer by time alone, ms since the epoch */
export function createDue(ctx: Context, turns: (ts: number) => void = () => undefined) {
  async function ofRoom(roomId: string): Promise<RoomRetention> {
    const events = (await ctx.rooms.eventsOfTypes(roomId, [retentionEventType, holdEventType])).map(
      timelineEvent,
    )
    const believe = (event: { sender: string }, institution: string) =>
      ctx.federation.hosts(serverNameOf(event.sender) ?? '', institution)
    return { rules: reduceRetentionRules(events, believe), holds: reduceHolds(roomId, events, believe) }
  }

  /** Of a case, the rules of the institutions it is of; of messages, those of all who have set some. */
  const concerned = (rules: Rules, row?: CaseRow) =>
    [...rules.values()].filter(
      ({ institution }) => !row || institution === row.owner || institution === row.requesting,
    )

  const periodOf = (rules: Rules, subject: RetentionSubject, row?: CaseRow): EffectivePeriod =>
    effectivePeriod(subject, concerned(rules, row))

  /**
   * A sender's clock says when a case ended. So that a wrong one, or a lie, does not delete at once what others still work
   * on, it is kept some days from when this node heard of it.
   */
  async function heardTs(row: CaseRow): Promise<number> {
    const found = await ctx.cases.read(row.id)
    return Math.max(0, ...(found?.events ?? []).map((event) => event.receivedAt ?? 0))
  }

  async function standing(row: CaseRow, room?: RoomRetention): Promise<Standing> {
    const { rules, holds } = room ?? (await ofRoom(row.room_id))
    const period = periodOf(rules.rules, row.kind, row)
    if (!finalStatuses.has(row.status)) return { state: 'open', period }
    const now = ctx.clock.now()
    let due_ts = dueAfter(row.changed_ts, period)
    if (due_ts <= now) due_ts = Math.max(due_ts, (await heardTs(row)) + MIN_DAYS * DAY_MS)
    const hold = holds.holds.get(row.id)
    const channel = holds.holds.get(row.room_id)
    for (const one of [hold, channel])
      if (one && stops(one, now)) {
        if (one.alone_until !== undefined) turns(Math.max(one.alone_until, due_ts))
        return { state: 'held', due_ts, period, hold: one }
      }
    if (due_ts > now) turns(due_ts)
    return { state: due_ts <= now ? 'due' : 'waits', due_ts, period }
  }

  /** The moment before which messages go; undefined: a hold on the channel, or no channel. Of whole days, the same everywhere. */
  async function cutoff(roomId: string, room?: RoomRetention): Promise<number | undefined> {
    if (!(await ctx.channels.recognise(roomId)).recognised) return undefined
    const { rules, holds } = room ?? (await ofRoom(roomId))
    const now = ctx.clock.now()
    const hold = holds.holds.get(roomId)
    if (stops(hold, now)) {
      if (hold?.alone_until !== undefined) turns(hold.alone_until)
      return undefined
    }
    const { days } = periodOf(rules.rules, 'messages')
    return Math.floor(now / DAY_MS) * DAY_MS - days * DAY_MS
  }

  /**
   * Looked at right before each removal, as the room is now: a hold placed after the deletion was decided stops what is left of
   * it, and so does a law that asks for longer.
   */
  async function permits({ room_id, subject, until_ts, counts }: Erasure): Promise<boolean> {
    if (subject === 'messages') return until_ts! <= ((await cutoff(room_id)) ?? Number.NEGATIVE_INFINITY)
    const { holds } = await ofRoom(room_id)
    const now = ctx.clock.now()
    if ([subject, room_id].some((about) => stops(holds.holds.get(about), now))) return false
    // Once some of it is gone its row says less than the truth.
    const row = counts.events === 0 ? ctx.cases.row(subject) : undefined
    return row === undefined || (await standing(row)).state === 'due'
  }

  return { ofRoom, standing, periodOf, cutoff, permits }
}
