import 'fake-indexeddb/auto'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import {
  countWaiting,
  deleteOwnDatabase,
  isOwnDatabaseGone,
  type OwnDatabase,
  openOwnDatabase,
} from './own-database.ts'
import { createSeal } from './seal/seal.ts'
import { createVolatileDatabase } from './volatile-database.ts'
import { MARKS, type QueueSlot, queueSlots } from './waiting.ts'

const USER = '@ana:hn'
const slots = Object.keys(queueSlots) as QueueSlot[]
const open: OwnDatabase[] = []
const sealWith = async (byte: number) => {
  const raw = new Uint8Array(32).fill(byte)
  return createSeal(await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits', 'deriveKey']))
}
async function opened(): Promise<OwnDatabase> {
  const database = await openOwnDatabase(USER, await sealWith(1))
  open.push(database)
  return database
}
const names = async () => (await indexedDB.databases()).map(({ name }) => name).sort()
afterEach(async () => {
  for (const one of open.splice(0)) one.close()
  await deleteOwnDatabase(USER)
})

test('written anew it holds the same, under another name, and the old one is gone', async () => {
  const database = await opened()
  await database.put('facts', 'uno', { a: 1 })
  await database.putAll(
    'messages',
    Array.from({ length: 1_203 }, (_, n) => [`$${n}`, { id: `$${n}`, text: `texto ${n}` }] as const),
  )
  await database.remove('messages', ['$7'])
  expect(await database.rewrite()).toBe(true)
  expect(await names()).toEqual([`enlace:${USER}#1`])
  // What comes after it, and the next time, as well.
  await database.put('drafts', '!r', { roomId: '!r', at: 1, text: 'sigue' })
  expect(await database.rewrite()).toBe(true)
  expect(await names()).toEqual([`enlace:${USER}#2`])
  database.close()
  const again = await opened()
  expect(await again.get('facts', 'uno')).toEqual({ a: 1 })
  expect(await again.all('messages')).toHaveLength(1_202)
  expect(await again.get('messages', '$1202')).toEqual({ id: '$1202', text: 'texto 1202' })
  expect(await again.get('drafts', '!r')).toMatchObject({ text: 'sigue' })
})

test('what was asked meanwhile waits for it, and nothing of it is lost', async () => {
  const database = await opened()
  const writes = Array.from({ length: 20 }, (_, n) => database.put('facts', `v${n}`, n))
  const done = database.rewrite()
  const later = Array.from({ length: 20 }, (_, n) => database.put('facts', `w${n}`, n))
  await Promise.all([...writes, done, ...later])
  expect(await database.get('facts', 'v19')).toBe(19)
  expect(await database.get('facts', 'w19')).toBe(19)
})

test('a crash before the copy is whole leaves the old one; after it, the new one', async () => {
  const first = await opened()
  await first.put('facts', 'uno', 'viejo')
  first.close()
  const half = await openOwnDatabase(`${USER}#1`, await sealWith(1))
  await half.put('facts', 'uno', 'a medias')
  half.close()
  const again = await opened()
  expect(await again.get('facts', 'uno')).toBe('viejo')
  expect(await names()).toEqual([`enlace:${USER}`])
  await again.rewrite()
  again.close()
  const left = await openOwnDatabase(`${USER}x`, await sealWith(1))
  left.close()
  // The old one, which the crash kept from being deleted.
  await new Promise((resolve) => {
    const request = indexedDB.open(`enlace:${USER}`, 3)
    request.onupgradeneeded = () => request.result.createObjectStore('facts')
    request.onsuccess = () => resolve(request.result.close())
  })
  const last = await opened()
  expect(await last.get('facts', 'uno')).toBe('viejo')
  expect(await names()).toEqual([`enlace:${USER}#1`, `enlace:${USER}x`])
  await deleteOwnDatabase(`${USER}x`)
})

test('a browser that does not tell its databases writes nothing anew, and says so', async () => {
  const database = await opened()
  await database.put('facts', 'uno', 1)
  const { databases } = indexedDB
  Object.defineProperty(indexedDB, 'databases', { value: undefined, configurable: true })
  try {
    expect(await database.rewrite()).toBe(false)
    expect(await database.get('facts', 'uno')).toBe(1)
  } finally {
    Object.defineProperty(indexedDB, 'databases', { value: databases, configurable: true })
  }
})

function sizeOf(value: unknown): number {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value !== 'object' || value === null) return String(value).length
  return Object.values(value).reduce((sum: number, one) => sum + sizeOf(one), 0)
}
/** A disk where only small things find room, until `free`; without `limit` nothing does. */
function fullDisk(limit = 0): { free(): void } {
  const original = IDBObjectStore.prototype.put
  const put = vi.spyOn(IDBObjectStore.prototype, 'put')
  put.mockImplementation(function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
    if (sizeOf(value) > limit) throw new DOMException('full', 'QuotaExceededError')
    return original.call(this, value, key)
  })
  return { free: () => put.mockRestore() }
}

test('a device without room is said of until there is room: then what was missing is kept', async () => {
  const database = await opened()
  // What is kept is packed first: this cannot be made smaller.
  const long = Array.from({ length: 200 }, () => crypto.randomUUID()).join()
  const told: boolean[] = []
  database.full.subscribe(() => told.push(database.full.get()))
  const disk = fullDisk(2_000)
  const refused = { name: 'QuotaExceededError' }
  await expect(database.put('facts', 'uno', long)).rejects.toMatchObject(refused)
  await expect(
    database.putAll('messages', [
      ['$1', long],
      ['$2', long],
    ]),
  ).rejects.toMatchObject(refused)
  // Something small that fits does not make up for what does not.
  await database.put('facts', 'otra', 1)
  expect(database.full.get()).toBe(true)
  await database.remove('messages', ['$1'])
  expect([database.full.get(), told]).toEqual([true, [true]])
  disk.free()
  await database.put('facts', 'otra', 2)
  expect([database.full.get(), told]).toEqual([false, [true, false]])
  expect([await database.get('facts', 'uno'), await database.all('messages')]).toEqual([long, [long]])
})

test('what a full device gave back to a person is not kept behind their back; room for it is room', async () => {
  const database = await opened()
  const disk = fullDisk()
  await expect(database.put('outbox', 'm1', { text: 'Hola' })).rejects.toMatchObject({
    name: 'QuotaExceededError',
  })
  disk.free()
  const small = fullDisk(1_000)
  await database.put('drafts', 'd', 'Hola')
  expect(database.full.get()).toBe(true)
  small.free()
  await database.put('outbox', 'm2', { text: 'Hola' })
  expect(database.full.get()).toBe(false)
  expect(await database.all('outbox')).toEqual([{ text: 'Hola' }])
  expect(await database.all('facts')).toEqual([])
})

test('a device without room is said of no more when what is missing is gone', async () => {
  const database = await opened()
  const disk = fullDisk()
  await expect(database.put('messages', '$1', 'a')).rejects.toMatchObject({ name: 'QuotaExceededError' })
  expect(database.full.get()).toBe(true)
  await database.clear('messages')
  expect(database.full.get()).toBe(false)
  disk.free()

  // What fails for another reason says nothing about room.
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
    throw new DOMException('broken', 'DataError')
  })
  await expect(database.put('facts', 'uno', 2)).rejects.toMatchObject({ name: 'DataError' })
  expect(database.full.get()).toBe(false)
})

test('a database that the browser took away is told of once; one that was closed is not, and answers nobody', async () => {
  let lost = 0
  const gone = await openOwnDatabase('@ana:hn', undefined, () => {
    lost += 1
  })
  // As another hand does it: the connection closes by itself, and nothing is left.
  await deleteOwnDatabase('@ana:hn')
  for (let each = 0; each < 2; each++)
    await expect(gone.put('drafts', '!a', 'borrador')).rejects.toMatchObject({ name: 'InvalidStateError' })
  await expect.poll(() => lost).toBe(1)
  const closed = await openOwnDatabase('@ana:hn', undefined, () => {
    lost += 1
  })
  closed.close()
  await deleteOwnDatabase('@ana:hn')
  const answer = closed.put('drafts', '!a', 'borrador').then(
    () => 'kept',
    () => 'refused',
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await Promise.race([answer, 'none'])).toBe('none')
  expect(lost).toBe(1)
})

test('that nothing of it is left is known', async () => {
  expect(await isOwnDatabaseGone('@ana:hn')).toBe(true)
  const database = await openOwnDatabase('@ana:hn')
  expect(await isOwnDatabaseGone('@ana:hn')).toBe(false)
  await database.rewrite()
  expect(await isOwnDatabaseGone('@ana:hn')).toBe(false)
  database.close()
  await deleteOwnDatabase('@ana:hn')
  expect(await isOwnDatabaseGone('@ana:hn')).toBe(true)
})

test('what waits is counted without a key, of every kind, and counting makes no database', async () => {
  expect(await countWaiting(USER)).toEqual({})
  expect(await names()).toEqual([])
  const database = await opened()
  for (const one of ['a', 'b']) await database.put('outbox', one, { text: one })
  await database.put('case_drafts', 'c', { id: 'c' })
  await database.put('drafts', '!r', 'borrador')
  for (const [at, slot] of slots.entries()) await database.put('facts', slot, Array(at + 1).fill('x'))
  const expected = Object.fromEntries(slots.map((slot, at) => [queueSlots[slot], at + 1]))
  expect(database.waiting.get()).toEqual(expected)
  expect(await countWaiting(USER)).toEqual({ messages: 2, cases: 1, ...expected })
  await database.rewrite()
  await database.remove('outbox', ['a'])
  await database.putAll('facts', [['meeting_queue', ['x']]])
  await database.remove('facts', ['gestures'])
  database.close()
  expect(await countWaiting(USER)).toEqual({
    messages: 1,
    cases: 1,
    ...expected,
    meetings: 1,
    acts: undefined,
  })
  const again = await opened()
  expect(again.waiting.get()).toEqual({ ...expected, meetings: 1, acts: undefined })
  expect(await again.all('outbox')).toEqual([{ text: 'b' }])
})

test('whatever is written to a list that waits, in any order, its length is known with and without a key', async () => {
  const seed = fc.record({
    slot: fc.constantFrom(...slots),
    value: fc.oneof(fc.array(fc.integer(), { maxLength: 12 }), fc.constantFrom(undefined, null, 'texto', {})),
    how: fc.constantFrom('put', 'putAll', 'remove', 'reopen', 'clear'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(seed, { maxLength: 12 }), async (steps) => {
      let database = await opened()
      const expected = new Map<string, number>()
      for (const { slot, value, how } of steps) {
        if (how === 'put') await database.put('facts', slot, value)
        if (how === 'putAll') await database.putAll('facts', [[slot, value]])
        if (how === 'remove') await database.remove('facts', [slot])
        if (how === 'clear') await database.clear('facts')
        if (how === 'clear') expected.clear()
        if (how === 'reopen') {
          database.close()
          database = await opened()
        } else if (how !== 'clear')
          expected.set(slot, how !== 'remove' && Array.isArray(value) ? value.length : 0)
        const counts = Object.fromEntries(
          [...expected].flatMap(([key, n]) => (n > 0 ? [[queueSlots[key as QueueSlot], n]] : [])),
        )
        expect(database.waiting.get()).toEqual(counts)
        expect(await countWaiting(USER)).toEqual(counts)
      }
      database.close()
      await deleteOwnDatabase(USER)
    }),
    { numRuns: 25 },
  )
})

test('a list from before lengths stood beside it is counted when it is opened', async () => {
  const database = await opened()
  await database.put('facts', 'meeting_queue', ['a', 'b'])
  database.close()
  const raw = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(`enlace:${USER}`)
    request.onsuccess = () => resolve(request.result)
  })
  const objects = raw.transaction('facts', 'readwrite').objectStore('facts')
  objects.delete(IDBKeyRange.bound(MARKS.from, MARKS.to))
  raw.close()
  expect(await countWaiting(USER)).toEqual({})
  expect((await opened()).waiting.get()).toEqual({ meetings: 2 })
  expect(await countWaiting(USER)).toEqual({ meetings: 2 })
})

test('a computer that keeps nothing counts the same', async () => {
  const database = createVolatileDatabase()
  await database.put('facts', 'meeting_queue', ['a', 'b'])
  await database.put('facts', 'me', ['no queue'])
  expect(database.waiting.get()).toEqual({ meetings: 2 })
  await database.remove('facts', ['meeting_queue'])
  expect(database.waiting.get()).toEqual({})
})

test('what does not open is not taken for empty', async () => {
  const heldOpen = (version: number) =>
    new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(`enlace:${USER}`, version)
      request.onsuccess = () => resolve(request.result)
    })
  // Of a newer Enlace; and of an older one in a page that does not let go of it, nor answer.
  const newer = await heldOpen(99)
  expect(await countWaiting(USER)).toBeUndefined()
  newer.close()
  await deleteOwnDatabase(USER)
  const older = await heldOpen(1)
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const counted = countWaiting(USER)
  await vi.advanceTimersByTimeAsync(60_000)
  vi.useRealTimers()
  expect(await counted).toBeUndefined()
  older.close()
  // Somebody damaged a file.
  const count = vi.spyOn(IDBObjectStore.prototype, 'count').mockImplementation(() => {
    throw new DOMException('damaged', 'UnknownError')
  })
  expect(await countWaiting(USER)).toBeUndefined()
  count.mockRestore()
})

test('two tabs, one after the other: the second reads what the first wrote last, however much was under way', async () => {
  const first = await opened()
  const puts = Array.from({ length: 200 }, (_, n) => first.put('drafts', '!r', { text: `letra ${n}` }))
  await first.close()
  const second = await opened()
  expect(await second.get('drafts', '!r')).toEqual({ text: 'letra 199' })
  await Promise.all(puts)
  // Closed again it is closed still, and what comes too late changes nothing.
  await first.close()
  void first.put('drafts', '!r', { text: 'tarde' })
  await second.put('drafts', '!r', { text: 'segunda' })
  expect(await second.get('drafts', '!r')).toEqual({ text: 'segunda' })
})
