/** Updates against mingo's updater as oracle, and against rules of MongoDB that it does not have. */
import { BSON, type Document } from 'bson'
import * as fc from 'fast-check'
import { update as mingoUpdate } from 'mingo'
import { describe, expect, test } from 'vitest'
import { compileCondition } from '../aggregate/expression.ts'
import { pipelineUpdate } from '../aggregate/update-pipeline.ts'
import { decodeDoc } from '../bson/decode.ts'
import { encodeDoc } from '../bson/encode.ts'
import type { Doc, Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { parseFilter } from '../filter/parse.ts'
import { equalityFields, parseUpdate } from './update.ts'

const toDoc = (plain: object): Doc => decodeDoc(Buffer.from(BSON.serialize(plain as Document)))
const toPlain = (doc: Doc): Document => BSON.deserialize(encodeDoc(doc))
const context = { expr: compileCondition, pipeline: pipelineUpdate }

function apply(
  doc: object,
  change: object,
  options: { filter?: object; arrayFilters?: object[]; inserting?: boolean } = {},
): Document {
  const source = toDoc(doc)
  const filters = options.arrayFilters && [...(toDoc({ list: options.arrayFilters }).get('list') as Value[])]
  const parsed = parseUpdate(toDoc({ change }).get('change'), filters, context)
  if (parsed.kind === 'replace') return toPlain(parsed.doc)
  const track = { position: -1 }
  if (options.filter) compileFilter(parseFilter(toDoc(options.filter)), compileCondition)(source, track)
  return toPlain(parsed.apply(source, { position: track.position, inserting: options.inserting === true }))
}

const scalar = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('a', 'b'))
const number = fc.integer({ min: -3, max: 3 })
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }))
const object = (values: fc.Arbitrary<unknown>) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), values), {
      maxLength: 3,
      selector: ([name]) => name,
    })
    .map((fields) => Object.fromEntries(fields) as Record<string, unknown>)
const document = object(fc.oneof({ weight: 3, arbitrary: value }, object(value)))
const path = fc.constantFrom('a', 'b', 'c', 'a.a', 'b.c', 'c.b', 'n.m')

const operator: fc.Arbitrary<[string, unknown]> = fc.oneof(
  fc.tuple(fc.constant('$set'), value),
  fc.tuple(fc.constant('$unset'), fc.constant('')),
  fc.tuple(fc.constantFrom('$inc', '$mul'), number),
  fc.tuple(fc.constantFrom('$min', '$max'), number),
  fc.tuple(fc.constant('$push'), scalar),
  fc.tuple(fc.constant('$pull'), scalar),
  fc.tuple(fc.constant('$pull'), fc.record({ $gte: number })),
  fc.tuple(fc.constant('$pullAll'), fc.array(scalar, { maxLength: 3 })),
  fc.tuple(fc.constant('$pop'), fc.constantFrom(1, -1)),
)

/** mingo's, MongoDB's rules that it does not have left out (see the tables below). */
test('agrees with mingo where both accept an update', () => {
  let compared = 0
  fc.assert(
    fc.property(document, path, operator, (doc, field, [name, argument]) => {
      // mingo compares by the types of JavaScript; MongoDB orders all types.
      if (/min|max/.test(name) && /"|\[/.test(JSON.stringify(Object.values(doc)))) return
      const change = { [name]: { [field]: argument } }
      let ours: Document
      try {
        ours = apply(doc, change)
      } catch (error) {
        expect(error).toBeInstanceOf(MongoError)
        return
      }
      const theirs = structuredClone(doc)
      try {
        mingoUpdate(theirs, change as never)
      } catch {
        return
      }
      compared++
      // Through JSON: an integer has no negative zero.
      expect(ours).toEqual(JSON.parse(JSON.stringify(theirs)))
    }),
    { numRuns: 10_000 },
  )
  expect(compared).toBeGreaterThan(3000)
})

test('$push and $addToSet with all modifiers do what a plain array would', () => {
  const modifiers = fc.record(
    {
      $each: fc.array(scalar, { maxLength: 4 }),
      $slice: fc.integer({ min: -4, max: 4 }),
      $position: fc.integer({ min: -4, max: 4 }),
      $sort: fc.constantFrom(1, -1),
    },
    { requiredKeys: ['$each'] },
  )
  const rank = (item: number | string) => (typeof item === 'number' ? item : item.charCodeAt(0))
  fc.assert(
    fc.property(fc.option(fc.array(scalar, { maxLength: 5 })), modifiers, (before, given) => {
      const doc = before ? { a: before } : {}
      const added = [...(before ?? [])]
      for (const item of given.$each) if (!added.includes(item)) added.push(item)
      expect(apply(doc, { $addToSet: { a: { $each: given.$each } } })).toEqual({ a: added })

      let pushed = [...(before ?? [])]
      const at = given.$position ?? pushed.length
      pushed = [...pushed.slice(0, at), ...given.$each, ...pushed.slice(at)]
      if (at < 0 && before && -at >= before.length) pushed = [...given.$each, ...before]
      if (!before) pushed = [...given.$each]
      if (given.$sort) pushed.sort((x, y) => given.$sort! * (rank(x) - rank(y)))
      if (given.$slice !== undefined)
        pushed = given.$slice < 0 ? pushed.slice(given.$slice) : pushed.slice(0, given.$slice)
      expect(apply(doc, { $push: { a: given } })).toEqual({ a: pushed })
    }),
    { numRuns: 3000 },
  )
})

describe("MongoDB's rules", () => {
  test.each<[object, object, object, object]>([
    // new fields are added in the order of their names
    [{}, { $set: { b: 1, a: 2 } }, { a: 2, b: 1 }, {}],
    [{ list: [1, 2] }, { $set: { 'list.4': 5 } }, { list: [1, 2, null, null, 5] }, {}],
    [{}, { $set: { 'a.0': 1 } }, { a: { 0: 1 } }, {}],
    [{ list: [1, 2, 3] }, { $unset: { 'list.1': 1 } }, { list: [1, null, 3] }, {}],
    [
      { g: [{ v: 1 }, { v: 5 }] },
      { $set: { 'g.$.v': 9 } },
      { g: [{ v: 1 }, { v: 9 }] },
      { filter: { 'g.v': 5 } },
    ],
    [{ g: [1, 5, 5] }, { $inc: { 'g.$': 1 } }, { g: [1, 6, 5] }, { filter: { g: { $gt: 4 } } }],
    [
      {
        g: [
          { k: 1, v: 1 },
          { k: 1, v: 7 },
        ],
      },
      { $set: { 'g.$.x': 1 } },
      {
        g: [
          { k: 1, v: 1 },
          { k: 1, v: 7, x: 1 },
        ],
      },
      { filter: { g: { $elemMatch: { k: 1, v: 7 } } } },
    ],
    [{ g: [1, 2] }, { $mul: { 'g.$[]': 3 } }, { g: [3, 6] }, {}],
    [
      { g: [{ v: 1 }, { v: 5 }] },
      { $set: { 'g.$[big].v': 0 } },
      { g: [{ v: 1 }, { v: 0 }] },
      { arrayFilters: [{ 'big.v': { $gt: 2 } }] },
    ],
    [
      { g: [[1, 2], [3]] },
      { $inc: { 'g.$[].$[odd]': 10 } },
      { g: [[11, 2], [13]] },
      { arrayFilters: [{ odd: { $mod: [2, 1] } }] },
    ],
    [{ a: 1 }, { $rename: { a: 'x.y' } }, { x: { y: 1 } }, {}],
    [{ a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1 }, {}],
    [{ a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1, b: 1 }, { inserting: true }],
    [{}, { $mul: { a: 3 } }, { a: 0 }, {}],
    [{ a: [3, 1] }, { $push: { a: { $each: [2], $sort: 1 } } }, { a: [1, 2, 3] }, {}],
    [
      { a: [{ k: 2 }, { k: 1 }] },
      { $push: { a: { $each: [], $sort: { k: 1 } } } },
      { a: [{ k: 1 }, { k: 2 }] },
      {},
    ],
    [{ a: [{ k: 1, v: 1 }, { k: 2 }, 7] }, { $pull: { a: { k: 1 } } }, { a: [{ k: 2 }, 7] }, {}],
    [{ a: [{ k: 1, v: [1, 2] }] }, { $pull: { a: { v: { $elemMatch: { $gt: 1 } } } } }, { a: [] }, {}],
    [{ a: [[1], [2]] }, { $pull: { a: [1] } }, { a: [[2]] }, {}],
    [
      { a: [{ x: 1, y: 2 }] },
      { $addToSet: { a: { y: 2, x: 1 } } },
      {
        a: [
          { x: 1, y: 2 },
          { y: 2, x: 1 },
        ],
      },
      {},
    ],
    [{ a: 2147483647 }, { $inc: { a: 1 } }, { a: 2147483648 }, {}],
    [{ a: 5 }, { $bit: { a: { and: 4, or: 3 } } }, { a: 7 }, {}],
    [{ a: 'x' }, { $min: { a: 5 } }, { a: 5 }, {}],
  ])('%j changed by %j', (doc, change, expected, options) => {
    const result = apply(doc, change, options)
    expect(result).toEqual(expected)
    expect(Object.keys(result)).toEqual(Object.keys(expected))
  })

  test.each<[object, object, number, object?]>([
    [{}, { $set: { 'a.b': 1, a: 1 } }, 40],
    [{ a: 1 }, { $set: { 'a.b': 1 } }, 28],
    [{ a: [1] }, { $set: { 'a.x': 1 } }, 28],
    [{ a: null }, { $set: { 'a.b': 1 } }, 28],
    [{ a: 'x' }, { $inc: { a: 1 } }, 14],
    [{ a: null }, { $inc: { a: 1 } }, 14],
    [{ a: { $x: 1 } }, { $inc: { a: 'x' } }, 14],
    [{ a: BSON.Long.MAX_VALUE }, { $inc: { a: 1 } }, 2],
    [{ a: 1 }, { $push: { a: 1 } }, 2],
    [{ a: 1 }, { $pull: { a: 1 } }, 2],
    [{ a: 1 }, { $pop: { a: 1 } }, 14],
    [{ a: [] }, { $pop: { a: 5 } }, 9],
    [{ a: 1.5 }, { $bit: { a: { and: 1 } } }, 2],
    [{ a: [1] }, { $set: { 'a.$[x]': 1 } }, 9, { arrayFilters: [{ x: 1 }, { y: 1 }] }],
    [{ a: [1] }, { $set: { 'a.$[x]': 1 } }, 2],
    [{}, { $set: { 'a.$[]': 1 } }, 2],
    [{}, { $set: { $a: 1 } }, 52],
    [{}, { $rename: { a: 'a.b' } }, 2],
    [{ a: [{ b: 1 }] }, { $rename: { 'a.0.b': 'c' } }, 2],
    [{}, { $push: { a: { $each: 1 } } }, 2],
    [{}, { $push: { a: { $each: [], $foo: 1 } } }, 2],
    [{}, { $currentDate: { a: 'now' } }, 2],
    [{}, { $set: 5 }, 9],
    [{}, { $unknown: { a: 1 } }, 9],
    [{}, { a: 1, $set: { b: 1 } }, 52],
    [{}, [{ $group: { _id: 1 } }], 72],
  ])('%j changed by %j is refused with %i', (doc, change, code, options) => {
    expect(() => apply(doc, change, options)).toThrow(expect.objectContaining({ code }))
  })

  test('an upsert takes what its filter says for certain', () => {
    const fields = (filter: object) => toPlain(equalityFields(parseFilter(toDoc(filter))))
    expect(fields({ a: 1, 'b.c': 2, d: { $gt: 1 }, e: { $in: [5] }, f: { $in: [1, 2] } })).toEqual({
      a: 1,
      b: { c: 2 },
      e: 5,
    })
    expect(fields({ $and: [{ a: 1 }, { $or: [{ b: 2 }] }], $or: [{ x: 1 }, { y: 1 }] })).toEqual({
      a: 1,
      b: 2,
    })
    expect(() => fields({ a: 1, 'a.b': 2 })).toThrow(expect.objectContaining({ code: 54 }))
  })
})
