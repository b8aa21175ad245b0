/** The vocabulary of the room core: what other parts of the server may ask of it. */
import type { Pdu, RoomVersion } from '@enlace/room-model'

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
  /** Invited / knocked rooms this node is not in: stripped state kept with the invite. */
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
  /** The room, for events that do not name it (the create event from room version 12 on). */
  roomId?: string
  /** The state before the event (event ids, all known here), where its prev_events are not. */
  stateBefore?: readonly string[]
  /** Position reserved for an event of the past (`reserveBackfill`): it changes nothing of the present. */
  backfillPos?: number
  /** This server is the one that tells the others (send_join, send_leave, send_knock). */
  relay?: boolean
}

export interface Rooms {
  // ---- the one door -----------------------------------------------------------------------------------------------
  /** A local user's event. Checks rights (auth rules against current state) and policy; persists; returns once it is on disk. @throws MatrixError */
  send(draft: EventDraft): Promise<StoredEvent>
  /** What a device sent under a transaction id, if it did. */
  sentAs(args: {
    roomId: string
    sender: string
    transaction: { deviceId: string; txnId: string }
  }): Promise<StoredEvent | undefined>
  /** A finished local PDU: an invite signed by both servers. */
  sendFinished(roomId: string, pdu: Pdu): Promise<StoredEvent>
  /** A partner's PDU, already parsed as JSON. Signatures are verified through the key ring. `stateBefore` (all events known here) when prev_events are missing. */
  receive(raw: unknown, origin: string, options?: ReceiveOptions): Promise<AppendOutcome>
  /** Reserves positions below everything known of the room; returns the lowest. */
  reserveBackfill(roomId: string, count: number): Promise<number>
  /** Stores events known only by reference (auth chains, state of a remote room) after checking signature and auth. Any order. */
  receiveOutliers(raw: readonly unknown[], origin: string, version: RoomVersion): Promise<StoredEvent[]>
  /** Takes over a room after send_join: state + auth chain + our join event become the room on this node. */
  importJoin(args: {
    roomId: string
    version: RoomVersion
    join: Pdu
    state: readonly unknown[]
    authChain: readonly unknown[]
    origin: string
  }): Promise<StoredEvent>
  /** Builds an unsigned template (make_join, make_leave, make_knock) with prev/auth events and depth. @throws MatrixError when auth would refuse */
  makeTemplate(
    draft: EventDraft,
    options?: { unchecked?: boolean },
  ): Promise<{ event: Omit<Pdu, 'hashes' | 'signatures'>; version: RoomVersion }>
  /** An invite or knock-state for a room this node is not in (federated invite, rejected invite, knock). */
  storeOutOfRoomMembership(args: {
    roomId: string
    version: RoomVersion
    pdu: Pdu
    strippedState: readonly Record<string, unknown>[]
  }): Promise<StoredEvent>

  /** Makes a room from its first event; later ones go through `send`. */
  createRoom(args: {
    version: RoomVersion
    roomId?: string
    creator: string
    content: Record<string, unknown>
  }): Promise<string>
  /** Hash and signature of this server on a template. @throws M_TOO_LARGE, M_BAD_JSON */
  finish(event: Omit<Pdu, 'hashes' | 'signatures'>, version: RoomVersion): Pdu
  /** Whether a user may redact what others sent. */
  mayRedact(roomId: string, userId: string): Promise<boolean>
  /** Whether a user has the power to send this state in the current state. */
  maySendState(roomId: string, userId: string, type: string): Promise<boolean>
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
  forget(roomId: string, userId: string): Promise<void>

  // ---- reading ----------------------------------------------------------------------------------------------------
  room(roomId: string): Promise<RoomRecord | undefined>
  event(eventId: string): Promise<StoredEvent | undefined>
  /** In the order asked; unknown ids are left out. */
  events(eventIds: readonly string[]): Promise<StoredEvent[]>
  currentState(roomId: string): Promise<StateView>
  stateBefore(eventId: string): Promise<StateView | undefined>
  stateAfter(eventId: string): Promise<StateView | undefined>
  authChain(eventIds: readonly string[]): Promise<StoredEvent[]>
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
  /** Changes of membership of all rooms, in the order of the log; served by an index. */
  membershipsIn(range: LogRange): Promise<StoredEvent[]>
  /** Resolves when what the event does to others, or they to it, is on disk: a redaction, and one that came before it. */
  takeEffect(event: StoredEvent): Promise<void>
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
  membership(
    roomId: string,
    userId: string,
  ): Promise<{ membership: Membership; event: StoredEvent } | undefined>
  /** Users by membership in the current state. Cached in memory for rooms in use. */
  /** Whether the room's access control list (m.room.server_acl) lets a server take part. */
  serverAllowed(roomId: string, serverName: string): Promise<boolean>
  members(roomId: string, membership?: Membership): Promise<readonly string[]>
  /** Joined users of this node, in memory: for rooms something has just happened in. No query. */
  localJoined(roomId: string): ReadonlySet<string>
  joinedServers(roomId: string): Promise<readonly string[]>
  /** Rooms of a user by membership, with the position of the membership event; includes invites and left rooms not forgotten. */
  roomsOf(
    userId: string,
  ): Promise<readonly { roomId: string; membership: Membership; pos: number; eventId: string }[]>
  /** State events that tell an invited server what the room is. */
  invitePdus(roomId: string, userId: string): Promise<Pdu[]>
  /** Stripped state shown to an invitee or knocker. */
  strippedState(roomId: string, userId: string): Promise<Record<string, unknown>[]>
  /** Memberships of the room's users as the requester may see them at a point (`/members`). */
  memberEvents(roomId: string): Promise<StoredEvent[]>
  /** The event, only if the user may see it (membership and history visibility); otherwise undefined. Same answer for "not there" and "not yours". */
  accessEvent(userId: string, eventId: string): Promise<StoredEvent | undefined>
  /** Keeps those of the events the user may see (client-server API, room history visibility), in order. */
  visibleTo(userId: string, events: readonly StoredEvent[]): Promise<StoredEvent[]>
  /** The same for a server (server-server API, backfill and get_missing_events); others come redacted. */
  visibleToServer(serverName: string, events: readonly StoredEvent[]): Promise<Pdu[]>
}

/** Client format of an event (client-server API, "Room event format"). */
export type ClientEvent = Record<string, unknown>
