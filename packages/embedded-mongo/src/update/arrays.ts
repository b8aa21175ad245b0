/** $push, $addToSet, $pull, $pullAll and $pop. */

import {
  BSONRegExp,
  compareValues,
  equalValues,
  isDoc,
  isNumber,
  numeric,
  type Value,
} from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { isOperators, parseFilter } from '../filter/parse.ts'
import type { CompileExpression } from '../filter/types.ts'
import { sortKey } from '../query/execute.ts'
import { parseSort } from '../query/planner.ts'
import { encodeKey } from '../storage/key.ts'
import type { ArrayChange } from './types.ts'

const keyOf = (value: Value): string => encodeKey(value).toString('latin1')
const bad = (message: string): MongoError => new MongoError('BadValue', message)

function whole(name: string, value: Value): number {
  const number = isNumber(value) ? Number(numeric(value)) : Number.NaN
  if (!Number.isInteger(number)) throw bad(`The value for ${name} must be an integer value`)
  return number
}

export function parsePush(argument: Value): ArrayChange {
  if (!isDoc(argument) || !argument.has('$each')) {
    if (isDoc(argument))
      for (const name of argument.keys())
        if (pushModifiers.has(name)) throw bad(`${name} needs $each in $push`)
    return (array) => [...array, argument]
  }
  const each = argument.get('$each')
  if (!Array.isArray(each)) throw bad('The argument to $each in $push must be an array')
  let position: number | undefined
  let slice: number | undefined
  let order: ArrayChange | undefined
  for (const [name, value] of argument) {
    if (name === '$position') position = whole(name, value)
    else if (name === '$slice') slice = whole(name, value)
    else if (name === '$sort') order = elementOrder(value)
    else if (name !== '$each') throw bad(`Unrecognized clause in $push: ${name}`)
  }
  return (array) => {
    let out = [...array]
    const at =
      position === undefined ? out.length : position < 0 ? Math.max(0, out.length + position) : position
    out.splice(Math.min(at, out.length), 0, ...each)
    if (order) out = order(out)
    if (slice !== undefined) out = slice >= 0 ? out.slice(0, slice) : out.slice(slice)
    return out
  }
}

const pushModifiers = new Set(['$slice', '$sort', '$position'])

function elementOrder(value: Value): ArrayChange {
  if (isNumber(value)) {
    const direction = Number(numeric(value))
    if (direction !== 1 && direction !== -1) throw bad('The $sort element value must be either 1 or -1')
    return (array) => [...array].sort((a, b) => direction * compareValues(a, b))
  }
  if (!isDoc(value) || value.size === 0)
    throw bad(
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    )
  const sort = parseSort(value)
  // Elements that are no objects sort as if they had none of the fields.
  const key = (item: Value) => sortKey(sort, isDoc(item) ? item : new Map())
  return (array) =>
    array
      .map((item) => ({ item, key: key(item) }))
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .map(({ item }) => item)
}

export function parseAddToSet(argument: Value): ArrayChange {
  let items: Value[] = [argument]
  if (isDoc(argument) && argument.has('$each')) {
    const each = argument.get('$each')
    if (!Array.isArray(each))
      throw new MongoError('TypeMismatch', 'The argument to $each in $addToSet must be an array')
    if (argument.size > 1) throw bad('Found unexpected fields after $each in $addToSet')
    items = each
  }
  return (array) => {
    const out = [...array]
    if (items.length === 1) {
      if (!out.some((have) => equalValues(have, items[0]))) out.push(items[0]!)
      return out
    }
    const known = new Set(array.map(keyOf))
    for (const item of items) {
      const key = keyOf(item)
      if (known.has(key)) continue
      known.add(key)
      out.push(item)
    }
    return out
  }
}

export function parsePull(argument: Value, expr: CompileExpression): ArrayChange {
  const test = pullTest(argument, expr)
  return (array) => array.filter((item) => !test(item))
}

function pullTest(argument: Value, expr: CompileExpression): (item: Value) => boolean {
  if (isDoc(argument) && !isOperators(argument)) {
    // A plain object is a filter on elements that are objects.
    const match = compileFilter(parseFilter(argument), expr)
    return (item) => isDoc(item) && match(item)
  }
  if (isDoc(argument) || argument instanceof BSONRegExp) {
    const match = compileFilter(parseFilter(new Map([['item', argument]])), expr)
    return (item) => match(new Map([['item', item]]))
  }
  return (item) => equalValues(item, argument)
}

export function parsePullAll(argument: Value): ArrayChange {
  if (!Array.isArray(argument)) throw bad('$pullAll requires an array argument')
  const gone = new Set(argument.map(keyOf))
  return (array) => array.filter((item) => !gone.has(keyOf(item)))
}

export function parsePop(argument: Value): ArrayChange {
  const direction = isNumber(argument) ? Number(numeric(argument)) : 0
  if (direction !== 1 && direction !== -1) throw new MongoError('FailedToParse', '$pop expects 1 or -1')
  return (array) => (direction === 1 ? array.slice(0, -1) : array.slice(1))
}
