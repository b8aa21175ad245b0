import type {
  ChainFault,
  InstitutionFile,
  InstitutionPublication,
  SigningKey,
  VerifiedInstitution,
} from '@enlace/trust/browser'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'

/** What this device found wrong with what its own server serves. */
export interface TrustFault {
  fault: ChainFault
  /** the file it is about */
  file: string
  detail: string
  since: number
  /** absent: it is about the whole network */
  institution?: string
}

export interface NetworkRoot {
  /** thirty digits, the same for everybody who knows the same network */
  code: string
  version: number
  expiresAt: number
  /** when this device took its first root, without proof */
  firstAt: number
  coordinators: readonly { keyid: string; name?: string; country?: string }[]
  /** signatures that the list of the network needs */
  threshold: number
}

export type NetworkState =
  | { kind: 'looking' }
  /** The server has no signed list: another Matrix server, or a development network. */
  | { kind: 'absent' }
  /** `staleSince`: the registry has not said for a day that nothing newer exists. */
  | { kind: 'good'; root: NetworkRoot; checkedAt: number; staleSince?: number }
  | { kind: 'fault'; fault: TrustFault; root?: NetworkRoot }

export type InstitutionReading =
  | { kind: 'absent' }
  | { kind: 'no-key' }
  | { kind: 'silent'; keyids: readonly string[]; threshold: number }
  | { kind: 'signed'; state: VerifiedInstitution }
  /** `lapsed`: it was signed well and has expired */
  | { kind: 'fault'; fault: TrustFault; lapsed?: VerifiedInstitution }

/** Checks, from the root down, what the own server says of the network and of institutions. */
export interface NetworkWatch {
  readonly state: ReadableStore<NetworkState>
  /** Faults of institutions that were looked at, newest first. */
  readonly faults: ReadableStore<readonly TrustFault[]>
  /** Looks at the network anew. @throws when the server cannot be reached */
  check(): Promise<NetworkState>
  /** As it is now. @throws when the server cannot be reached */
  institution(key: string): Promise<InstitutionReading>
  /** @returns undefined when the institution has signed no such file */
  text(reading: VerifiedInstitution, file: InstitutionFile): Promise<string | undefined | TrustFault>
  /** Takes the network that the server shows now as the one to know. */
  startOver(): Promise<NetworkState>
}

/** The institution's key in this browser: sealed on the device, and in secret storage under the recovery key. */
export interface InstitutionKeys {
  readonly held: ReadableStore<ReadonlyMap<string, SigningKey>>
  /** Institutions whose key is in secret storage. */
  readonly stored: ReadableStore<ReadonlySet<string>>
  load(): Promise<void>
  create(institution: string): Promise<SigningKey>
  /** On this device, until signing out. */
  keep(institution: string, key: SigningKey): Promise<void>
  /** In secret storage, so that it comes to every device of the person. */
  store(institution: string, recoveryKey: string): Promise<'ok' | 'malformed' | 'wrong_key'>
  /** From secret storage to this device. */
  fetch(institution: string, recoveryKey: string): Promise<'ok' | 'malformed' | 'wrong_key'>
  /** From this device alone. */
  forget(institution: string): Promise<void>
}

/** What was signed and has not reached the registry yet, or was refused there. */
export interface PendingPublication {
  institution: string
  publication: InstitutionPublication
  signedAt: number
  /** sentences that were shown before signing, in the language of that moment */
  summary: readonly string[]
  state: 'sending' | 'waiting' | 'refused'
  failure?: Failure
  /** what the registry called it */
  code?: string
}

export interface Publications {
  readonly pending: ReadableStore<ReadonlyMap<string, PendingPublication>>
  load(): Promise<void>
  /** Kept on disk before it is sent; sent again until it is taken or refused. @returns how it stands after the first try */
  publish(
    one: Pick<PendingPublication, 'institution' | 'publication' | 'summary'>,
  ): Promise<'taken' | 'waiting' | 'refused'>
  wake(): void
  discard(institution: string): Promise<void>
  close(): void
}
