/** What an index is: its specification as MongoDB has it, checked, and the parts that code uses. */

import { type Doc, equalValues, isDoc, isNumber, numeric, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { parseFilter, truthy } from '../filter/parse.ts'
import type { Filter } from '../filter/types.ts'
import { isPosition } from './paths.ts'
import type { IndexSpec, KeyPart } from './types.ts'

const maxIndexFields = 32
/** Options that change nothing here: how or for whom an index is built. */
const harmless = new Set(['background', 'v', 'ns', 'comment', 'hidden', 'storageEngine'])
const pluginTypes = new Set(['text', 'hashed', '2d', '2dsphere', 'geoHaystack', 'columnstore'])

export function parseIndexSpec(source: Doc): IndexSpec {
  const key = source.get('key')
  const name = source.get('name')
  if (!isDoc(key))
    throw new MongoError('FailedToParse', "The 'key' field is a required property of an index specification")
  if (typeof name !== 'string')
    throw new MongoError('FailedToParse', "The 'name' field is a required property of an index specification")
  if (name === '' || name === '*' || name.includes('\0'))
    throw new MongoError('CannotCreateIndex', `the index name '${name}' is not valid`)
  const shown: Doc = new Map<string, Value>([
    ['v', source.get('v') ?? 2n],
    ['key', key],
    ['name', name],
  ])
  let partial: IndexSpec['partial']
  let expireAfterSeconds: number | undefined
  for (const [option, value] of source) {
    switch (option) {
      case 'key':
      case 'name':
        break
      case 'unique':
      case 'sparse':
        if (typeof value !== 'boolean' && !isNumber(value))
          throw new MongoError('TypeMismatch', `The field '${option}' must be a boolean`)
        if (truthy(value)) shown.set(option, true)
        break
      case 'partialFilterExpression':
        partial = parsePartial(value)
        shown.set(option, value)
        break
      case 'expireAfterSeconds':
        expireAfterSeconds = parseExpiry(value, key)
        shown.set(option, value)
        break
      case 'collation':
        if (!isDoc(value) || value.get('locale') !== 'simple')
          throw new MongoError('CannotCreateIndex', 'collations other than simple are not supported')
        break
      case 'hidden':
        if (truthy(value)) throw new MongoError('CannotCreateIndex', 'hidden indexes are not supported')
        break
      default:
        if (!harmless.has(option))
          throw new MongoError(
            'InvalidIndexSpecificationOption',
            `The field '${option}' is not valid for an index specification`,
          )
    }
  }
  const sparse = shown.get('sparse') === true
  if (sparse && partial)
    throw new MongoError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options')
  return {
    name,
    key,
    parts: parseKey(key),
    unique: shown.get('unique') === true || name === '_id_',
    sparse,
    partial,
    expireAfterSeconds,
    source: shown,
  }
}

function parseKey(key: Doc): KeyPart[] {
  if (key.size === 0) throw new MongoError('CannotCreateIndex', 'Index keys cannot be an empty object')
  if (key.size > maxIndexFields)
    throw new MongoError('CannotCreateIndex', `Index key pattern has more than ${maxIndexFields} fields`)
  return [...key].map(([path, direction]) => {
    if (typeof direction === 'string') {
      if (pluginTypes.has(direction))
        throw new MongoError('CannotCreateIndex', `indexes of type '${direction}' are not supported`)
      throw new MongoError('CannotCreateIndex', `Unknown index plugin '${direction}'`)
    }
    const number = isNumber(direction) ? Number(numeric(direction)) : 0
    if (number === 0 || Number.isNaN(number))
      throw new MongoError('CannotCreateIndex', 'Values in the index key pattern must be non-zero numbers')
    const parts = path.split('.')
    if (parts.includes(''))
      throw new MongoError('CannotCreateIndex', 'Index keys cannot contain an empty field')
    if (parts.some((part) => part.startsWith('$')))
      throw new MongoError(
        'CannotCreateIndex',
        parts.includes('$**')
          ? 'wildcard indexes are not supported'
          : "Index key contains an illegal field name: field name starts with '$'",
      )
    return { path, parts, descending: number < 0 }
  })
}

function parsePartial(value: Value): NonNullable<IndexSpec['partial']> {
  if (!isDoc(value))
    throw new MongoError('TypeMismatch', "The field 'partialFilterExpression' must be an object")
  const filter = parseFilter(value)
  checkPartial(filter)
  return { source: value, filter, matches: compileFilter(filter, noExpressions) }
}

const noExpressions = (): never => {
  throw new MongoError('CannotCreateIndex', '$expr is not supported in a partialFilterExpression')
}

/** MongoDB allows only these in a partial index. */
function checkPartial(filter: Filter): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const arg of filter.args) checkPartial(arg)
      return
    case 'field':
      switch (filter.leaf.kind) {
        case 'eq':
        case 'cmp':
        case 'exists':
        case 'type':
        case 'in':
          return
      }
  }
  throw new MongoError('CannotCreateIndex', 'unsupported expression in partial index')
}

function parseExpiry(value: Value, key: Doc): number {
  if (!isNumber(value)) throw new MongoError('TypeMismatch', 'TTL index expireAfterSeconds must be a number')
  const seconds = Number(numeric(value))
  if (!(seconds >= 0 && seconds <= 2_147_483_647))
    throw new MongoError('CannotCreateIndex', 'TTL index expireAfterSeconds must be between 0 and 2147483647')
  if (key.size !== 1)
    throw new MongoError(
      'CannotCreateIndex',
      'TTL indexes are single-field indexes, compound indexes do not support TTL',
    )
  if (key.has('_id')) throw new MongoError('CannotCreateIndex', 'The field _id cannot have a TTL index')
  return seconds
}

/** A path such as `a.0` means a place in an array or a name in an object: keys cannot tell which. */
export const isPositional = (spec: IndexSpec): boolean =>
  spec.parts.some((part) => part.parts.some(isPosition))

/** MongoDB's default name: `room_id_1_pos_-1`. */
export const defaultIndexName = (key: Doc): string =>
  [...key]
    .map(([path, direction]) => `${path}_${isNumber(direction) ? numeric(direction) : direction}`)
    .join('_')

/** True when both describe the same index (the name aside). */
export function sameIndex(a: IndexSpec, b: IndexSpec): boolean {
  return (
    equalValues(a.key, b.key) &&
    a.unique === b.unique &&
    a.sparse === b.sparse &&
    a.expireAfterSeconds === b.expireAfterSeconds &&
    (a.partial === undefined) === (b.partial === undefined) &&
    (!a.partial || equalValues(a.partial.source, b.partial!.source))
  )
}
