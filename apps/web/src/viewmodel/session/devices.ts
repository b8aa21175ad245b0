import { z } from 'zod'
import { ENLACE, unlessAbsent } from '../../lib/request.ts'
import type { Session } from '../../model/session/types.ts'
import { type Proof, type ProofOutcome, withProof } from './with-proof.ts'

const ways = [
  'password',
  'totp',
  'recovery_code',
  'passkey',
  'password_and_passkey',
  'registration',
  'provider',
  'provider_and_code',
  'provider_and_passkey',
  'provider_and_factor',
  'other_device',
] as const

export interface OwnDevice {
  id: string
  name: string
  current: boolean
  firstSeen?: number
  lastSeen?: number
  /** The address as the server saw it; nobody else is asked where that is. */
  address?: string
  signedIn?: number
  with?: (typeof ways)[number]
}

const deviceSchema = z.object({
  device_id: z.string(),
  display_name: z.string().nullish(),
  first_seen_ts: z.number().optional(),
  last_seen_ts: z.number().nullish(),
  last_seen_ip: z.string().nullish(),
  signed_in_ts: z.number().optional(),
  signed_in_ip: z.string().optional(),
  signed_in_with: z.enum(ways).optional().catch(undefined),
})
const listSchema = z.object({ devices: z.array(deviceSchema) })
const sessionsSchema = z.object({ sessions: z.array(deviceSchema) })

/** This account's devices, this one first, then by last use. Another Matrix server tells less of them. */
export async function listDevices(session: Session): Promise<OwnDevice[]> {
  const own = await unlessAbsent(session.request('GET', `${ENLACE}/sessions`))
  const devices =
    own === undefined
      ? listSchema.parse(await session.request('GET', '/_matrix/client/v3/devices')).devices
      : sessionsSchema.parse(own).sessions
  return devices
    .map((one): OwnDevice => {
      const address = one.last_seen_ip ?? one.signed_in_ip
      return {
        id: one.device_id,
        name: one.display_name || one.device_id,
        current: one.device_id === session.deviceId,
        ...(one.first_seen_ts ? { firstSeen: one.first_seen_ts } : {}),
        ...(one.last_seen_ts ? { lastSeen: one.last_seen_ts } : {}),
        ...(address ? { address } : {}),
        ...(one.signed_in_ts ? { signedIn: one.signed_in_ts } : {}),
        ...(one.signed_in_with ? { with: one.signed_in_with } : {}),
      }
    })
    .sort((a, b) => Number(b.current) - Number(a.current) || (b.lastSeen ?? 0) - (a.lastSeen ?? 0))
}

export const renameDevice = (session: Session, deviceId: string, name: string): Promise<unknown> =>
  session.request('PUT', `/_matrix/client/v3/devices/${encodeURIComponent(deviceId)}`, { display_name: name })

/**
 * Another password: whoever knew the old one is signed out everywhere, and only this device stays. For the day on which
 * somebody else did something with the account.
 */
export const changePassword = (session: Session, proof: Proof, newPassword: string): Promise<ProofOutcome> =>
  withProof(
    session,
    'POST',
    '/_matrix/client/v3/account/password',
    { new_password: newPassword, logout_devices: true },
    proof,
  )

/** Ends another device (client-server API, "DELETE /devices/{deviceId}", with a proof). */
export const signOutDevice = (session: Session, deviceId: string, proof: Proof): Promise<ProofOutcome> =>
  withProof(session, 'DELETE', `/_matrix/client/v3/devices/${encodeURIComponent(deviceId)}`, {}, proof)

/** Ends every session but this one. */
export const signOutOthers = (session: Session, proof: Proof): Promise<ProofOutcome> =>
  withProof(session, 'POST', `${ENLACE}/sessions/end-others`, {}, proof)
