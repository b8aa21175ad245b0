import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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

const stages = (plan: unknown): string => JSON.stringify((plan as { queryPlanner: unknown }).queryPlanner)

describe('indexes', () => {
  beforeEach(async () => {
    await c.createIndex({ room: 1, pos: 1 })
    await c.createIndex({ dest: 1, pos: 1 }, { partialFilterExpression: { dest: { $exists: true } } })
    await c.insertMany(
      Array.from({ length: 300 }, (_, i) => ({
        room: `r${i % 3}`,
        pos: i,
        ...(i % 2 ? { dest: ['x', `y${i % 5}`] } : {}),
      })),
    )
  })

  test('serve equality, range and sort together', async () => {
    const find = c
      .find({ room: 'r1', pos: { $gt: 100 } })
      .sort({ pos: -1 })
      .limit(20)
    const plan = stages(await find.explain())
    expect(plan).toContain('"indexName":"room_1_pos_1"')
    expect(plan).toContain('"direction":"backward"')
    expect(plan).not.toContain('"SORT"')
    const explained = (await c
      .find({ room: 'r1', pos: { $gt: 100 } })
      .sort({ pos: -1 })
      .limit(20)
      .explain('executionStats')) as {
      executionStats: { totalDocsExamined: number }
    }
    expect(explained.executionStats.totalDocsExamined).toBe(20)
    expect((await find.toArray()).map((doc) => doc['pos'])).toEqual(
      Array.from({ length: 300 }, (_, i) => i)
        .filter((i) => i % 3 === 1 && i > 100)
        .reverse()
        .slice(0, 20),
    )
  })

  test('a partial multikey index serves the outbox of a destination', async () => {
    const find = c
      .find({ dest: 'y1', pos: { $gt: 5 } })
      .sort({ pos: 1 })
      .limit(50)
    expect(stages(await find.explain())).toContain('"indexName":"dest_1_pos_1"')
    expect(stages(await find.explain())).not.toContain('"SORT"')
    expect((await find.toArray()).map((doc) => doc['pos'])).toEqual(
      Array.from({ length: 300 }, (_, i) => i).filter((i) => i % 2 && i % 5 === 1 && i > 5),
    )
  })

  test('$in keeps the sort by merging, $or uses an index per branch', async () => {
    const merged = c
      .find({ room: { $in: ['r0', 'r2'] } })
      .sort({ pos: 1 })
      .limit(7)
    expect(stages(await merged.explain())).toContain('SORT_MERGE')
    expect((await merged.toArray()).map((doc) => doc['pos'])).toEqual([0, 2, 3, 5, 6, 8, 9])
    const or = c.find({
      $or: [
        { room: 'r0', pos: 3 },
        { dest: 'x', pos: { $lt: 4 } },
      ],
    })
    expect(stages(await or.explain())).toContain('"OR"')
    expect((await or.toArray()).map((doc) => doc['pos']).sort()).toEqual([1, 3])
  })

  test('no index, or one that lacks documents, is not used', async () => {
    expect(stages(await c.find({ nothing: 1 }).explain())).toContain('COLLSCAN')
    expect(stages(await c.find({ dest: null }).explain())).toContain('COLLSCAN')
    expect(await c.countDocuments({ dest: null })).toBe(150)
    await expect(c.find({}).hint('none').toArray()).rejects.toMatchObject({ code: 2 })
  })

  test('conflicting definitions are refused with MongoDB’s codes', async () => {
    await expect(c.createIndex({ room: 1, pos: 1 }, { unique: true })).rejects.toMatchObject({ code: 85 })
    await expect(c.createIndex({ other: 1 }, { name: 'room_1_pos_1' })).rejects.toMatchObject({ code: 86 })
    await expect(c.createIndex({ t: 'text' })).rejects.toMatchObject({ code: 67 })
    await expect(c.createIndex({ 'w.$**': 1 })).rejects.toMatchObject({ code: 67 })
    await expect(c.dropIndex('none')).rejects.toMatchObject({ code: 27 })
    await expect(c.dropIndex('_id_')).rejects.toMatchObject({ code: 72 })
    await c.dropIndex('room_1_pos_1')
    expect(stages(await c.find({ room: 'r1' }).explain())).toContain('COLLSCAN')
  })

  test('parallel arrays cannot be indexed', async () => {
    await c.createIndex({ a: 1, b: 1 })
    await expect(c.insertOne({ a: [1], b: [2] })).rejects.toMatchObject({ code: 171 })
  })

  test('a unique index cannot be built over duplicates', async () => {
    await expect(c.createIndex({ room: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 })
    expect((await c.indexes()).map((index) => index.name)).not.toContain('room_1')
    expect(await server.db.command({ validate: c.collectionName })).toMatchObject({ valid: true })
  })

  test('a TTL index removes what has expired', async () => {
    await c.createIndex({ at: 1 }, { expireAfterSeconds: 1 })
    await c.insertMany([
      { at: new Date(Date.now() - 60_000) },
      { at: new Date(Date.now() + 60_000) },
      { at: 'text' },
    ])
    await expect
      .poll(() => c.countDocuments({ at: { $exists: true } }), { interval: 50, timeout: 10_000 })
      .toBe(2)
  })
})

describe('counts', () => {
  test('agree, by keys or by documents', async () => {
    await c.createIndex({ k: 1 })
    await c.createIndex({ t: 1 })
    await c.insertMany(Array.from({ length: 100 }, (_, i) => ({ k: i % 10, t: [1, i] })))
    expect(await c.countDocuments({ k: 3 })).toBe(10)
    expect(await c.countDocuments({ k: { $in: [3, 4, 77] } })).toBe(20)
    expect(await c.countDocuments({ k: { $gte: 8 } }, { skip: 5, limit: 7 })).toBe(7)
    expect(await c.countDocuments({ t: { $gte: 1 } })).toBe(100)
    expect(await c.countDocuments({ k: 3, none: null })).toBe(10)
    expect(await c.estimatedDocumentCount()).toBe(100)
    expect(await server.db.command({ count: c.collectionName, query: { k: 5 } })).toMatchObject({ n: 10 })
  })
})

describe('cursors', () => {
  test('batches, limits, killing, and writes while a cursor is open', async () => {
    await c.insertMany(Array.from({ length: 1000 }, (_, i) => ({ _id: i as never })))
    const cursor = c.find({}, { batchSize: 10 }).sort({ _id: 1 })
    const seen: unknown[] = []
    for await (const doc of cursor) {
      seen.push(doc._id)
      if (doc._id === (5 as never)) await c.deleteMany({ _id: { $gte: 500 as never, $lt: 990 as never } })
    }
    expect(seen).toHaveLength(510)
    const half = c.find({}, { batchSize: 2 })
    await half.next()
    const id = half.id
    await half.close()
    await expect(server.db.command({ getMore: id, collection: c.collectionName })).rejects.toMatchObject({
      code: 43,
    })
    expect(await c.find().skip(100).limit(5).toArray()).toHaveLength(5)
  })

  test('a reply stays below 16 MiB', async () => {
    const big = 'x'.repeat(3_000_000)
    for (let i = 0; i < 8; i++) await c.insertOne({ _id: i as never, big })
    expect(await c.find({}, { batchSize: 100 }).toArray()).toHaveLength(8)
  })
})
