/** Unmodified mongoose against this server: what the node's models use. */
import mongoose from 'mongoose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let connection: mongoose.Connection

beforeAll(async () => {
  server = await startTestServer()
  connection = await mongoose
    .createConnection(server.uri, { autoIndex: false, writeConcern: { w: 'majority', journal: true } })
    .asPromise()
})
afterAll(async () => {
  await connection.close()
  await server.stop()
  expect(server.warnings).toEqual([])
})

const institutionSchema = new mongoose.Schema(
  {
    name: { type: String, required: true },
    country: String,
    key: { type: String, unique: true },
    tags: [String],
    contacts: [{ kind: String, value: String }],
  },
  { timestamps: true },
)
institutionSchema.index({ country: 1, name: 1 })
institutionSchema.index({ tags: 1 })

const channelSchema = new mongoose.Schema({
  topic: String,
  owner: { type: mongoose.Schema.Types.ObjectId, ref: 'Institution' },
  members: [{ type: mongoose.Schema.Types.ObjectId, ref: 'Institution' }],
  settings: mongoose.Schema.Types.Mixed,
  expires: { type: Date, index: { expireAfterSeconds: 3600 } },
})

describe('models', () => {
  test('timestamps, indexes, upserts, populate, lean', async () => {
    const Institution = connection.model('Institution', institutionSchema)
    const Channel = connection.model('Channel', channelSchema)
    await Institution.syncIndexes()
    await Channel.createIndexes()
    expect((await Institution.listIndexes()).map((index) => index.name).sort()).toEqual([
      '_id_',
      'country_1_name_1',
      'key_1',
      'tags_1',
    ])
    expect(await Institution.diffIndexes()).toEqual({ toDrop: [], toCreate: [] })

    const rnp = await Institution.create({
      name: 'Registro Nacional',
      country: 'HN',
      key: 'hn-rnp',
      tags: ['registry', 'births'],
      contacts: [{ kind: 'phone', value: '1' }],
    })
    expect(rnp.createdAt).toBeInstanceOf(Date)
    const court = await Institution.create({
      name: 'Juzgado',
      country: 'GT',
      key: 'gt-court',
      tags: ['court'],
    })
    await expect(Institution.create({ name: 'Copy', key: 'hn-rnp' })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { key: 1 },
      keyValue: { key: 'hn-rnp' },
    })

    rnp.contacts[0]!.value = '2'
    rnp.tags.push('deaths')
    await rnp.save()
    const again = await Institution.findById(rnp._id).lean()
    expect(again?.tags).toEqual(['registry', 'births', 'deaths'])
    expect(again?.contacts[0]?.value).toBe('2')
    expect(again!.updatedAt.getTime()).toBeGreaterThanOrEqual(again!.createdAt.getTime())

    const upserted = await Institution.findOneAndUpdate(
      { key: 'hn-new' },
      { $set: { name: 'New' }, $setOnInsert: { country: 'HN' } },
      { upsert: true, returnDocument: 'after' },
    )
    expect(upserted?.country).toBe('HN')
    expect(upserted?.createdAt).toBeInstanceOf(Date)

    const channel = await Channel.create({
      topic: 'minors',
      owner: rnp._id,
      members: [rnp._id, court._id],
      settings: { nested: { deep: [1, { x: 2 }] } },
    })
    const populated = await Channel.findById(channel._id).populate('owner').populate('members').orFail()
    expect((populated.owner as unknown as { name: string }).name).toBe('Registro Nacional')
    expect(populated.members).toHaveLength(2)
    channel.set('settings.nested.deep', [3])
    channel.markModified('settings')
    await channel.save()
    expect((await Channel.findById(channel._id).lean())?.settings).toEqual({ nested: { deep: [3] } })

    const plan = await Institution.find({ country: 'HN' }).sort({ name: 1 }).explain('queryPlanner')
    expect(JSON.stringify(plan)).toContain('"indexName":"country_1_name_1"')
    expect(JSON.stringify(plan)).not.toContain('"SORT"')

    expect(await Institution.countDocuments({ country: 'HN' })).toBe(2)
    expect(await Institution.distinct('country')).toEqual(expect.arrayContaining(['HN', 'GT']))
    expect(await Institution.exists({ key: 'gt-court' })).toMatchObject({ _id: court._id })
    const names: string[] = []
    for await (const doc of Institution.find().sort({ key: 1 }).cursor({ batchSize: 1 })) names.push(doc.name)
    expect(names).toEqual(['Juzgado', 'New', 'Registro Nacional'])
    const grouped = await Institution.aggregate([
      { $match: { country: { $exists: true } } },
      { $group: { _id: '$country', n: { $sum: 1 }, names: { $push: '$name' } } },
      { $sort: { _id: 1 } },
    ])
    expect(grouped).toEqual([
      { _id: 'GT', n: 1, names: ['Juzgado'] },
      { _id: 'HN', n: 2, names: ['Registro Nacional', 'New'] },
    ])
    const bulk = await Institution.bulkWrite([
      { insertOne: { document: { name: 'A', key: 'a' } } },
      { updateOne: { filter: { key: 'a' }, update: { $set: { country: 'X' } } } },
      { updateMany: { filter: { country: 'X' }, update: { $addToSet: { tags: 'bulk' } } } },
      { replaceOne: { filter: { key: 'gt-court' }, replacement: { name: 'Replaced', key: 'gt-court' } } },
      { deleteOne: { filter: { key: 'hn-new' } } },
      { updateOne: { filter: { key: 'up' }, update: { $set: { name: 'Up' } }, upsert: true } },
    ])
    expect(bulk).toMatchObject({ insertedCount: 1, modifiedCount: 3, deletedCount: 1, upsertedCount: 1 })
    expect((await Institution.findOne({ key: 'a' }).lean())?.tags).toEqual(['bulk'])
  })

  test('sessions work, transactions are refused as a standalone server refuses them', async () => {
    const Thing = connection.model('Thing', new mongoose.Schema({ n: Number }))
    const session = await connection.startSession()
    await Thing.create([{ n: 1 }], { session })
    expect(await Thing.findOne({ n: 1 }).session(session)).toMatchObject({ n: 1 })
    session.startTransaction()
    await expect(Thing.create([{ n: 2 }], { session })).rejects.toMatchObject({ originalError: { code: 20 } })
    await session.abortTransaction().catch(() => {})
    await session.endSession()
    expect(await Thing.countDocuments()).toBe(1)
  })
})
