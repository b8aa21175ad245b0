import { localDate, momentOf } from '@enlace/coordination'
import type { Decision } from '@enlace/coordination/meetings'
import { localDay, localTime } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'

/** Both countries have one time all year; a file and a page say so, since people ask. */
export const whenText = (ts: number, words: Words, language: Language): string =>
  `${localDay(ts, language)} ${localDate(ts).slice(0, 4)}, ${words.meetings.both(localTime(ts, language))}`

/** The day something is due, `YYYY-MM-DD`. */
export const dueDay = (ts: number): string => localDate(ts)

/** @returns the end of a day of the border; undefined for what is none */
export function endOfDay(day: string): number | undefined {
  const at = momentOf(`${day}T23:59`)
  return at === undefined ? undefined : at + 59_999
}

export function tallyOf({ votes }: Decision, words: Words): string {
  const choices = [...votes.values()]
  const count = (choice: string) => choices.filter((one) => one === choice).length
  return words.meetings.tally(count('yes'), count('no'), count('abstain'))
}
