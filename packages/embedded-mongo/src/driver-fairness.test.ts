/** Through the driver, on many documents: while one client asks for much, the others are answered. */
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

type Row = { _id: number; n: number; text: string; at: Date }
const many = 60_000
let server: TestServer
let other: MongoClient
const rows = () => server.db.collection<Row>('rows')

beforeAll(async () => {
  server = await startTestServer({ sweepMilliseconds: 300 })
  other = new MongoClient(server.uri)
  await other.connect()
  await fill('rows', new Date())
})
afterAll(async () => {
  await other.close()
  await server.stop()
  expect(server.warnings).toEqual([])
})

async function fill(name: string, at: Date): Promise<void> {
  const text = 'x'.repeat(200)
  for (let from = 0; from < many; from += 5000)
    await server.db
      .collection<Row>(name)
      .insertMany(Array.from({ length: 5000 }, (_, i) => ({ _id: from + i, n: from + i, text, at })))
}

/** How many commands of another client were answered while `work` was under way. */
async function answeredDuring(work: () => Promise<unknown>): Promise<number> {
  let done = false
  const working = work().finally(() => {
    done = true
  })
  let answered = 0
  const notes = other.db('test').collection<{ _id: number }>('notes')
  for (let i = 0; !done; i++) {
    await notes.updateOne({ _id: i % 10 }, { $inc: { n: 1 } }, { upsert: true })
    await notes.findOne({ _id: i % 10 })
    answered++
  }
  await working
  return answered
}

describe('others are answered during', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['an unindexed find', () => rows().findOne({ none: 1 } as never)],
    ['a regular expression', () => rows().countDocuments({ text: { $regex: '(x+x+)+y' } })],
    [
      'a sort in memory',
      () =>
        rows()
          .find({}, { projection: { text: 0 } })
          .sort({ at: 1, n: -1 })
          .toArray(),
    ],
    [
      'a group',
      () =>
        rows()
          .aggregate([{ $group: { _id: { $mod: ['$n', 1000] }, all: { $sum: '$n' } } }])
          .toArray(),
    ],
    ['an index build', () => rows().createIndex({ n: -1, text: 1 })],
    ['an update of all', () => rows().updateMany({}, { $set: { seen: true } })],
    ['validate', () => server.db.command({ validate: 'rows' })],
    ['an insert of many', () => fill('others', new Date())],
    ['a delete of all', () => server.db.collection('others').deleteMany({})],
  ])('%s', async (_name, work) => {
    expect(await answeredDuring(work)).toBeGreaterThan(3)
  })

  test('the expiry of all', async () => {
    await fill('expiring', new Date(0))
    const expiring = server.db.collection('expiring')
    expect(
      await answeredDuring(async () => {
        await expiring.createIndex({ at: 1 }, { expireAfterSeconds: 1 })
        await expect.poll(() => expiring.estimatedDocumentCount(), { timeout: 50_000 }).toBe(0)
      }),
    ).toBeGreaterThan(3)
  })
})

test('maxTimeMS ends what takes longer, with error 50', async () => {
  const slow = { none: { $not: { $regex: '(x+x+)+y' } }, text: { $regex: '(x+x+)+[yz]' } }
  await expect(rows().find(slow, { maxTimeMS: 1 }).toArray()).rejects.toMatchObject({ code: 50 })
  await expect(rows().countDocuments(slow, { maxTimeMS: 1 })).rejects.toMatchObject({ code: 50 })
  await expect(rows().distinct('text', slow, { maxTimeMS: 1 })).rejects.toMatchObject({ code: 50 })
  await expect(
    rows()
      .aggregate([{ $unset: 'at' }, { $match: slow }], { maxTimeMS: 1 })
      .toArray(),
  ).rejects.toMatchObject({ code: 50 })
  await expect(rows().createIndex({ text: 1, at: 1 }, { maxTimeMS: 1 })).rejects.toMatchObject({ code: 50 })
  expect((await rows().listIndexes().toArray()).map(({ name }) => name)).not.toContain('text_1_at_1')
  await expect(rows().findOneAndUpdate(slow, { $set: { n: 1 } }, { maxTimeMS: 1 })).rejects.toMatchObject({
    code: 50,
  })
  expect(await rows().countDocuments()).toBe(many)
})
