import 'fake-indexeddb/auto'
import { beforeEach, expect, test } from 'vitest'
import { keepNothing, readSealed, sealUnder, writeSealed } from '../sealed-store.ts'
import {
  type DeviceKey,
  newDeviceKey,
  openDeviceKey,
  openWithPasskey,
  openWithPin,
  pinProblem,
  readLock,
  removeLock,
  setIdleMinutes,
  setLock,
} from './device-keys.ts'
import { baseOf } from './seal.ts'

const USER = '@albergue.gt:gt'
const PIN = '204816'
let key: DeviceKey
beforeEach(async () => {
  await sealUnder(undefined)
  key = await newDeviceKey(USER, 'DISPOSITIVO')
})

/** Everything in the database of sealed things, as text. */
async function onDisk(): Promise<string> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('enlace-sealed', 1)
    request.onsuccess = () => resolve(request.result)
  })
  const all = await new Promise<{ bytes?: ArrayBuffer }[]>((resolve) => {
    const request = database.transaction('sealed').objectStore('sealed').getAll()
    request.onsuccess = () => resolve(request.result)
  })
  database.close()
  return all.map(({ bytes }) => (bytes ? Buffer.from(bytes).toString('latin1') : '')).join('\n')
}

test('without a lock it opens with the page, and not in the clear on disk', async () => {
  expect(await openDeviceKey(USER)).toEqual(key)
  expect(await readLock(USER)).toMatchObject({ deviceId: 'DISPOSITIVO', locked: false, pin: false })
  expect(await onDisk()).not.toContain(Buffer.from(key).toString('base64'))
  expect(await readLock('@otra:gt')).toBeUndefined()
})

test('with a PIN nothing but the PIN opens it, as people type it', async () => {
  await setLock(USER, key, { pin: 'Caña-brava 7' })
  expect(await openDeviceKey(USER)).toBeUndefined()
  expect(await readLock(USER)).toMatchObject({ locked: true, pin: true })
  expect(await openWithPin(USER, 'caña-brava 7')).toEqual({ kind: 'wrong', left: 9 })
  expect(await openWithPin(USER, ' Caña-brava 7 '.normalize('NFD'))).toEqual({ kind: 'open', key })
  await setIdleMinutes(USER, 3)
  expect(await readLock(USER)).toMatchObject({ idleMinutes: 3, locked: true })
  await removeLock(USER, key)
  expect(await openDeviceKey(USER)).toEqual(key)
})

test('wrong PINs wait longer and longer, a set-back clock does not help, and the tenth is the last', async () => {
  await setLock(USER, key, { pin: PIN })
  let now = 1_000_000
  for (let left = 9; left > 5; left -= 1)
    expect(await openWithPin(USER, '000000', now)).toEqual({ kind: 'wrong', left })
  expect(await openWithPin(USER, '000000', now)).toEqual({ kind: 'wrong', left: 5 })
  expect(await openWithPin(USER, PIN, now)).toEqual({ kind: 'wait', untilTs: now + 30_000 })
  now += 30_000
  expect(await openWithPin(USER, '000000', now)).toEqual({ kind: 'wrong', left: 4 })
  expect(await openWithPin(USER, PIN, now + 59_000)).toMatchObject({ kind: 'wait' })
  for (let left = 3; left > 0; left -= 1) {
    now += 3_600_000
    expect(await openWithPin(USER, '000000', now)).toEqual({ kind: 'wrong', left })
  }
  now += 3_600_000
  expect(await openWithPin(USER, '000000', now)).toEqual({ kind: 'lost' })
  expect(await openWithPin(USER, PIN, now + 3_600_000)).toEqual({ kind: 'lost' })
}, 60_000)

test('a right PIN in between begins the count anew; several at once count each', async () => {
  await setLock(USER, key, { pin: PIN })
  await openWithPin(USER, '111222')
  expect(await openWithPin(USER, PIN)).toMatchObject({ kind: 'open' })
  const tries = await Promise.all(['1', '2', '3', '4'].map((pin) => openWithPin(USER, pin)))
  expect(tries.map((one) => ('left' in one ? one.left : one.kind))).toEqual([9, 8, 7, 6])
}, 60_000)

test('a passkey opens it by what it derives, beside the PIN', async () => {
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const salt = crypto.getRandomValues(new Uint8Array(32))
  await setLock(USER, key, { pin: PIN, passkey: { id: 'llave', salt, secret } })
  expect(await readLock(USER)).toMatchObject({ passkey: { id: 'llave', salt } })
  expect(await openWithPasskey(USER, new Uint8Array(32))).toMatchObject({ kind: 'wrong' })
  expect(await openWithPasskey(USER, secret)).toEqual({ kind: 'open', key })
  expect(await openWithPin(USER, PIN)).toEqual({ kind: 'open', key })
})

test('PINs that are tried first are refused, in any alphabet', () => {
  for (const pin of ['12345', '      1', 'abcde']) expect(pinProblem(pin), pin).toBe('short')
  for (const pin of ['111111', '123456', '987654', '121212', '123123', '١٢٣٤٥٦', 'aaaaaaa', '１２３４５６'])
    expect(pinProblem(pin), pin).toBe('simple')
  for (const pin of ['204816', 'caña brava', '135790', '112358']) expect(pinProblem(pin), pin).toBeUndefined()
})

test('what is written while it is open is shut with it; where nothing is kept nothing is written', async () => {
  await sealUnder(await baseOf(key))
  await writeSealed('algo', 'secreto')
  expect(await readSealed('algo')).toBe('secreto')
  await sealUnder(undefined)
  expect(await readSealed('algo')).toBeUndefined()
  await sealUnder(await baseOf(key))
  expect(await readSealed('algo')).toBe('secreto')
  keepNothing()
  await writeSealed('otra', 'volátil')
  expect(await readSealed('otra')).toBe('volátil')
  await sealUnder(undefined)
  expect(await readSealed('otra')).toBeUndefined()
})
