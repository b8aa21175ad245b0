/** Who holds a position at a moment, and from when to when. All other answers about duty are made from `dutyAt`. */
import { borderOffsetMs, localDate } from '../time/border-time.ts'
import type { DutyBook, DutyTurn } from './duty-book.ts'
import { dayOffOf, dutyWorkCalendar } from './duty-calendar.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const NOON = 12 * 60

export type DutyAt = {
  people: string[]
  /** `nobody`: the book says nothing of that moment, or that nobody is there. */
  because: 'override' | 'turn' | 'nobody'
}

export type DutySpan = { from_ts: number; to_ts: number; people: string[] }

/** A book, and the country whose holidays its institution has. */
export type DutySource = { book: DutyBook; country: string }

const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
/** Local midnight of the day a moment is in. */
const dayStart = (at: number) => Math.floor((at + borderOffsetMs) / DAY) * DAY - borderOffsetMs
/** 1 Monday to 7 Sunday: 1 January 1970 was a Thursday. */
const weekdayOf = (start: number) => ((Math.floor((start + borderOffsetMs) / DAY) + 3) % 7) + 1

/** The stretch of a turn that begins on the local day that begins at `start`. */
function occurrence(
  { book: { calendar }, country }: DutySource,
  turn: DutyTurn,
  start: number,
): { from: number; to: number } | undefined {
  if (!turn.weekdays.includes(weekdayOf(start))) return undefined
  const day = localDate(start)
  if ((turn.since !== undefined && day < turn.since) || (turn.until !== undefined && day > turn.until))
    return undefined
  const begins = minutesOf(turn.from)
  const ends = minutesOf(turn.to)
  let from = start + begins * MINUTE
  let to = start + (ends > begins ? ends : ends + 1440) * MINUTE
  const off = turn.holidays === 'as_usual' ? undefined : dayOffOf(country, calendar, day)
  const noon = start + NOON * MINUTE
  if (turn.holidays === 'off') {
    if (off === 'whole') return undefined
    if (off === 'from_noon') to = Math.min(to, noon)
  } else if (turn.holidays === 'only') {
    if (off === undefined) return undefined
    if (off === 'from_noon') from = Math.max(from, noon)
  }
  return from < to ? { from, to } : undefined
}

/** Who holds the position at that moment: overrides come before turns, and swaps stand in for whoever gave their time. */
export function dutyAt(source: DutySource, position: string, at: number): DutyAt {
  const { book } = source
  const runs = (one: { from_ts: number; to_ts: number }) => one.from_ts <= at && at < one.to_ts
  const overriding = book.overrides.filter((one) => one.position === position && runs(one))
  const today = dayStart(at)
  const holding =
    overriding.length > 0
      ? overriding.flatMap(({ user_id }) => (user_id === undefined ? [] : [user_id]))
      : book.turns
          .filter((turn) => turn.position === position)
          .filter((turn) =>
            [today, today - DAY].some((start) => {
              const stretch = occurrence(source, turn, start)
              return stretch !== undefined && stretch.from <= at && at < stretch.to
            }),
          )
          .map(({ user_id }) => user_id)
  const people = new Set(holding)
  for (const swap of book.swaps) {
    if (swap.state !== 'accepted' || swap.position !== position) continue
    if (runs(swap) && people.delete(swap.giver)) people.add(swap.taker)
    if (swap.back && runs(swap.back) && people.delete(swap.taker)) people.add(swap.giver)
  }
  const because = people.size === 0 ? 'nobody' : overriding.length > 0 ? 'override' : 'turn'
  return { people: [...people].sort(), because }
}

/** Every moment of [from, to) at which the book may begin to say something else. */
function changes(source: DutySource, position: string, from: number, to: number): number[] {
  const { book } = source
  const found = new Set([from])
  const add = (...moments: number[]) => {
    for (const at of moments) if (at > from && at < to) found.add(at)
  }
  const turns = book.turns.filter((turn) => turn.position === position)
  for (let start = dayStart(from) - DAY; start < to; start += DAY)
    for (const turn of turns) {
      const stretch = occurrence(source, turn, start)
      if (stretch) add(stretch.from, stretch.to)
    }
  for (const one of book.overrides) if (one.position === position) add(one.from_ts, one.to_ts)
  for (const one of book.swaps)
    if (one.position === position && one.state === 'accepted') {
      add(one.from_ts, one.to_ts)
      if (one.back) add(one.back.from_ts, one.back.to_ts)
    }
  return [...found].sort((a, b) => a - b)
}

const sameList = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((one, at) => one === b[at])

/** [from, to) in stretches with the same people, without holes; those of nobody have no people. */
export function dutySpans(source: DutySource, position: string, from: number, to: number): DutySpan[] {
  const moments = changes(source, position, from, to)
  const out: DutySpan[] = []
  for (const [index, at] of moments.entries()) {
    const { people } = dutyAt(source, position, at)
    const to_ts = moments[index + 1] ?? to
    const last = out.at(-1)
    if (last && sameList(last.people, people)) last.to_ts = to_ts
    else out.push({ from_ts: at, to_ts, people })
  }
  return out
}

/** Stretches of a person's own duty at a position. */
export function dutyOfPerson(
  source: DutySource,
  position: string,
  userId: string,
  from: number,
  to: number,
): { from_ts: number; to_ts: number }[] {
  const out: { from_ts: number; to_ts: number }[] = []
  for (const { people, from_ts, to_ts } of dutySpans(source, position, from, to)) {
    if (!people.includes(userId)) continue
    const last = out.at(-1)
    if (last?.to_ts === from_ts) last.to_ts = to_ts
    else out.push({ from_ts, to_ts })
  }
  return out
}

/** When somebody has to be there. `undefined`: whenever the book says so. */
function wantedHours(
  { book, country }: DutySource,
  covers: 'always' | 'office_hours' | 'as_written',
  from: number,
  to: number,
): { from: number; to: number }[] | undefined {
  if (covers === 'as_written') return undefined
  if (covers === 'always') return [{ from, to }]
  const calendar = dutyWorkCalendar(country, book.calendar)
  const out: { from: number; to: number }[] = []
  for (let start = dayStart(from); start < to; start += DAY) {
    const day = localDate(start)
    if (calendar.isHoliday(day)) continue
    for (const [opens, closes] of calendar.week[weekdayOf(start) % 7] ?? []) {
      const end = calendar.isHalfDay?.(day) ? Math.min(closes, NOON) : closes
      const stretch = {
        from: Math.max(from, start + opens * MINUTE),
        to: Math.min(to, start + end * MINUTE),
      }
      if (stretch.from < stretch.to) out.push(stretch)
    }
  }
  return out
}

export type DutyGap = { position: string; from_ts: number; to_ts: number }

/**
 * Stretches of [from, to) in which nobody is there who should be. `usable`: whether a person may still be called; who has
 * left the institution fills no turn.
 */
export function dutyGaps(
  source: DutySource,
  from: number,
  to: number,
  usable: (userId: string) => boolean = () => true,
): DutyGap[] {
  const out: DutyGap[] = []
  for (const { key, covers } of source.book.positions) {
    const wanted = wantedHours(source, covers, from, to)
    const missing = dutySpans(source, key, from, to).filter(
      ({ people }) => !people.some(usable) && (wanted !== undefined || people.length > 0),
    )
    for (const { from_ts, to_ts } of missing)
      for (const hours of wanted ?? [{ from, to }]) {
        const begins = Math.max(from_ts, hours.from)
        const ends = Math.min(to_ts, hours.to)
        if (begins >= ends) continue
        const last = out.at(-1)
        if (last?.position === key && last.to_ts === begins) last.to_ts = ends
        else out.push({ position: key, from_ts: begins, to_ts: ends })
      }
  }
  return out
}

/** What somebody who calls or writes is concerned with. */
export type DutyMatter = { topic?: string; service?: string; corridor?: string }

/** Positions that answer for the matter: those that name it, and those that answer for everything or do not say. */
export function positionsFor(book: DutyBook, matter: DutyMatter): { named: string[]; general: string[] } {
  const named: string[] = []
  const general: string[] = []
  for (const { key, answers } of book.positions) {
    const asked = [
      [answers.topics, matter.topic],
      [answers.services, matter.service],
      [answers.corridors, matter.corridor],
    ] as const
    if (asked.some(([list, one]) => list.length > 0 && one !== undefined && !list.includes(one))) continue
    if (asked.some(([list, one]) => one !== undefined && list.includes(one))) named.push(key)
    else general.push(key)
  }
  return { named, general }
}

/**
 * Who is on duty for a matter: those of positions that name it, else of the others. Undefined: the book says nobody, and
 * whoever calls has to call everybody.
 */
export function onDutyFor(
  source: DutySource,
  matter: DutyMatter,
  at: number,
  usable: (userId: string) => boolean = () => true,
): { people: string[]; positions: string[] } | undefined {
  const { named, general } = positionsFor(source.book, matter)
  for (const tier of [named, general]) {
    const holding = tier.map((key) => ({ key, people: dutyAt(source, key, at).people.filter(usable) }))
    const people = [...new Set(holding.flatMap((one) => one.people))].sort()
    if (people.length > 0)
      return { people, positions: holding.filter((one) => one.people.length > 0).map(({ key }) => key) }
  }
  return undefined
}
