/** What the node keeps of its own people: accounts and their devices. */
import mongoose, { type Model } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { PasskeyDoc } from './factors/models.ts'

/** Passkeys alone are two factors. */
export type SignInWay =
  | 'password'
  | 'totp'
  | 'recovery_code'
  | 'passkey'
  | 'password_and_passkey'
  | 'registration'
  /** An institution's own provider said who it is; beside it, the second step here, or one that it asserts. */
  | 'provider'
  | 'provider_and_code'
  | 'provider_and_passkey'
  | 'provider_and_factor'
  /** Its code was confirmed in another session. */
  | 'other_device'

export type Role = 'staff' | 'coordinator' | 'official'

/** A passkey that was checked and whose account is not there yet. */
export type FirstPasskey = { handle: string; passkey: PasskeyDoc }

export type AccountDoc = {
  /** User id. An id is never reused: a deactivated account stays. */
  _id: string
  /** PHC string; absent once deactivated. */
  password_hash?: string
  /** Key of the registry's institution the person works for. */
  institution?: string
  role?: Role
  /** What the institution's provider leaves of the role that the roster gives; absent: all of it. */
  provider_roles?: Role[]
  is_admin: boolean
  is_guest: boolean
  deactivated: boolean
  /** The departure by which the person is leaving: the account is as closed until it is, or until the departure is undone. */
  leaving?: string
  /** The person asked to be forgotten: what they said is redacted for whoever was not there. */
  erased?: boolean
  /** When everything of a deactivated account had been ended. Absent meanwhile: it is done again after a crash. */
  closed_ts?: number
  /** Shut out until it is lifted: nothing of the account is lost meanwhile. */
  suspended?: { since_ts: number; by: string; reason: string }
  /** The invitation by which it was made, or whom a provider showed: one account for each. */
  invitation?: string
  /** A passkey that came with the account, until it is among the others: so both are made in one write. */
  first_passkey?: FirstPasskey
  created_ts: number
  /** A session was opened with its password or a passkey. */
  signed_in?: boolean
}

export type DeviceDoc = {
  /** `deviceKey(userId, deviceId)` */
  _id: string
  user_id: string
  device_id: string
  display_name?: string
  created_ts: number
  last_seen_ts?: number
  last_seen_ip?: string
  signed_in_ts?: number
  signed_in_ip?: string
  signed_in_with?: SignInWay
  /** When a second factor was given on it last, in this session. */
  proved_ts?: number
  /** Somebody signed in there, and the person may not have been told: cleared with the notice. */
  untold?: boolean
  /** Id of the session that holds the device; a new login on the device replaces it. Absent: no token is good any more. */
  sid?: string
  /** Refresh generation whose tokens have been used, and which of its siblings it was. */
  gen: number
  rid: string
  /** `rid` of the generation before, whose access token may still be on its way. */
  prid?: string
  /** The OAuth client whose session it is, and by which grant; absent when it signed in the older way. */
  oauth_client?: string
  oauth_grant?: string
}

export const deviceKey = (userId: string, deviceId: string): string => `${userId}|${deviceId}`

export interface AccountModels {
  Account: Model<AccountDoc>
  Device: Model<DeviceDoc>
}

export async function openAccountModels(db: Database): Promise<AccountModels> {
  const accounts = new mongoose.Schema<AccountDoc>(
    {
      _id: String,
      password_hash: String,
      institution: String,
      role: String,
      provider_roles: { type: [String], default: undefined },
      is_admin: Boolean,
      is_guest: Boolean,
      deactivated: Boolean,
      leaving: String,
      erased: Boolean,
      closed_ts: Number,
      suspended: new mongoose.Schema({ since_ts: Number, by: String, reason: String }, { _id: false }),
      invitation: String,
      first_passkey: mongoose.Schema.Types.Mixed,
      created_ts: Number,
      signed_in: Boolean,
    },
    { versionKey: false },
  )
  accounts.index({ deactivated: 1, closed_ts: 1 })
  accounts.index(
    { invitation: 1 },
    { unique: true, partialFilterExpression: { invitation: { $exists: true } } },
  )
  accounts.index(
    { 'first_passkey.handle': 1 },
    { partialFilterExpression: { 'first_passkey.handle': { $exists: true } } },
  )
  const devices = new mongoose.Schema<DeviceDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      display_name: String,
      created_ts: Number,
      last_seen_ts: Number,
      last_seen_ip: String,
      signed_in_ts: Number,
      signed_in_ip: String,
      signed_in_with: String,
      proved_ts: Number,
      untold: Boolean,
      sid: String,
      gen: Number,
      rid: String,
      prid: String,
      oauth_client: String,
      oauth_grant: String,
    },
    { versionKey: false },
  )
  devices.index({ user_id: 1, device_id: 1 })
  devices.index({ oauth_client: 1 })
  devices.index({ oauth_grant: 1 })
  return {
    Account: await openModel(db, 'accounts', accounts),
    Device: await openModel(db, 'devices', devices),
  }
}
