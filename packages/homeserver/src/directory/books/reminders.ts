/**
 * "Is it still correct?": coordinators are reminded through their own alert channels when groups of fields are due and
 * overdue. By day only, one alert for all groups, and of each group once a week at most.
 */
import { assuredDates, type FieldGroup, groupFreshness } from '@enlace/directory/upkeep'
import { isActive } from '../../accounts/suspension.ts'
import type { Context } from '../../context.ts'
import type { BookModels, Books, GroupState, KeptBook, OverdueInstitution, Reminders } from './types.ts'

const WEEK_MS = 7 * 24 * 3_600_000
/** Hours of the border (UTC-6) in which somebody may be asked for something that can wait. */
const DAYTIME = { from: 7, to: 19 }

export function createReminders(ctx: Context, { Reminder }: BookModels, books: Books): Reminders {
  const toConfirm = (groups: GroupState[]) => groups.filter(({ freshness }) => freshness !== 'verified')

  function ofBook({ book }: KeptBook): GroupState[] {
    const dates = assuredDates(book.entry)
    return Object.entries(groupFreshness(book.entry, ctx.clock.now())).map(([group, freshness]) => {
      const date = dates[group as FieldGroup]
      return { group: group as FieldGroup, freshness, ...(date ? { assured_date: date } : {}) }
    })
  }

  async function coordinatorsOf(key: string): Promise<string[]> {
    const out: string[] = []
    for (const account of await ctx.accounts.list()) {
      if (!isActive(account)) continue
      const { userId } = account
      const { institution, role } = await ctx.policy.memberOf(userId)
      if (institution?.key === key && role === 'coordinator') out.push(userId)
    }
    return out
  }

  async function raise(key: string, { at, level }: { at: number; level: 'due' | 'overdue' }): Promise<void> {
    const prefix = `directory|${key}|`
    for (const userId of await coordinatorsOf(key))
      await ctx.alerts.raise({
        key: `${prefix}${at}|${userId}`,
        userId,
        urgent: false,
        kind: 'directory',
        reference: key,
        level,
        roomId: '',
        eventId: '',
      })
    await Reminder.updateOne({ _id: key, 'raising.at': at }, { $unset: { raising: 1 } })
  }

  async function look(key: string): Promise<void> {
    const now = ctx.clock.now()
    const doc = await Reminder.findById(key).lean()
    if (doc?.raising) await raise(key, doc.raising)
    const waiting = toConfirm(ofBook(await books.read(key)))
    if (waiting.length === 0) {
      if (doc) {
        await ctx.alerts.settle(`directory|${key}|`, 'resolved')
        await Reminder.deleteOne({ _id: key })
      }
      return
    }
    const reminded = doc?.reminded ?? {}
    // A clock that was wrong once must not silence reminders for longer than they would pause.
    const isRecent = (at: number | undefined) => at !== undefined && Math.abs(now - at) < WEEK_MS
    const news = waiting.filter(({ group }) => !isRecent(reminded[group]))
    if (news.length === 0 || !isDay(now)) return
    const raising = {
      at: now,
      level: news.some(({ freshness }) => freshness === 'overdue') ? ('overdue' as const) : ('due' as const),
    }
    // One alert for all of them, in place of the one before.
    await ctx.alerts.settle(`directory|${key}|`, 'superseded')
    await Reminder.replaceOne(
      { _id: key },
      {
        reminded: Object.fromEntries(
          waiting.map(({ group }) => [group, isRecent(reminded[group]) ? reminded[group]! : now]),
        ),
        raising,
      },
      { upsert: true },
    )
    await raise(key, raising)
  }

  return {
    ofBook,
    async run() {
      for (const key of ctx.config.institutions) {
        // Without a key nobody could confirm anything.
        if (!ctx.directory.record(key) || books.keeping(key) === 'no_key') continue
        await look(key)
      }
    },
    overdue() {
      const now = ctx.clock.now()
      const all = ctx.directory.records().flatMap(({ institution, entry }) => {
        if (!entry) return []
        const dates = assuredDates(entry)
        const groups = toConfirm(
          Object.entries(groupFreshness(entry, now)).map(([group, freshness]) => {
            const date = dates[group as FieldGroup]
            return { group: group as FieldGroup, freshness, ...(date ? { assured_date: date } : {}) }
          }),
        )
        return groups.length > 0 ? [{ key: institution.key, name: institution.name, groups }] : []
      })
      const count = ({ groups }: OverdueInstitution) =>
        groups.filter(({ freshness }) => freshness === 'overdue').length
      return all.sort((a, b) => count(b) - count(a) || a.name.localeCompare(b.name, 'es'))
    },
  }
}

function isDay(now: number): boolean {
  const hour = new Date(now - 6 * 3_600_000).getUTCHours()
  return hour >= DAYTIME.from && hour < DAYTIME.to
}
