/** What others write is looked through on this device: whatever it is, it costs little, and is found only where it belongs. */
import 'fake-indexeddb/auto'
import { expect, onTestFinished, test } from 'vitest'
import { deleteOwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createSeal } from '../../lib/seal/seal.ts'
import { createSearchDesk } from './search-desk.ts'
import { createSearchIndex } from './search-index.ts'
import type { SearchIndex } from './types.ts'

const USER = '@registro.hn:hn'
const sealWith = async (byte: number) => {
  const raw = new Uint8Array(32).fill(byte)
  return createSeal(await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits', 'deriveKey']))
}
async function opened(userId = USER, byte = 1) {
  const database = await openOwnDatabase(userId, await sealWith(byte))
  onTestFinished(async () => {
    database.close()
    await deleteOwnDatabase(userId)
  })
  return database
}
const message = (id: string, text: string, roomId = '!a') => ({ id, roomId, sender: '@a:hn', ts: 1, text })
const find = async (index: SearchIndex, text: string, rooms = ['!a', '!b']) =>
  (await index.search({ text, rooms, limit: 60 })).hits.map((one) => one.message.id).sort()

/** Everything the browser keeps, as it lies there. */
async function kept(): Promise<string> {
  let all = ''
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(name!)
      request.onsuccess = () => resolve(request.result)
    })
    for (const store of database.objectStoreNames) {
      const objects = database.transaction(store).objectStore(store)
      const values = await new Promise<unknown[]>((resolve) => {
        const request = objects.getAll()
        request.onsuccess = () => resolve(request.result as unknown[])
      })
      for (const value of values) all += textOf(value)
    }
    database.close()
  }
  return all
}
const textOf = (value: unknown): string => {
  if (ArrayBuffer.isView(value))
    return new TextDecoder('utf-16').decode(value) + new TextDecoder().decode(value)
  if (value instanceof ArrayBuffer) return textOf(new Uint8Array(value))
  if (typeof value === 'object' && value !== null) return Object.values(value).map(textOf).join('\n')
  return String(value)
}

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']

test('names that objects have are words like others', async () => {
  const index = createSearchIndex(await opened())
  for (const name of NAMES) {
    expect(await find(index, name)).toEqual([])
    index.put(message(name, `dice ${name} aquí`))
  }
  for (const name of NAMES) expect(await find(index, name)).toContain(name)
  index.put(message('$room', 'dice algo', '__proto__'))
  expect(await find(index, 'algo', ['constructor', 'toString'])).toEqual([])
  expect(await find(index, 'algo', ['__proto__'])).toEqual(['$room'])
  await index.forgetRoom('__proto__')
  for (const name of NAMES) index.remove(name)
  expect(await find(index, 'dice', ['__proto__', '!a'])).toEqual([])
  expect(({} as Record<string, unknown>)['roomId']).toBeUndefined()
})

const LONG = 60_000
/** What takes others for ever: long runs, patterns, what grows when it is folded, and what is no text. */
const HOSTILE: Record<string, string> = {
  token: 'a'.repeat(LONG),
  digits: '1'.repeat(LONG),
  parted: '1-'.repeat(LONG / 2),
  spaced: '1  '.repeat(LONG / 3),
  references: 'a1-b2.c3/d4_'.repeat(LONG / 12),
  almost: `${'a-'.repeat(LONG / 2)}!`,
  open: `+(${'1 ('.repeat(LONG / 3)}`,
  pattern: '(a+)+$|(.*)*\\1[^'.repeat(LONG / 16),
  marks: `e${'\u0301'.repeat(LONG)}`,
  ligature: 'ﷺ'.repeat(LONG / 20),
  joined: '👩‍👩‍👧‍👦'.repeat(LONG / 11),
  broken: '\ud800'.repeat(LONG),
  turned: '\u202e\u2066\u200f'.repeat(LONG / 3),
  nothing: '\0'.repeat(LONG),
  hangul: '각'.repeat(LONG),
  capitals: 'İẞŉ'.repeat(LONG / 3),
}

test.each(Object.entries(HOSTILE))(
  'hostile: neither as a text nor as a question it hangs: %s',
  async (_, text) => {
    const desk = createSearchDesk()
    await desk.put([
      { id: '$hostile', text, ts: 1, room: '!a' },
      { id: '$honest', text: 'certificación de nacimiento 0801-1990-12345', ts: 2, room: '!a' },
    ])
    for (const question of [text, text.slice(0, 1_000), `certificación ${text}`])
      await desk.find({ text: question, rooms: ['!a'], limit: 60 })
    const { hits } = await desk.find({ text: 'certificacion 0801199012345', rooms: ['!a'], limit: 60 })
    expect(hits.map(({ id }) => id)).toEqual(['$honest'])
  },
  20_000,
)

test('hostile: a hundred thousand words of somebody else’s do not keep one from finding', async () => {
  const desk = createSearchDesk()
  const word = (at: number) => `palabra${at.toString(36)}x`
  for (let at = 0; at < 100; at++)
    await desk.put([
      {
        id: `$${at}`,
        text: Array.from({ length: 1_000 }, (_, n) => word(at * 1_000 + n)).join(' '),
        ts: at,
        room: '!a',
      },
    ])
  await desk.put([{ id: '$honest', text: 'llegó la partida', ts: 200, room: '!b' }])
  const ids = async (text: string, rooms: string[]) =>
    (await desk.find({ text, rooms, limit: 5 })).hits.map(({ id }) => id)
  expect(await ids('partida', ['!b'])).toEqual(['$honest'])
  expect(await ids(word(99_999), ['!a'])).toContain('$99')
  expect(await ids('palabra', ['!b'])).toEqual([])
  // Of a page that was pasted as a question its first words are looked for.
  const all = Array.from({ length: 2_000 }, (_, n) => word(n)).join(' ')
  expect(await ids(all, ['!a', '!b'])).toEqual(['$0'])
}, 60_000)

test('what is kept is sealed, of one account, and gone when it is forgotten', async () => {
  const planted = 'zacapaplantada'
  const database = await opened()
  const index = createSearchIndex(database)
  index.put(message('$1', `certificado de ${planted}`))
  index.put(message('$2', 'otra cosa', '!b'))
  await index.flush()
  expect(await database.all('messages')).toHaveLength(2)
  expect(await kept()).not.toContain(planted)

  // Somebody else on this device, and whoever has the files without the key.
  expect(await find(createSearchIndex(await opened('@albergue.gt:gt', 2)), planted)).toEqual([])
  database.close()
  const other = await openOwnDatabase(USER, await sealWith(3))
  expect(await find(createSearchIndex(other), planted)).toEqual([])
  other.close()

  const again = await opened()
  const own = createSearchIndex(again)
  expect(await find(own, planted)).toEqual(['$1'])
  await own.forget(({ roomId }) => roomId === '!a')
  expect(await find(own, planted)).toEqual([])
  expect(await again.all('messages')).toHaveLength(1)
  own.close()
  expect(await find(createSearchIndex(again), planted)).toEqual([])
})
