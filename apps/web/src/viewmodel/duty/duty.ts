import { type Failure, failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { type Duty, fetchDuty, type Shift, saveDuty, type WeeklyTurn } from '../../model/duty/duty-api.ts'
import type { Session } from '../../model/session/types.ts'
import type { ChannelsModel } from '../channels/types.ts'
import type { Colleague, DutyModel, DutyState, Roster } from './types.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const LONGEST_SHIFT_MS = 31 * DAY_MS

type Turns = Pick<Duty, 'weekly' | 'shifts'>

/** What the node would refuse. */
export function wrongTurns({ weekly, shifts }: Turns): boolean {
  return (
    weekly.some((one) => one.weekdays.length === 0) ||
    shifts.some((one) => one.to_ts <= one.from_ts || one.to_ts - one.from_ts > LONGEST_SHIFT_MS)
  )
}

/** The duty roster of one's institution: who is called, and when. Coordinators and officials change it. */
export function createDuty(
  session: Pick<Session, 'request' | 'userId' | 'me' | 'people'>,
  channels: Pick<ChannelsModel, 'state'>,
  now: () => number = Date.now,
): DutyModel {
  const { me, people, request } = session
  let duty: Duty | 'none' | undefined
  let turns: Turns = { weekly: [], shifts: [] }
  let status: { saving: boolean; saved: boolean; loadFailure?: Failure; saveFailure?: Failure } = {
    saving: false,
    saved: false,
  }
  let closed = false
  const state = createStore<DutyState>(build())

  const rooms = () =>
    channels.state.get().corridors.flatMap((corridor) => corridor.channels.map((one) => one.roomId))

  /** Those of the institution in any channel, and whoever is on the roster already. */
  function colleagues(institution: string): Colleague[] {
    const found = new Map<string, Colleague>()
    for (const roomId of rooms())
      for (const { userId, name, membership, institution: its } of people.members(roomId))
        if (membership === 'join' && its === institution) found.set(userId, { userId, name })
    for (const { user_id: userId } of [...turns.weekly, ...turns.shifts])
      if (!found.has(userId)) found.set(userId, { userId, name: people.person(userId).name })
    return [...found.values()]
  }

  function roster(): Roster | 'none' | undefined {
    if (duty === undefined || duty === 'none') return duty
    const known = colleagues(duty.institution)
    const name = (id: string) => known.find((one) => one.userId === id)?.name ?? people.person(id).name
    return {
      ...turns,
      colleagues: known,
      onDuty: duty.on_duty.map(name),
      onlyHere: duty.only_here.map(name),
      ...(duty.updated_by === undefined ? {} : { changedBy: name(duty.updated_by) }),
      ...(duty.updated_ts === undefined ? {} : { changedAt: duty.updated_ts }),
    }
  }

  function build(): DutyState {
    const role = me.get()?.role
    return {
      roster: roster(),
      mayChange: role === 'coordinator' || role === 'official',
      wrong: wrongTurns(turns),
      ...status,
    }
  }
  const show = () => !closed && state.set(build())

  function take(found: Duty | 'none'): void {
    duty = found
    turns = found === 'none' ? { weekly: [], shifts: [] } : { weekly: found.weekly, shifts: found.shifts }
  }

  function edit(change: Partial<Turns>): void {
    turns = { ...turns, ...change }
    status = { ...status, saved: false }
    show()
  }
  const changed = <T>(list: readonly T[], at: number, fields: Partial<T>): T[] =>
    list.map((one, index) => (index === at ? { ...one, ...fields } : one))
  const without = <T>(list: readonly T[], at: number): T[] => list.filter((_one, index) => index !== at)
  const somebody = () => me.get()?.user_id ?? session.userId
  const changeWeekly = (at: number, fields: Partial<WeeklyTurn>) =>
    edit({ weekly: changed(turns.weekly, at, fields) })
  const changeShift = (at: number, fields: Partial<Shift>) =>
    edit({ shifts: changed(turns.shifts, at, fields) })

  async function load(): Promise<void> {
    status = { ...status, loadFailure: undefined }
    show()
    try {
      take((await fetchDuty(request)) ?? 'none')
    } catch (error) {
      status = { ...status, loadFailure: failureOf(error) }
    }
    show()
  }

  function needPeople(): void {
    for (const roomId of rooms()) people.need(roomId)
    show()
  }
  const stops = [me.subscribe(show), people.version.subscribe(show), channels.state.subscribe(needPeople)]
  needPeople()
  void load()

  return {
    state,
    load,
    addWeekly: () =>
      edit({
        weekly: [
          ...turns.weekly,
          { user_id: somebody(), weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '16:00' },
        ],
      }),
    changeWeekly,
    setWeekday(at, day, on) {
      const days = turns.weekly[at]?.weekdays ?? []
      const others = days.filter((other) => other !== day)
      changeWeekly(at, { weekdays: on ? [...others, day].sort((a, b) => a - b) : others })
    },
    removeWeekly: (at) => edit({ weekly: without(turns.weekly, at) }),
    addShift() {
      const from_ts = Math.floor(now() / MINUTE_MS) * MINUTE_MS
      edit({ shifts: [...turns.shifts, { user_id: somebody(), from_ts, to_ts: from_ts + DAY_MS }] })
    },
    changeShift,
    removeShift: (at) => edit({ shifts: without(turns.shifts, at) }),
    async save() {
      if (status.saving || wrongTurns(turns)) return
      status = { saving: true, saved: false }
      show()
      try {
        take(await saveDuty(request, turns))
        status = { saving: false, saved: true }
      } catch (error) {
        status = { saving: false, saved: false, saveFailure: failureOf(error) }
      }
      show()
    },
    close() {
      closed = true
      for (const stop of stops) stop()
    },
  }
}
