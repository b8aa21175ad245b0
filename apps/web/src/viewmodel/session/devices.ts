import { z } from 'zod'
import type { Session } from '../../model/session/types.ts'
import { type PasswordOutcome, withPassword } from './with-password.ts'

export interface OwnDevice {
  id: string
  name: string
  lastSeen?: number
  current: boolean
}

const listSchema = z.object({
  devices: z.array(
    z.object({
      device_id: z.string(),
      display_name: z.string().nullish(),
      last_seen_ts: z.number().nullish(),
    }),
  ),
})

/** This account's devices, this one first, then by last use. */
export async function listDevices(session: Session): Promise<OwnDevice[]> {
  const { devices } = listSchema.parse(await session.request('GET', '/_matrix/client/v3/devices'))
  return devices
    .map((one) => ({
      id: one.device_id,
      name: one.display_name || one.device_id,
      current: one.device_id === session.deviceId,
      ...(one.last_seen_ts ? { lastSeen: one.last_seen_ts } : {}),
    }))
    .sort((a, b) => Number(b.current) - Number(a.current) || (b.lastSeen ?? 0) - (a.lastSeen ?? 0))
}

/**
 * Another password: whoever knew the old one is signed out everywhere, and only this device stays. For the day on which
 * somebody else did something with the account.
 */
export const changePassword = (
  session: Session,
  password: string,
  newPassword: string,
): Promise<PasswordOutcome> =>
  withPassword(
    session,
    'POST',
    '/_matrix/client/v3/account/password',
    { new_password: newPassword, logout_devices: true },
    password,
  )

/** Ends another device (client-server API, "DELETE /devices/{deviceId}", with the password). */
export const signOutDevice = (
  session: Session,
  deviceId: string,
  password: string,
): Promise<PasswordOutcome> =>
  withPassword(session, 'DELETE', `/_matrix/client/v3/devices/${encodeURIComponent(deviceId)}`, {}, password)
