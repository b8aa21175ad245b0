import { type DirectoryEntry, tablesOfEntry, withTables } from '../entry/entry.ts'
import { markOf, markValues } from '../entry/marks.ts'
import { type Freshness, freshnessOf } from '../freshness.ts'
import { type TableName, tableNames } from '../hsds/tables.ts'
import { type FieldGroup, fieldGroupOf, fieldGroups } from './field-groups.ts'

/** When a person last confirmed what: for each group of fields, as marks on the organization (`assured`). */

const groupNames = Object.keys(fieldGroups) as FieldGroup[]

function organizationMarks(entry: DirectoryEntry) {
  const id = entry.records.organizations?.[0]?.id
  return (entry.records.attributes ?? []).filter((each) => each['link_id'] === id)
}

/** The day each group was last confirmed; the latest, where it is said twice. */
export function assuredDates(entry: DirectoryEntry): Partial<Record<FieldGroup, string>> {
  const dates: Partial<Record<FieldGroup, string>> = {}
  for (const value of markValues(organizationMarks(entry), 'assured')) {
    const [group, date] = value.split(':') as [FieldGroup, string]
    if (groupNames.includes(group) && date > (dates[group] ?? '')) dates[group] = date
  }
  return dates
}

/** Groups of which the entry says something. Nobody has to confirm hours that are not there. */
export function groupsInUse(entry: DirectoryEntry): FieldGroup[] {
  const used = new Set(
    tableNames.flatMap((table: TableName) =>
      (entry.records[table]?.length ?? 0) > 0 ? [fieldGroupOf(table)] : [],
    ),
  )
  return groupNames.filter((group) => used.has(group))
}

/** How much each group can be relied on: 90 days verified, up to 180 due, then overdue. */
export function groupFreshness(entry: DirectoryEntry, now: number): Partial<Record<FieldGroup, Freshness>> {
  const dates = assuredDates(entry)
  return Object.fromEntries(groupsInUse(entry).map((group) => [group, freshnessOf(dates[group], now)]))
}

/** The entry as a whole is as good as its worst group; its date is that of the group longest not confirmed. */
export function entryFreshness(
  entry: DirectoryEntry,
  now: number,
): { freshness: Freshness; assuredDate?: string } {
  const used = groupsInUse(entry)
  const dates = assuredDates(entry)
  const states = used.map((group) => freshnessOf(dates[group], now))
  const freshness = states.includes('overdue')
    ? 'overdue'
    : states.includes('due') || states.length === 0
      ? 'due'
      : 'verified'
  if (used.length === 0 || used.some((group) => dates[group] === undefined)) return { freshness }
  return { freshness, assuredDate: used.map((group) => dates[group]!).sort()[0]! }
}

/** "Still correct": a group confirmed on a day, in place of what was said before. */
export function withAssurance(entry: DirectoryEntry, group: FieldGroup, date: string): DirectoryEntry {
  const organization = entry.records.organizations?.[0]
  if (!organization) return entry
  const tables = tablesOfEntry(entry)
  const attributes = new Map(tables.attributes ?? [])
  for (const each of organizationMarks(entry))
    if (each['link_type'] === 'assured' && String(each['value']).startsWith(`${group}:`))
      attributes.delete(each.id)
  const mark = markOf('organizations', organization.id, 'assured', `${group}:${date}`)
  attributes.set(mark.id, { ...mark })
  return withTables(entry, { ...tables, attributes })
}

/** How many groups of fields of all entries are in each state, for whoever looks after the directory. */
export function freshnessCount(entries: readonly DirectoryEntry[], now: number): Record<Freshness, number> {
  const count = { verified: 0, due: 0, overdue: 0 }
  for (const entry of entries)
    for (const state of Object.values(groupFreshness(entry, now))) count[state] += 1
  return count
}
