/**
 * Expression operators that mingo computes: pure functions of values, on which it agrees with MongoDB. Arguments are
 * evaluated here first and given to mingo as fields, so no text of a document is ever taken for an expression.
 */
import { createRequire } from 'node:module'
import { int, isNumber, numeric, typeAlias, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'

type Plain = string | number | Date | null
/** What the arguments must be, or null (or missing), which gives null. */
type Kind = 'string' | 'number' | 'date' | 'index'
type Shape = {
  /** argument kinds by position, or by name for operators that take an object */
  positions?: readonly Kind[]
  names?: Readonly<Record<string, Kind>>
  /** any number of arguments of the first kind */
  variadic?: boolean
  result: 'double' | 'int' | 'string' | 'strings'
}

const datePart: Shape = { positions: ['date'], result: 'int' }
const double: Shape = { positions: ['number'], result: 'double' }

const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['$year', datePart],
  ['$month', datePart],
  ['$dayOfMonth', datePart],
  ['$dayOfWeek', datePart],
  ['$dayOfYear', datePart],
  ['$hour', datePart],
  ['$minute', datePart],
  ['$second', datePart],
  ['$millisecond', datePart],
  ['$dateToString', { names: { date: 'date', format: 'string' }, result: 'string' }],
  ['$divide', { positions: ['number', 'number'], result: 'double' }],
  ['$sqrt', double],
  ['$exp', double],
  ['$ln', double],
  ['$log10', double],
  ['$concat', { positions: ['string'], variadic: true, result: 'string' }],
  ['$split', { positions: ['string', 'string'], result: 'strings' }],
  [
    '$replaceOne',
    {
      names: { input: 'string', find: 'string', replacement: 'string' },
      result: 'string',
    },
  ],
  [
    '$replaceAll',
    {
      names: { input: 'string', find: 'string', replacement: 'string' },
      result: 'string',
    },
  ],
  ['$strLenCP', { positions: ['string'], result: 'int' }],
  ['$substrCP', { positions: ['string', 'index', 'index'], result: 'string' }],
])

type Mingo = { call: (fields: object, expression: unknown, name: string) => unknown }
let loaded: Mingo | undefined

/** mingo takes 10 MB; it is loaded when the first expression asks for it, and within a command, so without waiting. */
function mingo(): Mingo {
  if (loaded) return loaded
  const require = createRequire(import.meta.url)
  const { Context, evalExpr } = require('mingo/core') as typeof import('mingo/core')
  const operators = {
    ...(require('mingo/operators/expression/arithmetic') as object),
    ...(require('mingo/operators/expression/date') as object),
    ...(require('mingo/operators/expression/string') as object),
  } as Parameters<import('mingo/core').Context['addExpressionOps']>[0]
  const options = { context: Context.init().addExpressionOps(operators) } as Parameters<typeof evalExpr>[2]
  loaded = { call: (fields, expression, name) => evalExpr(fields, { [name]: expression }, options) }
  return loaded
}

/** Format letters of `$dateToString` that mean the same in both. */
const formatLetters = /^(?:[^%]|%[YmdHMSLjuw%])*$/

export const isMingoFunction = (name: string): boolean => shapes.has(name)

/** Names of the arguments an operator takes as an object; undefined when it takes them by position. */
export const argumentNames = (name: string): readonly string[] | undefined => {
  const names = shapes.get(name)?.names
  return names && Object.keys(names)
}

/** @throws BadValue (2) for arguments of another kind */
export function callMingo(
  name: string,
  args: readonly (Value | undefined)[] | ReadonlyMap<string, Value | undefined>,
): Value {
  const shape = shapes.get(name)!
  const fields: Record<string, Plain> = {}
  let expression: unknown
  if (shape.names) {
    const given = args as ReadonlyMap<string, Value | undefined>
    const object: Record<string, string> = {}
    for (const [field, kind] of Object.entries(shape.names)) {
      if (!given.has(field)) continue
      const plain = toPlain(name, kind, given.get(field))
      if (plain === null) return null
      fields[field] = plain
      object[field] = `$${field}`
    }
    if (
      name === '$dateToString' &&
      typeof fields['format'] === 'string' &&
      !formatLetters.test(fields['format'])
    )
      throw new MongoError('NotImplemented', 'this $dateToString format is not implemented by this server')
    expression = object
  } else {
    const given = args as readonly (Value | undefined)[]
    const kinds = shape.positions!
    if (!shape.variadic && given.length !== kinds.length)
      throw new MongoError(
        'BadValue',
        `Expression ${name} takes exactly ${kinds.length} arguments. ${given.length} were passed in.`,
      )
    const paths: string[] = []
    for (const [i, value] of given.entries()) {
      const plain = toPlain(name, kinds[shape.variadic ? 0 : i]!, value)
      if (plain === null) {
        if (name === '$strLenCP') throw new MongoError('BadValue', '$strLenCP requires a string argument')
        return name === '$substrCP' ? '' : null
      }
      fields[`a${i}`] = plain
      paths.push(`$a${i}`)
    }
    expression = paths.length === 1 && !shape.variadic ? paths[0] : paths
  }
  let result: unknown
  try {
    result = mingo().call(fields, expression, name)
  } catch (error) {
    throw new MongoError('BadValue', `${name}: ${(error as Error).message}`)
  }
  return fromPlain(shape.result, result)
}

function toPlain(name: string, kind: Kind, value: Value | undefined): Plain {
  if (value === undefined || value === null) return null
  switch (kind) {
    case 'string':
      if (typeof value === 'string') return value
      break
    case 'number':
      if (isNumber(value)) return Number(numeric(value))
      break
    case 'index': {
      const number = isNumber(value) ? Number(numeric(value)) : Number.NaN
      if (Number.isInteger(number) && number >= 0) return number
      break
    }
    case 'date':
      if (value instanceof Date) return value
      break
  }
  throw new MongoError('BadValue', `${name} does not take a value of type ${typeAlias(value)}`)
}

function fromPlain(kind: Shape['result'], result: unknown): Value {
  if (result === null || result === undefined) return null
  switch (kind) {
    case 'double':
      return result as number
    case 'int':
      return int(result as number)
    case 'string':
      return result as string
    case 'strings':
      return result as string[]
  }
}
