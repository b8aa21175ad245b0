import type { ReadableStore } from '../../lib/store.ts'

/**
 * Search over what this device has decrypted: no server can search encrypted text. The texts are kept in the account's
 * own database, the newest MAX_KEPT of them; the index is built from them in a worker when search is first opened.
 */
export interface SearchIndex {
  /** Takes a message, or its edited text. */
  put(message: SearchableMessage): void
  remove(eventId: string): void
  /** Of those in memory; all of them once `load` or `search` has been called. */
  has(eventId: string): boolean
  /** Those that are so, on disk as well when it resolves. */
  forget(isSo: (message: SearchableMessage) => boolean): Promise<void>
  /** Of a channel one is no longer in. */
  forgetRoom(roomId: string): Promise<void>
  search(query: MessageQuery): Promise<FoundMessages>
  /** Makes ready what the first question would wait for. */
  load(): Promise<void>
  /** Forgets everything, to free space; what is read again is found again. */
  clear(): Promise<void>
  /** Writes what is still in memory. */
  flush(): Promise<void>
  close(): void
  readonly size: () => Promise<number>
}

export type SearchableKind = 'text' | 'file' | 'image'

export interface SearchableMessage {
  id: string
  roomId: string
  sender: string
  ts: number
  /** of a file its name, and what a text file says below it */
  text: string
  /** absent: kept before there were kinds, and a text */
  kind?: SearchableKind
  /** the first event of the thread it is in */
  thread?: string
}

export interface MessageQuery {
  /** empty: whatever the rest lets through, the newest first */
  text: string
  /** what this person may read; nothing else is found */
  rooms: readonly string[]
  kinds?: readonly SearchableKind[]
  sender?: string
  since?: number
  until?: number
  limit: number
}

export interface FoundMessages {
  total: number
  hits: readonly MessageHit[]
}

export interface MessageHit {
  message: SearchableMessage
  /** the words of the message that answer the question, as `termsOf` writes them */
  terms: readonly string[]
}

/** What the desk keeps of each thing that is found. */
export interface DeskEntry {
  id: string
  text: string
  ts: number
  room?: string
  sender?: string
  kind?: string
}

export interface DeskQuery {
  text: string
  rooms?: readonly string[]
  kinds?: readonly string[]
  sender?: string
  since?: number
  until?: number
  limit: number
}

export interface DeskAnswer {
  total: number
  hits: Array<{ id: string; terms: string[] }>
}

/** Where texts are looked through: in a worker, or in place. */
export interface SearchDesk {
  put(entries: readonly DeskEntry[]): Promise<void>
  remove(ids: readonly string[]): Promise<void>
  find(query: DeskQuery): Promise<DeskAnswer>
  /** Lets go of everything; the next question begins with nothing. */
  close(): void
}

export interface LookBackState {
  running: boolean
  /** messages looked at, of these the ones this device cannot open */
  looked: number
  closed: number
  /** everything since then has been looked at, in every channel that was asked for */
  since?: number
  /** there is nothing older */
  done: boolean
  /** as many texts are kept as this device keeps */
  full: boolean
  failed: boolean
}

/** Fetches what was written before what this device has, so that it is found. */
export interface LookBack {
  readonly state: ReadableStore<LookBackState>
  /** @param roomIds where to look, evenly in time. Settles when it stops */
  start(roomIds: readonly string[]): Promise<void>
  stop(): void
}
