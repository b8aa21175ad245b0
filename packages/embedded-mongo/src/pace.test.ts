/** One command never holds up the others: it has its turns, keeps its deadline, and what others do meanwhile is safe. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BSON, type Document, Long } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeDoc } from './bson/decode.ts'
import { Engine } from './engine.ts'
import { expireDocuments } from './expiry.ts'
import { replyPrefix } from './wire.ts'

let folder: string
let engine: Engine
const warnings: string[] = []

/** Slices of no time: a command is put aside whenever it may be. */
const open = () =>
  new Engine({
    path: join(folder, 'e.sqlite'),
    address: 'x',
    warn: (message) => warnings.push(message),
    sliceMilliseconds: 0,
  })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'em-test-'))
  engine = open()
})
afterEach(() => {
  engine.close()
  rmSync(folder, { recursive: true })
  expect(warnings.splice(0)).toEqual([])
})

/** Sends a command; the answer comes in one of the next turns. */
function send(command: Document): { reply: Document | undefined } {
  const sent: { reply: Document | undefined } = { reply: undefined }
  engine.runBatch([
    {
      request: {
        id: 1,
        body: decodeDoc(Buffer.from(BSON.serialize({ ...command, $db: 'test' }))),
        sequences: new Map(),
        reply: 'msg' as const,
      },
      connectionId: 1,
      answer: (bytes) => {
        sent.reply = BSON.deserialize(bytes!.subarray(replyPrefix('msg')))
      },
    },
  ])
  return sent
}

function run(command: Document): Document {
  const sent = send(command)
  while (!sent.reply) engine.runBatch([])
  return sent.reply
}

const many = 3000
const fill = () => {
  for (let from = 0; from < many; from += 1000)
    run({
      insert: 'a',
      documents: Array.from({ length: 1000 }, (_, i) => ({
        _id: from + i,
        n: from + i,
        k: (from + i) % 7,
        at: new Date(0),
      })),
    })
}
const count = (query: Document = {}) => run({ count: 'a', query })['n'] as number
const valid = () => expect(run({ validate: 'a' })).toMatchObject({ valid: true, errors: [] })

describe('a long command', () => {
  beforeEach(fill)

  test.each<[string, Document]>([
    ['find', { find: 'a', filter: { none: 1 } }],
    ['a sort in memory', { find: 'a', sort: { k: -1, n: 1 }, batchSize: 5000 }],
    ['count', { count: 'a', query: { n: { $ne: 5 } } }],
    ['distinct', { distinct: 'a', key: 'n' }],
    [
      'a pipeline',
      {
        aggregate: 'a',
        pipeline: [{ $unset: 'at' }, { $group: { _id: '$k', n: { $sum: '$n' } } }],
        cursor: {},
      },
    ],
    [
      'a lookup',
      {
        aggregate: 'a',
        pipeline: [
          { $limit: 3 },
          { $lookup: { from: 'a', localField: 'k', foreignField: 'k', as: 'same' } },
          { $count: 'n' },
        ],
        cursor: {},
      },
    ],
    ['explain', { explain: { find: 'a', filter: { none: 1 } }, verbosity: 'executionStats' }],
    ['validate', { validate: 'a' }],
    ['collStats', { collStats: 'a' }],
    ['createIndexes', { createIndexes: 'a', indexes: [{ key: { k: 1, n: -1 }, name: 'i' }] }],
    ['updateMany', { update: 'a', updates: [{ q: { n: { $gte: 0 } }, u: { $inc: { m: 1 } }, multi: true }] }],
    [
      'update of one that is not found by an index',
      { update: 'a', updates: [{ q: { n: 2999 }, u: { $set: { m: 1 } } }] },
    ],
    ['deleteMany', { delete: 'a', deletes: [{ q: { n: { $gte: 0 } }, limit: 0 }] }],
    ['findAndModify with a sort', { findAndModify: 'a', sort: { k: 1, n: -1 }, remove: true }],
    ['insertMany', { insert: 'b', documents: Array.from({ length: 2000 }, (_, _id) => ({ _id })) }],
  ])('%s lets others have their turn, and its maxTimeMS ends it', (_name, command) => {
    const long = send(command)
    let turns = 0
    for (; !long.reply; turns++) expect(send({ ping: 1 }).reply).toEqual({ ok: 1 })
    expect(turns).toBeGreaterThan(2)
    expect(long.reply).toMatchObject({ ok: 1 })
    const late = send({ ...command, maxTimeMS: 1 })
    const until = performance.now() + 2
    while (performance.now() < until);
    while (!late.reply) engine.runBatch([])
    const refused = late.reply['writeErrors']?.[0] ?? late.reply
    // A delete of what is gone already, or an index that is there, has nothing left to do.
    if (refused['code'] !== undefined && refused['code'] !== 11000) expect(refused['code']).toBe(50)
    valid()
  })

  test('whoever has gone is not worked for', () => {
    let asked = 0
    engine.runBatch([
      {
        request: {
          id: 1,
          body: decodeDoc(Buffer.from(BSON.serialize({ find: 'a', filter: { none: 1 }, $db: 'test' }))),
          sequences: new Map(),
          reply: 'msg' as const,
        },
        connectionId: 1,
        gone: () => asked++ > 0,
        answer: () => {},
      },
    ])
    expect(engine.busy).toBe(true)
    engine.runBatch([])
    expect(engine.busy).toBe(false)
  })

  test('a cursor keeps what is left of its maxTimeMS, and is used by one at a time', () => {
    const { cursor } = run({ find: 'a', filter: { n: { $gte: 0 } }, batchSize: 2, maxTimeMS: 60_000 })
    const first = send({ getMore: cursor.id, collection: 'a', batchSize: 2000 })
    expect(first.reply).toBeUndefined()
    expect(run({ getMore: cursor.id, collection: 'a' })).toMatchObject({ ok: 0, code: 12051 })
    while (!first.reply) engine.runBatch([])
    expect(first.reply['cursor'].nextBatch).toHaveLength(2000)
  })

  test('what is dropped while it is read says so; a large collection goes little by little', () => {
    const reading = send({ find: 'a', filter: { none: 1 } })
    const counting = send({ aggregate: 'a', pipeline: [{ $unset: 'k' }, { $count: 'n' }], cursor: {} })
    expect(run({ drop: 'a' })).toMatchObject({ ok: 1 })
    while (!reading.reply || !counting.reply) engine.runBatch([])
    expect([reading.reply['code'], counting.reply['code']]).toEqual([175, 175])
    expect(count()).toBe(0)
    while (engine.busy) engine.runBatch([])
    const tables = engine.store.file.db.prepare(
      "SELECT count(*) AS n FROM sqlite_schema WHERE name GLOB '[ci][0-9]*'",
    )
    expect(tables.get()).toEqual({ n: 0 })
    engine.close()
    engine = open()
    fill()
    valid()
  })
})

describe('an index that is being built', () => {
  beforeEach(fill)
  const build = (spec: Document = {}) =>
    send({ createIndexes: 'a', indexes: [{ key: { k: 1, n: 1 }, name: 'built', ...spec }] })
  const names = () =>
    run({ listIndexes: 'a' })['cursor'].firstBatch.map((index: Document) => index['name']) as string[]

  test('has in the end what others wrote before and behind it, and is not used before', () => {
    const building = build()
    for (let i = 0; !building.reply; i++) {
      expect(names()).toEqual(['_id_'])
      run({ insert: 'a', documents: [{ _id: `new${i}`, k: 3, n: -i }] })
      run({ delete: 'a', deletes: [{ q: { _id: (i * 37) % many }, limit: 1 }] })
      run({ update: 'a', updates: [{ q: { _id: (i * 53 + 1) % many }, u: { $set: { k: [1, 2, 3] } } }] })
      run({ update: 'a', updates: [{ q: { _id: many - 1 - i }, u: { $set: { k: 9 } } }] })
    }
    expect(building.reply).toMatchObject({ ok: 1, numIndexesAfter: 2 })
    expect(names()).toEqual(['_id_', 'built'])
    valid()
    expect(count({ k: 9 })).toBe(run({ count: 'a', query: { k: 9 }, hint: { $natural: 1 } })['n'])
  })

  test('is gone, with those begun beside it, when it cannot be finished', () => {
    run({ insert: 'a', documents: [{ _id: 'twice', n: 2900 }] })
    const building = send({
      createIndexes: 'a',
      indexes: [
        { key: { k: 1 }, name: 'good' },
        { key: { n: 1 }, name: 'unique', unique: true },
      ],
    })
    while (!building.reply) expect(send({ ping: 1 }).reply).toEqual({ ok: 1 })
    expect(building.reply).toMatchObject({ ok: 0, code: 11000 })
    expect(names()).toEqual(['_id_'])
    while (engine.busy) engine.runBatch([])
    valid()
  })

  test('is gone after a stop in the middle, and can be built again', () => {
    const building = build()
    for (let i = 0; i < 5; i++) engine.runBatch([])
    expect(building.reply).toBeUndefined()
    // As after a kill: nobody takes back what was begun.
    engine.close()
    engine = open()
    expect(names()).toEqual(['_id_'])
    expect(run({ createIndexes: 'a', indexes: [{ key: { k: 1, n: 1 }, name: 'built' }] })).toMatchObject({
      ok: 1,
    })
    valid()
  })

  test('ends when its collection is dropped', () => {
    const building = build()
    expect(run({ drop: 'a' })).toMatchObject({ ok: 1 })
    while (!building.reply) engine.runBatch([])
    expect(building.reply).toMatchObject({ ok: 0, code: 276 })
  })
})

describe('writes in parts', () => {
  test('an insertMany that a stop interrupted goes on where it was when the driver sends it again', () => {
    const command = {
      insert: 'a',
      documents: Array.from({ length: 1000 }, (_, _id) => ({ _id, n: _id })),
      lsid: { id: new BSON.UUID() },
      txnNumber: Long.fromNumber(1),
    }
    const cut = send(command)
    for (let i = 0; i < 3; i++) engine.runBatch([])
    expect(cut.reply).toBeUndefined()
    engine.close()
    engine = open()
    const before = count()
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(1000)
    const again = run(command)
    expect(again).toMatchObject({ ok: 1, n: 1000 })
    expect(again['writeErrors']).toBeUndefined()
    expect(count()).toBe(1000)
    expect(run(command)).toMatchObject({ ok: 1, n: 1000 })
    valid()
  })

  test('the same write sent twice at once is done once', () => {
    fill()
    const command = {
      update: 'a',
      updates: [{ q: { n: 2999 }, u: { $inc: { hits: 1 } } }],
      lsid: { id: new BSON.UUID() },
      txnNumber: Long.fromNumber(1),
    }
    const [one, two] = [send(command), send(command)]
    while (!one.reply || !two.reply) engine.runBatch([])
    expect([one.reply, two.reply]).toEqual([
      { n: 1, nModified: 1, ok: 1 },
      { n: 1, nModified: 1, ok: 1 },
    ])
    expect(count({ hits: 1 })).toBe(1)
  })

  test('what others changed meanwhile is looked at again', () => {
    fill()
    const removing = send({ delete: 'a', deletes: [{ q: { n: { $gte: 0 } }, limit: 0 }] })
    run({ update: 'a', updates: [{ q: { _id: 2998 }, u: { $set: { n: -1 } } }] })
    while (!removing.reply) engine.runBatch([])
    expect(removing.reply).toMatchObject({ n: many - 1 })
    expect(run({ find: 'a' })['cursor'].firstBatch).toMatchObject([{ _id: 2998, n: -1 }])
    valid()
  })

  test('the first of a sort is the first at the moment when it is changed', () => {
    fill()
    const taking = send({
      findAndModify: 'a',
      sort: { k: 1, n: 1 },
      update: { $set: { taken: true } },
      new: true,
    })
    run({ update: 'a', updates: [{ q: { _id: 0 }, u: { $set: { k: 100 } } }] })
    while (!taking.reply) engine.runBatch([])
    expect(taking.reply['value']).toMatchObject({ _id: 7, k: 0, taken: true })
    expect(count({ taken: true })).toBe(1)
  })

  test('documents whose time has passed go in parts', () => {
    fill()
    run({ createIndexes: 'a', indexes: [{ key: { at: 1 }, name: 'ttl', expireAfterSeconds: 1 }] })
    run({ update: 'a', updates: [{ q: { _id: 2999 }, u: { $unset: { at: 1 } } }] })
    engine.background('expiry', () => expireDocuments(engine.store, Date.now()))
    let turns = 0
    for (; engine.busy; turns++) expect(send({ ping: 1 }).reply).toEqual({ ok: 1 })
    expect(turns).toBeGreaterThan(5)
    expect(run({ find: 'a' })['cursor'].firstBatch).toMatchObject([{ _id: 2999 }])
    valid()
  })
})

test('work within one document that would hold up everybody is refused', () => {
  run({ insert: 'a', documents: [{ _id: 1, list: Array.from({ length: 3000 }, (_, i) => i) }] })
  const map = (body: unknown, name: string) => ({ $map: { input: '$list', as: name, in: body } })
  const nested = map(map(map({ $add: ['$$x', '$$y', '$$z'] }, 'z'), 'y'), 'x')
  expect(
    run({ aggregate: 'a', pipeline: [{ $project: { r: { $size: nested } } }], cursor: {} }),
  ).toMatchObject({ code: 262 })
  expect(run({ find: 'a', filter: { $expr: { $gt: [{ $size: nested }, 1] } } })).toMatchObject({ code: 262 })
  expect(
    run({ aggregate: 'a', pipeline: [{ $project: { r: { $size: nested } } }], cursor: {}, maxTimeMS: 30 }),
  ).toMatchObject({ code: 50 })
  const all = { $all: Array.from({ length: 300_000 }, (_, i) => 5 + (i % 2)) }
  expect(run({ find: 'a', filter: { list: all } })).toMatchObject({ ok: expect.any(Number) })
  expect(run({ ping: 1 })).toEqual({ ok: 1 })
})
