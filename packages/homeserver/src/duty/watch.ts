/**
 * What coordinators have to know before it hurts: a gap of the next days, a shift that ends while a call goes on. Whoever
 * takes the shift over is called to what is still unanswered.
 */
import { localDate, stageAt, stageSelects } from '@enlace/coordination'
import { type DutySource, dutyGaps, dutySpans, positionsFor } from '@enlace/coordination/duty'
import type { Context } from '../context.ts'
import type { EscalationRow } from '../escalations/types.ts'
import type { DutyMembers } from './members.ts'
import type { EndingShift } from './types.ts'

const LOOK_MS = 60_000
const HOUR_MS = 3_600_000
/** A shift that ends so soon while a call is open is shown. */
const ENDS_WITHIN_MS = HOUR_MS
/** A gap so near is told. */
const GAP_WITHIN_MS = 72 * HOUR_MS
/** Whoever is on duty so soon and cannot be reached is told of. */
const UNREACHED_WITHIN_MS = 24 * HOUR_MS
/** Whoever came on duty so recently is called to what is open. */
const TAKEN_OVER_MS = 15 * 60_000

export function createWatch(
  ctx: Context,
  deps: {
    members: DutyMembers
    source(institution: string): Promise<DutySource>
    tell(userId: string, what: string): Promise<void>
    /** Each institution, each time. */
    look(institution: string): Promise<void>
  },
) {
  const { members } = deps
  const { clock } = ctx
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let closed = false

  /** Institutions that people here speak for. */
  async function institutions(): Promise<string[]> {
    const keys = new Set<string>()
    for (const { userId, deactivated } of await ctx.accounts.list()) {
      if (deactivated) continue
      const { institution } = await ctx.policy.memberOf(userId)
      if (institution) keys.add(institution.key)
    }
    return [...keys]
  }

  /** Calls not over, with what of the institution's book answers for their channel. */
  async function* callsOn(institution: string): AsyncGenerator<{ row: EscalationRow; positions: string[] }> {
    const { book, country } = await deps.source(institution)
    if (book.positions.length === 0) return
    const kind = ctx.federation.institution(institution)?.kind ?? ''
    for await (const row of ctx.escalations.store.unresolved()) {
      const { escalation } = row
      const stage = stageAt(escalation, escalation.step)
      const concerned = stage.roles.some((role) =>
        stageSelects(stage, { institution: { key: institution, kind, country }, role }),
      )
      if (!concerned) continue
      const channel = await ctx.channels.recognise(row.roomId)
      const { named, general } = positionsFor(
        book,
        channel.recognised ? { topic: channel.topic, corridor: channel.corridor } : {},
      )
      yield { row, positions: named.length > 0 ? named : general }
    }
  }

  async function ending(institution: string): Promise<EndingShift[]> {
    const now = clock.now()
    const source = await deps.source(institution)
    const out: EndingShift[] = []
    for await (const { row, positions } of callsOn(institution)) {
      const { escalation } = row
      const holder = escalation.state === 'acknowledged' ? escalation.acknowledgedBy : undefined
      for (const position of positions) {
        const [current, next] = dutySpans(source, position, now, now + ENDS_WITHIN_MS)
        if (!current || !next) continue
        for (const userId of current.people) {
          if (next.people.includes(userId) || (holder !== undefined && holder !== userId)) continue
          out.push({
            escalation_id: row.id,
            room_id: row.roomId,
            ...(escalation.reference ? { reference: escalation.reference } : {}),
            user_id: userId,
            ends_ts: current.to_ts,
            next: next.people,
          })
        }
      }
    }
    return out
  }

  async function lookAt(institution: string): Promise<void> {
    const now = clock.now()
    const source = await deps.source(institution)
    if (source.book.positions.length === 0) return
    const usable = new Set((await members.of(institution)).map((one) => one.userId))
    const keepers = await members.keepersOf(institution)
    for (const gap of dutyGaps(source, now, now + GAP_WITHIN_MS, (one) => usable.has(one))) {
      // One that has begun keeps its name, whenever it is looked at.
      const since = gap.from_ts <= now ? 'now' : String(gap.from_ts)
      for (const one of keepers)
        await deps.tell(one, `gap|${institution}|${gap.position}|${since}|${gap.to_ts}`)
    }
    await tellUnreached(institution, source, usable, keepers, now)
    for (const one of await ending(institution))
      for (const keeper of new Set([...keepers, one.user_id]))
        await deps.tell(keeper, `ends|${one.escalation_id}|${one.user_id}|${one.ends_ts}`)
    await callIncoming(institution, source, usable, now)
  }

  /** Whoever is on duty soon and has nothing but an open page: told to them and to whoever keeps the book, once a day. */
  async function tellUnreached(
    institution: string,
    source: DutySource,
    usable: ReadonlySet<string>,
    keepers: readonly string[],
    now: number,
  ): Promise<void> {
    const soon = new Set(
      source.book.positions.flatMap(({ key }) =>
        dutySpans(source, key, now, now + UNREACHED_WITHIN_MS).flatMap(({ people }) => people),
      ),
    )
    for (const userId of await ctx.alerts.onlyHere([...soon].filter((one) => usable.has(one)).sort()))
      for (const one of new Set([...keepers, userId]))
        await deps.tell(one, `unreached|${institution}|${userId}|${localDate(now)}`)
  }

  /** A call that nobody has answered rings also whoever came on duty after it was raised. */
  async function callIncoming(
    institution: string,
    source: DutySource,
    usable: ReadonlySet<string>,
    now: number,
  ): Promise<void> {
    for await (const { row, positions } of callsOn(institution)) {
      if (row.escalation.state !== 'open' || (row.snooze && row.snooze.until > now)) continue
      const inRoom = new Set(await ctx.rooms.members(row.roomId, 'join'))
      for (const position of positions) {
        const spans = dutySpans(source, position, now - TAKEN_OVER_MS, now + 1)
        const current = spans.at(-1)
        if (!current || spans.length < 2 || current.from_ts < row.escalation.raisedAt) continue
        const before = new Set(spans.at(-2)!.people)
        for (const userId of current.people) {
          if (before.has(userId) || !usable.has(userId) || !inRoom.has(userId)) continue
          if (userId === row.escalation.raisedBy) continue
          const { level } = stageAt(row.escalation, row.escalation.step)
          await ctx.alerts.raise({
            key: `${row.id}|shift|${current.from_ts}|${userId}`,
            userId,
            urgent: true,
            kind: 'escalation',
            ...(row.escalation.reference ? { reference: row.escalation.reference } : {}),
            roomId: row.roomId,
            eventId: row.id,
            level,
          })
        }
      }
    }
  }

  async function lookNow(): Promise<void> {
    for (const institution of await institutions()) {
      await lookAt(institution)
      await deps.look(institution)
    }
  }

  function look(): Promise<void> {
    running ??= lookNow()
      .catch((error: unknown) => ctx.log.warn({ err: error }, 'duty could not be looked at'))
      .finally(() => {
        running = undefined
      })
    return running
  }

  return {
    ending,
    look,
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
