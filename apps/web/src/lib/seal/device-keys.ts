/**
 * The device key of each account on this browser, and the lock before it. Without a lock it lies under the browser's own key and
 * opens with the page. With one it lies under the person's PIN (scrypt) or passkey (WebAuthn PRF) as well, and there is no
 * other way to it: what is kept here of the account stays shut.
 *
 * @NOTE A PIN is short. Whoever copies the whole profile of the browser off the disk can try all of them, slowly; ten wrong ones
 * typed here delete what is kept. A passkey has no such limit.
 */
import { z } from 'zod'
import { fromBase64, toBase64 } from '../base64.ts'
import { forgetSealed, readPlainlySealed, writePlainlySealed } from '../sealed-store.ts'

export type DeviceKey = Uint8Array<ArrayBuffer>

const base64 = z.base64()
const wrapped = z.object({ iv: base64, bytes: base64 })
const recordSchema = z.object({
  deviceId: z.string(),
  /** The key itself, when there is no lock. */
  open: base64.optional(),
  pin: wrapped.extend({ salt: base64, log2n: z.number() }).optional(),
  passkey: wrapped.extend({ id: z.string(), salt: base64 }).optional(),
  idleMinutes: z.number().int().min(1).max(720),
  /** Wrong PINs since the last right one, and when the next may be tried. */
  wrong: z.number().int().default(0),
  nextTs: z.number().default(0),
})
type Record = z.output<typeof recordSchema>

export type Lock = {
  deviceId: string
  locked: boolean
  pin: boolean
  passkey?: { id: string; salt: DeviceKey }
  idleMinutes: number
}

export type Opening =
  | { kind: 'open'; key: DeviceKey }
  | { kind: 'wrong'; left: number }
  | { kind: 'wait'; untilTs: number }
  /** Too often: what was kept here of the account is to be deleted. */
  | { kind: 'lost' }

export const PIN_MIN = 6
const MAX_WRONG = 10
/** So many may follow each other without waiting. */
const FREE_WRONG = 4
const LOG2N = 15
export const DEFAULT_IDLE_MINUTES = 10

const nameOf = (userId: string) => `device-key ${userId}`

/** One change at a time in this page; other pages of the browser leave the account alone while this one has it. */
let last: Promise<unknown> = Promise.resolve()
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work, work)
  last = next.catch(() => undefined)
  return next
}

async function read(userId: string): Promise<Record | undefined> {
  const text = await readPlainlySealed(nameOf(userId)).catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = recordSchema.safeParse(JSON.parse(text))
  return parsed.success ? parsed.data : undefined
}
const write = (userId: string, record: Record) => writePlainlySealed(nameOf(userId), JSON.stringify(record))

/** With a new device: whatever key there was belongs to nothing any more. */
export async function newDeviceKey(userId: string, deviceId: string): Promise<DeviceKey> {
  const key = crypto.getRandomValues(new Uint8Array(32))
  await write(userId, {
    deviceId,
    open: toBase64(key),
    idleMinutes: DEFAULT_IDLE_MINUTES,
    wrong: 0,
    nextTs: 0,
  })
  return key
}

export const forgetDeviceKey = (userId: string): Promise<void> => forgetSealed(nameOf(userId))

/** @returns undefined for a device from before devices had a key */
export async function readLock(userId: string): Promise<Lock | undefined> {
  const record = await read(userId)
  if (!record) return undefined
  const { deviceId, idleMinutes, pin, passkey } = record
  return {
    deviceId,
    idleMinutes,
    locked: record.open === undefined,
    pin: pin !== undefined,
    ...(passkey ? { passkey: { id: passkey.id, salt: fromBase64(passkey.salt) } } : {}),
  }
}

/** @returns undefined when it is locked, or there is none */
export async function openDeviceKey(userId: string): Promise<DeviceKey | undefined> {
  const record = await read(userId)
  return record?.open === undefined ? undefined : fromBase64(record.open)
}

/** Each try is written down before it is made: closing the page gives nobody another one. */
export const openWithPin = (userId: string, pin: string, now = Date.now()): Promise<Opening> =>
  inTurn(async () => {
    const record = await read(userId)
    if (!record?.pin || record.wrong >= MAX_WRONG) return { kind: 'lost' }
    // A clock that was set back does not lengthen the wait beyond what it is.
    if (record.nextTs > now && record.nextTs - now <= waitAfter(record.wrong))
      return { kind: 'wait', untilTs: record.nextTs }
    const wrong = record.wrong + 1
    await write(userId, { ...record, wrong, nextTs: now + waitAfter(wrong) })
    const key = await unwrap(await keyFromPin(pin, fromBase64(record.pin.salt), record.pin.log2n), record.pin)
    if (!key) return wrong >= MAX_WRONG ? { kind: 'lost' } : { kind: 'wrong', left: MAX_WRONG - wrong }
    await write(userId, { ...record, wrong: 0, nextTs: 0 })
    return { kind: 'open', key }
  })

/** @param secret what the passkey derives from the lock's salt */
export const openWithPasskey = (userId: string, secret: DeviceKey): Promise<Opening> =>
  inTurn(async () => {
    const record = await read(userId)
    const key = record?.passkey && (await unwrap(await keyFromSecret(secret), record.passkey))
    if (!record || !key) return { kind: 'wrong', left: MAX_WRONG }
    await write(userId, { ...record, wrong: 0, nextTs: 0 })
    return { kind: 'open', key }
  })

export type NewLock = {
  pin: string
  passkey?: { id: string; salt: DeviceKey; secret: DeviceKey } | undefined
}

/** From now on the key opens with these alone. A lock always has a PIN: a passkey may be lost. */
export const setLock = (userId: string, key: DeviceKey, { pin, passkey }: NewLock): Promise<void> =>
  inTurn(async () => {
    const { open: _open, ...record } = (await read(userId))!
    const salt = crypto.getRandomValues(new Uint8Array(16))
    await write(userId, {
      ...record,
      pin: { ...(await wrap(await keyFromPin(pin, salt, LOG2N), key)), salt: toBase64(salt), log2n: LOG2N },
      passkey: passkey && {
        ...(await wrap(await keyFromSecret(passkey.secret), key)),
        id: passkey.id,
        salt: toBase64(passkey.salt),
      },
      wrong: 0,
      nextTs: 0,
    })
  })

export const removeLock = (userId: string, key: DeviceKey): Promise<void> =>
  inTurn(async () => {
    const { pin: _pin, passkey: _passkey, ...record } = (await read(userId))!
    await write(userId, { ...record, open: toBase64(key), wrong: 0, nextTs: 0 })
  })

export const setIdleMinutes = (userId: string, idleMinutes: number): Promise<void> =>
  inTurn(async () => {
    const record = await read(userId)
    if (record) await write(userId, { ...record, idleMinutes })
  })

export type PinProblem = 'short' | 'simple'

/** A PIN is digits, or a phrase: as it is typed on any keyboard. */
export function pinProblem(pin: string): PinProblem | undefined {
  const plain = plainPin(pin)
  if ([...plain].length < PIN_MIN) return 'short'
  const codes = [...plain].map((sign) => sign.codePointAt(0)!)
  const steps = new Set(codes.slice(1).map((code, index) => code - codes[index]!))
  // 111111, 123456, 987654; 121212 and 123123 as well.
  const repeats = [1, 2, 3].some((length) => codes.every((code, index) => code === codes[index % length]))
  return repeats || (steps.size === 1 && [0, 1, -1].includes([...steps][0]!)) ? 'simple' : undefined
}

const plainPin = (pin: string) => pin.normalize('NFKC').trim()

/** ms before the next try: none for the first ones, then 30 s, 1 min, 2 min … */
const waitAfter = (wrong: number): number =>
  wrong <= FREE_WRONG ? 0 : 30_000 * 2 ** Math.min(wrong - FREE_WRONG - 1, 6)

async function keyFromPin(pin: string, salt: DeviceKey, log2n: number): Promise<CryptoKey> {
  const { scryptAsync } = await import('@noble/hashes/scrypt.js')
  const raw = await scryptAsync(plainPin(pin), salt, { N: 2 ** log2n, r: 8, p: 1, dkLen: 32 })
  return crypto.subtle.importKey('raw', Uint8Array.from(raw), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

async function keyFromSecret(secret: DeviceKey): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode('enlace-device-lock')
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

async function wrap(under: CryptoKey, key: DeviceKey) {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const bytes = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, under, key)
  return { iv: toBase64(iv), bytes: toBase64(new Uint8Array(bytes)) }
}

async function unwrap(
  under: CryptoKey,
  { iv, bytes }: z.output<typeof wrapped>,
): Promise<DeviceKey | undefined> {
  return crypto.subtle
    .decrypt({ name: 'AES-GCM', iv: fromBase64(iv) }, under, fromBase64(bytes))
    .then((key) => new Uint8Array(key))
    .catch(() => undefined)
}
