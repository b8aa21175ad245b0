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

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(
    null,
    true,
    false,
    '',
    'a',
    'b',
    'ab',
    'a\0b',
    'é',
    '🙂',
    'a🙂',
    'a🙂b',
    'a🙃',
    '𝒳',
    '\uffff',
  ),
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

const path = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.a', 'b.a', 'a.0', 'a.0.b', 'a.b.c')
/** Filters compare with these; MinKey and MaxKey are refused in ranges. */
const operand = value.filter((item) => !hasSpecial(item))

function hasSpecial(item: Value): boolean {
  return item instanceof MinKey || item instanceof MaxKey || item instanceof BSONRegExp
}

const leafTest: fc.Arbitrary<Value> = fc.letrec<{ test: Value }>((tie) => ({
  test: fc.oneof(
    { depthSize: 'xsmall' },
    { weight: 3, arbitrary: operand.map((item) => new Map([['$eq', item]])) },
    ...(['$gt', '$gte', '$lt', '$lte'] as const).map((name) => ({
      weight: 2,
      arbitrary: operand.map((item): Value => new Map([[name, item]])),
    })),
    {
      weight: 2,
      arbitrary: fc.tuple(operand, operand).map(
        ([low, high]): Value =>
          new Map([
            ['$gte', low],
            ['$lt', high],
          ]),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.array(operand, { maxLength: 3 }).map((items): Value => new Map([['$in', items]])),
    },
    fc.array(operand, { maxLength: 2 }).map((items): Value => new Map([['$nin', items]])),
    operand.map((item): Value => new Map([['$ne', item]])),
    fc.boolean().map((yes): Value => new Map([['$exists', yes]])),
    fc.nat(2).map((size): Value => new Map([['$size', new Int32(size)]])),
    fc.array(operand, { maxLength: 2 }).map((items): Value => new Map([['$all', items]])),
    fc
      .constantFrom('int', 'string', 'array', 'object', 'null', 'number')
      .map((type): Value => new Map([['$type', type]])),
    fc
      .constantFrom('^a', '^ab', 'b', '^a🙂?', '^a🙂*b', '^🙂', '^a\\🙂', '🙂$', '^[a🙂]', '^(?:a|b)')
      .map((pattern): Value => new Map([['$regex', pattern]])),
    tie('test').map((inner): Value => new Map([['$not', inner]])),
    tie('test').map((inner): Value => new Map([['$elemMatch', inner]])),
    fc
      .tuple(fc.constantFrom('a', 'b'), tie('test'))
      .map(([name, inner]): Value => new Map([['$elemMatch', new Map([[name, inner]])]])),
  ),
})).test

/** Random filters over the fields that `document` has. */
export const filter: fc.Arbitrary<Doc> = fc.letrec<{ filter: Doc; field: Doc }>((tie) => ({
  field: fc.tuple(path, leafTest).map(([name, test]) => new Map([[name, test]])),
  filter: fc.oneof(
    { depthSize: 'small' },
    { weight: 5, arbitrary: tie('field') },
    {
      weight: 4,
      arbitrary: fc.tuple(tie('field'), tie('field')).map(([x, y]): Doc => new Map([['$and', [x, y]]])),
    },
    fc
      .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('filter'), { minLength: 1, maxLength: 2 }))
      .map(([name, args]): Doc => new Map([[name, args]])),
  ),
})).filter

const direction = fc.constantFrom(1, -1).map((n) => new Int32(n))

export const sort: fc.Arbitrary<Doc> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'a.b', 'b.a'), direction), {
    maxLength: 2,
    selector: ([name]) => name,
  })
  .map((fields) => new Map(fields))

/** Key patterns of one to three components. */
export const indexKey: fc.Arbitrary<Doc> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'a.b', 'a.a', 'b.a', 'a.0'), direction), {
    minLength: 1,
    maxLength: 3,
    selector: ([name]) => name,
  })
  .map((fields) => new Map(fields))

/** Few values, many arrays: where multikey indexes go wrong if they do. */
const digit = fc.nat(3).map((n): Value => new Int32(n))
const small: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: digit },
  { weight: 3, arbitrary: fc.array(digit, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.array(digit, { maxLength: 2 }), { maxLength: 2 }) },
  fc.constant(null),
)
const inner: fc.Arbitrary<Doc> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b'), small), { maxLength: 2, selector: ([name]) => name })
  .map((fields) => new Map(fields))

export const denseDocument: fc.Arbitrary<Doc> = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(
        small,
        inner,
        fc.array(fc.oneof(inner, digit, fc.array(fc.oneof(inner, digit), { maxLength: 2 })), {
          maxLength: 3,
        }),
      ),
    ),
    { maxLength: 3, minLength: 1, selector: ([name]) => name },
  )
  .map((fields) => new Map(fields))

const denseTest: fc.Arbitrary<Value> = fc.oneof(
  digit,
  ...['$gt', '$lt', '$gte', '$lte'].map((name) => digit.map((n): Value => new Map([[name, n]]))),
  fc.tuple(digit, digit).map(
    ([low, high]): Value =>
      new Map([
        ['$gte', low],
        ['$lte', high],
      ]),
  ),
  fc.array(digit, { maxLength: 3 }).map((items): Value => new Map([['$in', items]])),
  fc.tuple(digit, digit).map(
    ([low, high]): Value =>
      new Map([
        [
          '$elemMatch',
          new Map([
            ['$gte', low],
            ['$lte', high],
          ]),
        ],
      ]),
  ),
  fc.tuple(digit, digit).map(
    ([x, y]): Value =>
      new Map([
        [
          '$elemMatch',
          new Map<string, Value>([
            ['a', x],
            ['b', y],
          ]),
        ],
      ]),
  ),
)

export const denseFilter: fc.Arbitrary<Doc> = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'a.b', 'a.a', 'b.a'), denseTest), {
    minLength: 1,
    maxLength: 3,
  })
  .map((fields) => new Map([['$and', fields.map(([name, test]) => new Map([[name, test]]))]]))
