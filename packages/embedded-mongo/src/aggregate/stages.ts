/** Aggregation stages, one document at a time where possible; stages that must see all have a memory limit. */

import { encodeDoc, maxDocumentBytes } from '../bson/encode.ts'
import { type Doc, int, isDoc, isNumber, numeric, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { parseFilter, truthy } from '../filter/parse.ts'
import type { Filter, Leaf } from '../filter/types.ts'
import { pause } from '../pace.ts'
import { sortKey } from '../query/execute.ts'
import { parseSort } from '../query/planner.ts'
import { Sorter } from '../query/sorter.ts'
import type { Results } from '../query/types.ts'
import { compile, compileCondition, followPath, scopeOf } from './expression.ts'
import { addFields, compileProject, compileUnset } from './fields.ts'
import { compileGroup } from './group.ts'
import { blocking, nextOf } from './items.ts'
import type { Foreign, Stage } from './types.ts'

export function compileStage(source: Value, foreign: Foreign): Stage {
  if (!isDoc(source))
    throw new MongoError('TypeMismatch', "Each element of the 'pipeline' array must be an object")
  if (source.size !== 1)
    throw new LocationError(40323, 'A pipeline stage specification object must contain exactly one field.')
  const [name, argument] = source.entries().next().value as [string, Value]
  switch (name) {
    case '$match':
      return filterStage(argument)
    case '$sort':
      return sortStage(argument)
    case '$limit': {
      const limit = positive(name, argument, 1)
      return limitStage(limit)
    }
    case '$skip':
      return skipStage(positive(name, argument, 0))
    case '$count':
      return countStage(argument)
    case '$project':
      return mapStage(compileProject(argument))
    case '$addFields':
    case '$set':
      return mapStage(addFields(name, argument))
    case '$unset':
      return mapStage(compileUnset(argument))
    case '$replaceRoot':
    case '$replaceWith':
      return mapStage(replaceRoot(name, argument))
    case '$unwind':
      return unwindStage(argument)
    case '$group':
      return compileGroup(argument)
    case '$sortByCount': {
      const group = compileGroup(
        new Map<string, Value>([
          ['_id', argument],
          ['count', new Map([['$sum', int(1)]])],
        ]),
      )
      const sort = sortStage(new Map<string, Value>([['count', int(-1)]]))
      return (input) => sort(group(input))
    }
    case '$lookup':
      return lookupStage(argument, foreign)
  }
  if (unimplemented.has(name))
    throw new MongoError('NotImplemented', `${name} is not implemented by this server`)
  throw new LocationError(40324, `Unrecognized pipeline stage name: '${name}'`)
}

const unimplemented = new Set([
  '$bucket',
  '$bucketAuto',
  '$changeStream',
  '$collStats',
  '$currentOp',
  '$densify',
  '$documents',
  '$facet',
  '$fill',
  '$geoNear',
  '$graphLookup',
  '$indexStats',
  '$listLocalSessions',
  '$listSessions',
  '$merge',
  '$out',
  '$planCacheStats',
  '$redact',
  '$sample',
  '$search',
  '$setWindowFields',
  '$unionWith',
])

export function positive(name: string, value: Value, least: number): number {
  const number = isNumber(value) ? Number(numeric(value)) : Number.NaN
  if (!Number.isInteger(number))
    throw new LocationError(2107201, `invalid argument to ${name} stage: expected an integer`)
  if (number < least)
    throw new LocationError(
      15958,
      `the argument to ${name} must be ${least === 1 ? 'positive' : 'non-negative'}`,
    )
  return number
}

const mapStage =
  (change: (doc: Doc) => Doc): Stage =>
  (input) => ({
    next() {
      const item = input.next()
      return item === undefined || item === pause ? item : { doc: change(item.doc) }
    },
    park: () => input.park(),
  })

function filterStage(argument: Value): Stage {
  if (!isDoc(argument)) throw new LocationError(15959, 'the match filter must be an expression in an object')
  const matches = compileFilter(parseFilter(argument), compileCondition)
  return (input) => ({
    next() {
      for (;;) {
        const item = nextOf(input)
        if (item === undefined || item === pause || matches(item.doc)) return item
      }
    },
    park: () => input.park(),
  })
}

const limitStage =
  (limit: number): Stage =>
  (input) => {
    let left = limit
    return {
      next() {
        if (left === 0) return undefined
        const item = input.next()
        if (item !== pause) left--
        return item
      },
      park: () => input.park(),
    }
  }

const skipStage =
  (skip: number): Stage =>
  (input) => {
    let left = skip
    return {
      next() {
        for (;;) {
          const item = left > 0 ? nextOf(input) : input.next()
          if (left === 0 || item === undefined || item === pause) return item
          left--
        }
      },
      park: () => input.park(),
    }
  }

function sortStage(argument: Value): Stage {
  if (!isDoc(argument) || argument.size === 0)
    throw new LocationError(15976, '$sort stage must have at least one sort key')
  const sort = parseSort(argument)
  return blocking(function* (input, held) {
    const sorter = new Sorter<Doc>(0)
    for (;;) {
      const item = nextOf(input)
      if (item === undefined) break
      if (item === pause) yield pause
      else sorter.add(sortKey(sort, item.doc), item.doc, encodeDoc(item.doc).length)
      held.bytes = sorter.bytes
    }
    for (let doc = sorter.next(); doc; doc = sorter.next()) yield doc
  })
}

function countStage(argument: Value): Stage {
  if (typeof argument !== 'string' || argument === '' || argument.startsWith('$') || argument.includes('.'))
    throw new LocationError(40156, 'the count field must be a non-empty string without $ and .')
  return blocking(function* (input) {
    let n = 0
    for (;;) {
      const item = nextOf(input)
      if (item === undefined) break
      if (item === pause) yield pause
      else n++
    }
    if (n > 0) yield new Map([[`${argument}`, int(n)]])
  })
}

function replaceRoot(name: string, argument: Value): (doc: Doc) => Doc {
  let source = argument
  if (name === '$replaceRoot') {
    const root = isDoc(argument) && argument.size === 1 ? argument.get('newRoot') : undefined
    if (root === undefined) throw new LocationError(40231, 'no newRoot specified for the $replaceRoot stage')
    source = root
  }
  const { evaluate } = compile(source)
  return (doc) => {
    const root = evaluate(scopeOf(doc))
    if (!isDoc(root)) throw new LocationError(40228, "'newRoot' expression must evaluate to an object")
    return root
  }
}

function unwindStage(argument: Value): Stage {
  const options: Doc = isDoc(argument) ? argument : new Map([['path', argument]])
  for (const name of options.keys())
    if (!['path', 'preserveNullAndEmptyArrays', 'includeArrayIndex'].includes(name))
      throw new LocationError(28811, `unrecognized option to $unwind stage: ${name}`)
  const path = options.get('path')
  if (typeof path !== 'string' || !path.startsWith('$') || path.length < 2)
    throw new LocationError(28818, "path option to $unwind stage should be prefixed with a '$'")
  const parts = path.slice(1).split('.')
  const keep = truthy(options.get('preserveNullAndEmptyArrays'))
  const indexName = options.get('includeArrayIndex')
  if (
    indexName !== undefined &&
    (typeof indexName !== 'string' || indexName === '' || indexName.startsWith('$'))
  )
    throw new LocationError(28810, 'includeArrayIndex must be a name')
  const withIndex = (doc: Doc, index: Value): Doc =>
    indexName === undefined ? doc : setNested(doc, (indexName as string).split('.'), index)
  return (input) => {
    let current: { doc: Doc; items: Value[]; at: number } | undefined
    return {
      next() {
        for (;;) {
          if (current && current.at < current.items.length) {
            const at = current.at++
            const doc = setNested(current.doc, parts, current.items[at]!)
            return { doc: withIndex(doc, BigInt(at)) }
          }
          const item = nextOf(input)
          if (item === undefined || item === pause) return item
          const value = nested(item.doc, parts)
          if (Array.isArray(value) && value.length > 0) {
            current = { doc: item.doc, items: value, at: 0 }
            continue
          }
          if (value === undefined || value === null || Array.isArray(value)) {
            if (!keep) continue
            const doc = Array.isArray(value) ? setNested(item.doc, parts, undefined) : item.doc
            return { doc: withIndex(doc, null) }
          }
          return { doc: withIndex(item.doc, null) }
        }
      },
      park: () => input.park(),
    }
  }
}

/** Through objects only. */
function nested(doc: Doc, parts: readonly string[]): Value | undefined {
  let value: Value | undefined = doc
  for (const part of parts) value = isDoc(value) ? value.get(part) : undefined
  return value
}

/** A copy with one value set (or removed), sharing everything else. */
function setNested(doc: Doc, parts: readonly string[], value: Value | undefined): Doc {
  const copy: Doc = new Map(doc)
  const [name, ...rest] = parts as [string, ...string[]]
  if (rest.length > 0) {
    const inner = copy.get(name)
    if (value === undefined && !isDoc(inner)) return copy
    copy.set(name, setNested(isDoc(inner) ? inner : new Map(), rest, value))
  } else if (value === undefined) copy.delete(name)
  else copy.set(name, value)
  return copy
}

function lookupStage(argument: Value, foreign: Foreign): Stage {
  if (!isDoc(argument)) throw new MongoError('FailedToParse', 'the $lookup specification must be an Object')
  for (const name of argument.keys()) {
    if (name === 'pipeline' || name === 'let')
      throw new MongoError('NotImplemented', `$lookup with '${name}' is not implemented by this server`)
    if (!['from', 'localField', 'foreignField', 'as'].includes(name))
      throw new MongoError('FailedToParse', `unknown argument to $lookup: ${name}`)
  }
  const [from, localField, foreignField, as] = ['from', 'localField', 'foreignField', 'as'].map((name) => {
    const value = argument.get(name)
    if (typeof value !== 'string' || value === '')
      throw new MongoError('FailedToParse', `$lookup argument '${name}' must be a string`)
    return value
  }) as [string, string, string, string]
  const localParts = localField.split('.')
  const parts = foreignField.split('.')
  const lookedFor = (doc: Doc): Filter | undefined => {
    const local = followPath(doc, localParts)
    const values = Array.isArray(local) ? local : [local ?? null]
    if (values.length === 0) return undefined
    const leaf: Leaf =
      values.length === 1 ? { kind: 'eq', value: values[0]! } : { kind: 'in', values, patterns: [] }
    return { kind: 'field', path: foreignField, parts, leaf }
  }
  return (input) => {
    let current: { doc: Doc; results: Results | undefined; found: Doc[]; bytes: number } | undefined
    return {
      next() {
        if (!current) {
          const item = input.next()
          if (item === undefined || item === pause) return item
          const filter = lookedFor(item.doc)
          current = { doc: item.doc, results: filter && foreign(from, filter), found: [], bytes: 0 }
        }
        for (;;) {
          const match = current.results?.next()
          if (match === pause) return pause
          if (!match) break
          current.bytes += match.bytes.length
          if (current.bytes > maxDocumentBytes)
            throw new LocationError(
              4568,
              `Total size of documents in ${from} matching pipeline's $lookup stage exceeds ${maxDocumentBytes} bytes`,
            )
          current.found.push(match.doc)
        }
        const doc = setNested(current.doc, as.split('.'), current.found)
        current = undefined
        return { doc }
      },
      park: () => input.park() + (current?.bytes ?? 0),
    }
  }
}
