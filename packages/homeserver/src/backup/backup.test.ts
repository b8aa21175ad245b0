/** Backups that hold keys of a node: what goes to the store, what of it is a backup, and that it comes back as it was. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedMongo, startEmbeddedMongo } from '@enlace/embedded-mongo'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import mongoose from 'mongoose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { S3_KEY, type S3Server, s3Server } from '../testing/s3-server.ts'
import { openFolderStore } from './folder-store.ts'
import { makeBackup } from './make-backup.ts'
import { type Restore, restore } from './put-back.ts'
import { kept, readHeads } from './repository.ts'
import { openS3Store } from './s3-store.ts'
import { inOrder } from './sources.ts'
import { lockStore } from './store-lock.ts'
import type { BackupStore } from './types.ts'

const COUNT = 800
const PLANTED = 'ed25519 a_planted la-clave-de-firma'
const SERVER = 'hn.example'
const LOCK = { beatMs: 50, deadMs: 250, lookMs: 25 }
const KEEP = { daily: 7, weekly: 4, monthly: 6 }

let folder: string
let node: string
let key: string
let recipient: string
let database: EmbeddedMongo
let client: mongoose.mongo.MongoClient
let clock = Date.UTC(2026, 0, 10, 2)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-backup-'))
  node = join(folder, 'node')
  await mkdir(join(node, 'media/ab/cd'), { recursive: true })
  await mkdir(join(node, 'run'))
  await writeFile(join(node, 'signing.key'), PLANTED, { mode: 0o600 })
  await writeFile(join(node, 'operator-token'), 'of the running process')
  await writeFile(join(node, 'media/ab/cd', `abcd${'0'.repeat(60)}`), randomBytes(600_000))
  await writeFile(join(node, 'empty'), '')
  key = await generateIdentity()
  recipient = await identityToRecipient(key)
  database = await startEmbeddedMongo({ path: join(node, 'db') })
  client = await mongoose.mongo.MongoClient.connect(database.uri)
  await fill(0, COUNT)
})
afterEach(async () => {
  await client.close()
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

const things = () => client.db().collection<{ _id: number }>('things')
const fill = (from: number, count: number) =>
  things().insertMany(
    Array.from({ length: count }, (_, index) => ({
      _id: from + index,
      words: 'planted words of a message '.repeat(8),
      big: mongoose.mongo.BSON.Long.fromNumber(from + index),
    })) as never,
  )
const help = {
  copyDatabase: (file: string) => database.copyTo(file),
  stable: async () => 0,
  now: () => clock,
}
const make = (
  store: BackupStore,
  more: { databaseUri?: string; recipients?: string[]; keep?: typeof KEEP } = {},
) =>
  makeBackup(
    { serverName: SERVER, dataDir: node, recipients: [recipient], keep: KEEP, lock: LOCK, ...more },
    store,
    help,
  )
const putBack = (store: BackupStore, more: Partial<Restore> = {}) =>
  restore({
    store,
    keys: `# created: today\n${key}\n`,
    dataDir: join(folder, 'restored'),
    serverName: SERVER,
    replace: false,
    endSessions: false,
    now: () => clock,
    ...more,
  })
const folderStore = () => openFolderStore(join(folder, 'backups'))

async function restoredIds(dataDir = join(folder, 'restored')): Promise<number[]> {
  const again = await startEmbeddedMongo({ path: join(dataDir, 'db') })
  const other = await mongoose.mongo.MongoClient.connect(again.uri)
  try {
    return (await other.db().collection<{ _id: number }>('things').find().sort({ _id: 1 }).toArray()).map(
      ({ _id }) => _id,
    )
  } finally {
    await other.close()
    await again.close()
  }
}
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
/** Every file below a folder with its bytes. */
async function all(root: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      found.set(join(entry.parentPath, entry.name), await readFile(join(entry.parentPath, entry.name)))
  return found
}

test('either of two people puts it back, nobody else reads it, and nothing of it is in the clear', async () => {
  const second = await generateIdentity()
  const store = await folderStore()
  await make(store, { recipients: [recipient, await identityToRecipient(second)] })
  for (const [name, bytes] of await all(join(folder, 'backups'))) {
    expect([
      (await stat(name)).mode & 0o777,
      bytes.includes('la-clave-de-firma'),
      bytes.includes('planted words'),
    ]).toEqual([0o600, false, false])
    expect(bytes.includes(SERVER)).toBe(false)
    if (/packs|manifests/.test(name)) expect(bytes.subarray(0, 21).toString()).toBe('age-encryption.org/v1')
  }
  for (const keys of [await generateIdentity(), '', 'AGE-SECRET-KEY-1QQQ', recipient]) {
    await expect(putBack(store, { keys })).rejects.toThrow(/private key|cannot be opened/)
    expect(await readdir(join(folder, 'restored'))).toEqual([])
  }
  for (const keys of [key, second]) {
    const dataDir = join(folder, `restored-${keys === key}`)
    await putBack(store, { keys, dataDir })
    expect(await readFile(join(dataDir, 'signing.key'), 'utf8')).toBe(PLANTED)
    expect(await readFile(join(dataDir, 'empty'), 'utf8')).toBe('')
    const media = `media/ab/cd/abcd${'0'.repeat(60)}`
    expect(Buffer.compare(await readFile(join(dataDir, media)), await readFile(join(node, media)))).toBe(0)
    expect(await readdir(dataDir)).not.toContain('operator-token')
    expect(await restoredIds(dataDir)).toEqual(numbers(COUNT))
  }
})

test.each([
  ['nobody', []],
  ['what is no key', ['coordinacion@example.org']],
  ['a private key', ['AGE-SECRET-KEY-1QQQ']],
])('for %s none is made, nothing is written, and the words do not repeat it', async (_who, recipients) => {
  const store = await folderStore()
  const error: Error = await make(store, { recipients }).catch((thrown) => thrown)
  expect(error.message).toMatch(/^No backup is made/)
  for (const one of recipients) expect(error.message).not.toContain(one)
  expect([...(await all(join(folder, 'backups'))).keys()]).toEqual([])
})

test('a second backup sends only what is new, and both can be put back', async () => {
  const store = await folderStore()
  const first = await make(store)
  await fill(COUNT, 20)
  clock += 86_400_000
  const next = await make(store)
  expect(next.sent).toBeLessThan(first.sent / 5)
  await putBack(store, { backup: first.id, dataDir: join(folder, 'older') })
  await putBack(store)
  expect(await restoredIds(join(folder, 'older'))).toEqual(numbers(COUNT))
  expect(await restoredIds()).toEqual(numbers(COUNT + 20))
  // What the node knew of the store is lost: a full one, and still right.
  await rm(join(node, 'backup', 'index.sqlite'))
  clock += 86_400_000
  expect((await make(store)).sent).toBeGreaterThan(first.sent / 2)
})

describe('hostile: a store that loses or alters things', () => {
  test.each([
    [
      'a pack is altered',
      'packs',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -5), Buffer.from('xxxxx')]),
    ],
    ['a pack is cut off', 'packs', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['a pack is gone', 'packs', () => undefined],
    ['the list of contents is cut off', 'manifests', (bytes: Buffer) => bytes.subarray(0, 100)],
    ['the list of contents is gone', 'manifests', () => undefined],
    ['the head is cut off', 'backups', (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
    [
      'the head is of another time',
      'backups',
      (bytes: Buffer) => Buffer.from(bytes.toString().replace(/"made_ts":\d/, '"made_ts":9')),
    ],
  ])('%s: said, nothing is changed, and the next backup is whole again', async (_what, where, change) => {
    const store = await folderStore()
    await make(store)
    const at = join(folder, 'backups', where)
    const name = join(at, (await readdir(at)).sort()[0]!)
    const changed = change(await readFile(name))
    if (changed === undefined) await rm(name)
    else await writeFile(name, changed)
    await expect(putBack(store)).rejects.toThrow(/damaged|not whole|no such backup/)
    expect(await readdir(join(folder, 'restored'))).toEqual([])
    // What is altered in its place and its size is found by `check`, which says so; what is gone is sent again.
    if (changed !== undefined && where === 'packs' && changed.length === (await stat(name)).size)
      await rm(name)
    clock += 1_000
    await make(store)
    if (where === 'backups') expect((await readHeads(store)).bad).toHaveLength(1)
    await putBack(store)
    expect(await restoredIds()).toEqual(numbers(COUNT))
  })
})

test('ended at any step, what is there is whole backups, and the next one is made', async () => {
  const inner = await folderStore()
  let left = Number.POSITIVE_INFINITY
  const step = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (left-- <= 0) throw new Error('the machine is gone')
      return work(...args)
    }
  }
  const mortal: BackupStore = {
    ...inner,
    put: step(inner.put),
    create: step(inner.create),
    replace: step(inner.replace),
    remove: step(inner.remove),
  }
  await make(inner)
  for (let steps = 0; ; steps++) {
    await fill(COUNT + steps, 1)
    left = steps
    clock += 86_400_000
    const ended = await make(mortal, { keep: { daily: 1, weekly: 0, monthly: 0 } }).then(
      () => false,
      (error: Error) => error.message === 'the machine is gone' || Promise.reject(error),
    )
    left = Number.POSITIVE_INFINITY
    const { heads, bad } = await readHeads(inner)
    expect([bad, heads.length > 0]).toEqual([[], true])
    await rm(join(folder, 'restored'), { recursive: true, force: true })
    await putBack(inner)
    const ids = await restoredIds()
    expect(ids).toEqual(numbers(ids.length))
    if (!ended) break
    expect(steps).toBeLessThan(100)
  }
}, 120_000)

test('two writers: the second is told, and a lock whose holder is gone is taken over', async () => {
  const store = await folderStore()
  const held = await lockStore(store, LOCK)
  await expect(make(store)).rejects.toThrow('under way')
  await held.check()
  await held.release()
  await store.create('lock', Buffer.from('{"holder":"killed","beat":1}'))
  await make(store)
  expect(await store.get('lock')).toBeUndefined()
})

test('a restore goes on where it was ended, and puts what was there aside', async () => {
  const store = await folderStore()
  await make(store)
  const dataDir = join(folder, 'restored')
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'signing.key'), 'of another life')
  await expect(putBack(store)).rejects.toThrow('not empty')
  await putBack(store, { replace: true })
  const aside = (await readdir(dataDir)).find((name) => name.startsWith('.before-restore-'))!
  expect(await readFile(join(dataDir, aside, 'signing.key'), 'utf8')).toBe('of another life')
  await expect(putBack(store, { serverName: 'gt.example', dataDir: join(folder, 'gt') })).rejects.toThrow(
    'hn.example',
  )
})

test('a MongoDB’s collections come back with their types, into a MongoDB or the embedded database', async () => {
  const store = await folderStore()
  const made = await make(store, { databaseUri: database.uri })
  const other = await startEmbeddedMongo({ path: join(folder, 'other') })
  const into = await mongoose.mongo.MongoClient.connect(other.uri)
  await putBack(store, { databaseUri: other.uri })
  const exact = { promoteValues: false } as const
  const [before, after] = await Promise.all(
    [client, into].map((one) => one.db().collection('things').find({}, exact).sort({ _id: 1 }).toArray()),
  )
  expect(after).toEqual(before)
  await expect(putBack(store, { databaseUri: other.uri, dataDir: join(folder, 'again') })).rejects.toThrow(
    'not empty',
  )
  await into.close()
  await other.close()
  await putBack(store, { dataDir: join(folder, 'embedded') })
  expect(await restoredIds(join(folder, 'embedded'))).toEqual(numbers(COUNT))
  await things().insertOne({ _id: 777_777 })
  clock += 1_000
  expect((await make(store, { databaseUri: database.uri })).sent).toBeLessThan(made.sent / 3)
})

test('what refers to the log is read before it, counters last', () => {
  expect(
    inOrder([
      'counters',
      'accounts',
      'state_groups',
      'events',
      'rooms',
      'projection_cursors',
      'case_counters',
    ]),
  ).toEqual([
    'projection_cursors',
    'accounts',
    'rooms',
    'events',
    'state_groups',
    'case_counters',
    'counters',
  ])
})

test('what is kept: by the backups’ own times, and never nothing', () => {
  const day = 86_400_000
  const heads = numbers(400).map((at) => ({ id: `b${at}`, made_ts: Date.UTC(2026, 0, 1) + at * day }))
  const keep = kept(heads, { daily: 3, weekly: 2, monthly: 4 }, 'b7')
  expect(keep.has('b399') && keep.has('b398') && keep.has('b397') && keep.has('b7')).toBe(true)
  expect(keep.size).toBeLessThanOrEqual(10)
  expect(kept(heads.slice(0, 1), { daily: 0, weekly: 0, monthly: 0 }).size).toBe(1)
})

describe('an S3-compatible store', () => {
  let server: S3Server
  beforeEach(async () => {
    server = await s3Server('cubo')
  })
  afterEach(() => server.close())
  const open = (more = {}) =>
    openS3Store(
      {
        kind: 's3',
        endpoint: server.endpoint,
        bucket: 'cubo',
        prefix: 'nodo hn/1',
        region: server.region,
        ...S3_KEY,
        ...more,
      },
      { firstWaitMs: 1 },
    )

  test('there and back with every signature verified, through failures on the way', async () => {
    // Whatever is asked for fails twice before it is done, however the beats of the lock fall between.
    const asked = new Map<string, number>()
    server.trouble = ({ method, key: name }) => {
      const times = (asked.get(`${method} ${name}`) ?? 0) + 1
      asked.set(`${method} ${name}`, times)
      return times % 3 === 1 ? 'reset' : times % 3 === 2 ? 503 : undefined
    }
    await make(open())
    expect([...server.objects.keys()].every((name) => name.startsWith('nodo hn/1/'))).toBe(true)
    await putBack(open())
    expect(await restoredIds()).toEqual(numbers(COUNT))
  })

  test('refused or away for good: said in words, no backup, and what was sent is used by the next', async () => {
    await expect(make(open({ secretAccessKey: 'otro' }))).rejects.toThrow('SignatureDoesNotMatch')
    expect(server.objects.size).toBe(0)
    server.trouble = ({ method, key: name }) =>
      method === 'PUT' && name.includes('manifests') ? 500 : undefined
    await expect(make(open())).rejects.toThrow('500')
    expect([...server.objects.keys()].some((name) => name.includes('packs/'))).toBe(true)
    expect((await readHeads(open())).heads).toEqual([])
    server.trouble = () => undefined
    expect((await make(open())).sent).toBeLessThan(100_000)
    await putBack(open())
  })

  test('a lock is taken by one only', async () => {
    const locks = await Promise.allSettled([lockStore(open(), LOCK), lockStore(open(), LOCK)])
    expect(locks.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const one of locks) if (one.status === 'fulfilled') await one.value.release()
  })
})
