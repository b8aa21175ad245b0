/** Faces of the delivery ledger: what has become of what this node's people send. */
import type { Model } from 'mongoose'
import type { StoredEvent } from '../rooms/types.ts'

export interface Delivery {
  /** sync/: a device of the person has everything up to a position of the log. Costs nothing; worked through later. */
  acknowledged(userId: string, pos: number): void
  /** federation/: `org.enlace.delivered` of a server that is in the room. @throws Error when it could not be kept */
  receive(origin: string, content: Record<string, unknown>): Promise<void>
  /** federation/: a partner accepted events after position `from`, up to `upto`. */
  accepted(destination: string, from: number, upto: number): void
  /** federation/: what these sent has become more, or less, delivered. */
  changed(events: Iterable<{ roomId: string; sender: string }>): void
  /** sync/: whether the person is to be told of the room, `org.enlace.delivery`. */
  newsBetween(roomId: string, userId: string, from: number, to: number): boolean
  /** What has become of an event; `times`: also when partners accepted it. */
  of(event: StoredEvent, options: { times: boolean }): Promise<EventLedger>
  /** Works through what devices have acknowledged, now: for tests. */
  flush(): Promise<void>
  trim(): Promise<void>
  close(): Promise<void>
}

/** People of one institution on one server; those whose institution is not known are together. */
export type GroupLedger = {
  institution: string | null
  name: string | null
  country: string | null
  /** The sender's own. */
  own: boolean
  /** Joined when it was sent and still, without the sender. */
  persons: number
  on_device: number
  /** At the latest then. */
  on_device_by_ts?: number
  read: number
  read_by_ts?: number
}

export type ServerState =
  | 'accepted'
  | 'waiting'
  /** Waiting, and the last attempts were in vain. */
  | 'unreachable'
  /** Waiting, and the federation list does not let this node send. */
  | 'not_on_list'
  /** Another node sent the event: only that one knows. */
  | 'unknown'

export type ServerLedger = {
  server_name: string
  state: ServerState
  accepted_ts?: number
  unreachable_since_ts?: number
  last_success_ts?: number
  /** What people call it: the institutions of its members here, else those the directory says it hosts. */
  names: string[]
  institutions: GroupLedger[]
}

export type DeliveryOfEvent = { event_id: string; room_id: string; sent_ts: number; servers: ServerLedger[] }

export type EventSummary = {
  state: 'sent' | 'undelivered' | 'accepted' | 'on_device' | 'read'
  /** Institutions other than the sender's (all, when there are no others), and how many of them got how far. */
  institutions: number
  on_device: number
  read: number
  /** Persons who have read it. */
  readers: number
  /** Servers that have not taken it and are not reached. */
  missing?: { server_name: string; reason: 'unreachable' | 'not_on_list'; since_ts: number }[]
}

export type EventLedger = DeliveryOfEvent & { summary: EventSummary }

/** Works out what has become of an event. */
export interface Ledger {
  /** Without `times`, when partners accepted it is left out: that is read from the disk. */
  of(event: StoredEvent, options: { times: boolean }): Promise<EventLedger>
}

export type Mark = { roomId: string; userId: string; eventId: string; pos: number; ts: number }

/** High-water marks: up to which event each person of a room has it on a device. */
export interface Marks {
  of(roomId: string): Promise<ReadonlyMap<string, Mark>>
  /** Those that are further than what is known; on disk when it resolves. @returns the ones that moved */
  raise(given: readonly Mark[]): Promise<Mark[]>
  remove(gone: readonly { roomId: string; userId: string }[]): Promise<void>
}

/** When partners accepted events. */
export interface Accepted {
  note(dest: string, from: number, upto: number): void
  /** When the event at the position was accepted, to about two seconds; undefined when it is not known (any more). */
  at(dest: string, pos: number): Promise<number | undefined>
  trim(): Promise<void>
  close(): Promise<void>
}

/** Tells the senders on this node that something has happened to what they sent. */
export interface News {
  tell(roomId: string, userIds: Iterable<string>): void
  /** Whether there were news for the person about the room in (from, to]. */
  between(roomId: string, userId: string, from: number, to: number): boolean
  close(): void
}

/** What devices of this node acknowledge. */
export interface Acknowledgements {
  acknowledged(userId: string, pos: number): void
  /** What is being worked through now is done. */
  atRest(): Promise<void>
  /** Works through what has gathered, now. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** How far a room has come to a device of a person: one small row per person and room. */
export type MarkDoc = {
  /** `roomId|userId` */
  _id: string
  room_id: string
  user_id: string
  event_id: string
  /** Where the event is in this node's log. */
  pos: number
  ts: number
}

/** What a partner accepted within a moment: events for it after position `from`, up to `upto`. */
export type AcceptedDoc = {
  /** `dest|upto` */
  _id: string
  dest: string
  from: number
  upto: number
  ts: number
}

export interface DeliveryModels {
  readonly Mark: Model<MarkDoc>
  readonly Accepted: Model<AcceptedDoc>
}
