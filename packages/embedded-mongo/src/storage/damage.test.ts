/** What a disk does to a database: a byte flips, the log is torn, the space runs out; and files of an earlier format. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedMongo, startEmbeddedMongo } from '../index.ts'

let folder: string
let path: string
const warnings: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'em-test-'))
  path = join(folder, 'data.sqlite')
  warnings.splice(0)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Row = { _id: number; text: string }
async function serving<T>(run: (client: MongoClient, server: EmbeddedMongo) => Promise<T>): Promise<T> {
  const server = await startEmbeddedMongo({
    path,
    reserveBytes: 0,
    log: { warn: (details, message) => warnings.push(`${message} ${JSON.stringify(details)}`) },
  })
  const client = new MongoClient(server.uri)
  try {
    return await run(client, server)
  } finally {
    await client.close()
    await server.close()
  }
}
const rows = (client: MongoClient) => client.db('d').collection<Row>('rows')

/** Changes the file behind the database's back. */
function tamper(change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path)
  change(db)
  db.close()
}

describe('checksums', () => {
  test('a flipped byte is noticed by whoever reads the document, and by validate', async () => {
    await serving(async (client) => {
      await rows(client).createIndex({ text: 1 })
      await rows(client).insertMany(Array.from({ length: 50 }, (_, _id) => ({ _id, text: `text ${_id}` })))
    })
    const bytes = readFileSync(path)
    // As BSON has it, with its length: the index has the same text in another form.
    const stored = Buffer.from('\x08\0\0\0text 33\0')
    for (let at = bytes.indexOf(stored); at >= 0; at = bytes.indexOf(stored, at + 1)) bytes[at + 6]! ^= 1
    writeFileSync(path, bytes)
    await serving(async (client) => {
      const c = rows(client)
      const damaged = { code: 246, codeName: 'DataCorruptionDetected' }
      await expect(c.find({}).toArray()).rejects.toMatchObject(damaged)
      await expect(c.findOne({ _id: 33 })).rejects.toMatchObject(damaged)
      await expect(c.findOne({ text: 'text 33' })).rejects.toMatchObject(damaged)
      await expect(c.updateOne({ _id: 33 }, { $set: { text: 'x' } })).rejects.toMatchObject({ code: 246 })
      await expect(c.createIndex({ text: -1 })).rejects.toMatchObject(damaged)
      expect(await c.findOne({ _id: 32 })).toEqual({ _id: 32, text: 'text 32' })
      const report = await client.db('d').command({ validate: 'rows' })
      expect(report['valid']).toBe(false)
      expect(report['errors'].join()).toMatch(/record 34 is damaged/)
    })
    expect(warnings.join()).toMatch(/record 34 of d\.rows is damaged/)
  })

  test('a file of the first format is taken over: its documents are read, and have checksums once they are written', async () => {
    await serving((client) =>
      rows(client).insertMany([
        { _id: 1, text: 'old' },
        { _id: 2, text: 'older' },
      ]),
    )
    tamper((db) => {
      const { id } = db.prepare('SELECT id FROM collections').get() as { id: number }
      db.exec(
        `ALTER TABLE c${id} DROP COLUMN sum; ALTER TABLE indexes DROP COLUMN ready; DROP TABLE discarded; PRAGMA user_version = 1`,
      )
    })
    await serving(async (client) => {
      expect(await rows(client).find().sort({ _id: 1 }).toArray()).toHaveLength(2)
      await rows(client).updateOne({ _id: 1 }, { $set: { text: 'new' } })
      await rows(client).createIndex({ text: 1 })
      const report = await client.db('d').command({ validate: 'rows' })
      expect(report).toMatchObject({ valid: true })
      expect(report['warnings'].join()).toMatch(/^1 documents were written by an earlier version/)
    })
  })
})

describe('the log', () => {
  /** The files as a kill leaves them: taken while the server runs. */
  async function killed(writes: number): Promise<Buffer> {
    const copy = join(folder, 'copy.sqlite')
    await serving(async (client) => {
      for (let i = 0; i < writes; i++) await rows(client).insertOne({ _id: i, text: 'x'.repeat(2000) })
      copyFileSync(path, copy)
      copyFileSync(`${path}-wal`, `${copy}-wal`)
    })
    path = copy
    return readFileSync(`${copy}-wal`)
  }
  const kept = () => serving((client) => rows(client).countDocuments())

  test('that is whole is taken in silence', async () => {
    await killed(20)
    expect(await kept()).toBe(20)
    expect(warnings).toEqual([])
  })

  test('that is torn in the middle is told at the start', async () => {
    const log = await killed(20)
    log[Math.floor(log.length / 2)]! ^= 0x10
    writeFileSync(`${path}-wal`, log)
    const left = await kept()
    expect(left).toBeLessThan(20)
    expect(warnings.join()).toMatch(/is torn: at least one finished write after the damage may be lost/)
  })

  test('that ends within a write, or is damaged at its beginning, is told apart', async () => {
    const log = await killed(20)
    writeFileSync(`${path}-wal`, log.subarray(0, log.length - 100))
    await kept()
    expect(warnings.join()).toMatch(/is torn|was not finished/)
    warnings.splice(0)
    const damaged = Buffer.from(log)
    damaged[20]! ^= 1
    writeFileSync(`${path}-wal`, damaged)
    await serving(async () => {})
    expect(warnings.join()).toMatch(/damaged at its beginning/)
  })
})

/** A file system of a few megabytes, in a namespace of its own; where that is not allowed SQLite's own limit stands in. */
const small = 24
const canMount = spawnSync('sh', ['-c', `unshare -rm mount -t tmpfs tmpfs ${tmpdir()}`]).status === 0

test('on a full disk deletes work, and once there is room again so does everything', async () => {
  const socket = join(folder, 'm.sock')
  const main = new URL('../crash-main.ts', import.meta.url).pathname
  const data = join(folder, 'data')
  const script = canMount
    ? `mkdir -p ${data} && mount -t tmpfs -o size=${small}m tmpfs ${data} && exec "$0" "$@"`
    : `mkdir -p ${data} && exec "$0" "$@"`
  const [command, ...before] = canMount ? ['unshare', '-rm', 'sh'] : ['sh']
  const child = spawn(
    command!,
    [...before, '-c', script, process.execPath, main, data, socket, `${4 * 1024 * 1024}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'code') },
    },
  )
  const [uri] = (await once(createInterface(child.stdout!), 'line')) as [string]
  const client = new MongoClient(uri, { retryWrites: true })
  const c = rows(client)
  try {
    const text = 'x'.repeat(100_000)
    let written = 0
    let full: unknown
    while (!full && written < (canMount ? 2000 : 100))
      await c.insertOne({ _id: written, text }).then(
        () => written++,
        (error: unknown) => {
          full = error
        },
      )
    if (canMount) {
      expect(full).toMatchObject({ code: 14031 })
      await expect(c.insertOne({ _id: -1, text: '' })).rejects.toMatchObject({ code: 14031 })
      await expect(c.updateOne({ _id: 0 }, { $set: { text: '' } })).rejects.toMatchObject({ code: 14031 })
    }
    expect(await c.countDocuments()).toBe(written)
    expect(await c.findOneAndDelete({ _id: 0 })).toMatchObject({ _id: 0 })
    for (let i = 1; i < written - 5; i++)
      expect(await c.deleteOne({ _id: i })).toMatchObject({ deletedCount: 1 })
    expect(await c.deleteMany({ _id: { $lt: written - 2 } })).toMatchObject({ deletedCount: 3 })
    // What the deletes left free in the file is used again.
    for (let i = 0; i < 20; i++) await c.insertOne({ _id: 10_000 + i, text })
    expect(await c.countDocuments()).toBe(22)
    expect(await client.db('d').command({ validate: 'rows' })).toMatchObject({ valid: true })
  } finally {
    await client.close(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

test('the room for deletes is kept back as a file, and found again at the next start', async () => {
  const server = await startEmbeddedMongo({ path, reserveBytes: 1024 * 1024 })
  await expect.poll(() => existsSync(`${path}-reserve`) && statSync(`${path}-reserve`).size).toBe(1024 * 1024)
  await server.close()
  const again = await startEmbeddedMongo({ path, reserveBytes: 1024 * 1024 })
  await again.close()
  expect(statSync(`${path}-reserve`).mode & 0o777).toBe(0o600)
})
