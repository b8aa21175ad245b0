/**
 * Commitments that come due, as alerts to people of this node: three days before and when the day is over, to coordination and
 * officials of the responsible institution; three days later also to those of the conveners. Each node tells its own people.
 */
import type { Context } from '../context.ts'
import type { MeetingRow } from './types.ts'

const LOOK_MS = 60_000
const DAY_MS = 86_400_000
const BEFORE_MS = 3 * DAY_MS
/** An overdue commitment climbs to the conveners after so long. */
const CLIMBS_AFTER_MS = 3 * DAY_MS
/** What was overdue long before this node heard of it, or was away, is told on the page alone. */
const FORGOTTEN_MS = 60 * DAY_MS

type Stage = 'soon' | 'overdue' | 'conveners'

/** @param besides what else is looked at each time */
export function createReminders(
  ctx: Context,
  rows: ReadonlyMap<string, MeetingRow>,
  besides: () => Promise<void>,
) {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let closed = false

  const stageOf = (due: number, now: number): Stage | undefined => {
    if (now < due - BEFORE_MS || now > due + FORGOTTEN_MS) return undefined
    if (now <= due) return 'soon'
    return now <= due + CLIMBS_AFTER_MS ? 'overdue' : 'conveners'
  }

  async function peopleOf(roomId: string, institutions: readonly string[]): Promise<string[]> {
    const out: string[] = []
    for (const userId of ctx.rooms.localJoined(roomId)) {
      const { institution, role } = await ctx.policy.memberOf(userId)
      if (institution && institutions.includes(institution.key) && role && role !== 'staff') out.push(userId)
    }
    return out
  }

  async function tell(row: MeetingRow, now: number): Promise<void> {
    for (const { id, responsible, due_ts, status } of row.commitments) {
      if (status === 'fulfilled') continue
      const stage = stageOf(due_ts, now)
      if (!stage) continue
      const institutions = stage === 'conveners' ? [responsible, ...row.conveners] : [responsible]
      for (const userId of await peopleOf(row.room_id, institutions))
        await ctx.alerts.raise({
          key: `commitment|${id}|${due_ts}|${stage}|${userId}`,
          userId,
          urgent: false,
          kind: 'commitment',
          roomId: row.room_id,
          eventId: row.id,
          dueTs: due_ts,
        })
    }
  }

  async function lookNow(): Promise<void> {
    const now = ctx.clock.now()
    for (const row of rows.values()) await tell(row, now)
    await besides()
  }

  function look(): Promise<void> {
    running ??= lookNow()
      .catch((error: unknown) => ctx.log.warn({ err: error }, 'commitments could not be looked at'))
      .finally(() => {
        running = undefined
      })
    return running
  }

  return {
    look,
    /** What is done, or due on another day, rings no more. */
    async changed(row: MeetingRow): Promise<void> {
      const now = ctx.clock.now()
      for (const { id, due_ts, status } of row.commitments)
        if (status === 'fulfilled') await ctx.alerts.settle(`commitment|${id}|`, 'resolved')
        else if (status === 'rescheduled' && stageOf(due_ts, now) === undefined)
          await ctx.alerts.settle(`commitment|${id}|`, 'superseded')
    },
    start(): void {
      timer = setInterval(() => !closed && void look(), LOOK_MS)
      timer.unref()
    },
    close(): void {
      closed = true
      clearInterval(timer)
    },
  }
}
