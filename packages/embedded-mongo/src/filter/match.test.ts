/** Filters against mingo as oracle, where mingo and MongoDB agree; and MongoDB's own rules where they differ. */

import { BSON, type Document } from 'bson'
import * as fc from 'fast-check'
import { Query } from 'mingo'
import { describe, expect, test } from 'vitest'
import { compileCondition } from '../aggregate/expression.ts'
import { decodeDoc } from '../bson/decode.ts'
import type { Doc } from '../bson/values.ts'
import { compileFilter } from './match.ts'
import { parseFilter } from './parse.ts'

const toDoc = (plain: object): Doc => decodeDoc(Buffer.from(BSON.serialize(plain as Document)))
const matches = (filter: object, doc: object): boolean =>
  compileFilter(parseFilter(toDoc(filter)), compileCondition)(toDoc(doc))

const scalar = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.constantFrom('', 'a', 'b', 'ab'),
  fc.boolean(),
  fc.constantFrom(1.5, -1),
)
const field = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { minLength: 1, maxLength: 3 }),
  fc.constant(null),
)
const object = (values: fc.Arbitrary<unknown>) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), values), {
      maxLength: 3,
      selector: ([name]) => name,
    })
    .map((fields) => Object.fromEntries(fields) as Record<string, unknown>)
const document = object(
  fc.oneof(
    { weight: 3, arbitrary: field },
    object(scalar),
    fc.array(object(scalar), { minLength: 1, maxLength: 2 }),
  ),
)

const condition = fc.oneof(
  scalar,
  scalar.map((value) => ({ $eq: value })),
  scalar.map((value) => ({ $ne: value })),
  fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), scalar).map(([name, value]) => ({ [name]: value })),
  fc.array(scalar, { minLength: 1, maxLength: 3 }).map((values) => ({ $in: values })),
  fc.array(scalar, { minLength: 1, maxLength: 3 }).map((values) => ({ $nin: values })),
  fc.tuple(scalar, scalar).map(([low, high]) => ({ $gte: low, $lte: high })),
  scalar.map((value) => ({ $not: { $gt: value } })),
  fc.constantFrom('^a', 'b$', 'a.').map((pattern) => ({ $regex: pattern })),
)
/** Of arrays on the way mingo makes one array; MongoDB asks each: so these only of fields that are not nested. */
const arrayCondition = fc.oneof(
  fc.nat(3).map((size) => ({ $size: size })),
  fc.tuple(scalar, scalar).map(([low, high]) => ({ $elemMatch: { $gte: low, $lte: high } })),
)
const filter = fc.letrec<{ filter: Record<string, unknown> }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom('a', 'b', 'a.b', 'b.a', 'c.a'), condition)
        .map(([name, test]) => ({ [name]: test })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('a', 'b'), arrayCondition)
        .map(([name, test]) => ({ [name]: test })),
    },
    fc
      .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('filter'), { minLength: 1, maxLength: 3 }))
      .map(([name, args]) => ({ [name]: args })),
  ),
})).filter

test('agrees with mingo on documents and filters where mingo agrees with MongoDB', () => {
  fc.assert(
    fc.property(document, filter, (doc, query) => {
      expect(matches(query, doc)).toBe(new Query(query).test(doc))
    }),
    { numRuns: 20_000 },
  )
})

/** What MongoDB documents and tests, and mingo sees otherwise or does not know. */
describe("MongoDB's rules", () => {
  const oid = new BSON.ObjectId()
  test.each<[object, object, boolean]>([
    // null and missing
    [{ a: null }, {}, true],
    [{ a: null }, { a: [] }, false],
    [{ a: null }, { a: [1, null] }, true],
    [{ 'a.b': null }, { a: 4 }, true],
    [{ 'a.b': null }, { a: [] }, false],
    [{ 'a.b': null }, { a: [1, 2] }, false],
    [{ 'a.b': null }, { a: [{ b: 1 }, {}] }, true],
    [{ a: { $gte: null } }, {}, true],
    [{ a: { $gt: null } }, { a: null }, false],
    [{ a: { $in: [null, 5] } }, {}, true],
    [{ a: { $ne: null } }, { a: [] }, true],
    [{ a: { $elemMatch: { b: null } } }, { a: [[]] }, true],
    // positions
    [{ 'a.1': 4 }, { a: [5, [2, 4]] }, false],
    [{ 'a.1': [2, 4] }, { a: [5, [2, 4]] }, true],
    [{ 'a.1.b': null }, { a: [5, { b: 4 }, 3] }, true],
    [{ 'a.1.b': 4 }, { a: [5, [{ b: 4 }]] }, true],
    [{ 'a.5': null }, { a: [1] }, false],
    [{ 'a.1': { $exists: false } }, { a: [1] }, true],
    // types
    [{ a: 1 }, { a: BSON.Long.fromNumber(1) }, true],
    [{ a: { $gt: 1 } }, { a: '2' }, false],
    [{ a: { $lt: BSON.Long.fromString('9007199254740993') } }, { a: 9007199254740992 }, true],
    [{ a: oid }, { a: new BSON.ObjectId(oid.toHexString()) }, true],
    [{ a: { $gte: oid } }, { a: oid.toHexString() }, false],
    [{ a: { $type: 'int' } }, { a: new BSON.Double(1) }, false],
    [{ a: { $type: 'number' } }, { a: [1] }, true],
    [{ a: { $type: 'array' } }, { a: [] }, true],
    [{ a: Number.NaN }, { a: Number.NaN }, true],
    [{ a: { $lt: 1 } }, { a: Number.NaN }, false],
    // embedded documents: the order of fields counts
    [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, false],
    [{ a: { x: 1 } }, { a: [{ x: 1 }] }, true],
    // arrays
    [{ a: [1, 2] }, { a: [1, 2] }, true],
    [{ a: [1, 2] }, { a: [[1, 2]] }, true],
    [{ a: { $size: 2 } }, { a: [1, 2] }, true],
    [{ 'b.a': { $size: 2 } }, { b: [{ a: 0 }, { a: 0 }] }, false],
    [{ a: { $elemMatch: { b: 1 } } }, { a: [1] }, false],
    [{ a: { $all: [1, 2] } }, { a: [2, 3, 1] }, true],
    [{ a: { $all: [1] } }, { a: 1 }, true],
    [{ a: { $all: [] } }, { a: [] }, false],
    [{ a: { $gt: 5, $lt: 3 } }, { a: [2, 6] }, true],
    [{ a: { $elemMatch: { $gt: 5, $lt: 3 } } }, { a: [2, 6] }, false],
    [{ a: { $ne: 1 } }, { a: [1, 2] }, false],
    // others
    [{ a: { $mod: [4, 1] } }, { a: 5 }, true],
    [{ a: { $bitsAllSet: [0, 2] } }, { a: 5 }, true],
    [{ a: { $not: { $regex: '^x' } } }, {}, true],
    [{ a: /^X/i }, { a: 'xyz' }, true],
    [{ a: { $regex: 'b$' } }, { a: 'ab\n' }, true],
    [{ a: { $regex: '^b', $options: 'm' } }, { a: 'a\nb' }, true],
    [{ a: { $in: [/^x/] } }, { a: ['yes', 'xyz'] }, true],
    [{ $expr: { $gt: ['$a', '$b'] } }, { a: 2, b: 1 }, true],
    [{ $nor: [{ a: 1 }, { b: 1 }] }, { a: 2 }, true],
  ])('%j on %j: %s', (filter, doc, expected) => {
    expect(matches(filter, doc)).toBe(expected)
  })

  test.each<[object, number]>([
    [{ a: { $foo: 1 } }, 2],
    [{ $foo: 1 }, 2],
    [{ a: { $in: 1 } }, 2],
    [{ $or: [] }, 2],
    [{ $and: {} }, 2],
    [{ a: { $size: -1 } }, 2],
    [{ a: { $mod: [0, 1] } }, 2],
    [{ a: { $type: 'nothing' } }, 2],
    [{ a: { $regex: '(' } }, 51091],
    [{ a: { $regex: 'a++' } }, 51091],
    [{ a: { $regex: 'a', $options: 'q' } }, 51108],
    [{ a: { $gt: /x/ } }, 2],
    [{ a: { $near: [1, 2] } }, 238],
    [{ $text: { $search: 'x' } }, 238],
    [{ $jsonSchema: {} }, 238],
    [{ a: { $elemMatch: 1 } }, 2],
    [{ a: { $eq: 1, b: 2 } }, 2],
  ])('%j is refused with %i', (filter, code) => {
    expect(() => parseFilter(toDoc(filter))).toThrow(expect.objectContaining({ code }))
  })
})
