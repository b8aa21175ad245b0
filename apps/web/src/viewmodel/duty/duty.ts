import { borderOffsetMs, localDate } from '@enlace/coordination'
import {
  type DutyPlan,
  type DutyTurn,
  dutyPlanSchema,
  dutyPositionSchema,
  generalPosition,
} from '@enlace/coordination/duty'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import {
  answerSwap,
  askSwap,
  confirmDutyYear,
  createFeed,
  type DutyPage,
  type Feed,
  fetchDutyPage,
  fetchFeeds,
  revokeFeed,
  saveDutyCalendar,
  saveDutyPlan,
  sendHandOver,
} from '../../model/duty/duty-api.ts'
import type { Session } from '../../model/session/types.ts'
import type { DutyDay, DutyModel, DutyState, Stretch } from './types.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
const EMPTY: DutyPlan = { positions: [], turns: [], overrides: [] }

/** Local midnight of the Monday of a moment's week. 1 January 1970 was a Thursday. */
export function mondayOf(at: number): number {
  const day = Math.floor((at + borderOffsetMs) / DAY_MS)
  return (day - ((day + 3) % 7)) * DAY_MS - borderOffsetMs
}

/** What the node would refuse. */
export const wrongPlan = (plan: DutyPlan): boolean => !dutyPlanSchema.safeParse(plan).success

/** A name becomes a key that nobody sees; one that is taken gets a number. */
export function keyFor(name: string, taken: ReadonlySet<string>): string {
  const base =
    name
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 32)
      .replace(/-+$/, '') || 'puesto'
  let key = base
  for (let n = 2; taken.has(key); n++) key = `${base}-${n}`
  return key
}

/** The week day by day: what is held, and what should be and is not. Stretches over midnight stand on both days. */
export function daysOf(page: DutyPage, from: number, now: number): DutyDay[] {
  return Array.from({ length: 7 }, (_, index): DutyDay => {
    const start = from + index * DAY_MS
    const end = start + DAY_MS
    const date = localDate(start)
    const cut = (one: { from_ts: number; to_ts: number }) => ({
      from_ts: Math.max(one.from_ts, start),
      to_ts: Math.min(one.to_ts, end),
    })
    const within = (one: { from_ts: number; to_ts: number }) => one.from_ts < end && one.to_ts > start
    const held = page.spans
      .filter((one) => one.people.length > 0 && within(one))
      .map((one): Stretch => ({ ...one, ...cut(one), gap: false }))
    const gaps = page.gaps
      .filter(within)
      .map((one): Stretch => ({ ...one, ...cut(one), gap: true, people: [] }))
    return {
      date,
      start,
      today: localDate(now) === date,
      off: page.calendar.filter((one) => one.date === date && !one.worked).map(({ name }) => name),
      stretches: [...held, ...gaps].sort((a, b) => a.from_ts - b.from_ts || Number(a.gap) - Number(b.gap)),
    }
  })
}

/** Duty of one's institution: who is called, and when. Coordinators and officials change it. */
export function createDuty(
  session: Pick<Session, 'request' | 'userId'>,
  now: () => number = Date.now,
): DutyModel {
  const { request } = session
  let page: DutyPage | 'none' | undefined
  let plan: DutyPlan = EMPTY
  let dirty = false
  let from = mondayOf(now())
  let feeds: readonly Feed[] = []
  let freshFeed: DutyState['freshFeed']
  let status: { saving: boolean; saved: boolean; loadFailure?: Failure; saveFailure?: Failure } = {
    saving: false,
    saved: false,
  }
  let closed = false
  const state = createStore<DutyState>(build())

  function build(): DutyState {
    return {
      page,
      plan,
      dirty,
      wrong: wrongPlan(plan),
      from,
      days: page === undefined || page === 'none' ? [] : daysOf(page, from, now()),
      feeds,
      ...(freshFeed ? { freshFeed } : {}),
      ...status,
    }
  }
  const show = () => {
    if (!closed) state.set(build())
  }

  async function load(): Promise<void> {
    const { loadFailure: _, ...rest } = status
    status = rest
    const wanted = from
    try {
      const found = (await fetchDutyPage(request, from, from + WEEK_MS)) ?? 'none'
      if (wanted !== from) return
      page = found
      // What somebody is typing stays, also when others change the book meanwhile.
      if (found !== 'none' && !dirty) plan = planOf(found)
      if (found !== 'none') feeds = await fetchFeeds(request)
    } catch (error) {
      status = { ...status, loadFailure: failureOf(error) }
    }
    show()
  }
  const planOf = ({ book: { positions, turns, overrides } }: DutyPage): DutyPlan => ({
    positions,
    turns,
    overrides,
  })

  function edit(change: Partial<DutyPlan>): void {
    plan = { ...plan, ...change }
    dirty = true
    status = { saving: false, saved: false }
    show()
  }
  const changed = <T>(list: readonly T[], at: number, fields: Partial<T>): T[] =>
    list.map((one, index) => (index === at ? { ...one, ...fields } : one))
  const without = <T>(list: readonly T[], at: number): T[] => list.filter((_one, index) => index !== at)
  /** Whoever begins with a turn gets the one position that answers for everything. */
  const withPosition = () => (plan.positions.length > 0 ? plan.positions : [generalPosition])

  async function act(work: () => Promise<unknown>): Promise<void> {
    await work()
    await load()
  }
  const kept = () => (page === undefined || page === 'none' ? undefined : page)
  async function changeCalendar(
    change: (calendar: DutyPage['book']['calendar']) => Partial<DutyPage['book']['calendar']>,
  ): Promise<void> {
    const known = kept()
    if (!known) return
    const { calendar } = known.book
    await act(() => saveDutyCalendar(request, known.revision, { ...calendar, ...change(calendar) }))
  }
  function changeTurn(at: number, fields: Partial<DutyTurn>): void {
    edit({ turns: changed(plan.turns, at, fields) })
  }
  function go(monday: number): void {
    from = monday
    show()
    void load()
  }
  void load()

  return {
    state,
    load,
    week: (steps) => go(from + steps * WEEK_MS),
    thisWeek: () => go(mondayOf(now())),
    addPosition() {
      const taken = new Set(plan.positions.map(({ key }) => key))
      const key = keyFor('puesto', taken)
      // Its names are to be written: until then it is not saved.
      const blank = {
        ...dutyPositionSchema.parse({ key, name: { es: 'x', en: 'x' } }),
        name: { es: '', en: '' },
      }
      edit({ positions: [...plan.positions, blank] })
    },
    changePosition: (at, fields) => edit({ positions: changed(plan.positions, at, fields) }),
    removePosition(at) {
      const gone = plan.positions[at]?.key
      edit({
        positions: without(plan.positions, at),
        turns: plan.turns.filter((one) => one.position !== gone),
        overrides: plan.overrides.filter((one) => one.position !== gone),
      })
    },
    addTurn() {
      const positions = withPosition()
      const turn: DutyTurn = {
        position: positions[0]!.key,
        user_id: session.userId,
        weekdays: [1, 2, 3, 4, 5],
        from: '08:00',
        to: '16:00',
        holidays: 'as_usual',
      }
      edit({ positions, turns: [...plan.turns, turn] })
    },
    changeTurn,
    setWeekday(at, day, on) {
      const others = (plan.turns[at]?.weekdays ?? []).filter((other) => other !== day)
      changeTurn(at, { weekdays: on ? [...others, day].sort((a, b) => a - b) : others })
    },
    removeTurn: (at) => edit({ turns: without(plan.turns, at) }),
    addOverride() {
      const positions = withPosition()
      const from_ts = Math.floor(now() / MINUTE_MS) * MINUTE_MS
      const one = {
        position: positions[0]!.key,
        user_id: session.userId,
        from_ts,
        to_ts: from_ts + DAY_MS,
      }
      edit({ positions, overrides: [...plan.overrides, one] })
    },
    changeOverride(at, { user_id, ...fields }) {
      edit({
        overrides: plan.overrides.map((one, index) => {
          if (index !== at) return one
          const { user_id: before, ...rest } = { ...one, ...fields }
          const person = user_id === undefined ? before : (user_id ?? undefined)
          return person === undefined ? rest : { ...rest, user_id: person }
        }),
      })
    },
    removeOverride: (at) => edit({ overrides: without(plan.overrides, at) }),
    discard() {
      dirty = false
      status = { saving: false, saved: false }
      const known = kept()
      plan = known ? planOf(known) : EMPTY
      show()
      void load()
    },
    async save() {
      const known = kept()
      if (!known || status.saving || wrongPlan(plan)) return
      status = { saving: true, saved: false }
      show()
      try {
        await saveDutyPlan(request, known.revision, plan)
        dirty = false
        await load()
        status = { saving: false, saved: true }
      } catch (error) {
        status = { saving: false, saved: false, saveFailure: failureOf(error) }
        // Somebody else's change is fetched; what was typed stays and can be saved on it.
        await load()
      }
      show()
    },
    askSwap: (wanted) => act(() => askSwap(request, wanted)),
    answerSwap: (id, action) => act(() => answerSwap(request, id, action)),
    addFeast: (feast) => changeCalendar(({ feasts }) => ({ feasts: [...feasts, feast] })),
    removeFeast: (date, name) =>
      changeCalendar(({ feasts }) => ({
        feasts: feasts.filter((one) => one.date !== date || one.name !== name),
      })),
    setWorked: (date, worked) =>
      changeCalendar((calendar) => ({
        worked: worked
          ? [...calendar.worked.filter((one) => one !== date), date]
          : calendar.worked.filter((one) => one !== date),
      })),
    confirmYear: (year) => act(() => confirmDutyYear(request, year)),
    handOver: (position, items) => act(() => sendHandOver(request, position, items)),
    addFeed: (position) =>
      act(async () => {
        const { id, path } = await createFeed(request, position)
        freshFeed = { id, url: new URL(path, location.origin).href }
      }),
    removeFeed: (id) =>
      act(async () => {
        await revokeFeed(request, id)
        if (freshFeed?.id === id) freshFeed = undefined
      }),
    close() {
      closed = true
    },
  }
}
