import type { Row, TableName } from '../hsds/tables.ts'
import type { EntryRows } from './entry-rows.ts'
import { sameValue } from './match-rows.ts'
import { covers, type Target } from './targets.ts'

/**
 * Records that several services and places share, such as a telephone of the office: rows of a table say what each has.
 * A record stays while all it is about want it; is changed in place when all want the same other; and else is given to
 * those that keep it, each at its own place. What no row speaks of keeps what it has.
 */
export interface SharedKind<V> {
  table: TableName
  /** what a record says, as far as a table can say it; undefined: not a table's matter */
  value(rows: EntryRows, row: Row): V | undefined
  /** makes a record, or changes one */
  write(rows: EntryRows, id: string, owner: Record<string, string>, value: V, before?: Row): void
  /** a name for a new record of an owner, from what it says */
  name(value: V): string
  /** whether one is the other, changed: a telephone whose notes changed */
  isSuccessor(before: V, after: V): boolean
  /** the column of the owner that all its records are put on, when all of it agree */
  common: 'location_id' | 'service_id'
  newId(owner: string, name: string, suffix: string): string
}

export function reconcile<V>(
  rows: EntryRows,
  kind: SharedKind<V>,
  targets: readonly Target[],
  wanted: ReadonlyMap<string, readonly V[]>,
): void {
  const includes = (values: readonly V[] | undefined, value: V) =>
    values?.some((each) => sameValue(each, value)) ?? false
  const satisfied = new Map<string, V[]>()
  const leaving: Array<{ row: Row; value: V; about: Target[] }> = []
  for (const row of rows.all(kind.table)) {
    const value = kind.value(rows, row)
    if (value === undefined) continue
    const about = targets.filter((target) => covers(row, target))
    const against = about.filter(({ id }) => wanted.has(id) && !includes(wanted.get(id), value))
    if (against.length === 0) {
      for (const { id } of about) satisfied.set(id, [...(satisfied.get(id) ?? []), value])
    } else leaving.push({ row, value, about })
  }
  /** what each still lacks: what its row wants, and what it loses though its row says nothing against it */
  const lacking: Array<{ value: V; targets: Target[] }> = []
  const lack = (value: V, target: Target) => {
    if (includes(satisfied.get(target.id), value)) return
    const known = lacking.find((each) => sameValue(each.value, value))
    if (!known) lacking.push({ value, targets: [target] })
    else if (!known.targets.includes(target)) known.targets.push(target)
  }
  for (const target of targets) {
    for (const value of wanted.get(target.id) ?? []) lack(value, target)
    if (!wanted.has(target.id))
      for (const each of leaving) if (each.about.includes(target)) lack(each.value, target)
  }
  // In place: the same number first, then whatever else one record gave way to.
  for (const successor of [true, false]) {
    for (const each of [...leaving]) {
      const next = lacking.find(
        ({ value, targets: lacks }) =>
          sameMembers(lacks, each.about) && (!successor || kind.isSuccessor(each.value, value)),
      )
      if (!next) continue
      leaving.splice(leaving.indexOf(each), 1)
      lacking.splice(lacking.indexOf(next), 1)
      kind.write(rows, each.row.id, {}, next.value, each.row)
    }
  }
  for (const { row } of leaving) rows.remove(kind.table, row.id)
  for (const { value, targets: lacks } of lacking) {
    let left = [...lacks]
    // All of a place, or of a service: one record for it.
    for (const one of lacks) {
      const owner = kind.common === 'location_id' ? one.location : one.service
      if (owner === undefined || !left.includes(one)) continue
      const all = targets.filter(
        (each) => (kind.common === 'location_id' ? each.location : each.service) === owner,
      )
      if (!all.every((each) => left.includes(each))) continue
      add(rows, kind, { [kind.common]: owner }, owner, value)
      left = left.filter((each) => !all.includes(each))
    }
    for (const one of left)
      add(
        rows,
        kind,
        one.location === undefined ? { service_id: one.service } : { service_at_location_id: one.id },
        one.id,
        value,
      )
  }
}

const sameMembers = (a: readonly Target[], b: readonly Target[]) =>
  a.length === b.length && a.every((each) => b.includes(each))

function add<V>(
  rows: EntryRows,
  kind: SharedKind<V>,
  owner: Record<string, string>,
  ownerId: string,
  value: V,
): void {
  const id = rows.freeId(kind.table, (suffix) => kind.newId(ownerId, kind.name(value), suffix))
  kind.write(rows, id, owner, value)
}
