import type { InstitutionSummary } from '@enlace/directory'
import type { Catalogue, CatalogueEntry } from '@enlace/directory/catalogue'
import type { DirectoryEntry } from '@enlace/directory/entry'

import type { Books, Reminders, Suggestions } from './books/types.ts'

export type DirectoryRecord = CatalogueEntry & {
  /** Who says what the entry says; `list`: there is none yet. */
  source: 'signed' | 'registry' | 'here' | 'list'
  /** Of a signed entry. */
  revision?: number
}

/** enlace/: the institutions as the registry has them. */
export interface Directory {
  institution(key: string): InstitutionSummary | undefined
  all(): InstitutionSummary[]
  /**
   * All entries, as the registry last gave them: what anybody may see, or what the network may see as far as this node
   * was given it.
   */
  catalogue(view: 'public' | 'network'): Catalogue
  /**
   * An institution as the list has it, and its whole entry as far as this node was given it: the one its institution signed,
   * or else the registry's.
   */
  record(key: string): DirectoryRecord | undefined
  records(): DirectoryRecord[]
  /** Signed entries, which stand before the registry's copy; called again when they change. */
  follow(signed: (key: string) => { revision: number; entry: DirectoryEntry } | undefined): void
  /** Where there is no list of the network, this node's word is the entry of its own institutions. */
  keep(entry: DirectoryEntry): void
  /** Asks the registry now. It does so by itself too. */
  refresh(): Promise<void>
  /** Called when the registry's records, or what institutions signed, changed. */
  onChange(listener: () => void): void
  close(): void
}

/** The books of this node's institutions, and what hangs on them. */
export interface DirectoryBooks {
  readonly books: Books
  readonly suggestions: Suggestions
  readonly reminders: Reminders
  /** Goes on with what waited when the node stopped. */
  start(): Promise<void>
  close(): void
}
