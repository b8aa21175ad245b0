/** The vocabulary of the room core: what other parts of the server may ask of it. */
import type { Pdu, PduReading, RoomVersion } from '@enlace/room-model'
import type { Model } from 'mongoose'

/** Outcome of the checks on receipt of a PDU (server-server API, "Checks performed on receipt of a PDU"). */
export type Verdict = 'accept' | 'reject' | 'soft-fail'

/** An event as the node keeps it: the PDU as received, and what the node decided about it. Immutable but for redaction. */
export type StoredEvent = {
  readonly eventId: string
  readonly roomId: string
  /** Position in the node's log; undefined for outliers (events known only as auth events or state of a remote room). */
  readonly pos: number | undefined
  /** The PDU as signed. When the event is redacted, this is the redacted form. Never mutate. */
  readonly pdu: Pdu
  readonly version: RoomVersion
  readonly verdict: Verdict
  readonly outlier: boolean
  /** Event id of the redaction that took effect, if any. */
  readonly redactedBy?: string
  /** Local transaction: which device sent it and with which id (`unsigned.transaction_id` for that device alone). */
  readonly transaction?: { userId: string; deviceId: string; txnId: string }
  /** When this node stored it, ms since the epoch. */
  readonly receivedAt: number
  /** For state events: the event they replaced (`unsigned.replaces_state`, `prev_content`). */
  readonly replaces?: string
  /** State groups before and after it; undefined for outliers. */
  readonly before?: string
  readonly after?: string
  /** Remote servers this node must send it to. */
  readonly dest?: readonly string[]
}

/** Positions of the log in (after, upTo], the lowest first. */
export type LogRange = { after: number; upTo: number; limit: number }

/** What a local user asks to be put in a room. The core fills prev_events, auth_events, depth, hashes, signatures. */
export type EventDraft = {
  roomId: string
  sender: string
  type: string
  stateKey?: string
  content: Record<string, unknown>
  redacts?: string
  originServerTs?: number
  transaction?: { deviceId: string; txnId: string }
}

export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock'

/** State of a room at some point: event ids by `stateKeyOf(type, stateKey)`, and the events on demand. */
export interface StateView {
  readonly ids: ReadonlyMap<string, string>
  get(type: string, stateKey?: string): StoredEvent | undefined
  /** All state events (loads those not in the cache). */
  all(): Promise<StoredEvent[]>
}

export type RoomRecord = {
  roomId: string
  version: RoomVersion
  /** This node has at least one joined user, or had and keeps history. */
  joinedLocally: boolean
  extremities: readonly string[]
}

export type AppendOutcome =
  | { outcome: 'accepted'; event: StoredEvent }
  | { outcome: 'soft-failed'; event: StoredEvent; reason: string }
  | { outcome: 'rejected'; event: StoredEvent; reason: string }
  /** Already known: nothing was done. */
  | { outcome: 'known'; event: StoredEvent }
  /** Cannot be taken at all: bad format, bad signature. Nothing is stored. */
  | { outcome: 'refused'; reason: string }
  /** Some prev_events or auth_events are not known here: fetch them and call again, or pass `stateBefore`. */
  | { outcome: 'missing'; prevEvents: string[]; authEvents: string[] }

export type ReceiveOptions = {
  /**
   * Given: the answer does not wait for the disk; what is passed here does, and rejects when the event was not kept.
   * For events received in order, many at once.
   */
  onDurable?: (durable: Promise<unknown>) => void
  /** The state before the event (event ids, all known here), where its prev_events are not. */
  stateBefore?: readonly string[]
  /** Position reserved for an event of the past (`reserveBackfill`): it changes nothing of the present. */
  backfillPos?: number
  /** This server is the one that tells the others (send_join, send_leave, send_knock). */
  relay?: boolean
}

/** An event before it has its hash and signatures. */
export type UnsignedPdu = Omit<Pdu, 'hashes' | 'signatures'>

/**
 * Every way by which an event becomes part of what this node knows of a room: the list is in `door/door.ts`, what each of
 * them does is in the file of its name.
 */
export interface Door {
  /** A local user's event: built on the room's newest ones, checked, and on disk when this resolves. @throws MatrixError */
  send(draft: EventDraft): Promise<StoredEvent>
  /** A local event that is finished already: an invite signed by both servers. @throws MatrixError */
  sendFinished(event: PduReading): Promise<StoredEvent>
  /** The first event of a new room; later ones go through `send`. @returns the room's id. @throws MatrixError */
  createRoom(args: {
    version: RoomVersion
    roomId?: string
    creator: string
    content: Record<string, unknown>
  }): Promise<string>
  /** A partner's event of a room this node is in. What is missing of its past can be fetched, and the event given again. */
  receive(event: PduReading, options?: ReceiveOptions): Promise<AppendOutcome>
  /** Takes over a room after send_join: state, auth chain and our join become the room on this node. @throws MatrixError */
  importJoin(args: {
    join: PduReading
    state: readonly PduReading[]
    authChain: readonly PduReading[]
  }): Promise<StoredEvent>
  /** Events known only by reference (auth chains, state of a remote room), in any order. They are in no timeline. */
  receiveOutliers(roomId: string, version: RoomVersion, events: readonly PduReading[]): Promise<StoredEvent[]>
  /** An invitation, knock or leaving in a room nobody of this node is in. It is in no timeline. */
  storeOutOfRoomMembership(args: {
    event: PduReading
    strippedState: readonly Record<string, unknown>[]
  }): Promise<StoredEvent>
}

/** Building local events and places for past ones; nothing becomes part of a room by it. */
export interface Drafts {
  /** An unsigned template (make_join, make_leave, make_knock, invites) that the room would accept now. @throws MatrixError */
  makeTemplate(draft: EventDraft): Promise<{ event: UnsignedPdu; version: RoomVersion }>
  /** Hash and signature of this server on a template. @throws M_TOO_LARGE, M_BAD_JSON */
  finish(event: UnsignedPdu, version: RoomVersion): PduReading
  /** What a device sent under a transaction id, if it did. */
  sentAs(args: {
    roomId: string
    sender: string
    transaction: { deviceId: string; txnId: string }
  }): Promise<StoredEvent | undefined>
  /** Reserves positions below everything known of the room; returns the lowest. */
  reserveBackfill(roomId: string, count: number): Promise<number>
}

/** What the room's current state lets somebody do. */
export interface Rights {
  /** Whether a user may redact what others sent. */
  mayRedact(roomId: string, userId: string): Promise<boolean>
  /** Whether a user has the power to send this state in the current state. */
  maySendState(roomId: string, userId: string, type: string): Promise<boolean>
  /** Whether a user may remove another from the room, or take their invitation back. */
  mayRemove(roomId: string, userId: string, target: string): Promise<boolean>
  /** For restricted rooms: a joined local member who may invite, if the user is in one of the rooms that let people in. */
  restrictedJoinAuthoriser(
    roomId: string,
    userId: string,
  ): Promise<
    | { outcome: 'authorised'; userId: string }
    /** This node cannot tell, or has nobody who may invite: another server has to. */
    | { outcome: 'unable' }
    | { outcome: 'not-allowed' }
  >
  /** Whether the room's access control list (m.room.server_acl) lets a server take part. */
  serverAllowed(roomId: string, serverName: string): Promise<boolean>
}

/** Events and states by their ids. */
export interface States {
  room(roomId: string): Promise<RoomRecord | undefined>
  event(eventId: string): Promise<StoredEvent | undefined>
  /** In the order asked; unknown ids are left out. */
  events(eventIds: readonly string[]): Promise<StoredEvent[]>
  currentState(roomId: string): Promise<StateView>
  stateBefore(eventId: string): Promise<StateView | undefined>
  stateAfter(eventId: string): Promise<StateView | undefined>
  authChain(eventIds: readonly string[]): Promise<StoredEvent[]>
}

/** The room log, forwards and back. */
export interface History {
  /** Timeline in log order. `from` exclusive position; `dir` 'b' = older. Only accepted, non-outlier events. */
  timeline(
    roomId: string,
    options: { from?: number; to?: number; dir: 'b' | 'f'; limit: number },
  ): Promise<StoredEvent[]>
  /** Events related to one (`m.relates_to`), oldest or newest first; served by an index. */
  relations(
    roomId: string,
    eventId: string,
    options: { relType?: string; type?: string; from?: number; dir: 'b' | 'f'; limit: number },
  ): Promise<StoredEvent[]>
  /** Accepted timeline events of certain types, newest first, at most 2,000; served by an index. */
  eventsOfTypes(roomId: string, types: readonly string[]): Promise<StoredEvent[]>
  /** Enlace's envelopes, redacted ones too, and redactions of all rooms, in the order of the log; served by an index. */
  envelopesIn(range: LogRange): Promise<StoredEvent[]>
  /** Changes of state of these types, of all rooms, in the order of the log; served by an index. */
  stateChangesIn(range: LogRange, types: readonly string[]): Promise<StoredEvent[]>
  /** Envelopes that refer to an event, redacted ones not among them (they refer to nothing any more); at most 5,000. */
  envelopesAbout(roomId: string, eventId: string): Promise<StoredEvent[]>
  /** The accepted event closest to a time, at or after (`f`) or at or before (`b`) it. */
  eventAt(roomId: string, ts: number, dir: 'b' | 'f'): Promise<StoredEvent | undefined>
  /** Backfill: up to `limit` events at and before the given ones, newest first (server-server /backfill). */
  backfillFrom(roomId: string, eventIds: readonly string[], limit: number): Promise<StoredEvent[]>
  /** Events on the way back from `latest` to `earliest` (server-server API, /get_missing_events), oldest first. */
  missingBetween(
    roomId: string,
    earliest: readonly string[],
    latest: readonly string[],
    limit: number,
    minDepth: number,
  ): Promise<StoredEvent[]>
}

/** Who is in a room, and in which rooms somebody is. */
export interface Members {
  membership(
    roomId: string,
    userId: string,
  ): Promise<{ membership: Membership; event: StoredEvent } | undefined>
  /** For who is out of the room and was in: the event that ended their last stay. Nothing after it is theirs to see. */
  leftWith(roomId: string, userId: string): Promise<StoredEvent | undefined>
  /** Users by membership in the current state. In memory for rooms in use. */
  members(roomId: string, membership?: Membership): Promise<readonly string[]>
  /** Joined users of this node, in memory: for rooms something has just happened in. No query. */
  localJoined(roomId: string): ReadonlySet<string>
  /** The member events of the current state. */
  memberEvents(roomId: string): Promise<StoredEvent[]>
  joinedServers(roomId: string): Promise<readonly string[]>
  /** All rooms this node knows, some at a time. */
  allRooms(): AsyncIterable<readonly string[]>
  /** Rooms of a user by membership, with the position of the membership event; includes invites and left rooms not forgotten. */
  roomsOf(
    userId: string,
  ): Promise<readonly { roomId: string; membership: Membership; pos: number; eventId: string }[]>
  forget(roomId: string, userId: string): Promise<void>
}

/** What somebody may see of a room: its past for those in it, its name and the like for those at the door. */
export interface Visible {
  /** The event, only if the user may see it (membership and history visibility); otherwise undefined. Same answer for "not there" and "not yours". */
  accessEvent(userId: string, eventId: string): Promise<StoredEvent | undefined>
  /** Keeps those of the events the user may see (client-server API, room history visibility), in order. */
  visibleTo(userId: string, events: readonly StoredEvent[]): Promise<StoredEvent[]>
  /** The same for a server (server-server API, backfill and get_missing_events); others come redacted. */
  visibleToServer(serverName: string, events: readonly StoredEvent[]): Promise<Pdu[]>
  /** State events that tell an invited server what the room is. */
  invitePdus(roomId: string, userId: string): Promise<Pdu[]>
  /** Stripped state shown to an invitee or knocker. */
  strippedState(roomId: string, userId: string): Promise<Record<string, unknown>[]>
}

/** Taking content out of the log when its time is over (`retention/`). */
export interface Erasing {
  /** The event, what refers to it, and what refers to that; without what `keeps` names by its type. */
  belonging(roomId: string, rootId: string, keeps: (type: string) => boolean): Promise<string[]>
  /** Timeline events of these types with content, from a time on (or after one of them) and before another, oldest first. */
  sentBefore(
    roomId: string,
    types: readonly string[],
    range: { from: number; untilTs: number; after?: { ts: number; id: string } | undefined },
    limit: number,
  ): Promise<StoredEvent[]>
  /** Their content is gone from disk and memory; state events are left. @returns how many had content */
  erase(eventIds: readonly string[]): Promise<number>
  /** Message sessions that encrypted some of these events and no other event of the room. */
  sessionsOnlyIn(roomId: string, eventIds: readonly string[]): Promise<string[]>
}

/** All that other parts of the node may ask of the room core. */
export interface Rooms extends Door, Drafts, Rights, States, History, Members, Visible, Erasing {
  /** Resolves when what the event does to others, or they to it, is on disk: a redaction, and one that came before it. */
  takeEffect(event: StoredEvent): Promise<void>
  /** Deletes what this node has of a room nobody of it is in. @throws M_NOT_FOUND, M_INVALID_PARAM */
  dropRoom(roomId: string): Promise<{ events: number }>
  /** Waits for what is under way, and writes the rooms' summaries. */
  close(): Promise<void>
}

/** Room aliases of this node, the published room directory, and the resolution of partners' aliases. */
export interface Aliases {
  resolve(alias: string): Promise<{ roomId: string; servers: string[] } | undefined>
  /** @throws M_UNKNOWN 409 when taken */
  create(alias: string, roomId: string, creator: string): Promise<void>
  /** By its creator, or by whoever may change the room's canonical alias. @throws M_FORBIDDEN, M_NOT_FOUND */
  remove(alias: string, userId: string): Promise<void>
  of(roomId: string): Promise<string[]>
  publish(roomId: string, visible: boolean): Promise<void>
  isPublished(roomId: string): Promise<boolean>
  published(): Promise<string[]>
}

/** Client format of an event (client-server API, "Room event format"). */
export type ClientEvent = Record<string, unknown>

// ---- inside the room core: what is on disk, and what its files ask of each other --------------------------------------

/** An event in the `events` collection, which is the room log; everything else can be made from it again. */
export type EventDoc = {
  _id: string
  room_id: string
  /** Position in the node's log; negative for history fetched later; absent for outliers. */
  pos?: number
  /** The PDU as JSON text: BSON would lose the difference between 1 and 1.0 and choke on odd keys. */
  json: string
  type: string
  state_key?: string
  sender: string
  depth: number
  verdict: Verdict
  outlier: boolean
  /** State groups before and after the event; absent for outliers. */
  before?: string
  after?: string
  /** Remote servers this node must send the event to: the outbox of each is a query on this. */
  dest?: string[]
  redacted_by?: string
  /** `m.relates_to`: the event it refers to, and how. */
  relates_to?: string
  rel_type?: string
  /** Of one of Enlace's envelope types: projections catch up by it. */
  envelope?: boolean
  ts: number
  /** `user|device|room|txnId`, for idempotent sends. */
  txn?: string
  received_at: number
  replaces?: string
  /** This node came (back) into the room with it: what it knew of the room's newest events before does not count. */
  begins?: boolean
  /** A redaction whose target is not known yet. */
  waits_for?: string
}

/** A set of state: `delta` over `parent`, or everything when there is no parent. Keys are `stateKeyOf`. */
export type StateGroupDoc = { _id: string; parent?: string; length: number; delta: [string, string][] }

export type RoomDoc = {
  _id: string
  version: string
  extremities: string[]
  /** State group of the current state. */
  group?: string
  /** Events up to this position are in `extremities`, `group` and the memberships. */
  applied_pos: number
  /** Lowest position given to history fetched later. */
  min_pos: number
}

/** State changes up to `pos` are in the memberships. */
export type CheckpointDoc = { _id: string; pos: number }

export type MembershipDoc = {
  _id: string
  room_id: string
  user_id: string
  membership: Membership
  event_id: string
  pos: number
  forgotten: boolean
  /** For invites and knocks of rooms this node is not in: stripped state as JSON text. */
  stripped?: string
}

export interface RoomModels {
  Event: Model<EventDoc>
  StateGroup: Model<StateGroupDoc>
  Room: Model<RoomDoc>
  Membership: Model<MembershipDoc>
  Checkpoint: Model<CheckpointDoc>
}

/** Events and state groups, read through bounded caches. */
export interface RoomStore {
  readonly events: {
    fromDocs(docs: readonly EventDoc[]): Promise<StoredEvent[]>
    put(event: StoredEvent): void
    forget(eventId: string): void
    /** In memory only; for the hot path. */
    peek(eventId: string): StoredEvent | undefined
    get(eventId: string): Promise<StoredEvent | undefined>
    /** In the order asked, unknown ones left out. */
    getMany(eventIds: readonly string[]): Promise<StoredEvent[]>
  }
  rememberVersion(roomId: string, version: RoomVersion): void
  versionOf(roomId: string): Promise<RoomVersion | undefined>
  readonly groups: {
    get(groupId: string): Promise<ReadonlyMap<string, string>>
    /** The group that is `parent` with one entry set. Its id tells both: making it twice is the same group. */
    extend(parent: string | undefined, key: string, eventId: string): Promise<string>
    /** A group with exactly this state, e.g. the outcome of state resolution. */
    whole(state: ReadonlyMap<string, string>): Promise<string>
  }
}

/** Redactions, applied when both they and their target are known. */
export interface Redactions {
  /** Applies a redaction, if its target is known and its sender had the right. */
  settle(redaction: StoredEvent): Promise<void>
  /** Whether a redaction waits for this event. */
  awaited(eventId: string): boolean
  /** What the redaction's document says when its target is not here yet. Call before it is written. */
  waiting(pdu: Pdu, version: RoomVersion, verdict: Verdict): Promise<{ waits_for?: string }>
  /** A redaction waits for its target from now on. Call when its document is written. */
  note(target: string, redaction: string): void
  /** An event is known now: redactions that came before it are settled. */
  arrived(eventId: string): Promise<void>
}
