/**
 * A position that stands for a contact of the directory is called only while that contact can be relied on: when nobody
 * has confirmed the institution's contacts for half a year, calls go to everybody they would go to without a roster.
 */
import type { DutySource } from '@enlace/coordination/duty'
import { groupFreshness } from '@enlace/directory/upkeep'
import type { Context } from '../context.ts'

type Overdue = { source: DutySource; left: string[] }

/** @returns the book by which calls are routed now, and the positions that are left out of it */
export async function withoutOverdue(
  ctx: Pick<Context, 'directory' | 'directoryBooks'>,
  institution: string,
  source: DutySource,
  now: number,
): Promise<Overdue> {
  const left = source.book.positions.filter(({ contact }) => contact !== undefined).map(({ key }) => key)
  if (left.length === 0 || !(await contactsAreOverdue(ctx, institution, now))) return { source, left: [] }
  const positions = source.book.positions.filter(({ key }) => !left.includes(key))
  return { source: { ...source, book: { ...source.book, positions } }, left }
}

async function contactsAreOverdue(
  { directory, directoryBooks: { books } }: Pick<Context, 'directory' | 'directoryBooks'>,
  institution: string,
  now: number,
): Promise<boolean> {
  if (!books.hosts(institution) || !directory.record(institution)) return false
  const { book } = await books.read(institution)
  return groupFreshness(book.entry, now).contact === 'overdue'
}
