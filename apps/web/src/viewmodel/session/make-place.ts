/** Whoever comes in finds a place of their own on this browser; what others keep here stays shut, or goes with them. */
import { countWaiting } from '../../lib/own-database.ts'
import { createRequest } from '../../lib/request.ts'
import type { Store } from '../../lib/store.ts'
import { totalOf } from '../../lib/waiting.ts'
import { isKeyKept } from '../../model/session/key-mark.ts'
import { deleteLocalData } from '../../model/session/local-data.ts'
import {
  leaveSeat,
  MAX_OTHERS,
  otherSeats,
  type Seat,
  type StoredSession,
} from '../../model/session/stored-session.ts'
import { leaveNothing, lockOf, sealAnew, sealOf } from './device-lock.ts'
import type { AppState, Waiting } from './types.ts'

/** After an expired session the device goes on, with its key; one from before there were keys goes on without. */
const goesOn = (session: StoredSession, before: Seat | undefined) =>
  before?.userId === session.userId && before.deviceId === session.deviceId

const staysShut = async (session: StoredSession, before: Seat | undefined) =>
  before !== undefined && before.userId !== session.userId && (await lockOf(before.userId))?.locked === true

/** Whose things are deleted here when this session begins. */
export async function whoGoes(session: StoredSession, before: Seat | undefined): Promise<Seat[]> {
  const stays = await staysShut(session, before)
  const others = [...(before && stays ? [before] : []), ...otherSeats()]
  const own = others.find(({ userId }) => userId === session.userId)
  return [
    ...(before && !stays && !goesOn(session, before) ? [before] : []),
    ...(own ? [own] : others.slice(MAX_OTHERS)),
  ]
}

/** Whose messages wait to be sent, or may, and whose keys are perhaps nowhere else. */
export async function waitingOf(seats: readonly Seat[]): Promise<Waiting[]> {
  const found: Waiting[] = []
  for (const userId of new Set(seats.map((seat) => seat.userId))) {
    const counts = await countWaiting(userId)
    const keyKept = isKeyKept(userId)
    if (!counts || totalOf(counts) > 0 || !keyKept) found.push({ userId, counts, keyKept })
  }
  return found
}

/** What would be lost by it is said first. @returns false when it is not wanted: then the session that has begun is ended */
export async function mayComeIn(
  baseUrl: string,
  state: Store<AppState>,
  session: StoredSession,
  before: Seat | undefined,
): Promise<boolean> {
  const waiting = await waitingOf(await whoGoes(session, before))
  if (waiting.length === 0) return true
  const mayLose = await new Promise<boolean>((decide) => {
    state.set({
      phase: 'making-place',
      userId: session.userId,
      waiting,
      go() {
        state.set({ phase: 'opening', step: 'encryption' })
        decide(true)
      },
      stop: () => decide(false),
    })
  })
  if (!mayLose)
    await createRequest(baseUrl, fetch, () => session.accessToken)(
      'POST',
      '/_matrix/client/v3/logout',
      {},
    ).catch(() => undefined)
  return mayLose
}

export async function makePlace(
  session: StoredSession,
  before: Seat | undefined,
  isVolatile: boolean,
): Promise<void> {
  await leaveNothing(isVolatile)
  if (isVolatile) return
  const going = await whoGoes(session, before)
  if (await staysShut(session, before)) leaveSeat()
  for (const gone of going) await deleteLocalData(gone.userId, gone.deviceId)
  if (!goesOn(session, before) || (await sealOf(session.userId, session.deviceId)) === 'locked')
    await sealAnew(session.userId, session.deviceId)
}
