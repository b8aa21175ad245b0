/** The lock of this device: what opens the account's stores here, and when they shut by themselves. */
import { newPrfPasskey, prfSecret } from '../../lib/prf.ts'
import {
  type DeviceKey,
  type Lock,
  newDeviceKey,
  type Opening,
  openDeviceKey,
  openWithPasskey,
  openWithPin,
  readLock,
  removeLock,
  setIdleMinutes,
  setLock,
} from '../../lib/seal/device-keys.ts'
import { baseOf, createSeal, type Seal } from '../../lib/seal/seal.ts'
import { keepNothing, sealUnder } from '../../lib/sealed-store.ts'
import { createStore } from '../../lib/store.ts'
import { isCancelled } from '../../lib/webauthn.ts'

export { type Lock, type PinProblem, pinProblem } from '../../lib/seal/device-keys.ts'
export type UnlockProblem = Exclude<Opening, { kind: 'open' }> | { kind: 'cancelled' }

/** Rises when the lock, or after how long it shuts, is another. */
export const lockChanges = createStore(0)

let open: { userId: string; key: DeviceKey; seal: Seal } | undefined

async function opened(userId: string, key: DeviceKey): Promise<Seal> {
  const base = await baseOf(key)
  const seal = await createSeal(base)
  open = { userId, key, seal }
  await sealUnder(base)
  return seal
}

/** @returns what opens this person's stores; `locked` when they have to be asked; `none` for a device from before locks */
export async function sealOf(userId: string, deviceId: string): Promise<Seal | 'locked' | 'none'> {
  if (open?.userId === userId) return open.seal
  await shut()
  const lock = await readLock(userId)
  if (lock?.deviceId !== deviceId) return 'none'
  const key = await openDeviceKey(userId)
  return key ? opened(userId, key) : 'locked'
}

/** For a device that has just signed in. */
export async function sealAnew(userId: string, deviceId: string): Promise<void> {
  await opened(userId, await newDeviceKey(userId, deviceId))
}

export async function shut(): Promise<void> {
  open?.key.fill(0)
  open = undefined
  await sealUnder(undefined)
}

export const leaveNothing = async (yes: boolean): Promise<void> =>
  yes ? keepNothing() : sealUnder(undefined)

export async function unlock(
  userId: string,
  given: { pin: string } | { passkey: true },
): Promise<UnlockProblem | undefined> {
  let outcome: Opening
  if ('pin' in given) outcome = await openWithPin(userId, given.pin)
  else {
    const passkey = (await readLock(userId))?.passkey
    try {
      const secret = passkey && (await prfSecret(passkey.id, passkey.salt))
      if (!secret) return { kind: 'cancelled' }
      outcome = await openWithPasskey(userId, secret)
    } catch (error) {
      if (isCancelled(error)) return { kind: 'cancelled' }
      throw error
    }
  }
  if (outcome.kind !== 'open') return outcome
  await opened(userId, outcome.key)
  return undefined
}

/** Whether this device has a lock that can be shut now. */
export const deviceLocks = createStore(false)

export async function readDeviceLock(userId: string): Promise<Lock | undefined> {
  const lock = open?.userId === userId ? await readLock(userId) : undefined
  deviceLocks.set(lock?.locked === true)
  return lock
}

/** What settings show; undefined: this device is from before locks, or keeps nothing. */
export const lockOf = (userId: string): Promise<Lock | undefined> => readLock(userId)

/** @returns `no-passkey`: the PIN was set, and this device's passkeys cannot open a lock */
export async function lockWith(
  userId: string,
  pin: string,
  options: { passkey: boolean },
): Promise<'set' | 'no-passkey' | 'cancelled'> {
  if (open?.userId !== userId) throw new Error('The device key is not open.')
  try {
    const passkey = options.passkey ? await newPrfPasskey(userId.slice(1)) : undefined
    await setLock(userId, open.key, { pin, passkey })
    deviceLocks.set(true)
    lockChanges.update((n) => n + 1)
    return options.passkey && !passkey ? 'no-passkey' : 'set'
  } catch (error) {
    if (isCancelled(error)) return 'cancelled'
    throw error
  }
}

export async function unlockForGood(userId: string): Promise<void> {
  if (open?.userId !== userId) throw new Error('The device key is not open.')
  await removeLock(userId, open.key)
  deviceLocks.set(false)
  lockChanges.update((n) => n + 1)
}

export async function lockAfter(userId: string, idleMinutes: number): Promise<void> {
  await setIdleMinutes(userId, idleMinutes)
  lockChanges.update((n) => n + 1)
}

/**
 * Calls once nobody has touched the page for so long; a clock is read, not only a timer waited for: phones stop timers. A telephone
 * in a pocket is woken only when the time may be over, and not at all where there is no limit.
 * @returns `look`: for when `minutes` says something else
 */
export function whenIdle(
  minutes: () => number | undefined,
  idle: () => void,
): { look(): void; stop(): void } {
  let touched = Date.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  const touch = (event: Event) => {
    // Where the page moves under a pointer that lies still, browsers say that it moved.
    const still = event.type === 'pointermove' && event instanceof PointerEvent
    if (still && event.movementX === 0 && event.movementY === 0) return
    touched = Date.now()
  }
  const look = () => {
    clearTimeout(timer)
    const limit = minutes()
    if (limit === undefined) return
    const left = touched + limit * 60_000 - Date.now()
    if (left <= 0) touched = Date.now()
    timer = setTimeout(look, left <= 0 ? limit * 60_000 : left)
    if (left <= 0) idle()
  }
  const signs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const
  for (const sign of signs) addEventListener(sign, touch, { passive: true, capture: true })
  // Coming back to the page counts as a touch only when it was not too late.
  const seen = () => document.visibilityState === 'visible' && look()
  document.addEventListener('visibilitychange', seen)
  look()
  return {
    look,
    stop() {
      for (const sign of signs) removeEventListener(sign, touch, { capture: true })
      document.removeEventListener('visibilitychange', seen)
      clearTimeout(timer)
    },
  }
}
