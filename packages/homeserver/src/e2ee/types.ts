import type { IdentityConfirmation } from '@enlace/coordination'
import type { ClientEvent } from '../rooms/types.ts'
import type { CrossSigningKeyJson, KeysUpload, Usage } from './schemas.ts'

export type CrossSigningUpload = Partial<Record<Usage, CrossSigningKeyJson>>

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
  /** Whether the device is signed by its owner's present self-signing key. */
  isSignedByOwner(userId: string, deviceId: string): Promise<boolean>
  /** True when the upload has no key that replaces another: it needs no interactive authentication. */
  isFreeCrossSigningUpload(userId: string, upload: CrossSigningUpload): Promise<boolean>
  /** The new master key, where the upload replaces a known one. */
  replacedMaster(userId: string, upload: CrossSigningUpload): Promise<string | undefined>
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

/** Ciphertext of message keys, per user and version (client-server API, "Server-side key backups"). */
export interface KeyBackup {
  /** @returns the new version */
  create(userId: string, algorithm: string, authData: Record<string, unknown>): Promise<string>
  /** The newest version, or the one named. @throws M_NOT_FOUND */
  info(userId: string, version?: string): Promise<BackupInfo>
  /** @throws M_NOT_FOUND, M_INVALID_PARAM */
  update(
    userId: string,
    version: string,
    given: { algorithm: string; auth_data: Record<string, unknown>; version?: string },
  ): Promise<void>
  /** @throws M_NOT_FOUND */
  remove(userId: string, version: string): Promise<void>
  /** Keeps the better of two keys for a session. @throws M_NOT_FOUND, M_WRONG_ROOM_KEYS_VERSION */
  put(userId: string, version: string, rooms: RoomKeys): Promise<{ count: number; etag: string }>
  /** Keys by room and session; empty when there are none. @throws M_NOT_FOUND without such a version */
  get(userId: string, version: string, selector: KeySelector): Promise<RoomKeys>
  /** Keys of these sessions are in no backup of these people any more, nor in what they had replaced. @returns how many */
  forget(userIds: readonly string[], roomId: string, sessionIds: readonly string[]): Promise<number>
  /** @throws M_NOT_FOUND */
  delete(userId: string, version: string, selector: KeySelector): Promise<{ count: number; etag: string }>
}

export type BackedUpKey = {
  first_message_index: number
  forwarded_count: number
  is_verified: boolean
  session_data: Record<string, unknown>
}
/** By room id, then session id. */
export type RoomKeys = Record<string, Record<string, BackedUpKey>>
export type KeySelector = { roomId?: string; sessionId?: string }

export type BackupInfo = {
  algorithm: string
  auth_data: Record<string, unknown>
  count: number
  etag: string
  version: string
}

export type IdentityResetState =
  | 'waiting'
  | 'approved'
  | 'refused'
  /** The same device asked for another key, or its person gave up. */
  | 'withdrawn'
  /** The person said on a confirmed device that it was not them. */
  | 'denied'
  /** The new identity is there. */
  | 'done'
  /** No request: the person says that something was not them. */
  | 'reported'
  | 'expired'

export type IdentityReset = {
  id: string
  userId: string
  deviceId: string
  deviceName?: string
  masterKey: string
  requestedTs: number
  expiresTs: number
  state: IdentityResetState
  /** A coordinator, `operator`, or the person. */
  decidedBy?: string
  decidedTs?: number
  /** The person said on a device that is not confirmed: it was not me. */
  doubted: boolean
}

type ResetOf = { userId: string; deviceId: string; masterKey: string }
export type WhoApproves = 'coordinator' | 'operator'

/** Persons who start again with a new identity, and who vouches that it is them. */
export interface IdentityResets {
  /**
   * After the password was right. Coordinators of the institution are alerted, and the person, once for each key.
   * `session`: of interactive authentication; the same request keeps its first. @throws M_LIMIT_EXCEEDED
   */
  request(reset: ResetOf & { session: string }): Promise<{
    expiresTs: number
    by: WhoApproves
    coordinators: readonly string[]
    session: string | undefined
  }>
  /** The newest request of that key from that device. */
  find(reset: ResetOf): Promise<(IdentityReset & { session: string | undefined }) | undefined>
  /** For the page that clients show which do not know the stage. */
  bySession(session: string): Promise<(IdentityReset & { by: WhoApproves }) | undefined>
  /** What was signed about the key is there before others see the key. */
  publish(userId: string, masterKey: string): Promise<void>
  /** The new identity is there: the approval is used up, and the person is told everywhere. */
  done(userId: string, masterKey: string): Promise<void>
  /** Of this coordinator's institution: what waits, and what was decided in the last 90 days. Newest first. */
  list(coordinator: string): Promise<IdentityReset[]>
  /**
   * `deviceId`: where the coordinator decides. @throws M_NOT_FOUND also when it is not theirs to decide; M_FORBIDDEN from a
   * device they have not confirmed; M_INVALID_PARAM, M_INVALID_SIGNATURE
   */
  decide(
    coordinator: string,
    decision: {
      userId: string
      masterKey: string
      approved: boolean
      deviceId: string
      confirmation?: IdentityConfirmation
    },
  ): Promise<void>
  /** Waiting or approved, and not yet used. */
  ofUser(userId: string): Promise<IdentityReset[]>
  /** @throws M_NOT_FOUND */
  decideAsOperator(userId: string, masterKey: string, approved: boolean): Promise<void>
  /** The device that asked gives up. */
  withdraw(userId: string, deviceId: string): Promise<void>
  /**
   * The person says that it was not them. From a confirmed device: what is asked for is off, and the devices that asked are
   * ended. In any case the coordinators are told. `told`: how many.
   */
  notMe(by: { userId: string; deviceId: string }): Promise<{ ended: string[]; told: number }>
  /** What a coordinator signed about the person's present identity; asked of the person's own server. */
  confirmation(userId: string): Promise<IdentityConfirmation | undefined>
  /** The same for this node's people, without asking anybody. */
  ownConfirmation(userId: string): Promise<IdentityConfirmation | undefined>
}

export type EnvelopeState = 'waiting' | 'opened' | 'refused' | 'withdrawn' | 'expired'
/** A coordinator's part, sealed for a key of the device that asked. */
export type EnvelopeRelease = { by: string; sealed: string; ts: number }
export type EnvelopeAsk = {
  id: string
  userId: string
  deviceId: string
  deviceName?: string
  /** Which of the person's envelopes: the newest, if the device was told the truth. */
  envelope: string
  /** Of the device that asks; the code that people compare stands for it. */
  publicKey: string
  requestedTs: number
  expiresTs: number
  state: EnvelopeState
  releases: readonly EnvelopeRelease[]
  refusedBy?: string
}

/** The recovery key that an institution's coordinators keep in parts: who asks for it, and what is released. */
export interface Envelopes {
  /** Coordinators of the person's institution, without themselves: who could keep a part, as the node knows it. */
  keepers(userId: string): Promise<string[]>
  /** The person's device says that it has given out parts. */
  made(userId: string, holders: number): Promise<void>
  /** Coordinators and the person are alerted. The same device with the same key asks once. @throws M_FORBIDDEN, M_LIMIT_EXCEEDED */
  ask(ask: { userId: string; deviceId: string; envelope: string; publicKey: string }): Promise<EnvelopeAsk>
  /** What was asked for with this account lately, newest first. */
  own(userId: string): Promise<EnvelopeAsk[]>
  /** What waits for this coordinator and their colleagues; of parts only whose they are. */
  list(coordinator: string): Promise<EnvelopeAsk[]>
  /** One part from each. @throws M_NOT_FOUND also when it is not theirs; M_FORBIDDEN from a device they have not confirmed */
  release(
    coordinator: string,
    part: { id: string; publicKey: string; sealed: string; deviceId: string },
  ): Promise<void>
  /** @throws M_NOT_FOUND */
  refuse(coordinator: string, id: string): Promise<void>
  /** The person opened it on the device that asked, or gives up; a confirmed device ends what another one asked for. @throws M_NOT_FOUND */
  finish(by: { userId: string; deviceId: string }, id: string, opened: boolean): Promise<void>
}
