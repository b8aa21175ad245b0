/** Arbitraries of BSON values and documents, small enough that they often meet. */
import * as fc from 'fast-check'
import {
  Binary,
  BSONRegExp,
  type Doc,
  Int32,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Value,
} from './bson/values.ts'

const ids = ['a', 'b', 'c'].map((letter) => new ObjectId(letter.repeat(24)))

export const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(null, true, false, '', 'a', 'b', 'ab', 'a\0b', 'é', '🙂', '\uffff'),
  fc.integer({ min: -3, max: 3 }).map((n) => new Int32(n)),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<Value>(
    0.5,
    -0.5,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e300,
  ),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom<Value>(
    2n ** 53n + 1n,
    2n ** 53n,
    2 ** 53,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2 ** 63,
    2n ** 62n + 1n,
  ),
  fc.constantFrom<Value>(...ids),
  fc.integer({ min: -2, max: 2 }).map((ms) => new Date(ms)),
  fc.constantFrom<Value>(
    new Binary(Buffer.from('a')),
    new Binary(Buffer.from('ab')),
    new Binary(Buffer.from('a'), 4),
  ),
  fc.constantFrom<Value>(
    new Timestamp({ t: 1, i: 1 }),
    new Timestamp({ t: 1, i: 2 }),
    new MinKey(),
    new MaxKey(),
  ),
  fc.constantFrom<Value>(new BSONRegExp('a'), new BSONRegExp('a', 'i')),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map((n) => new Int32(n)),
)

const names = fc.constantFrom('a', 'b', 'c', '0', '1')

export const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value; doc: Doc; array: Value[] }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, { weight: 6, arbitrary: scalar }, tie('doc'), tie('array')),
  doc: fc
    .uniqueArray(fc.tuple(names, tie('value')), { maxLength: 3, selector: ([name]) => name })
    .map((fields) => new Map(fields)),
  array: fc.array(tie('value'), { maxLength: 3 }),
})).value

export const document: fc.Arbitrary<Doc> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), value), { maxLength: 3, selector: ([name]) => name })
  .map((fields) => new Map(fields))
