/** What comes from partners: whole transactions, and what the events in them build on. */
import type { PduReading, RoomVersion } from '@enlace/room-model'
import type { AppendOutcome } from '../../rooms/types.ts'

/** What an event builds on and this node does not have, fetched from the server that sent it. */
export interface Missing {
  /** An event of that room; undefined for what is none. */
  read(raw: unknown, roomId: string, version: RoomVersion): PduReading | undefined
  /** Keys of all who wrote these events, with the help of the server that has them. */
  ensureKeys(events: readonly PduReading[], via: string): Promise<void>
  /**
   * Takes an event, fetching the state it needs where the gap before it stays open.
   * @param states how often that may still be done; counted down
   */
  take(
    server: string,
    event: PduReading,
    states: { left: number },
    options?: { backfillPos?: number },
  ): Promise<AppendOutcome>
  /** Fills the gap before an event a partner sent, as far as it goes, and takes the event. One gap of a room at a time. */
  fill(server: string, event: PduReading): Promise<AppendOutcome>
  /** What happened while this server was away, up to (and without) an event of the present. */
  catchUp(server: string, latest: PduReading): Promise<void>
}

/** By event, and for the sender why one was not taken. */
export type TransactionAnswer = { pdus: Record<string, { error?: string }> }

export interface Transactions {
  /** Takes a transaction, or answers as before when it was taken already. @throws M_LIMIT_EXCEEDED */
  receive(
    origin: string,
    txnId: string,
    body: { pdus: unknown[]; edus: unknown[] },
  ): Promise<TransactionAnswer>
  /** Waits for what is under way. */
  close(): Promise<void>
}
