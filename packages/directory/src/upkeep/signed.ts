import type { DirectoryEntry } from '../entry/entry.ts'
import { assuredDates, withAssurance } from './assurance.ts'
import type { EntryBook } from './book.ts'
import { editsBetween } from './changes.ts'
import type { FieldGroup } from './field-groups.ts'

/** An institution's signed entry and the book its node keeps: who says what, where they differ. */

/** Groups a person confirmed since the entry was last signed. Others do not see that yet. */
export function unsignedGroups(entry: DirectoryEntry, signed: DirectoryEntry): FieldGroup[] {
  const was = assuredDates(signed)
  return Object.entries(assuredDates(entry)).flatMap(([group, date]) =>
    date > (was[group as FieldGroup] ?? '') ? [group as FieldGroup] : [],
  )
}

/**
 * The signed entry counts, wherever it was signed. What people confirmed meanwhile is carried over, and what came from
 * elsewhere stands in the history as a change by `by`.
 */
export function adoptSigned(
  book: EntryBook,
  signed: { revision: number; entry: DirectoryEntry },
  { by, at }: { by: string; at: number },
): EntryBook {
  const confirmed = assuredDates(book.entry)
  const later = unsignedGroups(book.entry, signed.entry)
  let entry = signed.entry
  for (const group of later) entry = withAssurance(entry, group, confirmed[group]!)
  const changes = editsBetween(book.entry, entry).map((edit) => ({ by, at, edit }))
  return {
    ...book,
    entry,
    revision: Math.max(signed.revision + (later.length > 0 ? 1 : 0), book.revision),
    history: [...book.history, ...changes],
  }
}
