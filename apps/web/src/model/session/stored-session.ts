import { z } from 'zod'

/** A signed-in device as this browser remembers it. */
export const storedSessionSchema = z.object({
  userId: z.string().startsWith('@'),
  deviceId: z.string().min(1),
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1).optional(),
  /** ms since the epoch; absent when the server did not say */
  expiresAt: z.number().optional(),
})
export type StoredSession = z.output<typeof storedSessionSchema>

const KEY = 'enlace.session'

export function readSession(storage: Storage = localStorage): StoredSession | undefined {
  const text = storage.getItem(KEY)
  if (text === null) return undefined
  try {
    return storedSessionSchema.parse(JSON.parse(text))
  } catch {
    storage.removeItem(KEY)
    return undefined
  }
}

export function writeSession(session: StoredSession, storage: Storage = localStorage): void {
  storage.setItem(KEY, JSON.stringify(session))
}

export function forgetSession(storage: Storage = localStorage): void {
  storage.removeItem(KEY)
}
