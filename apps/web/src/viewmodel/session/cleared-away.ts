/** When the browser has deleted what this device kept: to have room, or because somebody told it to. */
import { isMarkedHere } from '../../lib/here-mark.ts'
import { isOwnDatabaseGone } from '../../lib/own-database.ts'
import type { Seat } from '../../model/session/stored-session.ts'
import type { Session } from '../../model/session/types.ts'

const PARTING_MS = 3_000

/** Its keys are gone, so nothing can be read on it any more: who comes back comes as another device. */
export async function endDevice(session: Session): Promise<void> {
  const told = session.request('POST', '/_matrix/client/v3/logout', {}).catch(() => undefined)
  await Promise.race([told, new Promise((done) => setTimeout(done, PARTING_MS))])
}

/**
 * Somebody was at work here, and what opens their session cannot be read.
 *
 * @returns whether nothing of theirs is left; then their place is given up
 */
export async function isClearedAway(seat: Seat | undefined): Promise<boolean> {
  if (!seat || !(await isOwnDatabaseGone(seat.userId))) return false
  const { deleteLocalData } = await import('../../model/session/local-data.ts')
  await deleteLocalData(seat.userId, seat.deviceId)
  return true
}

/** Somebody was signed in, nobody signed out, and nothing at all is kept here: phones clear a page's storage as a whole. */
export const isClearedWhole = (): boolean => isMarkedHere() && localStorage.getItem('enlace.others') === null
