import type { MatrixClient } from 'matrix-js-sdk'
import type { CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js'
import type { OwnDatabase } from '../../lib/own-database.ts'
import type { Proof } from '../../lib/proof.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import type { ReadableStore, Store } from '../../lib/store.ts'
import type { Escalations } from '../calls/types.ts'
import type { CaseDrafts, Cases } from '../cases/types.ts'
import type { People } from '../channels/types.ts'
import type { DeviceDirectory } from '../directory/types.ts'
import type { Envelope } from '../envelope/types.ts'
import type { History } from '../history/types.ts'
import type { Disclosures } from '../reports/types.ts'
import type { DeviceErasures } from '../retention/types.ts'
import type { LookBack, SearchIndex } from '../search/types.ts'
import type { BesideMessages, Media, Outbox } from '../timeline/types.ts'
import type { Trust } from '../trust/types.ts'
import type { NewIdentity } from './new-identity.ts'
import type { EscalationRecord, Institution, Me, MemberRecord } from './records.ts'
import type { StoredSession } from './stored-session.ts'

/**
 * Enlace's own client endpoints. On a server that has none (any other Matrix homeserver) each answers undefined, and
 * the client shows what plain Matrix can tell.
 */
export interface EnlaceApi {
  me(): Promise<Me | undefined>
  institutions(): Promise<Institution[] | undefined>
  members(roomId: string): Promise<MemberRecord[] | undefined>
  escalations(): Promise<EscalationRecord[] | undefined>
}

/**
 * Access tokens of one session. They last minutes; this renews them before they end and, when the server says that
 * one has ended, then. Only one renewal runs at a time, in all tabs together, and the new pair is stored before it is
 * used: a refresh token counts once, and a second use of it would end the session.
 */
export interface Tokens {
  current(): string
  /** Renews when fewer than `marginMs` are left. Offline, the old token stays. */
  ensureFresh(marginMs?: number): Promise<void>
  /** After a 401 for `rejected`: whether another token can be tried. */
  recover(rejected: string): Promise<boolean>
  replace(session: StoredSession): void
}

/**
 * What stands between a person and the words of cryptography. The rule for keys: messages are readable only by devices
 * that their owner has confirmed, so a device that a server slips in reads nothing. A person is trusted as first seen;
 * when their identity changes, the people they write to are told before they go on.
 */
export type EncryptionState =
  | 'preparing'
  /** Ready, and the recovery key is kept somewhere by the person. */
  | 'ready'
  /** Ready, but without the recovery key a lost device means lost messages. */
  | 'unsaved'
  /** A new device: needs the recovery key, or a confirmation from another device. */
  | 'unconfirmed'
  | 'failed'

/** How secret storage gets at the recovery key, which is held in memory only while it is needed. */
export interface KeyCallbacks {
  callbacks: CryptoCallbacks
  use(key: Uint8Array<ArrayBuffer> | undefined): void
}

/** Of a recovery key that is not kept yet: since when, and how often that was put off. */
export interface Keeping {
  since?: number
  later: number
}

export interface Encryption {
  readonly state: ReadableStore<EncryptionState>
  /** The first key, made while signing in and shown once; undefined when there is none to show. */
  readonly firstKey: Store<string | undefined>
  readonly keeping: ReadableStore<Keeping>
  /**
   * Whether the person keeps the recovery key, as the account says; undefined: it has not said so yet. `state` is `ready` before
   * that, so that a known device can be used at once; what deletes keys must not go by it.
   */
  readonly kept: ReadableStore<boolean | undefined>
  /** Asks the account for `kept`. @throws when the server does not answer */
  askKept(): Promise<void>
  /** Secret storage and the backup of the first keys are being made. */
  readonly completing: ReadableStore<boolean>
  /**
   * Settles when this device can read and write, or has to be confirmed first. Of an account without keys it makes the identity;
   * what else belongs to them is left to `complete`.
   * @param synced the first sync, where it is not over: only an account that has keys waits for it
   */
  prepare(password?: string, synced?: Promise<unknown>): Promise<void>
  /**
   * Behind the open page, after the first sync: the recovery key and the backup of the first keys. Where the page was closed or
   * the network cut in between, it begins anew with the next call, at the next connection or start.
   */
  complete(): Promise<void>
  /** Makes a new recovery key; the one before stops working. */
  newRecoveryKey(): Promise<string>
  /** The person says the key is safe. */
  confirmSaved(): Promise<void>
  /** The person says: later. It is counted, on all their devices. */
  putOff(): Promise<void>
  /** Seals the key so that a passkey opens it, which has worked out once what opens it when this answers `ok`. */
  keepWithPasskey(recoveryKey: string): Promise<'ok' | 'cancelled' | 'unsupported'>
  hasPasskey(): Promise<boolean>
  /** As `recover`, with the key that the passkey opens. */
  recoverWithPasskey(): Promise<'ok' | 'malformed' | 'wrong_key' | 'cancelled'>
  /** Confirms this device with the recovery key and brings back older messages. */
  recover(typed: string, way?: RecoveryWay): Promise<'ok' | 'malformed' | 'wrong_key'>
  /** Settles when every key of this device is in the backup, or cannot get there. */
  backUp(): Promise<void>
  /** Works with secret storage while the typed recovery key is at hand, and no longer. */
  withSecrets<T>(
    typed: string,
    work: (secrets: {
      get(name: string): Promise<string | undefined>
      store(name: string, secret: string): Promise<void>
    }) => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; reason: 'malformed' | 'wrong_key' }>
  /**
   * Makes a new identity, which the server has, this device's own: a new recovery key and backup with it. Older messages
   * stay unreadable, others are told that the identity changed.
   */
  adopt(identity: NewIdentity): Promise<void>
  close(): void
}

/** By which of the ways that were kept the key came back. */
export type RecoveryWay = 'sheet' | 'passkey' | 'envelope'
/** What this device says to the node's log of acts: that it happened, never what. */
export type KeyAct =
  | { act: 'recovery_made' }
  | { act: 'recovery_used'; way: RecoveryWay }
  | { act: 'keys_given'; room_id: string; user_id: string }

/** How it stands with starting again. */
export type RestartState =
  | { step: 'none' }
  | {
      step: 'waiting'
      /** What the person reads to whoever decides. */
      code: string
      by: 'coordinator' | 'operator'
      /** User ids of those who may approve. */
      coordinators: readonly string[]
      expiresTs: number
      since: number
    }
  | { step: 'over'; why: 'refused' | 'denied' | 'expired' }
  /** Approved: this device is taking the new identity on. */
  | { step: 'finishing' }

export interface Restart {
  readonly state: ReadableStore<RestartState>
  /** Asks, with the password. Where nobody has to approve, it is done when this resolves. @throws RequestError */
  begin(proof: Proof): Promise<void>
  /** Asks how it stands; also done every few seconds and on news. */
  look(): Promise<void>
  /** Gives up, or puts away what was refused. */
  cancel(): Promise<void>
  close(): void
}

/** What happened to one's own account elsewhere, until the person has answered for it. */
export type OwnNews =
  /** Another device asks to start again; nothing has changed yet. */
  | { kind: 'asked'; id: string; masterKey: string; name: string; since: number }
  | { kind: 'reset'; since: number }
  | { kind: 'device'; deviceId: string; name: string }

export interface OwnIdentity {
  readonly news: ReadableStore<OwnNews | undefined>
  look(): Promise<void>
  /** This device itself is about to bring this master key: no question about it. */
  expect(masterKey: string): Promise<void>
  itWasMe(): Promise<void>
  /** Calls off what is asked for and tells the coordination. @returns how many coordinators were told. @throws RequestError */
  itWasNotMe(): Promise<{ told: number; ended: number }>
  close(): void
}

export type Connection = 'connecting' | 'online' | 'offline'

/** How the session ended from outside: `expired` keeps the device and its data, `removed` does not. */
/** `suspended`: until it is lifted; what is on this device stays. */
/** `evicted`: the browser has deleted what this device kept, and the keys with it. */
export type SessionEnd = 'expired' | 'removed' | 'suspended' | 'evicted'

/** One signed-in account on this device: everything the view-models work with. */
export interface Session extends BesideMessages {
  client: MatrixClient
  userId: string
  deviceId: string
  baseUrl: string
  request: AuthedRequest
  api: EnlaceApi
  tokens: Tokens
  database: OwnDatabase
  media: Media
  people: People
  outbox: Outbox
  history: History
  disclosures: Disclosures
  escalations: Escalations
  cases: Cases
  caseDrafts: CaseDrafts
  erasures: DeviceErasures
  searchIndex: SearchIndex
  lookBack: LookBack
  directory: DeviceDirectory
  encryption: Encryption
  envelope: Envelope
  trust: Trust
  ownIdentity: OwnIdentity
  restart: Restart
  readonly me: ReadableStore<Me | undefined>
  readonly connection: ReadableStore<Connection>
  readonly ended: ReadableStore<SessionEnd | undefined>
  /** Ends the device on the server and deletes everything this browser kept. @returns whether the server was told */
  signOut(): Promise<boolean>
  /** Stops without deleting anything. */
  close(): Promise<void>
}

export type OpeningStep = 'encryption' | 'messages' | 'keys'
