/** What the steps of the door ask of each other. What the door is for others is in `../types.ts`. */
import type { Pdu, PduReading, RoomVersion } from '@enlace/room-model'
import type { Context } from '../../context.ts'
import type { Room } from '../room.ts'
import type {
  EventDraft,
  Redactions,
  RoomModels,
  RoomStore,
  StoredEvent,
  UnsignedPdu,
  Verdict,
} from '../types.ts'

/** What the door needs of the room core. */
export type DoorDeps = {
  ctx: Context
  models: RoomModels
  store: RoomStore
  redactions: Redactions
  /** The room in memory; undefined when this node does not know it. */
  open(roomId: string): Promise<Room | undefined>
  /** Writes a room's summary some time soon. */
  touch(room: Room): void
  /** Memberships of users whose member event changed with the state at `pos`. */
  writeMembers(room: Room, users: readonly string[], pos: number): Promise<void>
}

/** Building local events. On the room's queue. */
export interface Draft {
  /** The event on top of the room's newest ones, unsigned. */
  template(room: Room, draft: EventDraft): Promise<UnsignedPdu>
  /** Hash and signature of this server. @throws M_TOO_LARGE, M_BAD_JSON */
  finish(unsigned: UnsignedPdu, version: RoomVersion): PduReading
}

/** The checks on receipt of a PDU, by their numbers in the specification. */
export interface Checks {
  /**
   * 2: signatures. The first and the third, format and hash, are told by reading the event, which comes redacted where its
   * hash is wrong. @returns why it is not taken
   */
  notSigned(event: PduReading): Promise<string | undefined>
  /** 4: by the event's auth events, all of them known. @returns why it is rejected */
  rejectedByAuthEvents(
    roomId: string,
    version: RoomVersion,
    pdu: Pdu,
    auth: readonly StoredEvent[],
  ): Promise<string | undefined>
  /** 5: by the state before it. @returns why it is rejected */
  rejectedByState(room: Room, pdu: Pdu, state: ReadonlyMap<string, string>): Promise<string | undefined>
  /** By the federation list: whoever brings an event, its sender's server must not be cut off. @returns why it is soft-failed */
  cutOff(pdu: Pdu): string | undefined
  /** The list says that the sender's server is cut off: what it sets counts nowhere, whatever is built on it. */
  shutOut(pdu: Pdu): boolean
  /** 6 and the list: by the room's current state. @returns why it is soft-failed */
  softFailed(room: Room, pdu: Pdu): Promise<string | undefined>
  /**
   * What Enlace itself asks of a partner's event: who may be in a room, and what may be in it. @returns why it is withheld:
   * soft-failed, and its state counts nowhere, whatever is built on it
   */
  withheld(room: Room, pdu: Pdu): Promise<string | undefined>
  /** 6 for a local event, whose auth events are loaded, and what Enlace asks. @throws M_FORBIDDEN */
  checkLocal(room: Room, pdu: Pdu | UnsignedPdu): Promise<void>
}

/** An event that counts; `durable` resolves, with its position, when it is on disk. */
export type Persisted = { event: StoredEvent; durable: Promise<StoredEvent> }

export type PersistArgs = {
  id: string
  pdu: Pdu
  verdict: Verdict
  /** State group before the event. */
  before: string | undefined
  dest?: string[]
  txn?: string
  backfillPos?: number
  /** The caller waits for `durable` outside the room's queue: the event may be written with others. */
  gather?: boolean
  /** Soft-failed by Enlace's own rules: the state after it is the state before it. */
  withheld?: boolean
  /** The room begins here anew with this event: its newest events before are forgotten. */
  begins?: boolean
}

/** The last step. On the room's queue. */
export interface Persist {
  persist(room: Room, args: PersistArgs): Promise<Persisted>
  /** Resolves when nothing of the room is on its way to disk. */
  drained(room: Room): Promise<void>
}

/** The steps an event goes through, whichever way it came. */
export type Steps = DoorDeps & { draft: Draft; checks: Checks } & Persist
