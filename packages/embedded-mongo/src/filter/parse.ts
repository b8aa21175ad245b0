/** A query filter as MongoDB's language has it, parsed and checked; what is not known here is refused, never ignored. */

import {
  Binary,
  BSONRegExp,
  binaryBytes,
  type Doc,
  isDoc,
  isNumber,
  MaxKey,
  MinKey,
  numeric,
  typeAlias,
  type Value,
} from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { compilePattern, literalPrefix } from './regex.ts'
import type { BitTest, Comparison, Filter, Leaf, Pattern } from './types.ts'

/** MongoDB has no limit of its own here; a position beyond this is no plausible request. */
const maxBitPosition = 1_000_000

const bad = (message: string): MongoError => new MongoError('BadValue', message)

const notImplemented = new Set([
  '$where',
  '$text',
  '$jsonSchema',
  '$near',
  '$nearSphere',
  '$geoWithin',
  '$geoIntersects',
])

export function parseFilter(filter: Doc): Filter {
  const args: Filter[] = []
  for (const [name, value] of filter) {
    if (!name.startsWith('$')) {
      parseField(name, value, args)
      continue
    }
    switch (name) {
      case '$and':
      case '$or':
      case '$nor': {
        if (!Array.isArray(value)) throw bad(`${name} argument must be an array`)
        if (value.length === 0) throw bad(`${name} argument must be a non-empty array`)
        const parts = value.map((part) => {
          if (!isDoc(part)) throw bad(`${name} argument's entries must be objects`)
          return parseFilter(part)
        })
        args.push({ kind: name.slice(1) as 'and' | 'or' | 'nor', args: parts })
        break
      }
      case '$expr':
        args.push({ kind: 'expr', expression: value })
        break
      case '$comment':
        break
      default:
        if (notImplemented.has(name))
          throw new MongoError('NotImplemented', `${name} is not implemented by this server`)
        throw bad(
          `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
        )
    }
  }
  return args.length === 1 ? args[0]! : { kind: 'and', args }
}

function parseField(path: string, value: Value, out: Filter[]): void {
  const parts = path.split('.')
  const add = (leaf: Leaf) => out.push({ kind: 'field', path, parts, leaf })
  if (isOperators(value)) for (const leaf of parseOperators(value)) add(leaf)
  else add(equality(value))
}

/** An object whose first name is an operator (DBRefs begin with `$ref` or `$id` and are values). */
export function isOperators(value: Value): value is Doc {
  if (!isDoc(value) || value.size === 0) return false
  const first = value.keys().next().value as string
  return first.startsWith('$') && first !== '$ref' && first !== '$id' && first !== '$db'
}

function equality(value: Value): Leaf {
  return value instanceof BSONRegExp
    ? { kind: 'regex', pattern: pattern(value.pattern, value.options) }
    : { kind: 'eq', value }
}

function pattern(source: string, options: string): Pattern {
  const test = compilePattern(source, options)
  return {
    source: new BSONRegExp(source, options),
    test,
    prefix: literalPrefix(source, options),
  }
}

function parseOperators(operators: Doc): Leaf[] {
  const leaves: Leaf[] = []
  for (const [name, value] of operators) {
    switch (name) {
      case '$eq':
        leaves.push({ kind: 'eq', value })
        break
      case '$ne':
        if (value instanceof BSONRegExp) throw bad("Can't have regex as arg to $ne.")
        leaves.push({ kind: 'not', leaves: [{ kind: 'eq', value }] })
        break
      case '$gt':
      case '$gte':
      case '$lt':
      case '$lte':
        leaves.push(comparison(name.slice(1) as Comparison, value))
        break
      case '$in':
        leaves.push(inList(name, value))
        break
      case '$nin':
        leaves.push({ kind: 'not', leaves: [inList(name, value)] })
        break
      case '$not':
        leaves.push({ kind: 'not', leaves: negated(value) })
        break
      case '$exists':
        leaves.push(truthy(value) ? { kind: 'exists' } : { kind: 'not', leaves: [{ kind: 'exists' }] })
        break
      case '$type':
        leaves.push({ kind: 'type', types: typeSet(value) })
        break
      case '$size':
        leaves.push({ kind: 'size', size: wholeNumber(name, value) })
        break
      case '$mod':
        leaves.push(modulo(value))
        break
      case '$regex':
        leaves.push(regex(value, operators.get('$options')))
        break
      case '$options':
        if (!operators.has('$regex')) throw bad('$options needs a $regex')
        break
      case '$all':
        for (const leaf of all(value)) leaves.push(leaf)
        break
      case '$elemMatch':
        leaves.push(elemMatch(value))
        break
      case '$bitsAllSet':
      case '$bitsAllClear':
      case '$bitsAnySet':
      case '$bitsAnyClear':
        leaves.push({
          kind: 'bits',
          test: `${name[5]!.toLowerCase()}${name.slice(6)}` as BitTest,
          ...bitMask(name, value),
        })
        break
      default:
        if (notImplemented.has(name))
          throw new MongoError('NotImplemented', `${name} is not implemented by this server`)
        throw bad(`unknown operator: ${name}`)
    }
  }
  return leaves
}

function comparison(op: Comparison, value: Value): Leaf {
  if (value instanceof BSONRegExp) throw bad(`Can't have RegEx as arg to predicate over field.`)
  if (value instanceof MinKey || value instanceof MaxKey)
    throw new MongoError('NotImplemented', `$${op} with MinKey or MaxKey is not implemented by this server`)
  return { kind: 'cmp', op, value }
}

function inList(name: string, value: Value): Leaf {
  if (!Array.isArray(value)) throw bad(`${name} needs an array`)
  const patterns: Pattern[] = []
  const values: Value[] = []
  for (const item of value) {
    if (isOperators(item)) throw bad(`cannot nest $ under ${name}`)
    if (item instanceof BSONRegExp) patterns.push(pattern(item.pattern, item.options))
    values.push(item)
  }
  return { kind: 'in', values, patterns }
}

function negated(value: Value): Leaf[] {
  if (value instanceof BSONRegExp) return [equality(value)]
  if (!isDoc(value)) throw bad('$not needs a regex or a document')
  if (value.size === 0) throw bad('$not cannot be empty')
  if (!isOperators(value)) throw bad('$not needs an object of operators')
  return parseOperators(value)
}

function regex(value: Value, options: Value | undefined): Leaf {
  if (options !== undefined && typeof options !== 'string') throw bad('$options has to be a string')
  if (value instanceof BSONRegExp) {
    if (options !== undefined && value.options !== '') throw bad('options set in both $regex and $options')
    return { kind: 'regex', pattern: pattern(value.pattern, options ?? value.options) }
  }
  if (typeof value !== 'string') throw bad('$regex has to be a string')
  return { kind: 'regex', pattern: pattern(value, options ?? '') }
}

function all(value: Value): Leaf[] {
  if (!Array.isArray(value)) throw bad('$all needs an array')
  if (value.length === 0) return [{ kind: 'never' }]
  const isElem = (item: Value) => isDoc(item) && item.has('$elemMatch')
  if (value.some(isElem) && !value.every(isElem)) throw bad('no $ expressions in $all')
  return value.map((item) => {
    if (isElem(item)) {
      if ((item as Doc).size !== 1) throw bad('$all/$elemMatch has to be consistent')
      return elemMatch((item as Doc).get('$elemMatch')!)
    }
    if (isOperators(item)) throw bad('no $ expressions in $all')
    return equality(item)
  })
}

function elemMatch(value: Value): Leaf {
  if (!isDoc(value)) throw bad('$elemMatch needs an Object')
  const first = value.keys().next().value
  const logical = first === '$and' || first === '$or' || first === '$nor' || first === '$expr'
  if (first === '$expr') throw bad('$expr can only be applied to the top-level document')
  return isOperators(value) && !logical
    ? { kind: 'elemValue', leaves: parseOperators(value) }
    : { kind: 'elem', filter: parseFilter(value) }
}

function modulo(value: Value): Leaf {
  if (!Array.isArray(value)) throw bad('malformed mod, needs to be an array')
  if (value.length < 2) throw bad('malformed mod, not enough elements')
  if (value.length > 2) throw bad('malformed mod, too many elements')
  const [divisor, remainder] = value.map((part) => {
    if (!isNumber(part)) throw bad('malformed mod, divisor and remainder must be numbers')
    const number = numeric(part)
    if (typeof number === 'number' && !Number.isFinite(number))
      throw bad('malformed mod, not a finite number')
    const whole = typeof number === 'bigint' ? number : BigInt(Math.trunc(number))
    if (BigInt.asIntN(64, whole) !== whole) throw bad('malformed mod, out of bounds of 64 bits')
    return whole
  })
  if (divisor === 0n) throw bad('divisor cannot be 0')
  return { kind: 'mod', divisor: divisor!, remainder: remainder! }
}

export function truthy(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === false) return false
  return isNumber(value) ? Number(numeric(value)) !== 0 : true
}

function wholeNumber(name: string, value: Value): number {
  const number = isNumber(value) ? Number(numeric(value)) : Number.NaN
  if (!Number.isInteger(number)) throw bad(`Failed to parse ${name}. Expected an integer`)
  if (number < 0) throw bad(`Failed to parse ${name}. Expected a non-negative number`)
  return number
}

const typeCodes: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  13: 'javascript',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  [-1]: 'minKey',
  127: 'maxKey',
}
const typeNames = new Set(Object.values(typeCodes))
/** Types that exist but that no stored document can have here. */
const unstored = new Set(['decimal', 'undefined', 'dbPointer', 'symbol', 'javascriptWithScope'])
const unstoredCodes = new Set([6, 12, 14, 15, 19])

function typeSet(value: Value): ReadonlySet<string> {
  const types = new Set<string>()
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new MongoError('FailedToParse', '$type must match at least one type')
  for (const item of list) {
    if (typeof item === 'string') {
      if (item === 'number') for (const name of ['double', 'int', 'long']) types.add(name)
      else if (typeNames.has(item)) types.add(item)
      else if (!unstored.has(item)) throw bad(`Unknown type name alias: ${item}`)
    } else if (isNumber(item)) {
      const code = Number(numeric(item))
      const name = typeCodes[code]
      if (name !== undefined) types.add(name)
      else if (!unstoredCodes.has(code)) throw bad(`Invalid numerical type code: ${code}`)
    } else throw new MongoError('TypeMismatch', 'type must be represented as a number or a string')
  }
  return types
}

/** The bits asked for, as positions, as a number, or as the bytes of a binary. `length`: in bytes. */
function bitMask(name: string, value: Value): { mask: bigint; length: number } {
  if (value instanceof Binary) return { mask: littleEndian(binaryBytes(value)), length: value.position }
  if (Array.isArray(value)) {
    const positions = value.map((item) => wholeNumber(name, item))
    const highest = positions.reduce((most, at) => Math.max(most, at), -1)
    if (highest > maxBitPosition)
      throw bad(`bit positions above ${maxBitPosition} are not supported in ${name}`)
    const bytes = Buffer.alloc((highest >> 3) + 1)
    for (const at of positions) bytes[at >> 3]! |= 1 << (at & 7)
    return { mask: littleEndian(bytes), length: bytes.length }
  }
  if (!isNumber(value))
    throw bad(`${name} takes an Array, a number, or a BinData but received: ${typeAlias(value)}`)
  const number = numeric(value)
  if (typeof number === 'number' && !Number.isInteger(number)) throw bad(`${name} expects a whole number`)
  if (number < 0) throw bad(`${name} expects a non-negative number`)
  if (number >= 2 ** 63) throw bad(`${name} expects a number of 64 bits`)
  return { mask: BigInt(number), length: 8 }
}

/** A binary's bytes as the number they are, the first byte lowest. */
export const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
