/** The duty of somebody who leaves, passed on to a colleague: what is to come, not what was. */
import type { DutyBook } from './duty-book.ts'
import { swapEnds } from './duty-swaps.ts'

export type HeldDuty = {
  turns: DutyBook['turns']
  overrides: DutyBook['overrides']
  swaps: DutyBook['swaps']
}

/** What of the book would be nobody's without the person. */
export function dutyHeldBy(book: DutyBook, userId: string, now: number): HeldDuty {
  return {
    turns: book.turns.filter((one) => one.user_id === userId),
    overrides: book.overrides.filter((one) => one.user_id === userId && one.to_ts > now),
    swaps: book.swaps.filter(
      (one) =>
        swapEnds(one) > now &&
        (one.state === 'asked' || one.state === 'accepted') &&
        (one.giver === userId || one.taker === userId),
    ),
  }
}

/**
 * The book with the person's duty held by `to`. Swaps that were agreed go on with `to` in the person's place; one with `to`
 * itself is undone, since both hold it now; one that was only asked is withdrawn. Doing it again changes nothing.
 */
export function passDutyOn(book: DutyBook, userId: string, to: string, now: number): DutyBook {
  const held = dutyHeldBy(book, userId, now)
  if (userId === to || (held.turns.length === 0 && held.overrides.length === 0 && held.swaps.length === 0))
    return book
  const swaps: DutyBook['swaps'] = []
  for (const one of book.swaps) {
    if (!held.swaps.includes(one)) {
      swaps.push(one)
      continue
    }
    const giver = one.giver === userId ? to : one.giver
    const taker = one.taker === userId ? to : one.taker
    if (one.state === 'asked') swaps.push({ ...one, state: 'withdrawn', answered_ts: now })
    else if (giver === taker) swaps.push({ ...one, state: 'undone', answered_ts: now, undone_by: to })
    else swaps.push({ ...one, giver, taker })
  }
  const turns = book.turns.map((one) => (one.user_id === userId ? { ...one, user_id: to } : one))
  const known = new Set<string>()
  return {
    ...book,
    // Somebody who had the same turn beside them has it once.
    turns: turns.filter((one) => {
      const key = JSON.stringify(one)
      return known.has(key) ? false : known.add(key) && true
    }),
    overrides: book.overrides.map((one) => (held.overrides.includes(one) ? { ...one, user_id: to } : one)),
    swaps,
  }
}
