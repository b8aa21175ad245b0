import 'fake-indexeddb/auto'
import { beforeEach, expect, test } from 'vitest'
import { baseOf } from '../../lib/seal/seal.ts'
import { sealUnder } from '../../lib/sealed-store.ts'
import {
  currentSeat,
  forgetSession,
  keepSessions,
  leaveSeat,
  otherSeats,
  readSession,
  type StoredSession,
  takeSeat,
  writeSession,
} from './stored-session.ts'

function storage(): Storage & { all(): string } {
  const values = new Map<string, string>()
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
    all: () => JSON.stringify([...values]),
  } as Storage & { all(): string }
}
const session: StoredSession = {
  userId: '@registro.hn:hn',
  deviceId: 'DISPOSITIVO',
  accessToken: 'secreto-de-acceso',
  refreshToken: 'secreto-de-renovacion',
  expiresAt: 5,
}

/** Everything in the database of sealed things, as text. */
async function onDisk(): Promise<string> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('enlace-sealed', 1)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const all = await new Promise<unknown[]>((resolve) => {
    const request = database.transaction('sealed').objectStore('sealed').getAll()
    request.onsuccess = () => resolve(request.result)
  })
  database.close()
  return all
    .map((one) => {
      if (one instanceof CryptoKey) return one.extractable ? 'extractable' : 'key'
      return new TextDecoder('latin1').decode((one as { bytes: ArrayBuffer }).bytes)
    })
    .join('\n')
}

let local: ReturnType<typeof storage>
beforeEach(() => {
  local = storage()
})

test('a session is there again, and no token of it is readable where it is kept', async () => {
  await writeSession(session, local)
  expect(await readSession(local)).toEqual(session)
  expect(local.all()).toContain('@registro.hn:hn')
  expect(local.all()).not.toContain('secreto')
  expect(await onDisk()).not.toMatch(/secreto|extractable/)
})

test('one of an earlier version is taken over, and its tokens go from the open', async () => {
  local.setItem('enlace.session', JSON.stringify(session))
  expect(await readSession(local)).toEqual(session)
  expect(local.all()).not.toContain('secreto')
  expect(await readSession(local)).toEqual(session)
})

test('signing out leaves nothing; a mark without tokens is no session', async () => {
  await writeSession(session, local)
  const mark = local.getItem('enlace.session')!
  await forgetSession(undefined, local)
  expect(await readSession(local)).toBeUndefined()
  local.setItem('enlace.session', mark)
  expect(await readSession(local)).toBeUndefined()
  local.setItem('enlace.session', 'nonsense')
  expect(await readSession(local)).toBeUndefined()
})

test('two people share a browser: each finds the own place again, and reads nothing of the other’s', async () => {
  const other = { ...session, userId: '@albergue.hn:hn', deviceId: 'OTRO', accessToken: 'de-la-otra' }
  const keyOf = (byte: number) => baseOf(new Uint8Array(32).fill(byte))
  await sealUnder(await keyOf(1))
  await writeSession(session, local)
  leaveSeat(local)
  expect(currentSeat(local)).toBeUndefined()
  expect(await readSession(local)).toBeUndefined()
  await sealUnder(await keyOf(2))
  await writeSession(other, local)
  expect(otherSeats(local)).toEqual([{ userId: session.userId, deviceId: session.deviceId }])
  expect(takeSeat('@nadie:hn', local)).toBe(false)
  expect(takeSeat(session.userId, local)).toBe(true)
  expect(otherSeats(local).map(({ userId }) => userId)).toEqual([other.userId])
  expect(await readSession(local)).toBeUndefined()
  await sealUnder(await keyOf(1))
  expect(await readSession(local)).toEqual(session)
  await forgetSession(other.userId, local)
  expect(otherSeats(local)).toEqual([])
  expect(await readSession(local)).toEqual(session)
  await sealUnder(undefined)
})

test('on a public computer the session is in this page alone', async () => {
  keepSessions(false)
  await writeSession(session, local)
  expect(await readSession(local)).toEqual(session)
  expect(local.all()).toBe('[]')
  expect(await onDisk()).not.toContain('secreto')
  await forgetSession(undefined, local)
  keepSessions(true)
  expect(await readSession(local)).toBeUndefined()
})
