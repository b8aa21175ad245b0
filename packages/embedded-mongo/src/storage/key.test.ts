import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareValues, Int32, type Value } from '../bson/values.ts'
import { value } from '../test-values.ts'
import { encodeKey, invert, successor } from './key.ts'

test('the order of keys is BSON comparison order', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const order = Math.sign(compareValues(a, b))
      expect(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b)))).toBe(order)
      expect(Math.sign(Buffer.compare(invert(encodeKey(b)), invert(encodeKey(a))))).toBe(order)
    }),
    { numRuns: 20_000 },
  )
})

test('compound keys compare component by component, descending ones reversed', () => {
  fc.assert(
    fc.property(value, value, value, value, (a1, a2, b1, b2) => {
      const key = (x: Value, y: Value) => Buffer.concat([invert(encodeKey(x)), encodeKey(y)])
      const order = Math.sign(-compareValues(a1, b1) || compareValues(a2, b2))
      expect(Math.sign(Buffer.compare(key(a1, a2), key(b1, b2)))).toBe(order)
    }),
    { numRuns: 5000 },
  )
})

test('a key and its successor bound exactly the keys that begin with it', () => {
  fc.assert(
    fc.property(value, value, value, (a, b, c) => {
      const key = Buffer.concat([encodeKey(b), encodeKey(c)])
      const lo = encodeKey(a)
      const inside = Buffer.compare(key, lo) >= 0 && Buffer.compare(key, successor(lo)!) < 0
      expect(inside).toBe(compareValues(a, b) === 0)
    }),
    { numRuns: 5000 },
  )
})

test('numbers of all types are on one line, exactly', () => {
  const line: Value[] = [
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    -1e300,
    -(2n ** 63n),
    -(2n ** 53n) - 1n,
    -(2 ** 53),
    -1.5,
    new Int32(-1),
    0,
    Number.MIN_VALUE,
    1n,
    1.5,
    2 ** 53,
    2n ** 53n + 1n,
    2n ** 62n,
    2n ** 62n + 1n,
    2n ** 63n - 1n,
    2 ** 63,
    Number.POSITIVE_INFINITY,
  ]
  for (const [i, a] of line.entries())
    for (const [k, b] of line.entries()) {
      expect(Math.sign(compareValues(a, b))).toBe(Math.sign(i - k))
      expect(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b)))).toBe(Math.sign(i - k))
    }
  expect(encodeKey(-0)).toEqual(encodeKey(0n))
  expect(encodeKey(new Int32(7))).toEqual(encodeKey(7))
})
