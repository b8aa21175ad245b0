import type { Library } from '@enlace/coordination/materials/published'
import type { RiskFile } from '@enlace/coordination/risks/published'
import type { BilingualText } from '@enlace/directory/text'
import type { JsonObject, Pdu, PduReading, SigningKey } from '@enlace/room-model'
import type {
  Appointment,
  CurrentRoster,
  DutyFile,
  EntryFile,
  EntryView,
  InstitutionRefusal,
} from '@enlace/trust'
import type { Dispatcher } from 'undici'
import type { z } from 'zod'

/** What an X-Matrix header says (server-server API, "Request Authentication"). */
export type XMatrix = { origin: string; destination: string | undefined; key: string; sig: string }

/** federation/: everything that talks to, or listens to, other servers. */
export interface Federation extends SignedInstitutions {
  /**
   * What the header alone says, before a body is read: malformed, for another server, or of one that is not on the
   * list. @throws MatrixError 401/403
   */
  checkHeader(authorization: string | undefined, entryPoint: FederationEntryPoint): XMatrix
  /**
   * Verifies the signature of a request whose header was checked, over its JSON as it was sent. Returns the origin.
   * @throws MatrixError 401
   */
  authenticate(request: { method: string; uri: string; header: XMatrix; body: Buffer }): Promise<string>
  /** The one enforcement module: may we talk to (or hear from) this server, for this? @throws MatrixError naming rule and contact */
  checkServer(serverName: string, entryPoint: FederationEntryPoint): void
  /** Signed request to another server, with discovery, TLS, time-out. @throws FederationError (unreachable, malformed, status + errcode) */
  request<S extends z.ZodType>(
    destination: string,
    args: Pick<FederationRequest, 'entryPoint' | 'method' | 'path' | 'query' | 'body' | 'timeoutMs'>,
    answer: S,
  ): Promise<z.output<S>>
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
  /** /invite v2: gets the invited server's signature. Returns the event with both. */
  inviteRemote(args: {
    event: PduReading
    inviteState: readonly Pdu[]
    destination: string
  }): Promise<PduReading>
  /** The highest room version, not above `highest`, that all of these servers take. */
  versionFor(servers: readonly string[], highest: string): Promise<string>
  /** Resolves an alias of another server. */
  resolveAlias(alias: string): Promise<{ roomId: string; servers: string[] } | undefined>
  /** Older history than we hold, fetched and stored; returns how many new events arrived. */
  backfill(roomId: string, fromEventIds: readonly string[], limit: number): Promise<number>
  /**
   * For a node that was restored: fetches what the partner has of a room after what is here, up to its newest events.
   * @returns how many of these could not be had
   */
  catchUp(serverName: string, roomId: string, heads: readonly string[]): Promise<number>
  /** For a partner that was restored: messages to its devices that it had taken since then go once more. */
  sendAgain(destination: string, sinceTs: number): Promise<void>
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
  /** Partners that have not accepted everything yet, and how old the oldest such event is. At most 100 are looked at. */
  waiting(): Promise<{ serverName: string; ms: number }[]>
  /** Where a partner stands: events for it up to `cursor` have been accepted. `allowed`: it is on the federation list. */
  standing(serverName: string): Promise<PartnerStanding>
  /** Whether the federation list (for this node: its configuration) places the institution on the server. */
  hosts(serverName: string, institutionKey: string): boolean
  /** Kind and country of an institution, as the federation list signs them; where federation is open, by the directory. */
  institution(key: string): PlacedInstitution | undefined
  /** Keys of the institutions that the federation list places on a server; where federation is open, the directory. */
  institutionsAt(serverName: string): readonly string[]
  /** The server is on no list, or suspended: nothing is kept for it. False while there is no list to tell by. */
  cutOff(serverName: string): boolean
  /** The two digits of case references this node gives out, when the list says them. */
  caseSlot(): number | undefined
  /** True when the federation list is usable (or federation is open). */
  ready(): boolean
  /** Asks the registry for the list now. */
  refreshList(): Promise<void>
  /** A transaction of a partner, done once whatever is repeated. @throws M_LIMIT_EXCEEDED */
  receiveTransaction(
    origin: string,
    txnId: string,
    body: { pdus: unknown[]; edus: unknown[] },
  ): Promise<TransactionAnswer>
  /** Begins sending what waits for partners. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Per event, why it was not taken (server-server API, "Transactions"). */
export type TransactionAnswer = { pdus: Record<string, { error?: string }> }

export type PartnerStanding = {
  cursor: number
  allowed: boolean
  lastSuccessTs?: number
  unreachableSinceTs?: number
}

/** What passes between servers. Every route for servers and every request to one names its entry point. */
export type FederationEntryPoint =
  | 'send'
  | 'edu'
  | 'to-device'
  | 'join'
  | 'leave'
  | 'invite'
  | 'knock'
  | 'backfill'
  | 'state'
  | 'keys'
  | 'devices'
  | 'profile'
  | 'directory'
  | 'media'
  | 'trust'
  | 'version'
  | 'member'
  | 'relayed'
  | 'suggestion'
  | 'duty'
  | 'restored'
  | 'retention'
  | 'report'
  | 'audit'

/** What a partner runs. `other`: no Enlace; `older` and `newer` understand this one. */
export type PartnerSoftware = {
  server_name: string
  asked_ts: number
  state: 'same' | 'older' | 'newer' | 'too_old' | 'too_new' | 'other' | 'no_answer'
  version?: string
  features?: string[]
}
/** compatibility.ts */
export interface Compatibility {
  statement(): Record<string, unknown>
  /** Asks the partners whose turn it is; it does so by itself too. */
  run(): Promise<void>
  partners(): PartnerSoftware[]
  close(): void
}

/** Keys this server no longer signs with, by id. */
export type RetiredKeys = Readonly<Record<string, { key: string; expired_ts: number }>>

/** What this server signs with, signed with, and will sign with. */
export interface ServerKeys {
  /** Always the key in force: it stays the same object when the key is changed. */
  readonly current: SigningKey
  retired(): RetiredKeys
  /** Made ready by the operator, so that coordinators can vouch for it before it is used. */
  next(): SigningKey | undefined
  prepare(): Promise<SigningKey>
  /** The next key takes the place of the one in force, whose private half is gone then. */
  change(): Promise<{ keyId: string; before: string }>
}

/** Verify keys of this and of other servers. */
export interface KeyRing {
  /** Answer of `GET /key/v2/server`, signed. */
  ownKeys(): JsonObject
  /**
   * Before events of many servers are checked: keys of servers that are unknown and cannot be reached are asked of
   * `via`, which has the room (server-server API, "Querying Keys Through Another Server").
   */
  ensure(serverNames: Iterable<string>, via: string): Promise<void>
  /** Another server's keys as it published them, signed by this server too (notary). */
  notarised(serverName: string, minimumValidUntilTs: number): Promise<JsonObject | undefined>
  /** Checks that every server that must sign did. @returns the reason when not */
  verifyEvent(event: PduReading): Promise<{ ok: true } | { ok: false; reason: string }>
  verifyJson(
    object: Record<string, unknown>,
    serverName: string,
    minimumValidUntilTs?: number,
  ): Promise<boolean>
  /** Whether a server signed one of these texts, with a key that is good now. */
  verifySignature(
    serverName: string,
    keyId: string,
    signature: string,
    forms: Iterable<Buffer> | AsyncIterable<Buffer>,
  ): Promise<boolean>
}

/** Signed requests to partners. */
export interface FederationClient {
  /** The answer, of the shape asked for. @throws FederationError, MalformedAnswer */
  requestJson<S extends z.ZodType>(
    destination: string,
    args: FederationRequest,
    answer: S,
  ): Promise<z.output<S>>
  /** The answer as a stream; the caller reads it or destroys it. @throws FederationError also for other than 2xx */
  openStream(destination: string, args: FederationRequest): Promise<Dispatcher.ResponseData>
  /** The server spoke to us: it is up, whatever failed before. */
  heardFrom(serverName: string): void
  close(): Promise<void>
}

export type FederationRequest = {
  /** What the federation list is asked for before anything is sent. */
  entryPoint: FederationEntryPoint
  method: 'GET' | 'PUT' | 'POST'
  /** Path with its parameters percent-encoded. */
  path: string
  query?: Record<string, string | string[]>
  body?: unknown
  timeoutMs?: number
  signal?: AbortSignal
  /** Largest answer, in bytes. */
  maxBytes?: number
  /** The caller has its own schedule of attempts: do not fail fast. */
  insistent?: boolean
}

export type PlacedInstitution = { key: string; kind: string; country: string }

/** What institutions say under their own keys, verified by this node. Where federation is open: nothing. */
export interface SignedInstitutions {
  /** Who speaks for an institution at this moment; otherwise why nobody can. Also while the list itself has run out. */
  roster(key: string): CurrentRoster
  /** Its directory entry as it signed it; the view for the network only where this node has a token. */
  signedEntry(key: string, view: EntryView): EntryFile | undefined
  /** Its duty positions, signed by itself or with the limited key it gave out. */
  signedDuty(key: string): DutyFile | undefined
  /** Materials for migrants of every institution; what of them is public says `publicMaterials`. */
  libraries(): Library[]
  /** Risks that institutions published; what of them is shown says `shownRisks`. */
  riskFiles(): RiskFile[]
  /** Called with the institutions whose word is another now: roster, entry or duty, a key taken away, expiry excepted. */
  onInstitutionChange(listener: (keys: string[]) => void): void
  /** What is not as it should be with institutions' files, for operators and coordinators. */
  institutionProblems(): InstitutionProblem[]
  /** The newest version seen of a role's metadata (`gt-renap`, `gt-renap.duty`): the next must be higher. */
  institutionVersion(role: string): number | undefined
  /** A verified file by its path below the registry's `/trust/`, for clients to verify themselves. */
  trustFile(path: string): { bytes: Uint8Array; networkOnly: boolean } | undefined
  /** Whom the network's coordinators appointed to coordinate an institution; `taken`: that person has signed since. */
  appointment(key: string): (Appointment & { taken: boolean }) | undefined
  /** Institutions that somebody was appointed for. */
  appointed(): readonly string[]
  /** Checks what an institution signed and hands it to the registry. @throws MatrixError saying why not */
  publishInstitution(key: string, publication: unknown): Promise<{ version: number }>
}

export type InstitutionProblem = {
  institution: string
  reason: InstitutionRefusal | 'expires-soon'
  detail: string
  since_ts: number
  message: BilingualText
}

/** Why somebody should look at who tells this node what about the network. */
export type TrustAlarmKind = 'fork' | 'rollback' | 'unsigned' | 'behind'
export type TrustAlarm = {
  kind: TrustAlarmKind
  /** the registry, or the partner that was told something else */
  from: string
  /** whose signed files it is about; absent: the list */
  institution?: string
  /** coordinators' signatures show it; otherwise it is what a partner says */
  proven: boolean
  detail: string
  since_ts: number
  last_ts: number
  message: BilingualText
}
export type ComparedPartner = {
  server_name: string
  asked_ts: number
  state: 'same' | 'older' | 'newer' | 'fork' | 'no-answer'
}
/** The network's list, for those who answer for it. */
export type TrustReport = {
  usable: boolean
  list_version: number | null
  root_version: number
  expires_ts: number | null
  expires_soon: boolean
  root_expires_ts: number
  coordinators: { name: string | null; country: string | null; keyid: string }[]
  signatures_needed: number
  alarms: TrustAlarm[]
  /** institutions whose signed files are not as they should be */
  institution_problems: InstitutionProblem[]
  partners: ComparedPartner[]
}

/** list.ts: which servers this node talks to, hears from, and for what. */
export interface FederationList {
  /** @throws M_FORBIDDEN naming the rule and whom to contact */
  check(serverName: string, entryPoint: FederationEntryPoint): void
  allows(serverName: string): boolean
  hosts(serverName: string, institutionKey: string): boolean
  institution(key: string): PlacedInstitution | undefined
  institutionsAt(serverName: string): readonly string[]
  cutOff(serverName: string): boolean
  /** This node's two digits of case references, when the list gives them. */
  caseSlot(): number | undefined
  /** Whether institutions’ signed rosters say who people are; otherwise accounts and profiles do. */
  readonly byRosters: boolean
  /** The servers of the list in force, and its version; undefined without one. */
  members(): { version: number; active: readonly string[]; suspended: readonly string[] } | undefined
  ready(): boolean
  /** The Matrix signing keys that coordinators vouch for, where they name any: no other of that server is believed. */
  pinnedKeys(serverName: string): Readonly<Record<string, string>> | undefined
  /** What institutions say under their own keys. */
  readonly institutions: SignedInstitutions
  /**
   * What this node was told, for partners to compare.
   * @param known digest of the targets metadata that the partner has: it is not sent again
   * @throws M_NOT_FOUND where there is no list
   */
  told(known?: string): Record<string, unknown>
  /** @throws M_NOT_FOUND where there is no list */
  report(): TrustReport
  /** Compares with partners now. It does so by itself too. */
  compare(): Promise<void>
  /** Called when the list changed: cut-off partners are dropped, new ones are tried. */
  onChange(listener: () => void): void
  /** Asks the registry now. It does so by itself too. */
  refresh(): Promise<void>
  close(): void
}
