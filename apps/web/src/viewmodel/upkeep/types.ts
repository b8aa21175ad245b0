import type { EntryFault } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import type { Edit, FieldGroup, Proposal } from '@enlace/directory/upkeep'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type {
  EntryAnswer,
  HistoryAnswer,
  OverdueAnswer,
  SentSuggestion,
} from '../../model/upkeep/upkeep-api.ts'

// What views show of the model.
export type { EntrySigner } from '../../model/upkeep/types.ts'
export type {
  EntryAnswer,
  GroupState,
  HistoryAnswer,
  OverdueAnswer,
  SentSuggestion,
} from '../../model/upkeep/upkeep-api.ts'

export interface EditState {
  /** undefined while it is asked for */
  answer: EntryAnswer | undefined
  loadFailure?: Failure
  /** as it stands now, and as this person would have it */
  before: DirectoryEntry | undefined
  entry: DirectoryEntry | undefined
  edits: readonly Edit[]
  faults: readonly EntryFault[]
  /** made for another state than there is now */
  conflicts: readonly Edit[]
  /** there were changes from before */
  restored: boolean
  mayUndo: boolean
  note: string
  step: 'form' | 'changes' | 'sent'
  sent?: 'draft' | 'suggestion' | 'published' | 'waiting'
  sending: boolean
  sendFailure?: Failure
  /** this device can publish at once */
  mayPublish: boolean
}

export interface EditModel {
  readonly state: ReadableStore<EditState>
  load(): Promise<void>
  change(make: (entry: DirectoryEntry) => DirectoryEntry): void
  undo(): void
  discard(): void
  setNote(note: string): void
  show(step: 'form' | 'changes'): void
  /** What to do with a change that was made for another state. */
  settle(conflict: Edit, take: 'mine' | 'theirs'): void
  send(how: { publish: boolean; confirm: readonly FieldGroup[] }): Promise<void>
  close(): void
}

export type KeepState = {
  answer: EntryAnswer | undefined
  loadFailure?: Failure
  /** id of the proposal or group under way */
  busy?: string
  failure?: Failure
  done?: 'confirmed' | 'accepted' | 'declined' | 'waiting'
  /** the institution's key is on this device, or none is needed */
  maySign: boolean
}

/** Confirming and deciding: an entry's own people. */
export interface KeepModel {
  readonly state: ReadableStore<KeepState>
  load(): Promise<void>
  confirm(groups: readonly FieldGroup[]): Promise<void>
  /** Signs what others confirmed. */
  sign(): Promise<void>
  accept(proposal: Proposal): Promise<void>
  decline(proposal: Proposal, reason: string): Promise<void>
  close(): void
}

export interface ListState<T> {
  found: T | undefined
  failure?: Failure
  busy: boolean
}

export interface ListModel<T> {
  readonly state: ReadableStore<ListState<T>>
  load(): Promise<void>
  close(): void
}

export type HistoryModel = ListModel<HistoryAnswer & { name: string; entry: DirectoryEntry }> & {
  more(): Promise<void>
}
export type SuggestionsModel = ListModel<readonly SentSuggestion[]> & {
  withdraw(suggestion: SentSuggestion): Promise<void>
}
export type OverdueModel = ListModel<OverdueAnswer>
