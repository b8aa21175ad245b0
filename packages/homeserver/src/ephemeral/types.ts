import type { ClientEvent } from '../rooms/types.ts'

/** Receipts, typing, presence. */
export interface Ephemeral {
  setTyping(roomId: string, userId: string, typing: boolean, timeoutMs: number): Promise<void>
  typing(roomId: string): { userIds: readonly string[]; pos: number }
  setReceipt(args: {
    roomId: string
    userId: string
    type: 'm.read' | 'm.read.private'
    eventId: string
    threadId?: string
    ts: number
  }): Promise<void>
  /**
   * Contents of `m.receipt` events of a room for receipts in (from, to], private ones only the user's own. Empty: none.
   * More than one where a person has receipts of several threads at one event: each is an event of its own.
   */
  receiptsSince(roomId: string, userId: string, from: number, to: number): Promise<Record<string, unknown>[]>
  /** Log positions up to which a person has read: the whole room, and single threads (`main` too). `version` tells changes. */
  readUpTo(
    roomId: string,
    userId: string,
  ): Promise<{ all: number; threads: ReadonlyMap<string, number>; version: number }>
  /** Persons whose public receipts cover the event, and when at the latest they read it. */
  readersOf(
    roomId: string,
    event: { pos: number; threadId: string | undefined },
  ): Promise<ReadonlyMap<string, number>>
  receiveEdu(origin: string, edu: { edu_type: string; content: Record<string, unknown> }): Promise<void>
  presence(userIds: readonly string[]): Promise<ClientEvent[]>
  setPresence(
    userId: string,
    presence: 'online' | 'unavailable' | 'offline',
    statusMsg?: string,
  ): Promise<void>
  /** Content of the user's `m.presence`; offline when nothing is known. */
  presenceOf(userId: string): Record<string, unknown>
  close(): void
}
