/** $group and its accumulators. */

import { encodeDoc } from '../bson/encode.ts'
import { type Doc, int, isDoc, isNumber, typeAlias, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { pause } from '../pace.ts'
import { maxSortBytes } from '../query/sorter.ts'
import { encodeKey } from '../storage/key.ts'
import { compile, scopeOf } from './expression.ts'
import { blocking, nextOf } from './items.ts'
import { Sum } from './sum.ts'
import type { Compiled, Scope, Stage } from './types.ts'

/** Takes one value per document; `bytes` is what it holds beyond a constant size. */
interface Accumulator {
  take(value: Value | undefined): number
  result(): Value
}

const sizeOf = (value: Value): number => encodeDoc({ value }).length

const accumulators: Readonly<Record<string, () => Accumulator>> = Object.assign(Object.create(null), {
  $sum: () => {
    const sum = new Sum()
    return {
      take(value) {
        if (value !== undefined && isNumber(value)) sum.add(value)
        return 0
      },
      result: () => sum.total(),
    }
  },
  $avg: () => {
    const sum = new Sum()
    let count = 0
    return {
      take(value) {
        if (value === undefined || !isNumber(value)) return 0
        sum.add(value)
        count++
        return 0
      },
      result: () => (count === 0 ? null : sum.double() / count),
    }
  },
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: () => {
    let first: Value | undefined
    let seen = false
    return {
      take(value) {
        if (seen) return 0
        seen = true
        first = value
        return sizeOf(value ?? null)
      },
      result: () => first ?? null,
    }
  },
  $last: () => {
    let last: Value | undefined
    return {
      take(value) {
        last = value
        return 0
      },
      result: () => last ?? null,
    }
  },
  $push: () => {
    const items: Value[] = []
    return {
      take(value) {
        if (value === undefined) return 0
        items.push(value)
        return sizeOf(value)
      },
      result: () => items,
    }
  },
  $addToSet: () => {
    const items = new Map<string, Value>()
    return {
      take(value) {
        if (value === undefined) return 0
        const key = encodeKey(value).toString('latin1')
        if (items.has(key)) return 0
        items.set(key, value)
        return sizeOf(value) + key.length
      },
      result: () => [...items.values()],
    }
  },
  $mergeObjects: () => {
    const merged: Doc = new Map()
    return {
      take(value) {
        if (value === undefined || value === null) return 0
        if (!isDoc(value))
          throw new LocationError(
            40400,
            `$mergeObjects requires object inputs, but input is of type ${typeAlias(value)}`,
          )
        for (const [name, item] of value) merged.set(name, item)
        return sizeOf(value)
      },
      result: () => merged,
    }
  },
} satisfies Record<string, () => Accumulator>)

function extreme(direction: 1 | -1): Accumulator {
  let best: Value | undefined
  let bestKey: Buffer | undefined
  return {
    take(value) {
      if (value === undefined || value === null) return 0
      const key = encodeKey(value)
      if (bestKey === undefined || Math.sign(Buffer.compare(key, bestKey)) === direction) {
        best = value
        bestKey = key
      }
      return 0
    },
    result: () => best ?? null,
  }
}

type Field = { name: string; make: () => Accumulator; argument: Compiled }

export function compileGroup(argument: Value): Stage {
  if (!isDoc(argument)) throw new LocationError(15947, "a group's fields must be specified in an object")
  const idSource = argument.get('_id')
  if (idSource === undefined) throw new LocationError(15955, 'a group specification must include an _id')
  const id = compile(idSource)
  const fields: Field[] = []
  for (const [name, value] of argument) {
    if (name === '_id') continue
    if (name.includes('.')) throw new LocationError(40235, `The field name '${name}' cannot contain '.'`)
    if (name.startsWith('$'))
      throw new LocationError(40236, `The field name '${name}' cannot be an operator name`)
    fields.push(parseField(name, value))
  }
  const constant = id.constant && fields.every((field) => field.argument.constant)
  return blocking(function* (input, held) {
    const groups = new Map<string, { id: Value; values: Accumulator[] }>()
    const blank: Scope = scopeOf(new Map())
    for (;;) {
      const item = nextOf(input)
      if (item === undefined) break
      if (item === pause) {
        yield pause
        continue
      }
      const scope = constant ? blank : scopeOf(item.doc)
      const groupId = id.evaluate(scope) ?? null
      const key = encodeKey(groupId).toString('latin1')
      let group = groups.get(key)
      if (!group) {
        group = { id: groupId, values: fields.map((field) => field.make()) }
        groups.set(key, group)
        held.bytes += 2 * key.length + 200
      }
      for (const [i, field] of fields.entries())
        held.bytes += group.values[i]!.take(field.argument.evaluate(scope))
      if (held.bytes > maxSortBytes)
        throw new MongoError(
          'QueryExceededMemoryLimitNoDiskUseAllowed',
          `Exceeded memory limit for $group: ${maxSortBytes} bytes; using the disk for it is not implemented`,
        )
    }
    for (const group of groups.values()) {
      const out: Doc = new Map([['_id', group.id]])
      for (const [i, field] of fields.entries()) out.set(field.name, group.values[i]!.result())
      yield out
    }
  })
}

function parseField(name: string, value: Value): Field {
  if (!isDoc(value)) throw new LocationError(40234, `The field '${name}' must be an accumulator object`)
  if (value.size !== 1) throw new LocationError(40238, `The field '${name}' must specify one accumulator`)
  const [operator, source] = value.entries().next().value as [string, Value]
  if (operator === '$count') {
    if (!isDoc(source) || source.size > 0)
      throw new MongoError('TypeMismatch', '$count takes no arguments, i.e. $count: {}')
    return { name, make: accumulators['$sum']!, argument: compile(int(1)) }
  }
  const make = accumulators[operator]
  if (!make) throw new LocationError(15952, `unknown group operator '${operator}'`)
  if (Array.isArray(source)) throw new LocationError(40237, `The ${operator} accumulator is a unary operator`)
  return { name, make, argument: compile(source) }
}
