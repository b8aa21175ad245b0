/**
 * The value model inside the server. Documents are Maps, so that field order is kept even for names such as "1" and no
 * name (`__proto__`, `constructor`) can reach a prototype. Numbers keep their BSON type: double = number,
 * int64 = bigint, int32 = Int32.
 */

import { Binary, BSONRegExp, Code, Int32, MaxKey, MinKey, ObjectId, Timestamp } from 'bson'
import { pace } from '../pace.ts'

export { Binary, BSONRegExp, Code, Int32, MaxKey, MinKey, ObjectId, Timestamp }

export type Doc = Map<string, Value>
export type NumberValue = number | bigint | Int32
export type Value =
  | null
  | boolean
  | string
  | NumberValue
  | Date
  | ObjectId
  | Binary
  | Timestamp
  | BSONRegExp
  | Code
  | MinKey
  | MaxKey
  | Doc
  | Value[]

export const isDoc = (value: unknown): value is Doc => value instanceof Map
export const isNumber = (value: unknown): value is NumberValue =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Int32

/** The JS number or bigint behind a BSON number; exact. */
export const numeric = (value: NumberValue): number | bigint =>
  value instanceof Int32 ? value.valueOf() : value

export const int = (value: number): Int32 => new Int32(value)

/** MongoDB's canonical type order; values of one class compare with each other. */
export function typeRank(value: Value | undefined): number {
  switch (typeof value) {
    case 'undefined':
      return 0
    case 'number':
    case 'bigint':
      return 10
    case 'string':
      return 15
    case 'boolean':
      return 40
  }
  if (value === null) return 5
  if (value instanceof Int32) return 10
  if (value instanceof Map) return 20
  if (Array.isArray(value)) return 25
  if (value instanceof ObjectId) return 35
  if (value instanceof Date) return 45
  if (value instanceof Binary) return 30
  if (value instanceof Timestamp) return 47
  if (value instanceof BSONRegExp) return 50
  if (value instanceof Code) return 60
  if (value instanceof MinKey) return -1
  if (value instanceof MaxKey) return 127
  throw new TypeError('not a BSON value')
}

/** The alias `$type` knows a value by. */
export function typeAlias(value: Value | undefined): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing'
    case 'number':
      return 'double'
    case 'bigint':
      return 'long'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
  }
  if (value === null) return 'null'
  if (value instanceof Int32) return 'int'
  if (value instanceof Map) return 'object'
  if (Array.isArray(value)) return 'array'
  if (value instanceof ObjectId) return 'objectId'
  if (value instanceof Date) return 'date'
  if (value instanceof Binary) return 'binData'
  if (value instanceof Timestamp) return 'timestamp'
  if (value instanceof BSONRegExp) return 'regex'
  if (value instanceof Code) return 'javascript'
  if (value instanceof MinKey) return 'minKey'
  return 'maxKey'
}

const cmp = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** Numbers of all three types on one line; NaN below everything and equal to itself. */
function compareNumbers(a: NumberValue, b: NumberValue): number {
  const x = numeric(a)
  const y = numeric(b)
  if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : -1
  if (Number.isNaN(y)) return 1
  // A bigint and a number compare exactly in JavaScript.
  return x < y ? -1 : x > y ? 1 : 0
}

/** Strings compare by their UTF-8 bytes, which is code point order; JavaScript compares UTF-16 units. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand above the whole basic plane.
    if (x >= 0xd800 && y >= 0xd800) {
      if (x >= 0xe000) x -= 0x2000
      else x += 0x2000
      if (y >= 0xe000) y -= 0x2000
      else y += 0x2000
    }
    return x < y ? -1 : 1
  }
  return cmp(a.length, b.length)
}

/** BSON comparison order over all values; a missing value (undefined) is below null. Field order counts. */
export function compareValues(a: Value | undefined, b: Value | undefined): number {
  if (a === b) return 0
  const rank = typeRank(a)
  const other = typeRank(b)
  if (rank !== other) return rank < other ? -1 : 1
  switch (rank) {
    case 10:
      return compareNumbers(a as NumberValue, b as NumberValue)
    case 15:
      return compareStrings(a as string, b as string)
    case 20:
      return compareDocs(a as Doc, b as Doc)
    case 25:
      return compareArrays(a as Value[], b as Value[])
    case 30: {
      const x = a as Binary
      const y = b as Binary
      return (
        cmp(x.position, y.position) ||
        cmp(x.sub_type, y.sub_type) ||
        Buffer.compare(binaryBytes(x), binaryBytes(y))
      )
    }
    case 35:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id)
    case 40:
      return cmp(a as boolean, b as boolean)
    case 45:
      return cmp((a as Date).getTime(), (b as Date).getTime())
    case 47:
      return (a as Timestamp).compare(b as Timestamp)
    case 50: {
      const x = a as BSONRegExp
      const y = b as BSONRegExp
      return compareStrings(x.pattern, y.pattern) || compareStrings(x.options, y.options)
    }
    case 60:
      return compareStrings((a as Code).code, (b as Code).code)
    default:
      return 0
  }
}

export const binaryBytes = (value: Binary): Uint8Array => value.buffer.subarray(0, value.position)

function compareDocs(a: Doc, b: Doc): number {
  pace.work(a.size)
  const right = b.entries()
  for (const [name, value] of a) {
    const next = right.next()
    if (next.done) return 1
    const [otherName, otherValue] = next.value
    const order =
      cmp(typeRank(value), typeRank(otherValue)) ||
      compareStrings(name, otherName) ||
      compareValues(value, otherValue)
    if (order !== 0) return order
  }
  return right.next().done ? 0 : -1
}

function compareArrays(a: Value[], b: Value[]): number {
  const length = Math.min(a.length, b.length)
  pace.work(length)
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i], b[i])
    if (order !== 0) return order
  }
  return cmp(a.length, b.length)
}

export const equalValues = (a: Value | undefined, b: Value | undefined): boolean => compareValues(a, b) === 0

/** True when two values are the same bytes in BSON: types of numbers count. */
export function identicalValues(a: Value | undefined, b: Value | undefined): boolean {
  if (typeAlias(a) !== typeAlias(b)) return false
  if (a instanceof Map) {
    const right = (b as Doc).entries()
    if (a.size !== (b as Doc).size) return false
    for (const [name, value] of a) {
      const [otherName, otherValue] = right.next().value as [string, Value]
      if (name !== otherName || !identicalValues(value, otherValue)) return false
    }
    return true
  }
  if (Array.isArray(a)) {
    const other = b as Value[]
    return a.length === other.length && a.every((item, i) => identicalValues(item, other[i]))
  }
  if (typeof a === 'number') return Object.is(a, b)
  return compareValues(a, b) === 0
}

/** A deep copy; scalars are never changed in place, so they are shared. */
export function cloneValue(value: Value): Value {
  if (value instanceof Map) {
    const copy: Doc = new Map()
    for (const [name, item] of value) copy.set(name, cloneValue(item))
    return copy
  }
  return Array.isArray(value) ? value.map(cloneValue) : value
}
