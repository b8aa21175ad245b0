/** Collections of the encryption part. Keys are kept as the JSON text that was signed, never as BSON. */
import mongoose, { type Model } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'

const { Schema } = mongoose
const options = { versionKey: false } as const

export type DeviceKeysDoc = { _id: string; user_id: string; device_id: string; json: string }
export type CrossSigningDoc = {
  _id: string
  master?: string
  self_signing?: string
  user_signing?: string
  /** Base64 of the three public keys, to compare with device ids. */
  public_keys: string[]
}
/** One signature over a device or master key, made by a user's cross-signing key or device. */
export type SignatureDoc = {
  _id: string
  target_user: string
  target_key: string
  signer: string
  signer_key: string
  signature: string
}
export type OneTimeKeyDoc = {
  _id: string
  user_id: string
  device_id: string
  algorithm: string
  key_id: string
  json: string
  /** Order of upload. */
  seq: number
  /** Given out: kept a while so that a repeated upload of the same key does not bring it back. */
  claimed: boolean
  claimed_at?: Date
}
export type FallbackKeyDoc = {
  _id: string
  user_id: string
  device_id: string
  algorithm: string
  key_id: string
  json: string
  used: boolean
}
/** When a user's devices last changed, for everyone or (`only_for`) for one user's devices alone. One per pair. */
export type DeviceListChangeDoc = { _id: string; user_id: string; only_for?: string; pos: number }
/** An EDU about a local user's devices that is not yet in the outbox. `_id` is its position and `stream_id`. */
export type PendingUpdateDoc = {
  _id: number
  user_id: string
  edu: 'device' | 'signing_key'
  device_id?: string
  prev_id?: number
}
export type RemoteDeviceListDoc = {
  _id: string
  stream_id: number
  /** Updates were missed: ask the user's server before using it. */
  stale: boolean
  /** JSON text of {@link RemoteDeviceList}. */
  json: string
}
export type ToDeviceDoc = {
  _id: string
  user_id: string
  device_id: string
  pos: number
  json: string
}

export interface EncryptionModels {
  DeviceKeys: Model<DeviceKeysDoc>
  CrossSigning: Model<CrossSigningDoc>
  Signature: Model<SignatureDoc>
  OneTimeKey: Model<OneTimeKeyDoc>
  FallbackKey: Model<FallbackKeyDoc>
  Change: Model<DeviceListChangeDoc>
  PendingUpdate: Model<PendingUpdateDoc>
  LastChange: Model<{ _id: string; stream_id: number }>
  Remote: Model<RemoteDeviceListDoc>
  ToDevice: Model<ToDeviceDoc>
  /** Send-to-device requests and EDUs already carried out, so that a repeat does nothing. */
  ToDeviceDone: Model<{ _id: string; at: Date }>
}

export async function openEncryptionModels(db: Database): Promise<EncryptionModels> {
  const deviceKeys = new Schema<DeviceKeysDoc>(
    { _id: String, user_id: String, device_id: String, json: String },
    options,
  )
  deviceKeys.index({ user_id: 1, device_id: 1 })

  const crossSigning = new Schema<CrossSigningDoc>(
    { _id: String, master: String, self_signing: String, user_signing: String, public_keys: [String] },
    options,
  )

  const signatures = new Schema<SignatureDoc>(
    {
      _id: String,
      target_user: String,
      target_key: String,
      signer: String,
      signer_key: String,
      signature: String,
    },
    options,
  )
  signatures.index({ target_user: 1, target_key: 1 })

  const oneTimeKeys = new Schema<OneTimeKeyDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      algorithm: String,
      key_id: String,
      json: String,
      seq: Number,
      claimed: Boolean,
      claimed_at: Date,
    },
    options,
  )
  oneTimeKeys.index({ user_id: 1, device_id: 1, claimed: 1, algorithm: 1, seq: 1 })
  oneTimeKeys.index({ claimed_at: 1 }, { expireAfterSeconds: 7 * 24 * 3_600 })

  const fallbackKeys = new Schema<FallbackKeyDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      algorithm: String,
      key_id: String,
      json: String,
      used: Boolean,
    },
    options,
  )
  fallbackKeys.index({ user_id: 1, device_id: 1 })

  const changes = new Schema<DeviceListChangeDoc>(
    { _id: String, user_id: String, only_for: String, pos: Number },
    options,
  )
  changes.index({ pos: 1 })

  const pending = new Schema<PendingUpdateDoc>(
    { _id: Number, user_id: String, edu: String, device_id: String, prev_id: Number },
    options,
  )

  const lastChanges = new Schema<{ _id: string; stream_id: number }>(
    { _id: String, stream_id: Number },
    options,
  )

  const remote = new Schema<RemoteDeviceListDoc>(
    { _id: String, stream_id: Number, stale: Boolean, json: String },
    options,
  )

  const toDevice = new Schema<ToDeviceDoc>(
    { _id: String, user_id: String, device_id: String, pos: Number, json: String },
    options,
  )
  toDevice.index({ user_id: 1, device_id: 1, pos: 1 })

  const toDeviceDone = new Schema<{ _id: string; at: Date }>({ _id: String, at: Date }, options)
  toDeviceDone.index({ at: 1 }, { expireAfterSeconds: 7 * 24 * 3_600 })

  return {
    DeviceKeys: await openModel(db, 'device_keys', deviceKeys),
    CrossSigning: await openModel(db, 'cross_signing_keys', crossSigning),
    Signature: await openModel(db, 'key_signatures', signatures),
    OneTimeKey: await openModel(db, 'one_time_keys', oneTimeKeys),
    FallbackKey: await openModel(db, 'fallback_keys', fallbackKeys),
    Change: await openModel(db, 'device_list_changes', changes),
    PendingUpdate: await openModel(db, 'device_list_pending', pending),
    LastChange: await openModel(db, 'device_list_sequences', lastChanges),
    Remote: await openModel(db, 'remote_device_lists', remote),
    ToDevice: await openModel(db, 'to_device_messages', toDevice),
    ToDeviceDone: await openModel(db, 'to_device_done', toDeviceDone),
  }
}
