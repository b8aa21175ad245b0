/**
 * The composition root: what every part of a node may ask of every other part. `createHomeserver` (index.ts) wires the
 * services by hand in dependency order and owns shutdown. Services take the whole context and use what they need at
 * call time; what is declared here is what crosses folders, the rest stays inside its folder.
 */

import type { Readable } from 'node:stream'
import type { Member } from '@enlace/coordination'
import type { InstitutionSummary } from '@enlace/directory'
import type { Pdu, RoomVersion, SigningKey } from '@enlace/room-model'
import type { AlertSettings, PushSubscriptionJson } from './alerts/settings.ts'
import type { AlertChannel, AlertLedgerEntry, AlertRequest, SettleReason } from './alerts/types.ts'
import type { Cases } from './cases/cases.ts'
import type { Config } from './config.ts'
import type { Delivery } from './delivery/delivery.ts'
import type { CrossSigningUpload } from './e2ee/cross-signing.ts'
import type { KeyBackup } from './e2ee/key-backup.ts'
import type { KeysUpload } from './e2ee/schemas.ts'
import type { MatrixError } from './errors.ts'
import type { Escalations } from './escalations/escalations.ts'
import type { Requester } from './http/route.ts'
import type { Logger } from './log.ts'
import type { Pushers } from './push/pushers.ts'
import type { PushRules } from './push/rules.ts'
import type { Aliases } from './rooms/aliases.ts'
import type { ClientEvent, Rooms, StoredEvent } from './rooms/types.ts'
import type { Database } from './storage/db.ts'
import type { Stream } from './stream/stream.ts'

export type Context = {
  config: Config
  log: Logger
  db: Database
  stream: Stream
  /** The server's own name and signing key (data_dir/signing.key). */
  serverName: string
  signingKey: SigningKey
  rooms: Rooms
  tokens: Tokens
  accounts: Accounts
  devices: Devices
  federation: Federation
  keyRing: KeyRing
  deviceKeys: DeviceKeys
  toDevice: ToDevice
  keyBackup: KeyBackup
  profiles: Profiles
  media: Media
  ephemeral: Ephemeral
  accountData: AccountData
  filters: Filters
  push: Push
  policy: Policy
  aliases: Aliases
  directory: Directory
  sync: SyncEngine
  cases: Cases
  alerts: Alerts
  escalations: Escalations
  delivery: Delivery
}

/** accounts/: ES256 JWT access tokens (15 min), rotating refresh tokens, revoked at once when the device goes. */
export interface Tokens {
  /**
   * `address` is noted as where the device was last seen.
   * @throws M_UNKNOWN_TOKEN (soft_logout true when only expired)
   */
  authenticate(accessToken: string, address?: string): Promise<Requester>
  /** Starts a session on a device that exists; whatever session it had is over. */
  start(userId: string, deviceId: string, options: { refreshable: boolean }): Promise<IssuedTokens>
  /** @throws M_UNKNOWN_TOKEN */
  refresh(refreshToken: string): Promise<IssuedTokens>
  /** Ends the session of a device. Once it resolves no token of it is good, cached or not. The device stays. */
  end(userId: string, deviceId: string): Promise<void>
  /** Called when a session ended, so that open connections of the device can be closed. Returns the unsubscribe function. */
  onEnded(listener: (userId: string, deviceId: string) => void): () => void
  /** A short-lived token by which a third party learns who somebody is; good for nothing else. */
  issueOpenId(userId: string): { token: string; expiresInMs: number }
  openIdUser(token: string): string | undefined
  /** MAC key for what the node hands out and takes back (interactive authentication sessions). */
  readonly macSecret: Buffer
}

export type IssuedTokens = { access_token: string; expires_in_ms: number; refresh_token?: string }

export interface Accounts {
  exists(userId: string): Promise<boolean>
  /**
   * Checks a password, slowly for guessers. Unknown accounts take as long as known ones.
   * @throws M_LIMIT_EXCEEDED
   */
  checkPassword(userId: string, password: string, address: string): Promise<'right' | 'wrong'>
  /** @throws M_WEAK_PASSWORD */
  checkNewPassword(localpart: string, password: string): void
  /** @throws M_WEAK_PASSWORD */
  setPassword(userId: string, password: string): Promise<void>
  /** Ends the account for good: no password, no sessions. The id is never given out again. */
  deactivate(userId: string): Promise<void>
  /** The user id meant by what a person typed as user name or user id, if it is of this node. */
  userIdFrom(user: string): string | undefined
  /** Made by `registration: open|token`, by the operator's tool, and by the demo network. */
  create(args: {
    localpart: string
    password: string
    displayName?: string
    institution?: string
    role?: 'staff' | 'coordinator' | 'official'
    isAdmin?: boolean
    isGuest?: boolean
  }): Promise<{ userId: string }>
  get(userId: string): Promise<
    | {
        userId: string
        institution?: string
        role?: string
        deactivated: boolean
        isAdmin: boolean
        isGuest: boolean
      }
    | undefined
  >
  isLocal(userId: string): boolean
}

export type DeviceRecord = {
  deviceId: string
  displayName?: string
  lastSeenTs?: number
  lastSeenIp?: string
}

export interface Devices {
  list(userId: string): Promise<DeviceRecord[]>
  exists(userId: string, deviceId: string): Promise<boolean>
  get(userId: string, deviceId: string): Promise<DeviceRecord | undefined>
  /** The device to sign in on: the one named, or a new one. The display name counts for a new one only. */
  open(userId: string, wanted: { deviceId?: string; displayName?: string }): Promise<{ deviceId: string }>
  /** @returns false when there is no such device */
  rename(userId: string, deviceId: string, displayName: string): Promise<boolean>
  /** Ends the sessions of a device, at once, and deletes its keys and queued to-device messages. */
  remove(userId: string, deviceIds: readonly string[]): Promise<void>
}

/** federation/: everything that talks to, or listens to, other servers. */
export interface Federation {
  /** Verifies an X-Matrix request and that the origin is on the list. Returns the origin. @throws MatrixError 401/403 */
  authenticate(request: {
    method: string
    uri: string
    authorization: string | undefined
    body: unknown
  }): Promise<string>
  /**
   * What the header alone says, before a body is read: malformed, for another server, or of one that is not on the
   * list. @throws MatrixError 401/403
   */
  checkHeader(authorization: string | undefined): void
  /** The one enforcement module: may we talk to (or hear from) this server, for this? @throws MatrixError naming rule and contact */
  checkServer(serverName: string, entryPoint: FederationEntryPoint): void
  /** Signed request to another server, with discovery, TLS, time-out. @throws FederationError (unreachable, status + errcode) */
  request<T = unknown>(
    destination: string,
    args: {
      method: 'GET' | 'PUT' | 'POST'
      path: string
      query?: Record<string, string | string[]>
      body?: unknown
      timeoutMs?: number
    },
  ): Promise<T>
  /**
   * Signed GET whose answer is read as a stream (media). Headers in lower case. The caller reads `body` to its end or
   * calls `cancel`. @throws FederationError as `request` does, also for a status other than 2xx
   */
  download(
    destination: string,
    args: { path: string; query?: Record<string, string>; timeoutMs?: number },
  ): Promise<{
    headers: Record<string, string>
    body: AsyncIterable<Uint8Array>
    cancel(): void
  }>
  /** Joins / leaves / knocks through resident servers (make_* + send_*). Returns the room id. */
  joinRemote(args: {
    roomId: string
    userId: string
    via: readonly string[]
    content: Record<string, unknown>
  }): Promise<{ roomId: string }>
  leaveRemote(args: {
    roomId: string
    userId: string
    via: readonly string[]
    content?: Record<string, unknown>
  }): Promise<void>
  knockRemote(args: {
    roomId: string
    userId: string
    via: readonly string[]
    content: Record<string, unknown>
  }): Promise<{ roomId: string }>
  /** /invite v2: gets the invited server's signature. Returns the doubly signed PDU. */
  inviteRemote(args: {
    pdu: Pdu
    version: RoomVersion
    inviteState: readonly Pdu[]
    destination: string
  }): Promise<Pdu>
  /** Resolves an alias of another server. */
  resolveAlias(alias: string): Promise<{ roomId: string; servers: string[] } | undefined>
  /** Older history than we hold, fetched and stored; returns how many new events arrived. */
  backfill(roomId: string, fromEventIds: readonly string[], limit: number): Promise<number>
  /** Queues an EDU. `durable` ones (to-device, device lists) are persisted and sent exactly in order; others are best effort. */
  sendEdu(
    destinations: readonly string[],
    edu: { edu_type: string; content: Record<string, unknown> },
    options: { durable: boolean; coalesceKey?: string },
  ): Promise<void>
  /** Before the first event goes to a server: from then on its outbox is looked at after every start. */
  ensureDestinations(destinations: readonly string[]): Promise<void>
  /** Servers sharing at least one room with the user (where device list updates go). */
  serversSharingRoomWith(userId: string): Promise<string[]>
  /** Delivery as the sender sees it: events of the room not yet accepted by each partner. */
  delivery(
    roomId: string,
  ): Promise<{ serverName: string; pending: string[]; lastSuccessTs?: number; unreachableSinceTs?: number }[]>
  /** Where a partner stands: events for it up to `cursor` have been accepted. `allowed`: it is on the federation list. */
  standing(serverName: string): Promise<PartnerStanding>
  /** Whether the federation list (for this node: its configuration) places the institution on the server. */
  hosts(serverName: string, institutionKey: string): boolean
  /** The two digits of case references this node gives out, when the list says them. */
  caseSlot(): number | undefined
  /** True when the federation list is usable (or federation is open). */
  ready(): boolean
}

export type PartnerStanding = {
  cursor: number
  allowed: boolean
  lastSuccessTs?: number
  unreachableSinceTs?: number
}

export type FederationEntryPoint =
  | 'inbound-request'
  | 'outbound-request'
  | 'join'
  | 'invite'
  | 'knock'
  | 'send'
  | 'backfill'
  | 'state'
  | 'keys'
  | 'to-device'
  | 'media'
  | 'edu'

/** federation/: verify keys of other servers (own, cached, notary-free first version). */
export interface KeyRing {
  /** Checks that every server that must sign did. @returns the reason when not */
  verifyEvent(pdu: Pdu, version: RoomVersion): Promise<{ ok: true } | { ok: false; reason: string }>
  verifyJson(
    object: Record<string, unknown>,
    serverName: string,
    minimumValidUntilTs?: number,
  ): Promise<boolean>
}

/** e2ee/: device keys, one-time and fallback keys, cross-signing, key backup. */
export interface DeviceKeys {
  counts(
    userId: string,
    deviceId: string,
  ): Promise<{ oneTimeKeyCounts: Record<string, number>; unusedFallbackTypes: string[] }>
  /** Users whose device list changed in (from, to], and users no longer shared, as seen by this user. */
  changesFor(userId: string, from: number, to: number): Promise<{ changed: string[]; left: string[] }>
  /** Federation: GET /user/devices/{userId} shape; POST /user/keys/query and claim for local users. */
  localDevices(userId: string): Promise<{
    stream_id: number
    devices: Record<string, unknown>[]
    master_key?: unknown
    self_signing_key?: unknown
  }>
  queryLocal(
    deviceKeys: Record<string, string[]>,
    askedBy: string | undefined,
  ): Promise<Record<string, unknown>>
  claimLocal(oneTimeKeys: Record<string, Record<string, string>>): Promise<Record<string, unknown>>
  /** m.device_list_update and m.signing_key_update EDUs. */
  receiveDeviceListUpdate(origin: string, content: Record<string, unknown>): Promise<void>
  receiveSigningKeyUpdate(origin: string, content: Record<string, unknown>): Promise<void>
  /** A partner's users joined a room with ours, or left the last one: what we track about them changes. */
  removeDevice(userId: string, deviceId: string): Promise<void>
  /** A device of a local user came, went, or changed its name: tells those who share a room with the user. */
  noteChange(userId: string, deviceIds: readonly string[]): Promise<void>
  isCrossSigningKey(userId: string, keyId: string): Promise<boolean>
  /** POST /keys/upload: returns the one-time key counts. @throws MatrixError 400 */
  upload(userId: string, deviceId: string, keys: KeysUpload): Promise<Record<string, number>>
  /** POST /keys/query for a local user: local and remote users, with `failures` by server. */
  query(
    viewer: string,
    deviceKeys: Record<string, string[]>,
    timeoutMs?: number,
  ): Promise<Record<string, unknown>>
  /** POST /keys/claim for a local user. */
  claim(
    oneTimeKeys: Record<string, Record<string, string>>,
    timeoutMs?: number,
  ): Promise<{ one_time_keys: Record<string, unknown>; failures: Record<string, unknown> }>
  /** True when the upload has no key that replaces another: it needs no interactive authentication. */
  isFreeCrossSigningUpload(userId: string, upload: CrossSigningUpload): Promise<boolean>
  /** @throws M_INVALID_SIGNATURE, M_MISSING_PARAM, M_INVALID_PARAM, M_FORBIDDEN */
  checkCrossSigning(userId: string, upload: CrossSigningUpload): Promise<void>
  storeCrossSigning(userId: string, upload: CrossSigningUpload): Promise<void>
  /** POST /keys/signatures/upload: returns the failures. */
  addSignatures(
    signer: string,
    signed: Record<string, Record<string, Record<string, unknown>>>,
  ): Promise<Record<string, unknown>>
  /** Hands device list EDUs over that a crash kept from the outbox. Call once federation is up. */
  resume(): Promise<void>
}

export interface ToDevice {
  /** Local sender: dedupes by (device, txnId), delivers locally and queues EDUs for partners. */
  send(args: {
    sender: string
    deviceId: string
    type: string
    txnId: string
    messages: Record<string, Record<string, Record<string, unknown>>>
  }): Promise<void>
  /** m.direct_to_device EDU (deduped by origin + message_id). */
  receive(origin: string, content: Record<string, unknown>): Promise<void>
  /**
   * The oldest messages for a device after `from` up to `to`; `upTo`: nothing up to there is left out. Those up to
   * `acknowledged` (default: `from`) have arrived and are deleted.
   */
  pull(
    userId: string,
    deviceId: string,
    from: number,
    to: number,
    limit: number,
    acknowledged?: number,
  ): Promise<{ events: ClientEvent[]; upTo: number }>
  removeDevice(userId: string, deviceId: string): Promise<void>
  /** Housekeeping: a device that never syncs keeps only its newest messages. */
  trim(): Promise<void>
}

export interface Profiles {
  /** Local or (through federation, cached a short while) remote. Extended fields (v1.16) included. */
  get(userId: string): Promise<Record<string, unknown> | undefined>
  /** Local users only; propagates to member events. @throws M_INVALID_PARAM, M_FORBIDDEN, M_PROFILE_TOO_LARGE */
  set(userId: string, key: string, value: unknown): Promise<void>
  delete(userId: string, key: string): Promise<void>
  /** Puts a new account in the user directory, or takes a closed one out. */
  list(userId: string): Promise<void>
  unlist(userId: string): Promise<void>
  /** User directory: people of this node, and partners' people in rooms of the searcher. */
  search(
    searcher: string,
    term: string,
    limit: number,
  ): Promise<{
    results: { user_id: string; display_name?: string; avatar_url?: string }[]
    limited: boolean
  }>
}

/** media/: the content repository. */
export interface Media {
  /** Stores an upload of a local user. @throws M_TOO_LARGE, M_FORBIDDEN (quota) */
  upload(
    userId: string,
    source: AsyncIterable<Uint8Array>,
    about: { contentType?: string; fileName?: string },
  ): Promise<{ mediaId: string }>
  /** An id to upload to later. @throws M_LIMIT_EXCEEDED */
  reserve(userId: string): Promise<{ mediaId: string; unusedExpiresAt: number }>
  /** @throws M_NOT_FOUND, M_FORBIDDEN, M_CANNOT_OVERWRITE_MEDIA, M_TOO_LARGE */
  uploadTo(
    userId: string,
    mediaId: string,
    source: AsyncIterable<Uint8Array>,
    about: { contentType?: string; fileName?: string },
  ): Promise<void>
  /** Content of this server, waiting for an upload to finish; of another one, fetched if `allowRemote`. @throws MatrixError */
  find(
    serverName: string,
    mediaId: string,
    options: { timeoutMs: number; allowRemote: boolean },
  ): Promise<StoredMedia>
  thumbnail(
    media: StoredMedia,
    wanted: { width: number; height: number; method: 'crop' | 'scale' },
  ): Promise<{ contentType: string; size: number; open(): Readable; original: boolean }>
  /** Housekeeping: expired reservations and the oldest of what was fetched from others go. */
  trim(): Promise<void>
}

export type StoredMedia = {
  hash: string
  size: number
  contentType: string
  fileName?: string
  open(): Readable
}

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

export interface AccountData {
  get(userId: string, type: string, roomId?: string): Promise<Record<string, unknown> | undefined>
  set(userId: string, type: string, content: Record<string, unknown>, roomId?: string): Promise<void>
  /** Global (roomId undefined) and per-room data changed in (from, to]; from 0 = all. */
  since(
    userId: string,
    from: number,
    to: number,
  ): Promise<{ roomId?: string; type: string; content: Record<string, unknown> }[]>
}

export interface Filters {
  /** Filters uploaded by clients (POST /user/{userId}/filter); the same filter has the same id. */
  create(userId: string, filter: Record<string, unknown>): Promise<string>
  get(userId: string, filterId: string): Promise<Record<string, unknown> | undefined>
}

export interface Push {
  /**
   * Unread counts of a room for a user, kept incrementally in memory (client-server API, "Receiving notifications").
   * The two counts are those of the whole room, threads included; for a client that asks for thread counts, take
   * those of `threads` off them.
   */
  unread(
    userId: string,
    roomId: string,
  ): Promise<{
    notification_count: number
    highlight_count: number
    threads?: Record<string, { notification_count: number; highlight_count: number }>
  }>
  /** Content of `m.push_rules`. */
  rules(userId: string): Promise<Record<string, unknown>>
  /** Whom the person ignores (`m.ignored_user_list`); in memory. */
  ignoredBy(userId: string): Promise<ReadonlySet<string>>
  /** What the person's push rules say of an event. */
  judge(
    userId: string,
    event: StoredEvent,
  ): Promise<{ notify: boolean; highlight: boolean; actions: readonly unknown[] }>
  pushRules: PushRules
  pushers: Pushers
  close(): Promise<void>
  /** The pushers a device made go with it. */
  removeDevice(userId: string, deviceId: string): Promise<void>
}

/** policy/: topic policy of a channel, enforced when a local user acts and against what partners send. */
export interface Policy {
  /** Institution and role of a person, as far as they are believed here. */
  memberOf(userId: string): Promise<Member>
  /** May this user become (or stay) a member of the room? Undefined: yes. */
  checkMembership(args: {
    roomId: string
    userId: string
    actor: string
    action: 'invite' | 'join' | 'knock'
  }): Promise<MatrixError | undefined>
  /**
   * Whether a partner's person may come into the room at all: false when no institution their server hosts is admitted
   * in any role. For joins that reach this node finished; nobody is asked.
   */
  mayEnter(roomId: string, userId: string): Promise<boolean>
}

export interface SyncEngine {
  /** One /sync answer. Waits up to `timeoutMs` for something new. */
  sync(args: {
    requester: Requester
    since?: string
    filter?: Record<string, unknown>
    fullState?: boolean
    timeoutMs: number
    setPresence?: string
    useStateAfter?: boolean
    /** The token the device is known to have; what it was sent after that is kept. Default: `since`. */
    acknowledged?: string
    signal: AbortSignal
  }): Promise<Record<string, unknown>>
  /** For lazy-loaded members: whether a device that has everything up to `since` was told who somebody is. */
  knowsMember(
    device: { userId: string; deviceId: string },
    roomId: string,
    member: string,
    since: number,
  ): boolean
  /** Client format with `unsigned` (age, transaction_id for the sending device, prev_content, redacted_because, m.relations). */
  clientEvent(event: StoredEvent, viewer: { userId: string; deviceId?: string }): Promise<ClientEvent>
}

/** enlace/: the institutions as the registry has them. */
export interface Directory {
  institution(key: string): InstitutionSummary | undefined
  all(): InstitutionSummary[]
  close(): void
}

/** alerts/: alerts that reach people, on every channel of theirs, until somebody has dealt with the cause. */
export interface Alerts {
  /**
   * Queues an alert to a local person on every channel of theirs. The same `key` twice does nothing (exactly once
   * through crashes). Resolves once it is on disk. Keys are yours to name: end what you settle by with a separator, for
   * `settle` and `ledger` go by what a key begins with.
   */
  raise(alert: AlertRequest): Promise<void>
  /** The cause is gone: nothing more is sent, retries stop, the person's clients stop ringing. */
  settle(keyPrefix: string, reason: SettleReason): Promise<void>
  /** All deliveries of alerts whose key has the prefix (at most 2,000 alerts): who, channel, state, when. No addresses. */
  ledger(keyPrefix: string): Promise<AlertLedgerEntry[]>
  /** What a person may see and do of their own alerts: the routes. */
  own: {
    offered: ReadonlySet<AlertChannel>
    vapidPublicKey: string | undefined
    settings(userId: string): Promise<AlertSettings>
    subscriptions(userId: string): Promise<{ _id: string; device_id: string; created_ts: number }[]>
    set(userId: string, settings: AlertSettings): Promise<void>
    /** @throws M_TOO_LARGE */
    subscribe(userId: string, deviceId: string, subscription: PushSubscriptionJson): Promise<{ id: string }>
    unsubscribe(userId: string, id: string): Promise<boolean>
    allowsEndpoint(endpoint: string): boolean
    /** Whether the person has an address for the channel and left it on. */
    usable(userId: string, channel: AlertChannel): Promise<boolean>
    /** A test message on one channel. @throws M_LIMIT_EXCEEDED */
    test(userId: string, channel: AlertChannel): Promise<{ id: string }>
    /** Open alerts and those of the last 30 days with their deliveries; open ones first, newest first, at most 100. */
    list(userId: string): Promise<Record<string, unknown>[]>
    /** The person saw it there. @throws M_NOT_FOUND */
    seen(userId: string, alertId: string, channel: AlertChannel): Promise<void>
  }
  /** sync/: an answer up to position `pos`, with the person's alerts in it, goes to a device. */
  handedOut(userId: string, deviceId: string, pos: number, content: Record<string, unknown>): void
  /** sync/: a device has everything up to `pos`. */
  acknowledgedUpTo(userId: string, deviceId: string, pos: number): void
  removeDevice(userId: string, deviceId: string): Promise<void>
  removeAccount(userId: string): Promise<void>
  /** What was under way when the node stopped goes on. */
  start(): Promise<void>
  /** Looks at the queue now: a test moved the clock. */
  wake(): void
  /** Housekeeping: alerts go after 90 days. */
  trim(): Promise<void>
  close(): Promise<void>
}
