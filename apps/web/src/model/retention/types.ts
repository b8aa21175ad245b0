/** Faces of what this device deletes when the time of something is over. */
import type { ReadableStore } from '../../lib/store.ts'

/** What the account's own node says is over, and gone there. */
export interface DeviceErasure {
  id: string
  room_id: string
  /** the case's event, or `messages`: everything of the channel outside of cases sent before `until_ts` */
  subject: string
  until_ts?: number | undefined
  /** of a case: it, and what was in its thread */
  event_ids: readonly string[]
}

/** An event as servers send it. */
export interface RawEvent {
  event_id?: string | undefined
  type?: string | undefined
  sender?: string | undefined
  state_key?: string | undefined
  origin_server_ts?: number | undefined
  content?: unknown
  unsigned?: unknown
}

/** Which of the things on this device are over. */
export interface Over {
  readonly rooms: ReadonlySet<string>
  readonly cases: ReadonlySet<string>
  event(roomId: string, event: RawEvent): boolean
  /** Something written at a time in a room, where nothing is known of what it belongs to. */
  written(roomId: string, id: string | undefined, ts: number): boolean
}

export interface DeviceErasures {
  /** rises with each time that something was deleted here */
  readonly version: ReadableStore<number>
  /** Asks the node, deletes, and tells it so; one run at a time. */
  look(): Promise<void>
  close(): void
}
