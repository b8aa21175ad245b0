import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CanonicalJsonError,
  canonicalJson,
  compareCodePoints,
  type JsonValue,
  MAX_JSON_DEPTH,
} from './json.ts'

describe('the examples of the appendix', () => {
  test.each([
    ['{}', '{}'],
    ['{"one": 1, "two": "Two"}', '{"one":1,"two":"Two"}'],
    ['{"b": "2", "a": "1"}', '{"a":"1","b":"2"}'],
    ['{"b":"2","a":"1"}', '{"a":"1","b":"2"}'],
    [
      `{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe", "three_pids": [
        {"medium": "email", "address": "john.doe@example.org"}, {"medium": "msisdn", "address": "123456789"}]}}}`,
      '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
    ],
    ['{"a": "日本語"}', '{"a":"日本語"}'],
    ['{"本": 2, "日": 1}', '{"日":1,"本":2}'],
    ['{"a": "\\u65E5"}', '{"a":"日"}'],
    ['{"a": null}', '{"a":null}'],
    ['{"a": -0, "b": 1e10}', '{"a":0,"b":10000000000}'],
  ])('%s', (given, expected) => {
    expect(canonicalJson(JSON.parse(given) as JsonValue)).toBe(expected)
  })
})

test('control characters are escaped as the grammar says, the rest is not', () => {
  const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')
  expect(canonicalJson(controls)).toBe(
    '"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f' +
      '\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f"',
  )
  expect(canonicalJson('"\\/\u007f\u2028\ufeff😀')).toBe('"\\"\\\\/\u007f\u2028\ufeff😀"')
})

test('keys go by code point, not by UTF-16 unit', () => {
  // U+FF5E sorts before U+1F600, whose surrogates are smaller units.
  expect(canonicalJson({ '😀': 1, '～': 2, a: 3, '': 4 })).toBe('{"":4,"a":3,"～":2,"😀":1}')
})

describe('what has no canonical JSON is refused', () => {
  const cyclic: { self?: JsonValue } = {}
  cyclic.self = cyclic as JsonValue
  test.each<[string, unknown]>([
    ['a float', 1.5],
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
    ['2^53', 2 ** 53],
    ['-2^53', -(2 ** 53)],
    ['a lone high surrogate', '\ud800'],
    ['a lone low surrogate', 'x\udc00'],
    ['a lone surrogate in a key', { '\udfff': 1 }],
    ['a hole in an array', new Array(1)],
    ['undefined in an array', [undefined]],
    ['undefined', undefined],
    ['a bigint', 1n],
    ['a function', () => 0],
    ['a symbol', Symbol('s')],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Buffer', Buffer.from('x')],
    ['a cycle', cyclic],
  ])('%s', (_name, value) => {
    expect(() => canonicalJson(value as JsonValue)).toThrow(CanonicalJsonError)
    expect(() => canonicalJson({ deep: [value as JsonValue, 1] })).toThrow(CanonicalJsonError)
  })

  test('properties without a value are left out, -0 is 0', () => {
    expect(canonicalJson({ a: undefined, b: -0 })).toBe('{"b":0}')
  })
})

test('nesting is bounded, at the stated depth', () => {
  const nested = (depth: number): JsonValue =>
    JSON.parse(`${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`) as JsonValue
  expect(canonicalJson(nested(MAX_JSON_DEPTH))).toHaveLength((MAX_JSON_DEPTH / 2) * 8 + 1)
  expect(() => canonicalJson([nested(MAX_JSON_DEPTH)])).toThrow(CanonicalJsonError)
  expect(() => canonicalJson(nested(200_000))).toThrow(CanonicalJsonError)
})

test('__proto__ is a key like any other', () => {
  const parsed = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"a":2}') as JsonValue
  expect(canonicalJson(parsed)).toBe('{"__proto__":{"admin":true},"a":2,"constructor":1}')
})

const leaf = fc.oneof(
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'binary' }),
  fc.string(),
)
const { value: anyJson } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary', maxLength: 6 }), tie('value'), { maxKeys: 5 }),
  ),
}))

function shuffled(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, one]) => [key, shuffled(one!)]),
  )
}

test('any JSON: reading it back gives the same value, and the order of keys does not matter', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text)
      expect(canonicalJson(shuffled(value))).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('any texts: the order is that of their code points', () => {
  const points = (text: string) => [...text].map((character) => character.codePointAt(0)!)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const [x, y] = [points(a), points(b)]
      const at = x.findIndex((point, index) => point !== y[index])
      const expected = at === -1 ? x.length - y.length : (x[at] ?? -1) - (y[at] ?? -1)
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(expected))
    }),
  )
})
