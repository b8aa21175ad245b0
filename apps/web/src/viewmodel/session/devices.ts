import { z } from 'zod'
import { type Failure, failureOf, RequestError } from '../../lib/failure.ts'
import type { Session } from '../../model/session/types.ts'

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

/** Ends every device of this account but this one. @returns the first failure */
export async function endOtherDevices(
  session: Session,
  password: string,
): Promise<Failure | 'wrong_password' | undefined> {
  try {
    for (const device of await listDevices(session)) {
      if (device.current) continue
      const failed = await signOutDevice(session, device.id, password)
      if (failed !== undefined) return failed
    }
    return undefined
  } catch (error) {
    return failureOf(error)
  }
}

const challengeSchema = z.object({ session: z.string() })

/** Ends another device (client-server API, "DELETE /devices/{deviceId}", with the password). */
export async function signOutDevice(
  session: Session,
  deviceId: string,
  password: string,
): Promise<Failure | 'wrong_password' | undefined> {
  const path = `/_matrix/client/v3/devices/${encodeURIComponent(deviceId)}`
  try {
    await session.request('DELETE', path, {})
    return undefined
  } catch (error) {
    const challenge =
      error instanceof RequestError && error.httpStatus === 401
        ? challengeSchema.safeParse(error.data)
        : undefined
    if (!challenge?.success) return failureOf(error)
    try {
      await session.request('DELETE', path, {
        auth: {
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: session.userId },
          password,
          session: challenge.data.session,
        },
      })
      return undefined
    } catch (second) {
      if (second instanceof RequestError && (second.httpStatus === 401 || second.httpStatus === 403))
        return 'wrong_password'
      return failureOf(second)
    }
  }
}
