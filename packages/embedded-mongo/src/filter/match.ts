/** Decides whether a document matches a parsed filter, with MongoDB's rules for types, arrays and missing values. */

import {
  Binary,
  binaryBytes,
  compareValues,
  equalValues,
  isDoc,
  isNumber,
  numeric,
  typeAlias,
  typeRank,
  type Value,
} from '../bson/values.ts'
import { pace } from '../pace.ts'
import { encodeKey } from '../storage/key.ts'
import { visitPath } from '../storage/paths.ts'
import { littleEndian } from './parse.ts'
import type { CompileExpression, Filter, Leaf, Matcher } from './types.ts'

type ValueTest = (value: Value | undefined) => boolean

export function compileFilter(filter: Filter, compileExpression: CompileExpression): Matcher {
  switch (filter.kind) {
    case 'and': {
      const tests = filter.args.map((arg) => compileFilter(arg, compileExpression))
      return (doc, track) => tests.every((test) => test(doc, track))
    }
    case 'or': {
      const tests = filter.args.map((arg) => compileFilter(arg, compileExpression))
      return (doc, track) => tests.some((test) => test(doc, track))
    }
    case 'nor': {
      const tests = filter.args.map((arg) => compileFilter(arg, compileExpression))
      return (doc) => !tests.some((test) => test(doc))
    }
    case 'expr': {
      const test = compileExpression(filter.expression)
      return (doc) => test(doc)
    }
    case 'field':
      return compileLeaf(filter.parts, filter.leaf, compileExpression)
  }
}

function compileLeaf(parts: readonly string[], leaf: Leaf, expr: CompileExpression): Matcher {
  switch (leaf.kind) {
    case 'not': {
      const tests = leaf.leaves.map((inner) => compileLeaf(parts, inner, expr))
      return (doc) => !tests.every((test) => test(doc))
    }
    case 'exists':
      return (doc) => visitPath(doc, parts, false, (value) => value !== undefined)
    case 'size':
      return (doc) =>
        visitPath(doc, parts, false, (value) => Array.isArray(value) && value.length === leaf.size)
    case 'elem':
    case 'elemValue': {
      const test = elementTest(leaf, expr)
      return (doc, track) =>
        visitPath(doc, parts, false, (value, position) => {
          if (!Array.isArray(value)) return false
          pace.work(value.length)
          const index = value.findIndex(test)
          if (index < 0) return false
          if (track) track.position = position < 0 ? index : position
          return true
        })
    }
    default: {
      const test = valueTest(leaf)
      const single = parts.length === 1 ? parts[0]! : undefined
      return (doc, track) => {
        // The common case, without a closure: a top-level field that is no array.
        if (single !== undefined) {
          const value = doc.get(single)
          if (!Array.isArray(value)) return test(value)
        }
        return visitPath(doc, parts, true, (value, position) => {
          if (!test(value)) return false
          if (track && position >= 0) track.position = position
          return true
        })
      }
    }
  }
}

/** Tests one element of an array, for `$elemMatch` and `$pull`. */
export function elementTest(
  leaf: Extract<Leaf, { kind: 'elem' | 'elemValue' }>,
  expr: CompileExpression,
): (item: Value) => boolean {
  if (leaf.kind === 'elem') {
    const match = compileFilter(leaf.filter, expr)
    // A nested array is seen as an object whose names are positions.
    return (item) => {
      if (isDoc(item)) return match(item)
      return Array.isArray(item) && match(new Map(item.map((inner, i) => [String(i), inner])))
    }
  }
  const tests = leaf.leaves.map((inner) => singleTest(inner, expr))
  return (item) => tests.every((test) => test(item))
}

/** Tests one value as it is: an array is not looked into, as `$elemMatch` asks it of its elements. */
function singleTest(leaf: Leaf, expr: CompileExpression): ValueTest {
  switch (leaf.kind) {
    case 'not': {
      const tests = leaf.leaves.map((inner) => singleTest(inner, expr))
      return (value) => !tests.every((test) => test(value))
    }
    case 'exists':
      return (value) => value !== undefined
    case 'size':
      return (value) => Array.isArray(value) && value.length === leaf.size
    case 'elem':
    case 'elemValue': {
      const test = elementTest(leaf, expr)
      return (value) => Array.isArray(value) && value.some(test)
    }
    default:
      return valueTest(leaf)
  }
}

type ScalarLeaf = Exclude<Leaf, { kind: 'not' | 'exists' | 'size' | 'elem' | 'elemValue' }>

function valueTest(leaf: ScalarLeaf): ValueTest {
  switch (leaf.kind) {
    case 'eq': {
      const wanted = leaf.value
      if (wanted === null) return (value) => value === undefined || value === null
      if (typeof wanted === 'string') return (value) => value === wanted
      return (value) => value !== undefined && equalValues(value, wanted)
    }
    case 'cmp':
      return comparisonTest(leaf.op, leaf.value)
    case 'in': {
      const keys = new Set(leaf.values.map((value) => encodeKey(value).toString('latin1')))
      const hasNull = leaf.values.includes(null)
      const { patterns } = leaf
      return (value) => {
        if (value === undefined) return hasNull
        if (keys.has(encodeKey(value).toString('latin1'))) return true
        return typeof value === 'string' && patterns.some((pattern) => pattern.test(value))
      }
    }
    case 'regex': {
      const { test, source } = leaf.pattern
      return (value) =>
        typeof value === 'string' ? test(value) : value !== undefined && equalValues(value, source)
    }
    case 'type':
      return (value) => value !== undefined && leaf.types.has(typeAlias(value))
    case 'mod':
      return (value) => {
        if (!isNumber(value)) return false
        const number = numeric(value)
        // A double that no int64 can hold has no remainder in MongoDB.
        if (typeof number === 'number' && !fitsLong(number)) return false
        const whole = typeof number === 'bigint' ? number : BigInt(Math.trunc(number))
        return whole % leaf.divisor === leaf.remainder
      }
    case 'bits':
      return (value) => bitsMatch(leaf, value)
    case 'never':
      return () => false
  }
}

function comparisonTest(op: 'gt' | 'gte' | 'lt' | 'lte', wanted: Value): ValueTest {
  const rank = typeRank(wanted)
  const orEqual = op === 'gte' || op === 'lte'
  // null compares with null and missing only, and is never above or below.
  if (wanted === null) return (value) => orEqual && (value === undefined || value === null)
  const wantedNaN = typeof wanted === 'number' && Number.isNaN(wanted)
  return (value) => {
    if (value === undefined || typeRank(value) !== rank) return false
    if (rank === 10) {
      const notNumber = typeof value === 'number' && Number.isNaN(value)
      if (notNumber || wantedNaN) return notNumber && wantedNaN && orEqual
    }
    const order = compareValues(value, wanted)
    switch (op) {
      case 'gt':
        return order > 0
      case 'gte':
        return order >= 0
      case 'lt':
        return order < 0
      case 'lte':
        return order <= 0
    }
  }
}

const fitsLong = (number: number): boolean => number >= -(2 ** 63) && number < 2 ** 63

/** The bits of a whole number (its sign goes on for ever) or of a binary (nothing is set beyond its end). */
function bitsOf(value: Value | undefined, length: number): bigint | undefined {
  if (value instanceof Binary) return littleEndian(binaryBytes(value).subarray(0, length))
  if (!isNumber(value)) return undefined
  const number = numeric(value)
  if (typeof number === 'number' && !(Number.isInteger(number) && fitsLong(number))) return undefined
  return BigInt(number)
}

function bitsMatch(leaf: Extract<Leaf, { kind: 'bits' }>, value: Value | undefined): boolean {
  const given = bitsOf(value, leaf.length)
  if (given === undefined) return false
  const bits = given & leaf.mask
  switch (leaf.test) {
    case 'allSet':
      return bits === leaf.mask
    case 'allClear':
      return bits === 0n
    case 'anySet':
      return bits !== 0n
    case 'anyClear':
      return bits !== leaf.mask
  }
}
