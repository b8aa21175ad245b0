/** The roster as it would be with what was collected: pure, so that a draft can be laid over whatever was published meanwhile. */
import type { NamedRosterMember, RosterContent } from '@enlace/trust/browser'
import type { Claimant } from '../../model/institution/institution-api.ts'
import type { RosterChange, RosterRow, RowState } from './types.ts'

export type Names = Readonly<Record<string, string>>

/** Clocks differ: whoever is struck is out also where the clock is a little behind. */
const STRUCK_BEFORE_MS = 10 * 60_000
/** For so long the roster says that somebody was struck; then it forgets. */
const REMEMBERED_MS = 365 * 86_400_000

/** What a change is about: user ids where they are known. */
export const changeKey = (change: RosterChange): string =>
  change.kind === 'set' ? change.userId : (change.userId ?? change.id)

/** The later change about somebody replaces the earlier. */
export function withChange(changes: readonly RosterChange[], change: RosterChange): RosterChange[] {
  return [...changes.filter((one) => changeKey(one) !== changeKey(change)), change]
}

/** @param idOf roster ids of the people in `changes` */
export function applyChanges(
  members: readonly NamedRosterMember[],
  changes: readonly RosterChange[],
  idOf: (userId: string) => string,
  now: number,
): NamedRosterMember[] {
  const next = new Map(members.map((member) => [member.id, member]))
  for (const change of changes) {
    const id = change.kind === 'set' ? idOf(change.userId) : change.id
    const before = next.get(id)
    if (change.kind === 'strike') {
      if (!before) continue
      const until = now - STRUCK_BEFORE_MS
      if (before.since >= until) next.delete(id)
      else if (before.until === undefined || before.until > until) next.set(id, { ...before, until })
      continue
    }
    const { userId, role, until } = change
    const valid = before && (before.until === undefined || before.until > now)
    // Another role is another beginning; only the time it holds is not.
    const since = valid && before.role === role ? before.since : now - 60_000
    next.set(id, { id, userId, role, since, ...(until === undefined ? {} : { until }) })
  }
  return [...next.values()].filter(({ until }) => until === undefined || until > now - REMEMBERED_MS)
}

const stateOf = (entry: { since: number; until?: number | undefined } | undefined, now: number): RowState =>
  !entry
    ? 'absent'
    : entry.until !== undefined && entry.until <= now
      ? 'over'
      : entry.since > now
        ? 'later'
        : 'listed'

/** Everybody the page shows: on the roster, claimed by the server, added in this draft. */
export function rowsOf(args: {
  members: RosterContent['members']
  names: Names
  claimants: readonly Claimant[]
  /** roster ids of user ids, as far as they are worked out */
  ids: ReadonlyMap<string, string>
  changes: readonly RosterChange[]
  nameOf(userId: string): string | undefined
  now: number
}): RosterRow[] {
  const { members, names, claimants, ids, changes, nameOf, now } = args
  const userOf = new Map([...Object.entries(names), ...[...ids].map(([userId, id]) => [id, userId] as const)])
  const rows = new Map<string, RosterRow>()
  for (const { id, role, since, until } of members) {
    const userId = userOf.get(id)
    const entry = { role, since, ...(until === undefined ? {} : { until }) }
    rows.set(userId ?? id, {
      key: userId ?? id,
      id,
      ...(userId === undefined ? {} : { userId }),
      entry,
      state: stateOf(entry, now),
    })
  }
  for (const { userId, name, role } of claimants) {
    const before = rows.get(userId)
    rows.set(userId, {
      key: userId,
      userId,
      state: 'absent',
      ...before,
      ...(name ? { name } : {}),
      claimed: role ?? 'member',
    })
  }
  for (const change of changes) {
    const key = changeKey(change)
    const before = rows.get(key)
    if (before) rows.set(key, { ...before, change })
    else if (change.kind === 'set') rows.set(key, { key, userId: change.userId, state: 'absent', change })
  }
  const order: RowState[] = ['listed', 'later', 'absent', 'over']
  const named = [...rows.values()].map((row) => {
    const name = row.name ?? (row.userId === undefined ? undefined : nameOf(row.userId))
    return name ? { ...row, name } : row
  })
  const label = (row: RosterRow) => row.name ?? row.userId ?? '\uffff'
  return named.sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || label(a).localeCompare(label(b), 'es'),
  )
}

/** What changed on the roster between two published states, in roster ids. */
export function difference(
  before: RosterContent['members'],
  after: RosterContent['members'],
): { added: string[]; gone: string[]; changed: string[] } {
  const old = new Map(before.map((member) => [member.id, member]))
  const ids = new Set(after.map(({ id }) => id))
  const differs = (a: RosterContent['members'][number], b: RosterContent['members'][number]) =>
    a.role !== b.role || a.since !== b.since || a.until !== b.until
  return {
    added: after.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    gone: before.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    changed: after
      .filter((member) => {
        const was = old.get(member.id)
        return was !== undefined && differs(was, member)
      })
      .map(({ id }) => id),
  }
}
