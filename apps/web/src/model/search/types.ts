/**
 * Search over what this device has decrypted: no server can search encrypted text. The texts are kept in the account's
 * own database, the newest MAX_KEPT of them; the index is built from them when search is first opened.
 */
export interface SearchIndex {
  /** Takes a message, or its edited text. */
  put(message: SearchableMessage): void
  remove(eventId: string): void
  /** Those that are so, on disk as well when it resolves. */
  forget(isSo: (message: SearchableMessage) => boolean): Promise<void>
  search(query: string, roomId?: string): Promise<SearchableMessage[]>
  /** Forgets everything, to free space; what is read again is found again. */
  clear(): Promise<void>
  /** Writes what is still in memory. */
  flush(): Promise<void>
  readonly size: () => Promise<number>
}

export interface SearchableMessage {
  id: string
  roomId: string
  sender: string
  ts: number
  text: string
}
