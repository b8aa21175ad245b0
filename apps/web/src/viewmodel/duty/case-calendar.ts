/** The days off of an institution in the deadlines of the cases it answers: from its duty calendar into its channels. */
import { localDate } from '@enlace/coordination'
import { calendarChangeOf, type DutyCalendar } from '@enlace/coordination/duty'
import type { Room } from 'matrix-js-sdk'
import type { Failure } from '../../lib/failure.ts'
import type { Session } from '../../model/session/types.ts'
import { mayChangeRules, readRules, saveRules } from '../channels/channel-rules.ts'

/** The first day that still counts: those of before moved deadlines that were set then. */
const since = (now: number) => `${localDate(now).slice(0, 4)}-01-01`

/** Channels whose deadlines do not go by these days yet, of those where the person may set them. */
export function channelsBehind(
  session: Pick<Session, 'client' | 'userId'>,
  rooms: readonly string[],
  institution: string,
  calendar: DutyCalendar,
  now: number,
): Room[] {
  const wanted = calendarChangeOf(calendar, since(now))
  return rooms.flatMap((roomId) => {
    const room = session.client.getRoom(roomId)
    if (!room || !mayChangeRules(room, session.userId, institution, institution)) return []
    const { week: _week, ...days } = readRules(room, institution).targets.calendar ?? {}
    return same(days, wanted) ? [] : [room]
  })
}

/** Sets them there; the hours of the week stay as they were. @returns why the first that failed did */
export async function applyCalendar(
  session: Session,
  rooms: readonly Room[],
  institution: string,
  calendar: DutyCalendar,
  now: number,
): Promise<Failure | undefined> {
  const wanted = calendarChangeOf(calendar, since(now))
  for (const room of rooms) {
    const rules = readRules(room, institution)
    const week = rules.targets.calendar?.week
    const failure = await saveRules(session, room, institution, {
      ...rules,
      targets: { ...rules.targets, calendar: { ...(week ? { week } : {}), ...wanted } },
    })
    if (failure) return failure
  }
  return undefined
}

type Days = ReturnType<typeof calendarChangeOf>
const same = (a: Days, b: Days): boolean =>
  (['holidays_added', 'holidays_removed', 'half_days_added'] as const).every(
    (key) => [...(a[key] ?? [])].sort().join() === [...(b[key] ?? [])].sort().join(),
  )
