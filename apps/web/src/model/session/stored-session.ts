import { z } from 'zod'
import { markHere } from '../../lib/here-mark.ts'
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

/** Somebody who is signed in on this browser. No token. */
const seatSchema = z.object({ userId: z.string().startsWith('@'), deviceId: z.string().min(1) })
export type Seat = z.output<typeof seatSchema>

/** In `localStorage`: who is at work here. */
const KEY = 'enlace.session'
/** In `localStorage`: who else has a locked place on this browser. */
const OTHERS = 'enlace.others'
export const MAX_OTHERS = 11

const sealedName = (userId: string) => `${KEY} ${userId}`

/** On a computer that is to keep nothing: the session, until the page goes. */
let held: StoredSession | undefined
let keeps = true

/** Whether this page keeps sessions from now on, or holds them until it goes. */
export function keepSessions(yes: boolean): void {
  keeps = yes
}

/** Who is at work here, also while it is locked. */
export function currentSeat(storage: Storage = localStorage): Seat | undefined {
  if (held) return { userId: held.userId, deviceId: held.deviceId }
  return parse(seatSchema, storage.getItem(KEY))
}

export const otherSeats = (storage: Storage = localStorage): Seat[] =>
  parse(z.array(seatSchema), storage.getItem(OTHERS)) ?? []

/** Whoever is at work makes room, and finds their place again among the others. */
export function leaveSeat(storage: Storage = localStorage): void {
  const seat = currentSeat(storage)
  if (!seat) return
  const others = otherSeats(storage).filter(({ userId }) => userId !== seat.userId)
  storage.setItem(OTHERS, JSON.stringify([seat, ...others]))
  storage.removeItem(KEY)
}

/** @returns false when they have none here */
export function takeSeat(userId: string, storage: Storage = localStorage): boolean {
  const seat = otherSeats(storage).find((one) => one.userId === userId)
  if (!seat) return false
  leaveSeat(storage)
  storage.setItem(OTHERS, JSON.stringify(otherSeats(storage).filter((one) => one.userId !== userId)))
  storage.setItem(KEY, JSON.stringify(seat))
  return true
}

/**
 * The tokens are sealed with a key that this browser keeps and gives to nobody, and below that under the person's lock: a copy of
 * the files is no session. @returns undefined when nobody is signed in, or it is locked
 */
export async function readSession(storage: Storage = localStorage): Promise<StoredSession | undefined> {
  if (!keeps) return held
  const text = storage.getItem(KEY)
  if (text === null) return undefined
  const old = parse(storedSessionSchema, text) ?? (await fromBefore())
  if (old) {
    await writeSession(old, storage)
    await forgetSealed(KEY)
    return old
  }
  const seat = currentSeat(storage)
  const sealed = seat && (await readSealed(sealedName(seat.userId)))
  return sealed === undefined ? undefined : parse(storedSessionSchema, sealed)
}

/** Earlier versions kept the tokens in the clear, or under one name for everybody. */
const fromBefore = async () => parse(storedSessionSchema, (await readSealed(KEY)) ?? null)

export async function writeSession(session: StoredSession, storage: Storage = localStorage): Promise<void> {
  if (!keeps) {
    held = session
    return
  }
  const { userId, deviceId } = session
  await writeSealed(sealedName(userId), JSON.stringify(session))
  storage.setItem(KEY, JSON.stringify({ userId, deviceId } satisfies Seat))
  storage.setItem(OTHERS, JSON.stringify(otherSeats(storage).filter((one) => one.userId !== userId)))
  markHere(true)
}

/** @param userId absent: of whoever is at work */
export async function forgetSession(userId?: string, storage: Storage = localStorage): Promise<void> {
  held = undefined
  const seat = currentSeat(storage)
  const who = userId ?? seat?.userId
  if (seat === undefined || seat.userId === who) storage.removeItem(KEY)
  if (!currentSeat(storage) && otherSeats(storage).every((one) => one.userId === who)) markHere(false)
  if (who === undefined) return
  storage.setItem(OTHERS, JSON.stringify(otherSeats(storage).filter((one) => one.userId !== who)))
  await forgetSealed(sealedName(who))
  await forgetSealed(KEY)
}

function parse<T>(schema: z.ZodType<T>, text: string | null): T | undefined {
  try {
    return text === null ? undefined : schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
