/** Canonical JSON (appendices, "Canonical JSON"). */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
export type JsonObject = { [key: string]: JsonValue | undefined }

/** The value has no canonical JSON: a float, an integer beyond ±(2^53 - 1), a lone surrogate, nesting beyond the limit. */
export class CanonicalJsonError extends Error {
  readonly code = 'NOT_CANONICAL_JSON'
}

/** Objects and arrays one inside another, the outermost counted. Deeper values are refused: recursion stays bounded. */
export const MAX_JSON_DEPTH = 100

/**
 * The one encoding of a JSON value: keys sorted by code point, no white space, integers only.
 * Properties whose value is `undefined` are left out; -0 is written 0.
 * @throws CanonicalJsonError when the value has no such encoding
 */
export function canonicalJson(value: JsonValue): string {
  return encode(value, 0)
}

function encode(value: JsonValue | undefined, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      if (!Number.isSafeInteger(value))
        throw new CanonicalJsonError('numbers must be integers within ±(2^53 - 1)')
      return Object.is(value, -0) ? '0' : String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth >= MAX_JSON_DEPTH) throw new CanonicalJsonError(`nested deeper than ${MAX_JSON_DEPTH}`)
      return Array.isArray(value) ? encodeArray(value, depth + 1) : encodeObject(value, depth + 1)
    default:
      throw new CanonicalJsonError(`${typeof value} is not JSON`)
  }
}

function encodeArray(items: JsonValue[], depth: number): string {
  const parts: string[] = []
  // By index, so that a hole meets the refusal of `undefined`.
  for (let i = 0; i < items.length; i++) parts.push(encode(items[i], depth))
  return `[${parts.join(',')}]`
}

function encodeObject(object: JsonObject, depth: number): string {
  assertPlain(object)
  const parts: string[] = []
  for (const key of sortedKeys(object)) {
    const value = object[key]
    if (value !== undefined) parts.push(encodeProperty(key, value, depth))
  }
  return `{${parts.join(',')}}`
}

const encodeProperty = (key: string, value: JsonValue, depth: number): string =>
  `${quote(key)}:${encode(value, depth)}`

/** A Date or a Map would otherwise become an empty object and be signed as such. */
function assertPlain(object: object): void {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new CanonicalJsonError('only plain objects are JSON')
}

/**
 * The canonical encoding of each property of an object. An event is hashed, signed and measured without this or that property:
 * with its properties encoded once, all those encodings are put together from the same pieces.
 */
export class EncodedProperties {
  readonly #encoded = new Map<string, string>()

  /** @throws CanonicalJsonError */
  constructor(object: JsonObject) {
    assertPlain(object)
    for (const [key, value] of Object.entries(object)) this.set(key, value)
  }

  /** Encodes a property anew. @throws CanonicalJsonError */
  set(key: string, value: JsonValue | undefined): void {
    if (value === undefined) this.#encoded.delete(key)
    else this.#encoded.set(key, encodeProperty(key, value, 1))
  }

  /** Those of another object that has the same values under the same keys; the values under `changed` are encoded anew. */
  of(object: JsonObject, changed: readonly string[]): EncodedProperties {
    const some = new EncodedProperties({})
    for (const key of Object.keys(object)) {
      const encoded = this.#encoded.get(key)
      if (encoded === undefined || changed.includes(key)) some.set(key, object[key])
      else some.#encoded.set(key, encoded)
    }
    return some
  }

  /** The canonical JSON of the object without some of its properties. */
  without(...left: readonly string[]): string {
    const keys = [...this.#encoded.keys()].filter((key) => !left.includes(key))
    return `{${sorted(keys)
      .map((key) => this.#encoded.get(key))
      .join(',')}}`
  }
}

const BEYOND_ASCII_ORDER = /[\ud800-\uffff]/

const sortedKeys = (object: JsonObject): string[] => sorted(Object.keys(object))

function sorted(keys: string[]): string[] {
  // UTF-16 order and code point order part only where surrogates meet U+E000 and above.
  return keys.some((key) => BEYOND_ASCII_ORDER.test(key)) ? keys.sort(compareCodePoints) : keys.sort()
}

function quote(text: string): string {
  if (!text.isWellFormed()) throw new CanonicalJsonError('a lone surrogate is not text')
  return JSON.stringify(text)
}

/** Order of two well-formed strings by Unicode code point. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const xIsSurrogate = x >= 0xd800 && x <= 0xdfff
    const yIsSurrogate = y >= 0xd800 && y <= 0xdfff
    if (xIsSurrogate === yIsSurrogate) return x - y
    return xIsSurrogate ? 1 : -1
  }
  return a.length - b.length
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A property the object itself has. JSON from afar may lack any name, and every object inherits some. */
export function own(object: unknown, key: string): unknown {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined
}
