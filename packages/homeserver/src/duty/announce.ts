/** Changes of duty are told to those they concern, by their alert channels; opening the duty page is the answer. */
import { type DutyBook, dutyOfPerson, swapTells } from '@enlace/coordination/duty'
import type { Context } from '../context.ts'
import type { BookChange } from './types.ts'

/** Changes of what lies further ahead are seen in the calendar in time. */
const AHEAD_MS = 14 * 86_400_000

const prefixOf = (userId: string) => `duty|${userId}|`

export function createAnnouncements(ctx: Context, countryOf: (institution: string) => string) {
  const tell = (userId: string, what: string) =>
    ctx.accounts.isLocal(userId)
      ? ctx.alerts.raise({
          key: `${prefixOf(userId)}${what}`,
          userId,
          urgent: false,
          kind: 'duty',
          roomId: '',
          eventId: '',
        })
      : Promise.resolve()

  return {
    tell,

    /** Everybody whose duty of the next fortnight is another now, but whoever changed it; and both sides of a swap. */
    async changed({ institution, by, before, after, revision }: BookChange): Promise<void> {
      const now = ctx.clock.now()
      const country = countryOf(institution)
      const concerned = new Set(swapNews(before, after))
      for (const userId of peopleOf(before, after))
        if (hoursOf(before, userId) !== hoursOf(after, userId)) concerned.add(userId)
      concerned.delete(by)
      for (const userId of concerned) await tell(userId, `${institution}|${revision}`)

      function hoursOf(book: DutyBook, userId: string): string {
        const source = { book, country }
        return JSON.stringify(
          [...new Set([...before.positions, ...after.positions].map(({ key }) => key))].map((key) =>
            dutyOfPerson(source, key, userId, now, now + AHEAD_MS),
          ),
        )
      }
    },

    /** The person looks at the page. */
    seen: (userId: string) => ctx.alerts.settle(prefixOf(userId), 'superseded'),
  }
}

function peopleOf(...books: DutyBook[]): Set<string> {
  const people = new Set<string>()
  for (const { turns, overrides, swaps } of books) {
    for (const { user_id } of [...turns, ...overrides]) if (user_id !== undefined) people.add(user_id)
    for (const { giver, taker } of swaps) people.add(giver).add(taker)
  }
  return people
}

function swapNews(before: DutyBook, after: DutyBook): string[] {
  const known = new Map(before.swaps.map((one) => [one.id, one.state]))
  return after.swaps.flatMap((one) => (known.get(one.id) === one.state ? [] : swapTells(one)))
}
