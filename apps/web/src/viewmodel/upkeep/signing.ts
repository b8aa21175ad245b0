import { checkEntry } from '@enlace/directory/check-entry'
import { type Actor, type BookEvent, type EntryBook, reduceBook } from '@enlace/directory/upkeep'
import type { EntrySigner } from '../../model/upkeep/types.ts'
import type { Book } from '../../model/upkeep/upkeep-api.ts'

/**
 * What the node will make of these events, signed. The device works it out by the same rules; the node refuses whatever
 * comes to something else.
 */
export async function signedResult(
  signer: EntrySigner | undefined,
  book: Book,
  events: readonly BookEvent[],
): Promise<{ publication?: unknown }> {
  if (book.keeping !== 'signed' || !signer || !(await signer.holds(book.entry.key))) return {}
  let next: EntryBook = {
    entry: book.entry,
    revision: book.revision,
    proposals: [...book.proposals],
    history: [],
  }
  for (const event of events) {
    const result = reduceBook(next, event, { isValid: (entry) => checkEntry(entry).ok })
    // The node says why, in the same words for everybody.
    if (!result.ok) return {}
    next = result.book
  }
  return { publication: await signer.sign(next) }
}

export const actorFor = (userId: string, institution: string, role: Actor['role']): Actor => ({
  userId,
  institution,
  role,
})
