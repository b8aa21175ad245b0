import type { EntryDetails, FindAnswer, FindQuery, FoundRow } from '@enlace/directory/finder'
import type { ReadableStore } from '../../lib/store.ts'
import type { DirectoryState, Facets } from '../../model/directory/types.ts'

// What views show of the model.
export type { DirectoryState } from '../../model/directory/types.ts'

/** Where "near" is: a town of the gazetteer, or where the person stands. */
export type Near = { kind: 'me'; accuracy: number } | { kind: 'place'; key: string }

export interface DirectoryPageState {
  query: FindQuery
  near?: Near
  /** why the device's place is not known */
  locating?: 'asking' | 'denied' | 'unavailable'
  facets?: Facets
  /** undefined until the first answer */
  answer?: FindAnswer
  /** grows with each row that came */
  rowsVersion: number
  /** the number of what is selected in the list and on the map */
  selected?: number
  /** what the phone shows */
  view: 'list' | 'map'
}

export interface DirectoryPageModel {
  readonly state: ReadableStore<DirectoryPageState>
  readonly directory: ReadableStore<DirectoryState>
  ask(change: Partial<FindQuery>): void
  /** Back to the beginning: nothing asked. */
  clear(): void
  nearPlace(key: string): void
  /** Asks the browser, which asks the person. */
  nearMe(): void
  nowhere(): void
  select(number: number | undefined): void
  show(view: 'list' | 'map'): void
  /** A row by its number; undefined until it came, which `rowsVersion` tells. */
  row(number: number): FoundRow | undefined
  refresh(): Promise<void>
}

export type EntryState =
  | { phase: 'opening' | 'none' | 'absent' | 'missing' }
  | { phase: 'ready'; details: EntryDetails; now: number }

export interface EntryModel {
  readonly state: ReadableStore<EntryState>
  retry(): void
  close(): void
}
