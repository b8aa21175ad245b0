import type { MinutesStatement, Signature } from '@enlace/coordination/meetings'
import type {
  InstitutionFile,
  InstitutionPublication,
  PublicKeyFile,
  RosterRole,
  SealedKeyFile,
} from '@enlace/trust/browser'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { RosterPlace } from '../../model/envelope/types.ts'
import type { RosterWord } from '../../model/history/types.ts'
import type { TrustReport } from '../../model/institution/institution-api.ts'
import type {
  InstitutionKeys,
  NetworkState,
  NetworkWatch,
  PendingPublication,
  Publications,
  TrustFault,
} from '../../model/institution/types.ts'

// What views show of the model.
export type { TrustReport } from '../../model/institution/institution-api.ts'
export type {
  NetworkRoot,
  NetworkState,
  PendingPublication,
  TrustFault,
} from '../../model/institution/types.ts'

/** One change of a roster that is not signed yet. */
export type RosterChange =
  | { kind: 'set'; userId: string; role: RosterRole; until?: number }
  | { kind: 'strike'; id: string; userId?: string }

export type RowState = 'listed' | 'later' | 'over' | 'absent'

/** Somebody who speaks for the institution, or of whom the server says so. */
export interface RosterRow {
  /** what the row is known by: the user id, or the roster's id where only that is known */
  key: string
  id?: string
  userId?: string
  name?: string
  /** what the server's operator says; nothing follows from it */
  claimed?: RosterRole | 'member'
  entry?: { role: RosterRole; since: number; until?: number }
  state: RowState
  change?: RosterChange
}

export type KeyState =
  /** This device has none. `stored`: secret storage has it. */
  | { kind: 'none'; stored: boolean }
  /** The coordinators of the network have not named it: nothing signed with it counts yet. */
  | { kind: 'unnamed'; keyid: string; code: string; stored: boolean }
  | { kind: 'good'; keyid: string; code: string; stored: boolean }

/** What stands in the way of reading the roster, or nothing. */
export type OfficeObstacle =
  | { kind: 'offline' }
  | { kind: 'absent' }
  | { kind: 'fault'; fault: TrustFault }
  | { kind: 'failed'; failure: Failure }

export interface OfficeState {
  institution: string
  loading: boolean
  obstacle?: OfficeObstacle
  key: KeyState
  /** how many keys must sign; more than one cannot be done by this page alone */
  threshold: number
  /** keys that speak for the institution, by the network's coordinators */
  keyids: readonly string[]
  rows: readonly RosterRow[]
  /** of what is published: undefined when nothing is */
  published?: { version: number; expiresAt: number; signedAt?: number }
  /** fewer than thirty days until nobody speaks for the institution any more */
  expiresSoon: boolean
  /** the node's limited key for duty positions: whether the institution gave it, and whether the node has one */
  duty: { given: boolean; available: boolean; wanted?: boolean }
  changes: readonly RosterChange[]
  /** what somebody else published while this draft was made */
  merged?: { added: readonly string[]; gone: readonly string[]; changed: readonly string[] }
  pending?: PendingPublication
}

/** What an institution is signed with in this browser. */
export interface SigningDesk {
  watch: Pick<NetworkWatch, 'institution' | 'text'>
  keys: Pick<InstitutionKeys, 'held'>
  publications: Pick<Publications, 'pending' | 'publish' | 'discard'>
  /** keys and what waits were read from the disk */
  ready: Promise<unknown>
}

export type PublishStep = 'checking' | 'signing' | 'sending'
export type PublishOutcome =
  | 'taken'
  | 'waiting'
  | 'refused'
  /** Somebody else has published: look at `merged`, then sign again. */
  | 'merged'
  | 'no-key'
  /** What is published could not be read: `obstacle` says why. */
  | 'unread'

export interface OfficeModel {
  readonly state: ReadableStore<OfficeState>
  readonly step: ReadableStore<PublishStep | undefined>
  load(): Promise<void>
  set(change: { userId: string; role: RosterRole; until?: number }): void
  strike(row: RosterRow): void
  undo(key: string): void
  undoAll(): void
  setDuty(given: boolean): void
  /** @param summary what the person was shown, kept with what is signed */
  publish(summary: readonly string[]): Promise<PublishOutcome>
  /** The roster without who leaves, and with who coordinates in their place: signed, and not sent. The draft stays. */
  signDeparture(who: {
    leaver: string
    successor?: string | undefined
  }): Promise<InstitutionPublication | PublishOutcome>
  discardPending(): Promise<void>
  readonly keys: OfficeKeys
  close(): void
}

export interface OfficeKeys {
  create(): Promise<void>
  publicFile(): PublicKeyFile | undefined
  readFile(text: string): SealedKeyFile | undefined
  importFile(
    file: SealedKeyFile,
    passphrase: string,
    onProgress: (done: number) => void,
  ): Promise<'ok' | 'malformed' | 'wrong-passphrase'>
  exportFile(passphrase: string, onProgress: (done: number) => void): Promise<SealedKeyFile | undefined>
  store: (recoveryKey: string) => ReturnType<InstitutionKeys['store']>
  fetch: (recoveryKey: string) => ReturnType<InstitutionKeys['fetch']>
  forget(): Promise<void>
}

/** How what is shown of an entry compares with what the institution signed. */
export type SignedMarkState =
  | { kind: 'checking' }
  /** nothing to compare: no signed list, no key, no signed entry yet */
  | { kind: 'unsigned' }
  | { kind: 'same'; signedAt?: number; version: number }
  /** The server shows something else than the institution signed. */
  | { kind: 'differs' }
  | { kind: 'fault'; fault: TrustFault }
  | { kind: 'offline' }

/** For the whole session: what this device verifies by itself. */
export type MinutesWord = 'signed' | 'not_signed' | 'unknown'

export interface Institutions {
  readonly network: ReadableStore<NetworkState>
  readonly faults: ReadableStore<readonly TrustFault[]>
  /** for coordinators; undefined for others, or before it is known */
  readonly report: ReadableStore<TrustReport | undefined>
  /** alarms since the coordinator looked last */
  readonly newAlarms: ReadableStore<number>
  /** institutions whose key this device or secret storage holds */
  readonly heldFor: ReadableStore<readonly string[]>
  start(): void
  stop(): void
  check(): Promise<void>
  startOver(): Promise<void>
  seenAlarms(): Promise<void>
  office(institution: string): OfficeModel
  /** The institution's signature over a package; undefined where its key is not on this device. */
  attest(about: {
    institution: string
    exportId: string
    manifestSha256: string
  }): Promise<object | undefined>
  /** The institution's signature over minutes; undefined where its key is not on this device. */
  signMinutes(statement: MinutesStatement): Promise<Signature['key']>
  /** Whether it is of a key the institution has now; `unknown`: there is no network, or coordinators gave it none. */
  minutesWord(statement: MinutesStatement, signature: NonNullable<Signature['key']>): Promise<MinutesWord>
  /** Whether this device can sign for it. */
  holds(institution: string): Promise<boolean>
  /** New texts of files, signed with all else the institution says. @throws when the key is not here, or its word is in doubt */
  sign(institution: string, files: Partial<Record<InstitutionFile, string>>): Promise<InstitutionPublication>
  /** What the institution's signed roster says of somebody at this moment. @throws without a network */
  rosterWord(userId: string, institution: string): Promise<RosterWord>
  /** The same, with the role. */
  rosterRole(userId: string, institution: string): Promise<RosterPlace>
  /** For pages that sign something else with an institution's key. */
  readonly desk: SigningDesk
  /** Compares this device's copy of an entry with what the institution signed. */
  mark(institution: string): Promise<SignedMarkState>
}
