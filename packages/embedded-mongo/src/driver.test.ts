/** The official driver against this server. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, BSON, Decimal128, Double, Int32, Long, MongoClient, ObjectId, Timestamp } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startEmbeddedMongo } from './index.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let n = 0
beforeAll(async () => {
  server = await startTestServer({ sweepMilliseconds: 200 })
})
afterAll(async () => {
  await server.stop()
  expect(server.warnings).toEqual([])
})
const fresh = () => server.db.collection(`c${++n}`)
let c: ReturnType<typeof fresh>
beforeEach(() => {
  c = fresh()
})

const _stages = (plan: unknown): string => JSON.stringify((plan as { queryPlanner: unknown }).queryPlanner)

describe('values', () => {
  test('types, order of fields and bytes survive', async () => {
    const doc = {
      _id: new ObjectId(),
      zeta: new Int32(1),
      alpha: new Double(1),
      long: Long.fromString('9007199254740993'),
      date: new Date(5),
      bytes: new Binary(Buffer.from([1, 2, 3]), 0),
      uuid: new BSON.UUID(),
      stamp: new Timestamp({ t: 1, i: 2 }),
      text: 'niñez 🙂',
      none: null,
      yes: true,
      pattern: /^a/i,
      nested: { b: 1, a: [1, 'x', { y: [] }] },
    }
    await c.insertOne(doc)
    const raw = await c.findOne({ _id: doc._id }, { raw: true })
    expect(Buffer.from(raw as unknown as Uint8Array).equals(Buffer.from(BSON.serialize(doc)))).toBe(true)
    await c.updateOne({ _id: doc._id }, { $set: { added: 1 } })
    const after = await c.findOne({ _id: doc._id }, { raw: true })
    expect(
      Buffer.from(after as unknown as Uint8Array).equals(Buffer.from(BSON.serialize({ ...doc, added: 1 }))),
    ).toBe(true)
  })

  test('field names such as "1" and __proto__ keep their place and their value', async () => {
    const doc = new Map<string, unknown>([
      ['_id', 1],
      ['b', 1],
      ['1', 'one'],
      ['__proto__', 'p'],
      ['constructor', 'k'],
    ])
    await c.insertOne(doc as never)
    await c.updateOne({ _id: 1 as never }, { $set: { z: 1 } })
    const raw = (await c.findOne({ constructor: 'k' }, { raw: true })) as unknown as Uint8Array
    const names = [
      ...Buffer.from(raw)
        .toString('latin1')
        .matchAll(/(_id|b|1|__proto__|constructor|z)\0/g),
    ].map((m) => m[1])
    expect(names).toEqual(['_id', 'b', '1', '__proto__', 'constructor', 'z'])
  })

  test('what cannot be ordered or is deprecated is refused', async () => {
    await expect(c.insertOne({ d: Decimal128.fromString('1') })).rejects.toMatchObject({ code: 2 })
    await expect(c.findOne({ d: Decimal128.fromString('1') })).rejects.toMatchObject({ code: 2 })
    expect(await c.countDocuments()).toBe(0)
  })

  test('limits: size and depth', async () => {
    let deep: unknown = 1
    for (let i = 0; i < 120; i++) deep = { d: deep }
    await expect(c.insertOne({ deep })).rejects.toMatchObject({ code: 15 })
    await c.insertOne({ _id: 1 as never, text: 'x'.repeat(9_000_000) })
    await expect(
      c.updateOne({ _id: 1 as never }, { $set: { more: 'x'.repeat(9_000_000) } }),
    ).rejects.toMatchObject({
      code: 17419,
    })
    expect(await c.countDocuments({ more: { $exists: true } })).toBe(0)
  })
})

describe('writes', () => {
  test('bulk writes: ordered stops, unordered goes on, errors say which', async () => {
    await c.createIndex({ k: 1 }, { unique: true })
    const docs = [{ k: 1 }, { k: 1 }, { k: 2 }, { k: 2 }, { k: 3 }]
    await expect(c.insertMany(docs.map((doc) => ({ ...doc })))).rejects.toMatchObject({
      code: 11000,
      insertedCount: 1,
      writeErrors: [{ index: 1, code: 11000 }],
    })
    await c.deleteMany({})
    await expect(c.insertMany(docs, { ordered: false })).rejects.toMatchObject({
      insertedCount: 3,
      writeErrors: [{ index: 1 }, { index: 3 }],
    })
    expect(await c.countDocuments()).toBe(3)
  })

  test('a unique violation by an update leaves document and indexes as they were', async () => {
    await c.createIndex({ k: 1 }, { unique: true })
    await c.createIndex({ other: 1 })
    await c.insertMany([
      { _id: 1 as never, k: 1, other: 'a' },
      { _id: 2 as never, k: 2, other: 'b' },
    ])
    await expect(c.updateOne({ _id: 2 as never }, { $set: { k: 1, other: 'z' } })).rejects.toMatchObject({
      code: 11000,
    })
    expect(await c.findOne({ other: 'b' })).toEqual({ _id: 2, k: 2, other: 'b' })
    expect(await c.findOne({ other: 'z' })).toBeNull()
    expect(await server.db.command({ validate: c.collectionName })).toMatchObject({ valid: true })
  })

  test.each([
    [{ $set: { _id: 9 } }, 66],
    [{ $set: { a: 1 }, $inc: { a: 1 } }, 40],
    [{ $set: { a: 1, 'a.b': 1 } }, 40],
    [{ $inc: { s: 1 } }, 14],
    [{ $inc: { n: 'x' } }, 14],
    [{ $push: { n: 1 } }, 2],
    [{ $pop: { n: 1 } }, 14],
    [{ $set: { 'n.x': 1 } }, 28],
    [{ $foo: { n: 1 } }, 9],
    [{ $set: { '': 1 } }, 56],
    [{ $set: { 'a..b': 1 } }, 56],
    [{ $set: { 'a.$x': 1 } }, 52],
    [{ $set: { 'list.$': 1 } }, 2],
    [{ $set: { 'list.$[x]': 1 } }, 2],
    [{ $set: { 'n.$[]': 1 } }, 2],
    [{ $rename: { n: 'n' } }, 2],
    [{ $unset: { _id: 1 } }, 66],
  ])('refusal of %j is MongoDB error %i', async (update, code) => {
    await c.insertOne({ _id: 1 as never, n: 1, s: 'x', list: [1, 2] })
    await expect(
      server.db.command({ update: c.collectionName, updates: [{ q: { _id: 1 }, u: update }] }),
    ).resolves.toMatchObject({
      n: 0,
      writeErrors: [{ index: 0, code }],
    })
    expect(await c.findOne()).toEqual({ _id: 1, n: 1, s: 'x', list: [1, 2] })
  })

  test('update operators', async () => {
    await c.insertOne({
      _id: 1 as never,
      n: new Int32(2147483647),
      d: 1.5,
      list: [3, 1, 2],
      docs: [
        { k: 1, v: 1 },
        { k: 2, v: 2 },
      ],
    })
    const one = { _id: 1 as never }
    await c.updateOne(one, { $inc: { n: 1 }, $mul: { d: 2 }, $min: { low: 5 }, $max: { 'deep.high': 7 } })
    await c.updateOne(one, {
      $push: { list: { $each: [9, 8], $position: 1, $sort: -1, $slice: 4 } } as never,
    })
    await c.updateOne({ ...one, 'docs.k': 2 }, { $set: { 'docs.$.v': 20 } })
    await c.updateOne(one, { $inc: { 'docs.$[].v': 1 } })
    await c.updateOne(one, { $set: { 'docs.$[x].w': true } }, { arrayFilters: [{ 'x.k': 1 }] })
    await c.updateOne(one, {
      $rename: { low: 'renamed' },
      $unset: { d: '' },
      $addToSet: { list: { $each: [9, 7] } } as never,
    })
    await c.updateOne(one, { $pull: { docs: { k: { $gte: 2 } } } as never })
    await c.updateOne(one, { $pullAll: { list: [8] } as never })
    await c.updateOne(one, { $bit: { n: { and: Long.fromNumber(0xff) } } })
    await c.updateOne(one, { $pop: { list: 1 } as never })
    expect(await c.findOne(one)).toEqual({
      _id: 1,
      n: 0,
      list: [9, 3, 2],
      docs: [{ k: 1, v: 2, w: true }],
      deep: { high: 7 },
      renamed: 5,
    })
  })

  test('an upsert begins with the equalities of its filter', async () => {
    await c.updateOne(
      { a: 1, 'b.c': { $eq: 2 }, d: { $gt: 3 }, $and: [{ e: 5 }] },
      { $set: { f: 6 } },
      { upsert: true },
    )
    expect(await c.findOne({}, { projection: { _id: 0 } })).toEqual({ a: 1, b: { c: 2 }, e: 5, f: 6 })
    await c.replaceOne({ _id: 'x' as never }, { k: 1 }, { upsert: true })
    expect(await c.findOne({ _id: 'x' as never })).toEqual({ _id: 'x', k: 1 })
    await expect(
      c.updateOne({ a: 9, $and: [{ a: 8 }] }, { $set: { z: 1 } }, { upsert: true }),
    ).rejects.toMatchObject({ code: 54 })
  })

  test('updates with a pipeline', async () => {
    await c.insertOne({ _id: 1 as never, a: 2, b: 3 })
    await c.updateOne({ _id: 1 as never }, [
      { $set: { sum: { $add: ['$a', '$b'] }, name: { $concat: ['x', '-', 'y'] } } },
      { $unset: 'a' },
    ])
    expect(await c.findOne()).toEqual({ _id: 1, b: 3, sum: 5, name: 'x-y' })
  })

  test('findAndModify: before, after, sort, remove, projection', async () => {
    await c.insertMany([
      { p: 1, s: 'a' },
      { p: 2, s: 'b' },
    ])
    expect(
      await c.findOneAndUpdate({}, { $inc: { p: 10 } }, { sort: { p: -1 }, projection: { _id: 0 } }),
    ).toEqual({ p: 2, s: 'b' })
    expect(await c.findOneAndDelete({ s: 'b' }, { projection: { _id: 0, p: 1 } })).toEqual({ p: 12 })
    expect(await c.findOneAndUpdate({ s: 'none' }, { $set: { p: 0 } })).toBeNull()
  })
})

describe('refusals', () => {
  test('commands, operators, stages and options this server does not know', async () => {
    await c.insertOne({ a: 1 })
    const name = c.collectionName
    const run = (command: object) => server.db.command(command as never)
    await expect(run({ mapReduce: name })).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' })
    await expect(run({ find: name, foo: 1 })).rejects.toMatchObject({ code: 40415 })
    await expect(c.findOne({ a: { $foo: 1 } })).rejects.toMatchObject({ code: 2 })
    await expect(c.findOne({ $foo: 1 })).rejects.toMatchObject({ code: 2 })
    await expect(c.findOne({ $where: 'true' })).rejects.toMatchObject({ code: 238 })
    await expect(c.aggregate([{ $foo: 1 }]).toArray()).rejects.toMatchObject({ code: 40324 })
    await expect(c.aggregate([{ $out: 'x' }]).toArray()).rejects.toMatchObject({ code: 238 })
    await expect(c.aggregate([{ $project: { x: { $foo: 1 } } }]).toArray()).rejects.toMatchObject({
      code: 168,
    })
    await expect(c.find({}, { collation: { locale: 'es' } }).toArray()).rejects.toMatchObject({ code: 72 })
    await expect(run({ create: 'capped', capped: true, size: 10 })).rejects.toMatchObject({ code: 72 })
    await expect(run({ insert: 'system.x', documents: [{}] })).rejects.toMatchObject({ code: 73 })
    await expect(c.insertOne({ _id: [1] as never })).rejects.toMatchObject({ code: 53 })
    await expect(c.find({}).project({ a: 1, b: 0 }).toArray()).rejects.toMatchObject({ code: 31254 })
    await expect(c.watch().next()).rejects.toThrow()
    await expect(run({ find: name, readConcern: { level: 'snapshot' } })).rejects.toMatchObject({ code: 72 })
    await expect(run({ find: name, filter: { $expr: { $eq: ['$$nope', 1] } } })).rejects.toMatchObject({
      code: 17276,
    })
    expect(await run({ ping: 1 })).toMatchObject({ ok: 1 })
  })

  test('a sort beyond the memory limit', async () => {
    const text = 'x'.repeat(8_000_000)
    for (let i = 0; i < 14; i++) await c.insertOne({ i, text })
    await expect(c.find().sort({ i: 1 }).toArray()).rejects.toMatchObject({ code: 292 })
    expect(
      await c
        .find({}, { projection: { i: 1 } })
        .sort({ i: -1 })
        .limit(2)
        .toArray(),
    ).toMatchObject([{ i: 13 }, { i: 12 }])
  })
})

describe('sessions', () => {
  test('a write sent twice with one transaction number is applied once', async () => {
    const lsid = { id: new BSON.UUID() }
    const command = { insert: c.collectionName, documents: [{ a: 1 }], lsid, txnNumber: Long.fromNumber(1) }
    const client = new MongoClient(server.uri, { retryWrites: false })
    const db = client.db('test')
    const first = await db.command(command)
    const second = await db.command({ ...command, documents: [{ a: 1 }] })
    expect(second).toMatchObject({ n: first['n'], ok: 1 })
    expect(await c.countDocuments()).toBe(1)
    await db.command({
      update: c.collectionName,
      updates: [{ q: {}, u: { $inc: { a: 1 } } }],
      lsid,
      txnNumber: Long.fromNumber(2),
    })
    await db.command({
      update: c.collectionName,
      updates: [{ q: {}, u: { $inc: { a: 1 } } }],
      lsid,
      txnNumber: Long.fromNumber(2),
    })
    expect(await c.findOne()).toMatchObject({ a: 2 })
    await expect(db.command(command)).rejects.toMatchObject({ code: 225 })
    await client.close()
  })

  test('the driver sends transaction numbers, with and without directConnection', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'em-test-'))
    // Drivers compare the addresses of a replica set in lower case.
    const socketFolder = join(tmpdir(), `em-test-${randomBytes(6).toString('hex')}`)
    const other = await startEmbeddedMongo({ path: folder, socketPath: join(socketFolder, 'm.sock') })
    for (const uri of [other.uri, other.uri.replace('directConnection=true&', '')]) {
      const client = new MongoClient(uri, { monitorCommands: true, serverSelectionTimeoutMS: 5000 })
      const sent: unknown[] = []
      client.on('commandStarted', (event) => sent.push(event.command['txnNumber']))
      await client.db('test').collection('c').insertOne({ a: 1 })
      expect(sent.filter((number) => number !== undefined)).toHaveLength(1)
      await client.close()
    }
    await other.close()
    await rm(folder, { recursive: true })
    await rm(socketFolder, { recursive: true })
  })
})

test('a second process on the same data is refused with a clear sentence', async () => {
  await expect(
    startEmbeddedMongo({ path: server.folder, socketPath: `${server.folder}/other.sock` }),
  ).rejects.toThrow(/in use by another process/)
})

test('sorted results that wait for clients are limited in all', async () => {
  const waiting = server.db.collection('waiting')
  const text = 'x'.repeat(9_000_000)
  for (let i = 0; i < 10; i++) await waiting.insertOne({ i, text })
  const cursors = Array.from({ length: 3 }, () => waiting.find({}, { batchSize: 1 }).sort({ i: 1 }))
  expect(await cursors[0]!.next()).toMatchObject({ i: 0 })
  expect(await cursors[1]!.next()).toMatchObject({ i: 0 })
  await expect(cursors[2]!.next()).rejects.toMatchObject({ code: 292 })
  await cursors[0]!.close()
  expect(await waiting.find({}, { batchSize: 1 }).sort({ i: -1 }).next()).toMatchObject({ i: 9 })
  await cursors[1]!.close()
  await waiting.drop()
}, 60_000)
