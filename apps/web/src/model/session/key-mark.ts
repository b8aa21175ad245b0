import { z } from 'zod'

/** In `localStorage`: whose recovery key is known to be kept, for whoever deletes their keys here while nobody is signed in. */
const KEY = 'enlace.key-kept'

const marked = (storage: Storage): string[] => {
  try {
    return z.array(z.string()).parse(JSON.parse(storage.getItem(KEY) ?? '[]'))
  } catch {
    return []
  }
}

/**
 * Where there is no room for the mark, none stands, and whoever deletes is asked.
 * @param kept undefined: not known; what was known before stays
 */
export function markKey(userId: string, kept: boolean | undefined, storage: Storage = localStorage): void {
  if (kept === undefined) return
  const others = marked(storage).filter((one) => one !== userId)
  const next = kept ? [...others, userId] : others
  try {
    // Nothing stale stays where the new one finds no room.
    storage.removeItem(KEY)
    if (next.length > 0) storage.setItem(KEY, JSON.stringify(next))
  } catch {}
}

/** Whether it is known here that they keep it. */
export const isKeyKept = (userId: string, storage: Storage = localStorage): boolean =>
  marked(storage).includes(userId)
