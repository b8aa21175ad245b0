import { z } from 'zod'
import { forgetSealed, readSealed, writeSealed } from '../../lib/sealed-store.ts'

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

/** In `localStorage`: that somebody is signed in, and who. No token. */
const KEY = 'enlace.session'

/** The tokens are sealed with a key that this browser keeps and gives to nobody: a copy of the files is no session. */
export async function readSession(storage: Storage = localStorage): Promise<StoredSession | undefined> {
  const text = storage.getItem(KEY)
  if (text === null) return undefined
  const old = parse(text)
  if (old) {
    // Written by an earlier version, with its tokens in the clear.
    await writeSession(old, storage)
    return old
  }
  const sealed = await readSealed(KEY)
  const session = sealed === undefined ? undefined : parse(sealed)
  if (!session) await forgetSession(storage)
  return session
}

export async function writeSession(session: StoredSession, storage: Storage = localStorage): Promise<void> {
  await writeSealed(KEY, JSON.stringify(session))
  storage.setItem(KEY, JSON.stringify({ userId: session.userId, deviceId: session.deviceId }))
}

export async function forgetSession(storage: Storage = localStorage): Promise<void> {
  storage.removeItem(KEY)
  await forgetSealed(KEY)
}

function parse(text: string): StoredSession | undefined {
  try {
    return storedSessionSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
