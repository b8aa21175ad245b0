/** Expression operators that need BSON types: numbers, comparison, arrays, objects, sets. */
import {
  compareValues,
  type Doc,
  equalValues,
  Int32,
  int,
  isDoc,
  isNumber,
  type NumberValue,
  numeric,
  ObjectId,
  typeAlias,
  type Value,
} from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { truthy } from '../filter/parse.ts'
import { encodeKey } from '../storage/key.ts'
import { narrow } from '../update/numbers.ts'
import { Sum } from './sum.ts'

type Arguments = readonly (Value | undefined)[]
type Computed = { least: number; most: number; apply: (values: Arguments) => Value | undefined }

const bad = (message: string): MongoError => new MongoError('BadValue', message)
const nullish = (value: Value | undefined): value is null | undefined => value === null || value === undefined

const fixed = (count: number, apply: (...values: (Value | undefined)[]) => Value | undefined): Computed => ({
  least: count,
  most: count,
  apply: (values) => apply(...values),
})
const many = (apply: (values: Arguments) => Value | undefined, least = 0): Computed => ({
  least,
  most: Number.POSITIVE_INFINITY,
  apply,
})
const compared = (test: (order: number) => boolean): Computed => fixed(2, (a, b) => test(compareValues(a, b)))

function number(name: string, value: Value): NumberValue {
  if (!isNumber(value))
    throw new MongoError('TypeMismatch', `${name} only supports numeric types, not ${typeAlias(value)}`)
  return value
}

/** int32 with int32 stays int32 while it fits; int64 that overflows becomes a double, as in MongoDB's expressions. */
function integral(
  a: NumberValue,
  b: NumberValue,
  exact: (x: bigint, y: bigint) => bigint,
  inexact: (x: number, y: number) => number,
): NumberValue {
  if (typeof a === 'number' || typeof b === 'number') return inexact(Number(numeric(a)), Number(numeric(b)))
  const result = exact(BigInt(numeric(a)), BigInt(numeric(b)))
  if (BigInt.asIntN(64, result) !== result) return inexact(Number(numeric(a)), Number(numeric(b)))
  return a instanceof Int32 && b instanceof Int32 ? narrow(result) : result
}

function addAll(values: Arguments): Value {
  const sum = new Sum()
  let date: Date | undefined
  for (const value of values) {
    if (nullish(value)) return null
    if (value instanceof Date) {
      if (date) throw new LocationError(16612, 'only one date allowed in an $add expression')
      date = value
    } else sum.add(number('$add', value))
  }
  return date ? new Date(date.getTime() + Math.round(sum.double())) : sum.total()
}

function subtract(a: Value | undefined, b: Value | undefined): Value {
  if (nullish(a) || nullish(b)) return null
  if (a instanceof Date) {
    if (b instanceof Date) return BigInt(a.getTime()) - BigInt(b.getTime())
    return new Date(a.getTime() - Math.round(Number(numeric(number('$subtract', b)))))
  }
  return integral(
    number('$subtract', a),
    number('$subtract', b),
    (x, y) => x - y,
    (x, y) => x - y,
  )
}

function modulo(a: Value | undefined, b: Value | undefined): Value {
  if (nullish(a) || nullish(b)) return null
  const x = number('$mod', a)
  const y = number('$mod', b)
  if (Number(numeric(y)) === 0) throw new LocationError(16610, "can't $mod by zero")
  return integral(
    x,
    y,
    (p, q) => p % q,
    (p, q) => p % q,
  )
}

/** Rounding functions keep whole numbers as they are. */
const rounding = (name: string, round: (value: number) => number): Computed =>
  fixed(1, (value) => {
    if (nullish(value)) return null
    const given = number(name, value)
    return typeof given === 'number' ? round(given) : given
  })

function absolute(value: Value | undefined): Value {
  if (nullish(value)) return null
  const given = number('$abs', value)
  if (typeof given === 'number') return Math.abs(given)
  const exact = BigInt(numeric(given))
  const positive = exact < 0n ? -exact : exact
  if (BigInt.asIntN(64, positive) !== positive)
    throw new LocationError(28680, "can't take $abs of long long min")
  return given instanceof Int32 ? narrow(positive) : positive
}

function array(name: string, value: Value): Value[] {
  if (!Array.isArray(value))
    throw bad(`The argument to ${name} must be an array, but was of type: ${typeAlias(value)}`)
  return value
}

function index(name: string, value: Value): number {
  const at = isNumber(value) ? Number(numeric(value)) : Number.NaN
  if (!Number.isInteger(at)) throw bad(`${name}'s position must be a whole number`)
  return at
}

function elementAt(name: string, value: Value | undefined, at: Value | undefined): Value | undefined {
  if (nullish(value) || nullish(at)) return null
  return array(name, value).at(index(name, at))
}

function slice(values: Arguments): Value {
  const [value, first, second] = values
  if (values.some(nullish)) return null
  const items = array('$slice', value!)
  const a = index('$slice', first!)
  if (values.length === 2) return a >= 0 ? items.slice(0, a) : items.slice(a)
  const count = index('$slice', second!)
  if (count <= 0) throw new LocationError(28729, 'Third argument to $slice must be positive')
  const start = a < 0 ? Math.max(0, items.length + a) : a
  return items.slice(start, start + count)
}

const keyOf = (value: Value): string => encodeKey(value).toString('latin1')
const keysOf = (values: readonly Value[]): Set<string> => new Set(values.map(keyOf))

function distinctValues(items: readonly Value[]): Value[] {
  const seen = new Map<string, Value>()
  for (const item of items) {
    const key = keyOf(item)
    if (!seen.has(key)) seen.set(key, item)
  }
  return [...seen.values()]
}

const sorted = (items: readonly Value[]): Value[] => distinctValues(items).sort(compareValues)

function sets(name: string, values: Arguments): Value[][] | null {
  if (values.some(nullish)) return null
  return values.map((value) => array(name, value!))
}

function mergeObjects(values: Arguments): Value {
  const out: Doc = new Map()
  const items = values.length === 1 && Array.isArray(values[0]) ? values[0] : values
  for (const value of items) {
    if (nullish(value)) continue
    if (!isDoc(value))
      throw new LocationError(
        40400,
        `$mergeObjects requires object inputs, but input is of type ${typeAlias(value)}`,
      )
    for (const [name, item] of value) out.set(name, item)
  }
  return out
}

function fromPairs(value: Value | undefined): Value {
  if (nullish(value)) return null
  const out: Doc = new Map()
  for (const pair of array('$arrayToObject', value)) {
    const name = Array.isArray(pair) ? pair[0] : isDoc(pair) ? pair.get('k') : undefined
    const item = Array.isArray(pair) ? pair[1] : isDoc(pair) ? pair.get('v') : undefined
    if (typeof name !== 'string' || item === undefined)
      throw new LocationError(40386, '$arrayToObject requires an array of key-value pairs')
    out.set(name, item)
  }
  return out
}

/** $sum, $avg, $min and $max as expressions: of one array, or of their arguments. */
function spread(values: Arguments): Arguments {
  return values.length === 1 && Array.isArray(values[0]) ? values[0] : values
}

function sumOf(values: Arguments): { sum: Sum; count: number } {
  const sum = new Sum()
  let count = 0
  for (const value of values) {
    if (value === undefined || !isNumber(value)) continue
    sum.add(value)
    count++
  }
  return { sum, count }
}

function average(values: Arguments): Value {
  const { sum, count } = sumOf(values)
  return count === 0 ? null : sum.double() / count
}

function extreme(values: Arguments, direction: 1 | -1): Value {
  let best: Value = null
  for (const value of values)
    if (!nullish(value) && (best === null || Math.sign(compareValues(value, best)) === direction))
      best = value
  return best
}

function text(value: Value | undefined): Value {
  if (nullish(value)) return null
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (value instanceof ObjectId) return value.toHexString()
  if (value instanceof Date) return value.toISOString()
  if (isNumber(value) && typeof value !== 'number') return String(numeric(value))
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < 1e6) return String(value)
  throw new LocationError(
    241,
    `Unsupported conversion from ${typeAlias(value)} to string in $toString with no onError value`,
  )
}

const ascii = (value: string, from: RegExp, change: (letter: string) => string): string =>
  value.replace(from, change)

function letters(name: string, from: RegExp, change: (letter: string) => string): Computed {
  return fixed(1, (value) => {
    if (nullish(value)) return ''
    if (typeof value !== 'string') throw bad(`${name} requires a string argument`)
    // MongoDB changes the letters of ASCII only.
    return ascii(value, from, change)
  })
}

export const functions: ReadonlyMap<string, Computed> = new Map<string, Computed>([
  ['$eq', compared((order) => order === 0)],
  ['$ne', compared((order) => order !== 0)],
  ['$gt', compared((order) => order > 0)],
  ['$gte', compared((order) => order >= 0)],
  ['$lt', compared((order) => order < 0)],
  ['$lte', compared((order) => order <= 0)],
  ['$cmp', fixed(2, (a, b) => int(Math.sign(compareValues(a, b))))],
  ['$not', fixed(1, (value) => !truthy(value))],
  ['$add', many(addAll)],
  ['$subtract', fixed(2, subtract)],
  [
    '$multiply',
    many((values) =>
      values.some(nullish)
        ? null
        : values.reduce<NumberValue>(
            (total, value) =>
              integral(
                total,
                number('$multiply', value!),
                (x, y) => x * y,
                (x, y) => x * y,
              ),
            int(1),
          ),
    ),
  ],
  ['$mod', fixed(2, modulo)],
  ['$abs', fixed(1, absolute)],
  ['$ceil', rounding('$ceil', Math.ceil)],
  ['$floor', rounding('$floor', Math.floor)],
  ['$sum', many((values) => sumOf(spread(values)).sum.total())],
  ['$avg', many((values) => average(spread(values)))],
  ['$min', many((values) => extreme(spread(values), -1))],
  ['$max', many((values) => extreme(spread(values), 1))],
  ['$type', fixed(1, (value) => typeAlias(value))],
  ['$isNumber', fixed(1, (value) => value !== undefined && isNumber(value))],
  ['$toString', fixed(1, text)],
  ['$toLower', letters('$toLower', /[A-Z]/g, (letter) => letter.toLowerCase())],
  ['$toUpper', letters('$toUpper', /[a-z]/g, (letter) => letter.toUpperCase())],
  ['$isArray', fixed(1, (value) => Array.isArray(value))],
  [
    '$size',
    fixed(1, (value) => {
      if (!Array.isArray(value))
        throw new LocationError(
          17124,
          `The argument to $size must be an array, but was of type: ${typeAlias(value)}`,
        )
      return int(value.length)
    }),
  ],
  ['$arrayElemAt', fixed(2, (value, at) => elementAt('$arrayElemAt', value, at))],
  ['$first', fixed(1, (value) => elementAt('$first', value, int(0)))],
  ['$last', fixed(1, (value) => elementAt('$last', value, int(-1)))],
  ['$slice', { least: 2, most: 3, apply: slice }],
  ['$concatArrays', many((values) => sets('$concatArrays', values)?.flat(1) ?? null)],
  [
    '$reverseArray',
    fixed(1, (value) => (nullish(value) ? null : [...array('$reverseArray', value)].reverse())),
  ],
  [
    '$in',
    fixed(2, (value, items) => {
      if (!Array.isArray(items)) throw new LocationError(40081, '$in requires an array as a second argument')
      return items.some((item) => equalValues(item, value))
    }),
  ],
  [
    '$indexOfArray',
    fixed(2, (items, value) =>
      nullish(items)
        ? null
        : int(array('$indexOfArray', items).findIndex((item) => equalValues(item, value))),
    ),
  ],
  ['$mergeObjects', many(mergeObjects)],
  [
    '$objectToArray',
    fixed(1, (value) => {
      if (nullish(value)) return null
      if (!isDoc(value)) throw new LocationError(40390, '$objectToArray requires a document input')
      return [...value].map(
        ([k, v]): Value =>
          new Map<string, Value>([
            ['k', k],
            ['v', v],
          ]),
      )
    }),
  ],
  ['$arrayToObject', fixed(1, fromPairs)],
  [
    '$setUnion',
    many((values) => {
      const all = sets('$setUnion', values)
      return all && sorted(all.flat(1))
    }),
  ],
  [
    '$setIntersection',
    many((values) => {
      const all = sets('$setIntersection', values)
      if (!all) return null
      const [first = [], ...others] = all
      const known = others.map(keysOf)
      return sorted(first.filter((item) => known.every((keys) => keys.has(keyOf(item)))))
    }),
  ],
  [
    '$setDifference',
    fixed(2, (a, b) => {
      const all = sets('$setDifference', [a, b])
      if (!all) return null
      const gone = keysOf(all[1]!)
      return distinctValues(all[0]!.filter((item) => !gone.has(keyOf(item))))
    }),
  ],
  [
    '$setIsSubset',
    fixed(2, (a, b) => {
      const all = sets('$setIsSubset', [a, b])
      if (!all) throw bad('both operands of $setIsSubset must be arrays')
      const known = keysOf(all[1]!)
      return all[0]!.every((item) => known.has(keyOf(item)))
    }),
  ],
  [
    '$setEquals',
    many((values) => {
      const all = sets('$setEquals', values)
      if (!all) throw bad('All operands of $setEquals must be arrays')
      const [first, ...others] = all.map((items) => sorted(items))
      return others.every((other) => equalValues(other, first))
    }, 2),
  ],
])
