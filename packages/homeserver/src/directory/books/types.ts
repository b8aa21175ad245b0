import type { Freshness } from '@enlace/directory'
import type { DirectoryEntry } from '@enlace/directory/entry'
import type { BilingualText } from '@enlace/directory/text'
import type { Actor, BookEvent, Edit, EntryBook, FieldGroup, Proposal } from '@enlace/directory/upkeep'
import type { Model } from 'mongoose'

/** directory/books: entries kept by the institutions of this node, and what its people suggest to others. */
export interface Books {
  /** Who somebody is to the books: by `memberOf` alone. */
  actorOf(userId: string): Promise<Actor>
  /** The institution is of this node. */
  hosts(key: string): boolean
  /** How changes of an entry come about here. */
  keeping(key: string): Keeping
  /** @throws M_NOT_FOUND for an institution that is not of this node */
  read(key: string): Promise<KeptBook>
  /**
   * Does all of it or nothing, and publishes what was signed. @throws MatrixError with the sentence of the refusal
   * (403, 404, 409 when somebody was quicker)
   */
  act(key: string, events: readonly BookEvent[], publication?: unknown): Promise<Acted>
  /** A change that waits for the registry, and outcomes that wait for partners: now. */
  resume(): Promise<void>
  /** What its own people are told of an outcome at another node. */
  tellOutcomes: (key: string) => Promise<void>
  close(): void
}

/** `signed`: by the institution's key; `here`: no list of the network, this node's word; `no_key`: nobody may change it yet. */
export type Keeping = 'signed' | 'here' | 'no_key'

export type KeptBook = {
  book: EntryBook
  /** What others see: undefined before anything of it was published. */
  published: DirectoryEntry | undefined
  /** Confirmed, and not signed yet. */
  unsigned: FieldGroup[]
  /** Signed, and on its way to the registry. */
  publishing: boolean
}

/** `waiting`: signed and kept; the registry has not answered yet. */
export type Acted = { kept: KeptBook; state: 'done' | 'waiting' }

/** What the network signs and carries: the part of the trust list that books need. */
export interface Publisher {
  keeping(key: string): Keeping
  /** The signed entry in force, whole; undefined where this node is not given the network's view. */
  signed(key: string): { revision: number; entry: DirectoryEntry } | undefined
  /** What is signed and in force is this. */
  isInForce(key: string, book: Pick<EntryBook, 'entry' | 'revision'>): boolean
  /** @returns what is wrong with it; undefined when it says exactly this */
  check(key: string, book: EntryBook, publication: unknown): BilingualText | undefined
  /** `refused`: with the registry's sentence; `unreachable`: it may have it or not */
  relay(
    key: string,
    publication: unknown,
  ): Promise<{ state: 'published' } | { state: 'refused'; message: BilingualText } | { state: 'unreachable' }>
}

/** A suggestion of a person of this node to an institution of another. */
export type SentSuggestion = {
  id: string
  institution: string
  at: number
  edits: Edit[]
  note?: string
  state: SentState
  decided?: Proposal['decided']
  /** Why the other server did not take it. */
  refused?: BilingualText
}
/** `waiting`: the other server has not been reached; `refused`: it did not take it; the rest as there. */
export type SentState = 'waiting' | 'refused' | Proposal['state']

export interface Suggestions {
  /** @throws M_FORBIDDEN, M_LIMIT_EXCEEDED */
  send(args: { key: string; by: Actor; id: string; edits: Edit[]; note?: string }): Promise<SentSuggestion>
  withdraw(userId: string, id: string): Promise<SentSuggestion>
  of(userId: string): Promise<SentSuggestion[]>
  /** The other server says what became of it. @throws M_NOT_FOUND */
  outcome(
    origin: string,
    id: string,
    said: { state: Proposal['state']; decided?: Proposal['decided'] },
  ): Promise<void>
  /** What waits is tried again. */
  resume(): Promise<void>
}

export interface Reminders {
  /** Looks whether anybody has to be reminded. */
  run(): Promise<void>
  /** What of the institution's book is to be confirmed: its people's word counts, signed or not. */
  ofBook(kept: KeptBook): GroupState[]
  /** What others see as due or overdue, of all institutions; those with most overdue first. */
  overdue(): OverdueInstitution[]
}

/** How much of an entry can be relied on. */
export type GroupState = {
  group: FieldGroup
  freshness: Freshness
  assured_date?: string
}

export type OverdueInstitution = { key: string; name: string; groups: GroupState[] }

export type BookDoc = {
  /** Key of the institution. */
  _id: string
  /** Counts writes: whoever read another one starts over. */
  version: number
  signed_revision: number
  /** JSON: `EntryBook` */
  book: string
  /** JSON: `Publishing`. Written before the registry is asked, taken off with its answer. */
  publishing?: string
  /** Ids of proposals of other servers' people, decided, that their server has not heard of. */
  outcomes: string[]
}

export type Publishing = { book: EntryBook; publication: unknown; since: number; outcomes: string[] }

export type SentDoc = {
  _id: string
  by: string
  institution: string
  server: string
  at: number
  state: SentState
  /** JSON: edits and note */
  suggestion: string
  decided?: Proposal['decided']
  refused?: BilingualText
  /** When to try, or to ask, again. Absent: nothing to do. */
  next_ts?: number
  attempts: number
}

export type ReminderDoc = {
  /** Key of the institution. */
  _id: string
  /** When each group was last reminded of. */
  reminded: Partial<Record<FieldGroup, number>>
  /** Written before the alerts are raised, so that a crash in between loses none. */
  raising?: { at: number; level: 'due' | 'overdue' }
}

export interface BookModels {
  readonly Book: Model<BookDoc>
  readonly Sent: Model<SentDoc>
  readonly Reminder: Model<ReminderDoc>
}
