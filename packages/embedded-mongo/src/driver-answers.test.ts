/** Answers that were once wrong, asked through the official driver: each with its kind, not with its example alone. */
import { Binary, type Document, type Filter, Long, MongoError } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let n = 0
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  await server.stop()
  expect(server.warnings).toEqual([])
})
type Row = { _id: number | null } & Document
const fresh = () => server.db.collection<Row>(`c${++n}`)
let c: ReturnType<typeof fresh>
beforeEach(() => {
  c = fresh()
})
const ids = async (filter: Filter<Row>, hint?: Document): Promise<unknown[]> =>
  (
    await c
      .find(filter, hint ? { hint } : {})
      .sort({ _id: 1 })
      .toArray()
  ).map((doc) => doc['_id'])

describe('regular expressions', () => {
  test('an index changes no answer, whatever plane the letters are from', async () => {
    const texts = [
      'a',
      'a🙂',
      'a🙂🙂',
      'a🙃b',
      'a\uffff',
      'ab',
      'niñez',
      'NIÑEZ',
      '🙂a',
      '𝒳x',
      '𝒳y',
      'a.b',
      'a\n',
      '',
    ]
    await c.insertMany(texts.map((t, i) => ({ _id: i, t })))
    const patterns = [
      '^a🙂?',
      '^a🙂*',
      '^a🙂{0,1}b?',
      '^𝒳[xy]',
      '^a\\🙂',
      '^a🙂',
      '^a\\.',
      '^a$',
      '^ni.ez$',
      '^🙂',
      '^(?:a|b)',
      '^',
      '🙃',
    ]
    const scanned = await Promise.all(patterns.map((p) => ids({ t: { $regex: p } })))
    await c.createIndex({ t: 1 })
    for (const [i, p] of patterns.entries()) {
      expect([p, await ids({ t: { $regex: p } })]).toEqual([p, scanned[i]])
      expect([p, await ids({ t: { $regex: p } }, { t: 1 })]).toEqual([p, scanned[i]])
      const oracle = new RegExp(p.replaceAll('\\🙂', '🙂').replace('$', '(?:\n?$)'), 'u')
      expect([p, scanned[i]]).toEqual([p, texts.flatMap((t, k) => (oracle.test(t) ? [k] : []))])
    }
  })

  test('patterns that explode elsewhere are answered; what cannot be matched in linear time is refused', async () => {
    await c.insertOne({ _id: 1, t: `${'a'.repeat(50_000)}!` })
    for (const p of ['^(a+)+$', '(a*)*b', '(a|a)*b', '(?:a|aa)+$', '^(([a-z])+.)+[A-Z]$', 'a.*a.*a.*a.*b'])
      expect([p, await c.countDocuments({ t: { $regex: p } })]).toEqual([p, 0])
    for (const p of [
      '(a)\\1',
      'a(?=b)',
      'a(?!b)',
      '(?<=a)b',
      'a++b',
      '(?>a)b',
      'a{1,5000}',
      '((a{100}){100}){100}',
    ])
      await expect(c.countDocuments({ t: { $regex: p } })).rejects.toMatchObject({ code: 51091 })
    await c.insertOne({ _id: 2, t: 'ab'.repeat(2_000_000) })
    await expect(c.countDocuments({ t: { $regex: '[ab]*a[ab]{90}[cd]' } })).rejects.toMatchObject({
      code: 51156,
    })
  })
})

describe('$elemMatch with operators on values', () => {
  test('looks at the elements and not into arrays among them', async () => {
    await c.insertMany([
      { _id: 1, a: [[5, 9]] },
      { _id: 2, a: [1, [5], 7] },
      { _id: 3, a: [[[5]], 'x'] },
      { _id: 4, a: [5] },
      { _id: 5, a: 5 },
    ])
    expect(await ids({ a: { $elemMatch: { $gt: 4, $lt: 6 } } })).toEqual([4])
    expect(await ids({ a: { $elemMatch: { $in: [5, 7] } } })).toEqual([2, 4])
    expect(await ids({ a: { $elemMatch: { $not: { $gt: 4 } } } })).toEqual([1, 2, 3])
    expect(await ids({ a: { $elemMatch: { $elemMatch: { $gt: 4 } } } })).toEqual([1, 2])
    expect(await ids({ a: { $elemMatch: { $size: 1 } } })).toEqual([2, 3])
    expect(await ids({ a: { $elemMatch: { $eq: [5] } } })).toEqual([2])
    expect(await ids({ a: { $elemMatch: { $type: 'string' } } })).toEqual([3])
  })

  test('the positional update writes the element that matched', async () => {
    await c.insertOne({ _id: 1, a: [[5], 3, 5] })
    await c.updateOne({ _id: 1, a: { $elemMatch: { $gt: 4 } } }, { $set: { 'a.$': 'hit' } })
    expect(await c.findOne({ _id: 1 })).toEqual({ _id: 1, a: [[5], 3, 'hit'] })
    expect(await c.findOne({ a: { $elemMatch: { $lt: 4 } } }, { projection: { 'a.$': 1 } })).toEqual({
      _id: 1,
      a: [3],
    })
  })
})

describe('_id', () => {
  test('null is an _id: on upsert, when it does not come first, and in the reply', async () => {
    const result = await c.updateOne({ _id: null }, { $set: { a: 1 } }, { upsert: true })
    expect(result).toMatchObject({ upsertedCount: 1, upsertedId: null })
    await c.updateOne({ _id: null }, { $inc: { a: 1 } }, { upsert: true })
    expect(await c.find().toArray()).toEqual([{ _id: null, a: 2 }])
    // The driver itself would replace it.
    const insert = { insert: c.collectionName, documents: [{ a: 1, _id: null }] }
    expect(await server.db.command(insert)).toMatchObject({ writeErrors: [{ code: 11000 }] })
    await c.deleteMany({})
    const found = await c.findOneAndUpdate(
      { _id: null },
      { $set: { b: 1 } },
      { upsert: true, returnDocument: 'after', includeResultMetadata: true },
    )
    expect(found.lastErrorObject).toMatchObject({ upserted: null })
    await c.replaceOne({ _id: null }, { c: 1 }, { upsert: true })
    expect(await c.find().toArray()).toEqual([{ _id: null, c: 1 }])
  })

  test('a pipeline that leaves it out keeps it; one that changes it is refused', async () => {
    await c.insertMany([
      { _id: 1, a: 1, b: { x: 2 } },
      { _id: 2, a: 5 },
    ])
    await c.updateOne({ _id: 1 }, [{ $unset: '_id' }, { $set: { a: 2 } }])
    await c.updateOne({ _id: 1 }, [{ $project: { _id: 0, a: 1, b: 1 } }])
    await c.findOneAndUpdate({ _id: 1 }, [{ $replaceWith: '$b' }])
    expect(await c.findOne({ _id: 1 })).toEqual({ _id: 1, x: 2 })
    await expect(c.updateOne({ _id: 2 }, [{ $set: { _id: 3 } }])).rejects.toMatchObject({ code: 66 })
    await expect(c.updateOne({ _id: 2 }, { $unset: { _id: 1 } })).rejects.toMatchObject({ code: 66 })
    await c.updateOne({ _id: 7 }, [{ $unset: '_id' }, { $set: { new: true } }], { upsert: true })
    expect(await c.findOne({ _id: 7 })).toEqual({ _id: 7, new: true })
  })
})

test('bits: numbers with their sign, binaries without end, masks of either kind', async () => {
  await c.insertMany([
    { _id: 1, b: 20 },
    { _id: 2, b: 20.0 },
    { _id: 3, b: new Binary(Buffer.from([20])) },
    { _id: 4, b: new Binary(Buffer.from([20, 0, 0, 0, 0, 0, 0, 0, 0, 1])) },
    { _id: 5, b: -1 },
    { _id: 6, b: 20.5 },
    { _id: 7, b: 2 ** 63 },
    { _id: 8, b: 'x' },
    { _id: 9, b: Long.fromString('-9223372036854775808') },
  ])
  expect(await ids({ b: { $bitsAllSet: 20 } })).toEqual([1, 2, 3, 4, 5])
  expect(await ids({ b: { $bitsAllSet: [2, 4] } })).toEqual([1, 2, 3, 4, 5])
  expect(await ids({ b: { $bitsAllSet: new Binary(Buffer.from([20])) } })).toEqual([1, 2, 3, 4, 5])
  expect(await ids({ b: { $bitsAllSet: [72] } })).toEqual([4, 5, 9])
  expect(await ids({ b: { $bitsAnySet: [72, 63] } })).toEqual([4, 5, 9])
  expect(await ids({ b: { $bitsAllClear: [0, 1] } })).toEqual([1, 2, 3, 4, 9])
  expect(await ids({ b: { $bitsAnyClear: [0, 2] } })).toEqual([1, 2, 3, 4, 9])
  await expect(ids({ b: { $bitsAllSet: -1 } })).rejects.toBeInstanceOf(MongoError)
})

test('$mod: a double that no 64 bits hold has no remainder, and is none', async () => {
  await c.insertMany([
    { _id: 1, v: 9 },
    { _id: 2, v: 2 ** 63 },
    { _id: 3, v: -(2 ** 63) },
    { _id: 4, v: 1e300 },
    { _id: 5, v: Number.NaN },
    { _id: 6, v: 9.9 },
    { _id: 7, v: Long.fromString('9223372036854775807') },
  ])
  expect(await ids({ v: { $mod: [3, 0] } })).toEqual([1, 6])
  expect(await ids({ v: { $mod: [2, 0] } })).toEqual([3])
  expect(await ids({ v: { $mod: [-1, 0] } })).toEqual([1, 3, 6, 7])
  await expect(ids({ v: { $mod: [2 ** 64, 0] } })).rejects.toMatchObject({ code: 2 })
})

test('indexes on array positions are refused; the same paths are answered without', async () => {
  for (const key of [{ 'a.0': 1 }, { 'a.1.b': 1 }, { x: 1, 'a.0.b': -1 }] as Document[])
    await expect(c.createIndex(key as never)).rejects.toMatchObject({ code: 67 })
  await c.createIndex({ a: 1 })
  await c.insertMany([
    { _id: 1, a: [1, [2]] },
    { _id: 2, a: { 0: 1 } },
    { _id: 3, a: [[1], 2] },
  ])
  expect(await ids({ 'a.0': 1 })).toEqual([1, 2])
  expect(await ids({ 'a.1': 2 })).toEqual([3])
})

describe('sums', () => {
  const sums = async () =>
    (
      await c
        .aggregate([{ $group: { _id: null, sum: { $sum: '$v' }, avg: { $avg: '$v' } } }], {
          promoteLongs: false,
        })
        .toArray()
    )[0]!

  test('what one addition loses is carried along', async () => {
    const values = [1e16, 1, -1e16, ...Array.from({ length: 1000 }, () => 0.1)]
    await c.insertMany(values.map((v, _id) => ({ _id, v })))
    expect(await sums()).toMatchObject({ sum: 101, avg: 101 / 1003 })
    const [row] = await c
      .aggregate([
        { $limit: 1 },
        { $project: { sum: { $sum: [values] }, avg: { $avg: [values] }, add: { $add: [1e16, 1, -1e16] } } },
      ])
      .toArray()
    expect(row).toMatchObject({ sum: 101, avg: 101 / 1003, add: 1 })
  })

  test('whole numbers are exact, and so are they beside doubles', async () => {
    await c.insertMany([0, 1].map((_id) => ({ _id, v: Long.fromString('9007199254740993') })))
    expect(await sums()).toMatchObject({ sum: Long.fromString('18014398509481986'), avg: 2 ** 53 })
    await c.insertMany([
      { _id: 2, v: -18014398509481984 },
      { _id: 3, v: 0.5 },
    ])
    expect((await sums())['sum']).toBe(2.5)
    await c.insertMany([{ _id: 4, v: Number.POSITIVE_INFINITY }])
    expect((await sums())['sum']).toBe(Number.POSITIVE_INFINITY)
    await c.insertMany([{ _id: 5, v: Number.NEGATIVE_INFINITY }])
    expect((await sums())['sum']).toBeNaN()
  })
})

test('sets and arrays of many elements take time by their number, not by its square', async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => i)
  await c.insertOne({ _id: 1, a: many, b: many.map((i) => i + 10_000) })
  const [row] = await c
    .aggregate([
      {
        $project: {
          both: { $size: { $setIntersection: ['$a', '$b'] } },
          only: { $size: { $setDifference: ['$a', '$b'] } },
          within: { $setIsSubset: ['$a', '$b'] },
        },
      },
    ])
    .toArray()
  expect(row).toEqual({ _id: 1, both: 10_000, only: 10_000, within: false })
  const each = many.map((i) => i + 10)
  const sets = server.db.collection<{ _id: number; a: number[]; b: number[] }>(c.collectionName)
  await sets.updateOne({ _id: 1 }, { $addToSet: { a: { $each: each } }, $pullAll: { b: many } })
  const doc = await c.findOne({ _id: 1 })
  expect([doc!['a'].length, doc!['b'].length]).toEqual([20_010, 10_000])
})
