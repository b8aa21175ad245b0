/** Aggregation through the driver, and expressions against what MongoDB documents. */
import { BSON, type Document } from 'bson'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decodeDoc } from '../bson/decode.ts'
import { encodeDoc } from '../bson/encode.ts'
import type { Value } from '../bson/values.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import { compile, scopeOf } from './expression.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const doc = {
  a: 5,
  b: 2,
  d: 1.5,
  s: 'Niñez',
  list: [3, 1, 2],
  docs: [{ k: 1, v: [1, 2] }, { k: 2 }, 7, [{ k: 9 }]],
  when: new Date('2026-03-09T08:07:06.005Z'),
  none: null,
  o: { x: 1 },
}

function evaluate(expression: unknown): unknown {
  const source = decodeDoc(Buffer.from(BSON.serialize({ e: expression }))).get('e') as Value
  const result = compile(source).evaluate(scopeOf(decodeDoc(Buffer.from(BSON.serialize(doc as Document)))))
  return result === undefined ? undefined : BSON.deserialize(encodeDoc({ result }))['result']
}

describe('expressions', () => {
  test.each<[unknown, unknown]>([
    ['$a', 5],
    ['$o.x', 1],
    ['$missing', undefined],
    ['$docs.k', [1, 2]],
    ['$docs.v', [[1, 2]]],
    ['$list.0', []],
    ['$$ROOT.a', 5],
    [{ $literal: '$a' }, '$a'],
    [
      { x: '$a', y: '$missing', z: [1, '$missing'] },
      { x: 5, z: [1, null] },
    ],
    [{ $add: ['$a', '$b', 1] }, 8],
    [{ $add: ['$a', '$none'] }, null],
    [{ $subtract: ['$a', '$d'] }, 3.5],
    [{ $multiply: ['$a', '$b'] }, 10],
    [{ $divide: ['$a', '$b'] }, 2.5],
    [{ $mod: [-7, 3] }, -1],
    [{ $add: ['$when', 1000] }, new Date('2026-03-09T08:07:07.005Z')],
    [{ $abs: -3 }, 3],
    [{ $floor: '$d' }, 1],
    [{ $ceil: '$d' }, 2],
    [{ $eq: ['$a', 5] }, true],
    [{ $gt: ['$s', '$a'] }, true],
    [{ $lt: ['$missing', null] }, true],
    [{ $cmp: ['$a', '$b'] }, 1],
    [{ $and: ['$a', { $gt: ['$b', 1] }] }, true],
    [{ $or: [0, null, '$missing'] }, false],
    [{ $not: ['$none'] }, true],
    [{ $cond: [{ $gt: ['$a', 3] }, 'big', 'small'] }, 'big'],
    // biome-ignore lint/suspicious/noThenProperty: MongoDB's name
    [{ $cond: { if: false, then: 1, else: 2 } }, 2],
    [{ $ifNull: ['$none', '$missing', 'x'] }, 'x'],
    // biome-ignore lint/suspicious/noThenProperty: MongoDB's name
    [{ $switch: { branches: [{ case: { $eq: ['$a', 1] }, then: 1 }], default: 'd' } }, 'd'],
    [{ $let: { vars: { t: { $add: ['$a', 1] } }, in: { $multiply: ['$$t', 2] } } }, 12],
    [{ $map: { input: '$list', as: 'n', in: { $add: ['$$n', '$a'] } } }, [8, 6, 7]],
    [{ $filter: { input: '$list', cond: { $gte: ['$$this', 2] } } }, [3, 2]],
    [{ $reduce: { input: '$list', initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, 6],
    [{ $size: '$list' }, 3],
    [{ $arrayElemAt: ['$list', -1] }, 2],
    [{ $arrayElemAt: ['$list', 9] }, undefined],
    [{ $first: '$list' }, 3],
    [{ $slice: ['$list', 1, 5] }, [1, 2]],
    [{ $slice: ['$list', -2] }, [1, 2]],
    [{ $concatArrays: ['$list', [9]] }, [3, 1, 2, 9]],
    [{ $reverseArray: '$list' }, [2, 1, 3]],
    [{ $in: [1, '$list'] }, true],
    [{ $indexOfArray: ['$list', 2] }, 2],
    [{ $isArray: ['$list'] }, true],
    [{ $mergeObjects: ['$o', { y: 2 }] }, { x: 1, y: 2 }],
    [{ $objectToArray: '$o' }, [{ k: 'x', v: 1 }]],
    [{ $arrayToObject: [[['p', 1]]] }, { p: 1 }],
    [{ $setUnion: ['$list', [3, 4]] }, [1, 2, 3, 4]],
    [{ $setIntersection: ['$list', [3, 4]] }, [3]],
    [{ $setDifference: ['$list', [3]] }, [1, 2]],
    [{ $setIsSubset: [[1], '$list'] }, true],
    [{ $sum: '$list' }, 6],
    [{ $avg: ['$a', '$b'] }, 3.5],
    [{ $max: ['$a', '$b', '$none'] }, 5],
    [{ $type: '$missing' }, 'missing'],
    [{ $type: '$d' }, 'double'],
    [{ $concat: ['$s', '-', '$s'] }, 'Niñez-Niñez'],
    [{ $concat: ['$s', '$none'] }, null],
    [{ $toUpper: '$s' }, 'NIñEZ'],
    [{ $toLower: '$none' }, ''],
    [{ $strLenCP: '$s' }, 5],
    [{ $substrCP: ['$s', 2, 2] }, 'ñe'],
    [{ $split: ['a-b-c', '-'] }, ['a', 'b', 'c']],
    [{ $replaceAll: { input: 'aXbX', find: 'X', replacement: { $literal: '$a' } } }, 'a$ab$a'],
    [{ $year: '$when' }, 2026],
    [{ $month: '$when' }, 3],
    [{ $dayOfMonth: '$when' }, 9],
    [{ $dayOfWeek: '$when' }, 2],
    [{ $dayOfYear: '$when' }, 68],
    [{ $hour: '$when' }, 8],
    [{ $minute: '$when' }, 7],
    [{ $second: '$when' }, 6],
    [{ $millisecond: '$when' }, 5],
    [{ $dateToString: { date: '$when', format: '%Y-%m-%d %H:%M:%S.%L' } }, '2026-03-09 08:07:06.005'],
    [{ $toString: '$a' }, '5'],
    [{ $sqrt: 9 }, 3],
  ])('%j', (expression, expected) => {
    expect(evaluate(expression)).toEqual(expected)
  })

  test.each<[unknown, number]>([
    [{ $foo: 1 }, 168],
    [{ $add: 1, $subtract: 2 }, 15983],
    [{ $divide: [1, 0] }, 2],
    [{ $mod: [1, 0] }, 16610],
    [{ $size: '$a' }, 17124],
    ['$$unknown', 17276],
    [{ $cond: [1, 2] }, 16020],
    [{ $add: ['$s', 1] }, 14],
    [{ $year: '$s' }, 2],
    [{ $replaceAll: { input: 'aXbX', find: 'X', replacement: '$a' } }, 2],
    [{ $dateToString: { date: '$when', timezone: 'America/Tegucigalpa' } }, 9],
    [{ $in: [1, '$a'] }, 40081],
    [{ $mergeObjects: ['$a'] }, 40400],
  ])('%j is refused with %i', (expression, code) => {
    expect(() => evaluate(expression)).toThrow(expect.objectContaining({ code }))
  })
})

describe('pipelines', () => {
  let n = 0
  const cases = () => server.db.collection(`cases${n}`)
  beforeEach(async () => {
    n++
    await cases().createIndex({ topic: 1, at: 1 })
    await cases().insertMany([
      { _id: 1 as never, topic: 'minors', at: 3, tags: ['a', 'b'], inst: 'x', o: { p: 1 } },
      { _id: 2 as never, topic: 'minors', at: 1, tags: ['b'], inst: 'y' },
      { _id: 3 as never, topic: 'returns', at: 2, tags: [], inst: 'x' },
      { _id: 4 as never, topic: 'returns', at: 5 },
    ])
  })
  const run = (...pipeline: Document[]) => cases().aggregate(pipeline).toArray()

  test('the leading stages use an index', async () => {
    const plan = JSON.stringify(
      await cases()
        .aggregate([
          { $match: { topic: 'minors', at: { $gt: 0 } } },
          { $sort: { at: 1 } },
          { $group: { _id: null } },
        ])
        .explain(),
    )
    expect(plan).toContain('"indexName":"topic_1_at_1"')
    expect(plan).not.toContain('"SORT"')
  })

  test('stages', async () => {
    expect(
      await run({ $match: { topic: 'minors' } }, { $sort: { at: 1 } }, { $project: { at: 1, _id: 0 } }),
    ).toEqual([{ at: 1 }, { at: 3 }])
    expect(await run({ $sort: { _id: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { _id: 1 } })).toEqual([
      { _id: 3 },
      { _id: 2 },
    ])
    expect(
      await run({ $unwind: '$tags' }, { $sort: { _id: 1, tags: 1 } }, { $project: { tags: 1 } }),
    ).toEqual([
      { _id: 1, tags: 'a' },
      { _id: 1, tags: 'b' },
      { _id: 2, tags: 'b' },
    ])
    expect(
      await run(
        { $unwind: { path: '$tags', preserveNullAndEmptyArrays: true, includeArrayIndex: 'i' } },
        { $match: { _id: { $gte: 2 } } },
        { $project: { tags: 1, i: 1 } },
      ),
    ).toEqual([
      { _id: 2, tags: 'b', i: 0 },
      { _id: 3, i: null },
      { _id: 4, i: null },
    ])
    expect(
      await run(
        {
          $group: {
            _id: '$topic',
            n: { $count: {} },
            first: { $min: '$at' },
            all: { $addToSet: '$inst' },
            mean: { $avg: '$at' },
          },
        },
        { $sort: { _id: 1 } },
      ),
    ).toEqual([
      { _id: 'minors', n: 2, first: 1, all: ['x', 'y'], mean: 2 },
      { _id: 'returns', n: 2, first: 2, all: ['x'], mean: 3.5 },
    ])
    expect(await run({ $match: { at: { $gt: 1 } } }, { $count: 'n' })).toEqual([{ n: 3 }])
    expect(await run({ $match: { at: 99 } }, { $count: 'n' })).toEqual([])
    expect(await run({ $sortByCount: '$inst' }, { $match: { _id: 'x' } })).toEqual([{ _id: 'x', count: 2 }])
    expect(
      await run(
        { $match: { _id: 1 } },
        { $addFields: { 'o.q': { $add: ['$at', 1] }, z: '$$REMOVE', at: 9 } },
        { $unset: ['tags', 'inst'] },
      ),
    ).toEqual([{ _id: 1, topic: 'minors', at: 9, o: { p: 1, q: 4 } }])
    expect(await run({ $match: { _id: 1 } }, { $replaceRoot: { newRoot: '$o' } })).toEqual([{ p: 1 }])
    expect(
      await run({ $match: { _id: 1 } }, { $project: { tags: { $size: '$tags' }, 'o.r': 'text' } }),
    ).toEqual([{ _id: 1, tags: 2, o: { r: 'text' } }])
  })

  test('$lookup', async () => {
    const institutions = server.db.collection(`inst${n}`)
    await institutions.createIndex({ key: 1 })
    await institutions.insertMany([
      { _id: 'ix' as never, key: 'x' },
      { _id: 'iy' as never, key: 'y' },
    ])
    expect(
      await run(
        { $lookup: { from: `inst${n}`, localField: 'inst', foreignField: 'key', as: 'found' } },
        { $project: { found: '$found._id' } },
      ),
    ).toEqual([
      { _id: 1, found: ['ix'] },
      { _id: 2, found: ['iy'] },
      { _id: 3, found: ['ix'] },
      { _id: 4, found: [] },
    ])
    await expect(run({ $lookup: { from: 'x', pipeline: [], as: 'y' } })).rejects.toMatchObject({ code: 238 })
  })

  test('cursors over a pipeline', async () => {
    await cases().insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: (100 + i) as never, at: i })))
    const seen: unknown[] = []
    for await (const item of cases().aggregate(
      [{ $match: { _id: { $gte: 100 } } }, { $project: { _id: 1 } }],
      { batchSize: 7 },
    ))
      seen.push(item['_id'])
    expect(seen).toHaveLength(500)
  })

  test.each<[Document[], number]>([
    [[{ $foo: 1 }], 40324],
    [[{ $match: 1 }], 15959],
    [[{ $sort: {} }], 15976],
    [[{ $limit: 0 }], 15958],
    [[{ $group: { n: 1 } }], 15955],
    [[{ $group: { _id: 1, n: { $foo: 1 } } }], 15952],
    [[{ $group: { _id: 1, n: 1 } }], 40234],
    [[{ $project: {} }], 51272],
    [[{ $unwind: 'tags' }], 28818],
    [[{ $match: {}, $sort: { a: 1 } }], 40323],
    [[{ $facet: {} }], 238],
    [[{ $count: '' }], 40156],
    [[{ $replaceRoot: { newRoot: '$at' } }], 40228],
  ])('%j is refused with %i', async (pipeline, code) => {
    await expect(run(...pipeline)).rejects.toMatchObject({ code })
  })
})
