import type { DirectoryEntry } from '../entry/entry.ts'
import { publicView } from '../entry/visibility.ts'
import type { EntryBook } from './book.ts'

/** An entry as its institution signs it: once for anybody, once for the network. */
export interface EntryDocument {
  _type: 'enlace-directory-entry'
  institution: string
  view: 'public' | 'network'
  revision: number
  entry: DirectoryEntry
  /** only where the network alone may read: else the hash in the signed file would let others guess */
  nonce?: string
}

/** Where the signed files are, by what they hold. */
export const entryTargets = (institution: string) => ({
  public: `${institution}/entry.json`,
  network: `${institution}/entry.network.json`,
})

/** What is to be signed of a book as it stands. */
export function documentsOf(
  { entry, revision }: Pick<EntryBook, 'entry' | 'revision'>,
  nonce: string,
): Record<'public' | 'network', EntryDocument> {
  const common = { _type: 'enlace-directory-entry', institution: entry.key, revision } as const
  return {
    public: { ...common, view: 'public', entry: publicView(entry) },
    network: { ...common, view: 'network', nonce, entry },
  }
}
