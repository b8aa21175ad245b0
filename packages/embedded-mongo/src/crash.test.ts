/** SIGKILL in the middle of writing: what was acknowledged is there, indexes agree, a retried write is applied once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { BSON, Long, MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startEmbeddedMongo } from './index.ts'
import { WireClient } from './test-wire.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'em-crash-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function start(path: string): Promise<{ child: ChildProcess; uri: string }> {
  const child = spawn(process.execPath, [new URL('./crash-main.ts', import.meta.url).pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [uri] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return { child, uri }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

const rounds = 8

test('every acknowledged write survives kill -9 in the middle of writing', async () => {
  const path = join(folder, 'writes')
  const inserted = new Set<string>()
  const counted = new Map<number, number>()
  const removed = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const { child, uri } = await start(path)
    const client = new MongoClient(uri, { retryWrites: false, serverSelectionTimeoutMS: 3000 })
    const db = client.db('crash')
    const events = db.collection<{ _id: string; n: number; tags: string[]; key: string }>('events')
    const counters = db.collection<{ _id: number; n: number }>('counters')
    await events.createIndex({ tags: 1, n: 1 })
    await events.createIndex({ key: 1 }, { unique: true })
    await events.createIndex({ n: 1 }, { partialFilterExpression: { n: { $gt: 5 } } })

    // What the last rounds were told is still true.
    const ids = new Set((await events.find({}, { projection: { _id: 1 } }).toArray()).map((doc) => doc._id))
    expect([...inserted].filter((id) => !ids.has(id))).toEqual([])
    expect([...removed].filter((id) => ids.has(id))).toEqual([])
    for (const [id, n] of counted) expect((await counters.findOne({ _id: id }))?.n).toBeGreaterThanOrEqual(n)
    for (const name of ['events', 'counters'])
      expect(await db.command({ validate: name }).catch((error: Error) => error.message)).toEqual(
        round === 0 && name === 'counters'
          ? expect.stringContaining('does not exist')
          : expect.objectContaining({ valid: true, errors: [] }),
      )

    let writing = true
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let i = 0; writing; i++) {
        const id = `${round}-${writer}-${i}`
        try {
          await events.insertOne({ _id: id, n: i, tags: ['all', `w${writer}`], key: `k${id}` })
          inserted.add(id)
          await counters.updateOne({ _id: writer }, { $inc: { n: 1 } }, { upsert: true })
          counted.set(writer, (counted.get(writer) ?? 0) + 1)
          await events.updateOne({ _id: id }, { $push: { tags: 'more' }, $inc: { n: 10 } })
          if (i % 5 === 4) {
            const gone = `${round}-${writer}-${i - 1}`
            inserted.delete(gone)
            await events.deleteOne({ _id: gone })
            removed.add(gone)
          }
        } catch {
          // The server is gone: what was not acknowledged may be there or not.
          return
        }
      }
    })
    // In the middle of writing, at another point in every round.
    const enough = inserted.size + 30 + round * 17
    await vi.waitFor(() => expect(inserted.size).toBeGreaterThan(enough), { timeout: 30_000, interval: 5 })
    await kill(child)
    writing = false
    await Promise.all(writers)
    await client.close(true)
  }
  expect(inserted.size).toBeGreaterThan(rounds)
}, 180_000)

test('a write that was retried after the crash is applied once', async () => {
  const path = join(folder, 'retries')
  const lsid = { id: new BSON.UUID() }
  const command = (n: number) => ({
    update: 'c',
    updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } }, upsert: true }],
    $db: 'crash',
    lsid,
    txnNumber: Long.fromNumber(n),
  })
  for (let round = 1; round <= 3; round++) {
    const { child, uri } = await start(path)
    const client = await WireClient.connect(uri)
    // The last round's command again: its acknowledgement might have been lost.
    if (round > 1) expect(await client.command(command(round - 1))).toMatchObject({ ok: 1, n: 1 })
    expect(await client.command(command(round))).toMatchObject({ ok: 1, n: 1 })
    expect(await client.command({ find: 'c', $db: 'crash' })).toMatchObject({
      cursor: { firstBatch: [{ _id: 1, n: round }] },
    })
    await kill(child)
    client.close()
  }
})

test('the driver retries by itself when the server comes back on the same socket', async () => {
  const path = join(folder, 'again')
  const first = await start(path)
  const client = new MongoClient(first.uri, { serverSelectionTimeoutMS: 20_000 })
  const collection = client.db('crash').collection<{ _id: number }>('c')
  await collection.insertOne({ _id: 0 })
  const writes = Array.from({ length: 20 }, (_, i) => collection.insertOne({ _id: i + 1 }))
  const killed = kill(first.child)
  const outcome = Promise.allSettled(writes)
  await killed
  const second = await start(path)
  const settled = await outcome
  const ids = new Set((await collection.find().toArray()).map((doc) => doc._id))
  for (const [i, result] of settled.entries()) if (result.status === 'fulfilled') expect(ids).toContain(i + 1)
  // A duplicate key would mean that a retried insert was applied a second time.
  for (const result of settled)
    if (result.status === 'rejected') expect((result.reason as { code?: number }).code).not.toBe(11000)
  await client.close()
  await kill(second.child)
})

test('a second process on the same data is told so, and does no harm', async () => {
  const path = join(folder, 'locked')
  const first = await start(path)
  const child = spawn(process.execPath, [new URL('./crash-main.ts', import.meta.url).pathname, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr!.on('data', (chunk) => {
    errors += chunk
  })
  const [code] = await once(child, 'close')
  expect(code).not.toBe(0)
  expect(errors).toContain('is in use by another process')
  const client = new MongoClient(first.uri)
  await client.db('crash').collection('c').insertOne({ a: 1 })
  await client.close()
  await kill(first.child)
})

test('a newer format, a foreign file and a damaged one are refused with a sentence', async () => {
  const path = join(folder, 'format', 'data.sqlite')
  const server = await startEmbeddedMongo({ path })
  await server.close()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const file = new DatabaseSync(path)
  file.exec('PRAGMA user_version = 99')
  file.close()
  await expect(startEmbeddedMongo({ path })).rejects.toThrow(/has format 99/)
  const foreign = join(folder, 'format', 'foreign.sqlite')
  const other = new DatabaseSync(foreign)
  other.exec('CREATE TABLE t (a)')
  other.close()
  await expect(startEmbeddedMongo({ path: foreign })).rejects.toThrow(/not a database of Enlace/)
  const damaged = join(folder, 'format', 'damaged.sqlite')
  await writeFile(damaged, Buffer.alloc(8192, 7))
  await expect(startEmbeddedMongo({ path: damaged })).rejects.toThrow(/damaged or is not a database/)
})
