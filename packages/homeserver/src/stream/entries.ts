import type { StoredEvent } from '../rooms/types.ts'

/** What the node's log can carry. Every entry has the position it was persisted at. */
export type StreamEntry =
  /** An event accepted into a room's timeline here (also soft-failed ones are NOT published). `isJoinOf` etc. are read from the event. */
  | { kind: 'event'; pos: number; roomId: string; event: StoredEvent }
  | {
      kind: 'receipt'
      pos: number
      roomId: string
      userId: string
      receiptType: 'm.read' | 'm.read.private'
      eventId: string
      threadId?: string
      ts: number
    }
  | { kind: 'typing'; pos: number; roomId: string; userIds: readonly string[] }
  | { kind: 'presence'; pos: number; userId: string }
  | { kind: 'to_device'; pos: number; userId: string; deviceId: string }
  | { kind: 'account_data'; pos: number; userId: string; roomId?: string; type: string }
  /** A user's devices or cross-signing keys changed; with `onlyFor`, in a way that only that user's devices see. */
  | { kind: 'device_list'; pos: number; userId: string; onlyFor?: string }
  /** One-time or fallback keys of a device were used or uploaded: the counts in sync change. */
  | { kind: 'one_time_keys'; pos: number; userId: string; deviceId: string }
  /** Something has happened to what these people of this node sent: accepted, on a device, or a partner went or came. */
  | { kind: 'delivery'; pos: number; roomId: string; userIds: ReadonlySet<string> }
  /** Whom this node vouches for in the room is no longer what it was. */
  | { kind: 'vouched'; pos: number; roomId: string; version: number }
