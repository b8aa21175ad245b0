/**
 * Aggregation expressions over the server's values. The core (paths, variables, comparison, conditions, arrays, numbers)
 * is here, since it must keep BSON types; functions of plain values are mingo's.
 */

import { type Doc, isDoc, isNumber, numeric, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { truthy } from '../filter/parse.ts'
import { pace } from '../pace.ts'
import { functions } from './functions.ts'
import { argumentNames, callMingo, isMingoFunction } from './mingo-functions.ts'
import type { Compiled, Evaluate, Scope } from './types.ts'

const constant = (value: Value | undefined): Compiled => ({ evaluate: () => value, constant: true })
const dynamic = (evaluate: Evaluate): Compiled => ({ evaluate, constant: false })
const bad = (message: string): MongoError => new MongoError('BadValue', message)

export function scopeOf(root: Value): Scope {
  return { root, variables: new Map(), now: new Date() }
}

/** For filters: `$expr`. */
export function compileCondition(expression: Value): (doc: Doc) => boolean {
  const { evaluate } = compile(expression)
  return (doc) => truthy(evaluate(scopeOf(doc)))
}

/** For projections: a value, or undefined for none. */
export function compileExpression(expression: Value): (doc: Doc) => Value | undefined {
  const { evaluate } = compile(expression)
  return (doc) => evaluate(scopeOf(doc))
}

export function compile(expression: Value): Compiled {
  if (typeof expression === 'string' && expression.startsWith('$')) return compilePath(expression)
  if (Array.isArray(expression)) {
    const items = expression.map(compile)
    return {
      evaluate: (scope) => items.map((item) => item.evaluate(scope) ?? null),
      constant: items.every((item) => item.constant),
    }
  }
  if (!isDoc(expression)) return constant(expression)
  const first = expression.keys().next().value
  if (first?.startsWith('$')) {
    if (expression.size !== 1)
      throw new LocationError(
        15983,
        `an object that has an operator must have one field only, found '${first}' and others`,
      )
    return compileOperator(first, expression.get(first)!)
  }
  const fields = [...expression].map(([name, value]) => {
    if (name === '' || name.includes('.'))
      throw new LocationError(16412, `FieldPath field names may not contain '.'.`)
    return [name, compile(value)] as const
  })
  return {
    evaluate(scope) {
      const out: Doc = new Map()
      for (const [name, field] of fields) {
        const value = field.evaluate(scope)
        if (value !== undefined) out.set(name, value)
      }
      return out
    },
    constant: fields.every(([, field]) => field.constant),
  }
}

function compilePath(text: string): Compiled {
  if (text.startsWith('$$')) {
    const [name, ...parts] = text.slice(2).split('.') as [string, ...string[]]
    checkParts(parts, text)
    switch (name) {
      case 'ROOT':
      case 'CURRENT':
        return dynamic((scope) => followPath(scope.root, parts))
      case 'NOW':
        return dynamic((scope) => followPath(scope.now, parts))
      case 'REMOVE':
        return constant(undefined)
    }
    if (/^[A-Z]/.test(name)) throw new LocationError(17276, `Use of undefined variable: ${name}`)
    return dynamic((scope) => {
      if (!scope.variables.has(name)) throw new LocationError(17276, `Use of undefined variable: ${name}`)
      return followPath(scope.variables.get(name), parts)
    })
  }
  const parts = text.slice(1).split('.')
  checkParts(parts, text)
  return dynamic((scope) => followPath(scope.root, parts))
}

function checkParts(parts: readonly string[], text: string): void {
  if (parts.includes('')) throw new LocationError(40353, `FieldPath '${text}' has an empty part`)
  if (parts.some((part) => part.startsWith('$')))
    throw new LocationError(16410, `FieldPath field names may not start with '$': '${text}'`)
}

/** Arrays on the way give an array of what their objects have; positions are no names here. */
export function followPath(value: Value | undefined, parts: readonly string[], from = 0): Value | undefined {
  for (let i = from; i < parts.length; i++) {
    if (isDoc(value)) value = value.get(parts[i]!)
    else if (Array.isArray(value)) {
      const out: Value[] = []
      for (const item of value) {
        if (!isDoc(item)) continue
        const found = followPath(item, parts, i)
        if (found !== undefined) out.push(found)
      }
      return out
    } else return undefined
  }
  return value
}

/** How much work a value is, roughly. */
function sizeOf(value: Value | undefined): number {
  if (Array.isArray(value)) return 1 + value.length
  if (isDoc(value)) return 1 + value.size
  return typeof value === 'string' ? 1 + (value.length >>> 8) : 1
}

function measured<T extends Value>(value: T): T {
  pace.work(1 + sizeOf(value))
  return value
}

type Special = (argument: Value) => Compiled

function bind(scope: Scope, name: string, value: Value | undefined): Scope {
  pace.work(1)
  return { ...scope, variables: new Map(scope.variables).set(name, value) }
}

function args(
  name: string,
  argument: Value,
  required: readonly string[],
  optional: readonly string[] = [],
): Map<string, Value> {
  if (!isDoc(argument))
    throw new MongoError('FailedToParse', `${name} only supports an object as its argument`)
  for (const field of argument.keys())
    if (!required.includes(field) && !optional.includes(field))
      throw new MongoError('FailedToParse', `Unrecognized parameter to ${name}: ${field}`)
  for (const field of required)
    if (!argument.has(field)) throw new MongoError('FailedToParse', `Missing '${field}' parameter to ${name}`)
  return argument
}

function variableName(value: Value | undefined, fallback: string): string {
  if (value === undefined) return fallback
  if (typeof value !== 'string' || !/^[a-z\u0080-\uffff][\w\u0080-\uffff]*$/.test(value))
    throw new MongoError('FailedToParse', `'${String(value)}' is not a valid name of a variable`)
  return value
}

function arrayOf(name: string, value: Value | undefined): Value[] | null {
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) throw bad(`input to ${name} must be an array`)
  return value
}

/** Operators whose arguments are not all evaluated, or are evaluated with variables. */
const special: Readonly<Record<string, Special>> = Object.assign(Object.create(null), {
  $literal: (argument) => constant(argument),
  $const: (argument) => constant(argument),
  $and: (argument) => {
    const items = list(argument).map(compile)
    return {
      evaluate: (scope) => items.every((item) => truthy(item.evaluate(scope))),
      constant: items.every((item) => item.constant),
    }
  },
  $or: (argument) => {
    const items = list(argument).map(compile)
    return {
      evaluate: (scope) => items.some((item) => truthy(item.evaluate(scope))),
      constant: items.every((item) => item.constant),
    }
  },
  $cond: (argument) => {
    const parts = Array.isArray(argument)
      ? argument
      : ['if', 'then', 'else'].map((field) => args('$cond', argument, ['if', 'then', 'else']).get(field)!)
    if (parts.length !== 3) throw new LocationError(16020, 'Expression $cond takes exactly 3 arguments.')
    const [test, yes, no] = parts.map(compile) as [Compiled, Compiled, Compiled]
    return dynamic((scope) => (truthy(test.evaluate(scope)) ? yes : no).evaluate(scope))
  },
  $ifNull: (argument) => {
    const items = list(argument).map(compile)
    if (items.length < 2) throw new LocationError(1257300, '$ifNull needs at least two arguments')
    return dynamic((scope) => {
      let value: Value | undefined
      for (const item of items) {
        value = item.evaluate(scope)
        if (value !== undefined && value !== null) return value
      }
      return value
    })
  },
  $switch: (argument) => {
    const given = args('$switch', argument, ['branches'], ['default'])
    const branches = list(given.get('branches')!).map((branch) => {
      const parts = args('$switch', branch, ['case', 'then'])
      return [compile(parts.get('case')!), compile(parts.get('then')!)] as const
    })
    const otherwise = given.has('default') ? compile(given.get('default')!) : undefined
    return dynamic((scope) => {
      for (const [test, then] of branches) if (truthy(test.evaluate(scope))) return then.evaluate(scope)
      if (!otherwise)
        throw new LocationError(
          40066,
          '$switch could not find a matching branch for an input, and no default was specified.',
        )
      return otherwise.evaluate(scope)
    })
  },
  $let: (argument) => {
    const given = args('$let', argument, ['vars', 'in'])
    const vars = given.get('vars')
    if (!isDoc(vars))
      throw new MongoError('FailedToParse', "invalid parameter: expected an object ($let's vars)")
    const bindings = [...vars].map(([name, value]) => [variableName(name, name), compile(value)] as const)
    const body = compile(given.get('in')!)
    return dynamic((scope) => {
      let inner = scope
      for (const [name, value] of bindings) inner = bind(inner, name, value.evaluate(scope))
      return body.evaluate(inner)
    })
  },
  $map: (argument) => {
    const given = args('$map', argument, ['input', 'in'], ['as'])
    const input = compile(given.get('input')!)
    const name = variableName(given.get('as'), 'this')
    const body = compile(given.get('in')!)
    return dynamic((scope) => {
      const array = arrayOf('$map', input.evaluate(scope))
      return array?.map((item) => body.evaluate(bind(scope, name, item)) ?? null)
    })
  },
  $filter: (argument) => {
    const given = args('$filter', argument, ['input', 'cond'], ['as', 'limit'])
    const input = compile(given.get('input')!)
    const name = variableName(given.get('as'), 'this')
    const test = compile(given.get('cond')!)
    const limit = given.has('limit') ? compile(given.get('limit')!) : undefined
    return dynamic((scope) => {
      const array = arrayOf('$filter', input.evaluate(scope))
      if (!array) return null
      const most = limit?.evaluate(scope)
      let left = Number.POSITIVE_INFINITY
      if (most !== undefined && most !== null) {
        left = isNumber(most) ? Number(numeric(most)) : 0
        if (!Number.isInteger(left) || left < 1) throw bad('$filter: limit must be a whole number above zero')
      }
      return array.filter((item) => left > 0 && truthy(test.evaluate(bind(scope, name, item))) && left-- > 0)
    })
  },
  $reduce: (argument) => {
    const given = args('$reduce', argument, ['input', 'initialValue', 'in'])
    const input = compile(given.get('input')!)
    const initial = compile(given.get('initialValue')!)
    const body = compile(given.get('in')!)
    return dynamic((scope) => {
      const array = arrayOf('$reduce', input.evaluate(scope))
      if (!array) return null
      let value = initial.evaluate(scope)
      for (const item of array) value = body.evaluate(bind(bind(scope, 'this', item), 'value', value))
      return value
    })
  },
} satisfies Record<string, Special>)

const list = (argument: Value): Value[] => (Array.isArray(argument) ? argument : [argument])

function compileOperator(name: string, argument: Value): Compiled {
  const build = special[name]
  if (build) return build(argument)
  const compute = functions.get(name)
  if (compute) {
    const items = list(argument).map(compile)
    if (items.length < compute.least || items.length > compute.most)
      throw new LocationError(
        16020,
        `Expression ${name} takes ${compute.least === compute.most ? `exactly ${compute.least}` : `${compute.least} to ${compute.most}`} arguments. ${items.length} were passed in.`,
      )
    return {
      evaluate(scope) {
        const values = items.map((item) => item.evaluate(scope))
        const result = compute.apply(values)
        pace.work(values.reduce<number>((total, value) => total + sizeOf(value), sizeOf(result)))
        return result
      },
      constant: items.every((item) => item.constant),
    }
  }
  if (isMingoFunction(name)) return compileMingo(name, argument)
  throw new MongoError('InvalidPipelineOperator', `Unrecognized expression '${name}'`)
}

function compileMingo(name: string, argument: Value): Compiled {
  const names = argumentNames(name)
  if (names) {
    const given = [...args(name, argument, names.slice(0, 1), names.slice(1))].map(
      ([field, value]) => [field, compile(value)] as const,
    )
    return {
      evaluate: (scope) =>
        measured(callMingo(name, new Map(given.map(([field, value]) => [field, value.evaluate(scope)])))),
      constant: given.every(([, value]) => value.constant),
    }
  }
  const items = list(argument).map(compile)
  return {
    evaluate: (scope) =>
      measured(
        callMingo(
          name,
          items.map((item) => item.evaluate(scope)),
        ),
      ),
    constant: items.every((item) => item.constant),
  }
}
