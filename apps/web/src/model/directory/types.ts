import type { EntryDetails, FindAnswer, FindQuery, FoundRow } from '@enlace/directory/finder'
import type { Position } from '@enlace/directory/plus-code'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'

/** An entry of the copy, untouched; `entry` is undefined where the list alone names the institution. */
export interface GivenEntry {
  view: 'public' | 'network'
  entry: unknown
}

/** The copy of the directory that this device searches. */
export interface CopyState {
  view: 'public' | 'network'
  /** services and institutions that can be found */
  size: number
  /** when the node last said that this is what it has, ms since the Unix epoch */
  checkedAt: number
  /** false: this device has no room for it, so without a network it will not be there */
  kept: boolean
}

export interface DirectoryState {
  /** `none`: there is no copy yet, and none could be had. `absent`: this server keeps no directory */
  phase: 'opening' | 'ready' | 'none' | 'absent'
  copy?: CopyState
  refreshing: boolean
  /** why the last attempt to refresh did not succeed */
  failure?: Failure
  /** grows with each new copy */
  version: number
}

/** What can be filtered by, and how much there is of each. */
export interface Facets {
  categories: Record<string, number>
  languages: string[]
}

/** The directory on this device: the last copy, searched in a worker, quick and without a network. */
export interface DeviceDirectory {
  readonly state: ReadableStore<DirectoryState>
  /** Opens what is kept, and asks the node what is new. Cheap when nothing is. */
  refresh(): Promise<void>
  find(query: FindQuery, now: number): Promise<FindAnswer>
  rows(numbers: readonly number[], now: number, near?: Position): Promise<FoundRow[]>
  entry(key: string, now: number): Promise<EntryDetails | undefined>
  /** As the node gave it: to be compared with what the institution signed. */
  asGiven(key: string): Promise<GivenEntry | undefined>
  facets(): Promise<Facets>
  /** all of the copy, as the node gave it; undefined while there is none */
  copy(): Promise<unknown>
  close(): void
}
