import type { CaseState } from '@enlace/coordination'
import type { FoundRow } from '@enlace/directory/finder'
import type { ReadableStore } from '../../lib/store.ts'
import type { Person } from '../../model/channels/types.ts'
import type { LookBackState, SearchableMessage } from '../../model/search/types.ts'

// What views show of the model.
export { MAX_KEPT as MAX_TEXTS } from '../../model/search/search-index.ts'
export type { LookBackState, SearchableMessage } from '../../model/search/types.ts'

export const searchGroups = ['messages', 'files', 'people', 'cases', 'directory'] as const
export type SearchGroup = (typeof searchGroups)[number]

export const searchSpans = ['today', 'week', 'month', 'year'] as const
export type SearchSpan = (typeof searchSpans)[number]

/** What narrows a search; what is absent narrows nothing. */
export interface SearchFilters {
  sender?: string | undefined
  roomId?: string | undefined
  span?: SearchSpan | undefined
  /** days, `2026-11-24`, both included */
  from?: string | undefined
  to?: string | undefined
  /** only what is a document, or a case that has one */
  documents?: boolean | undefined
}

export interface SearchAsked {
  text: string
  filters: SearchFilters
}

export interface MessageFound {
  message: SearchableMessage
  terms: readonly string[]
  /** the case it was said in */
  caseId?: string
}

export interface CaseFound {
  state: CaseState
  /** the line of the case's form that answers, where that is not its reference */
  because?: string
  terms: readonly string[]
}

export interface PersonFound {
  person: Person
  terms: readonly string[]
}

export interface FoundIn<T> {
  total: number
  shown: readonly T[]
}

export interface SearchResults {
  messages: FoundIn<MessageFound>
  files: FoundIn<MessageFound>
  people: FoundIn<PersonFound>
  cases: FoundIn<CaseFound>
  directory: FoundIn<FoundRow>
}

export interface SearchState extends SearchAsked {
  /** absent: all of them, a few of each */
  group: SearchGroup | undefined
  /** of the last question that was answered; undefined while nothing is asked */
  results?: SearchResults
  /** what that question was */
  answered?: SearchAsked
  /** the index is being read */
  preparing: boolean
  /** texts that can be found */
  size: number
  recent: readonly string[]
  saved: readonly SearchAsked[]
}

export interface SearchModel {
  readonly state: ReadableStore<SearchState>
  readonly back: ReadableStore<LookBackState>
  write(text: string): void
  narrow(filters: SearchFilters): void
  choose(group: SearchGroup | undefined): void
  /** Takes up a search of before. */
  take(asked: SearchAsked): void
  more(): void
  /** Whatever was found was used: the words are remembered. */
  used(): void
  toggleSaved(): void
  forgetRecent(): void
  forgetSaved(asked: SearchAsked): void
  /** Fetches what was written before what this device has, and asks again with it. */
  lookBack(): Promise<void>
  stopLookingBack(): void
}
