/**
 * Chooses how a filter and a sort are answered. An index serves an equality (or `$in`) prefix, then one range; it also
 * serves the sort when its components follow the sort after those held constant. The rest of the filter is checked on
 * the document.
 */

import { type Doc, equalValues, isDoc, isNumber, numeric, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import type { FieldFilter, Filter } from '../filter/types.ts'
import type { Collection, Index } from '../storage/collection.ts'
import { isPositional } from '../storage/index-spec.ts'
import {
  contains,
  type Interval,
  impliesExistence,
  intersect,
  invertInterval,
  leafIntervals,
} from './intervals.ts'
import type { Hint, IndexScan, OrScan, Plan, Range, Scan, Sort } from './types.ts'

const maxRanges = 20_000
const maxMergedRanges = 200

export function parseSort(sort: Doc): Sort {
  return [...sort].map(([path, direction]) => {
    if (isDoc(direction))
      throw new MongoError('NotImplemented', 'sort by $meta is not implemented by this server')
    const number = isNumber(direction) ? Number(numeric(direction)) : 0
    if (number !== 1 && number !== -1)
      throw new MongoError('BadValue', '$sort key ordering must be 1 (for ascending) or -1 (for descending)')
    if (path === '' || path.startsWith('$') || path.split('.').includes(''))
      throw new MongoError('BadValue', `FieldPath '${path}' cannot be used in a sort`)
    return { path, parts: path.split('.'), descending: number < 0 }
  })
}

export function parseHint(collection: Collection | undefined, hint: Value | undefined): Hint {
  if (hint === undefined || (isDoc(hint) && hint.size === 0)) return undefined
  if (isDoc(hint) && hint.has('$natural')) {
    const direction = hint.get('$natural')
    if (hint.size !== 1 || !isNumber(direction))
      throw new MongoError('BadValue', '$natural hint must be 1 or -1')
    return { natural: Number(numeric(direction)) < 0 ? -1 : 1 }
  }
  if (!collection) return undefined
  const index = collection.indexes.find(({ spec }) =>
    typeof hint === 'string' ? spec.name === hint : isDoc(hint) && equalValues(spec.key, hint),
  )
  if (!index)
    throw new MongoError(
      'BadValue',
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    )
  return { index }
}

export function plan(
  collection: Collection,
  filter: Filter,
  sort: Sort | undefined,
  hint: Hint,
  limited: boolean,
): Plan {
  if (sort?.[0]?.path === '$natural') throw new MongoError('BadValue', '$natural is not a sort key')
  const conjuncts = flatten(filter)
  const fields = conjuncts.filter((part) => part.kind === 'field')
  const wanted = sort && sort.length > 0 ? sort : undefined
  const whole = (scan: Scan, residual: boolean, sorted: boolean): Plan => ({
    scan,
    residual,
    blockingSort: wanted !== undefined && !sorted,
  })
  const complete = conjuncts.length === fields.length
  if (hint && 'natural' in hint)
    return whole({ kind: 'collection', descending: hint.natural < 0 }, conjuncts.length > 0, false)
  if (hint) {
    // A hinted index that lacks documents answers from those it has, as MongoDB does.
    const candidate = consider(hint.index, fields, wanted, true)!
    return whole(candidate.scan, !candidate.scan.exact || !complete, candidate.sorted)
  }
  let best: Candidate | undefined
  for (const index of collection.indexes) {
    const candidate = consider(index, fields, wanted, false)
    if (!candidate) continue
    candidate.score = score(candidate, wanted !== undefined, limited)
    if (!best || candidate.score > best.score) best = candidate
  }
  if (!best || best.points === 0) {
    const or = planOr(collection, conjuncts)
    if (or) return whole(or, true, false)
  }
  if (best && (best.narrow || best.sorted))
    return whole(best.scan, !best.scan.exact || !complete, best.sorted && wanted !== undefined)
  return whole({ kind: 'collection', descending: false }, conjuncts.length > 0, false)
}

type Candidate = {
  scan: IndexScan
  points: number
  narrow: boolean
  sorted: boolean
  unique: boolean
  score: number
}

function score(candidate: Candidate, sorting: boolean, limited: boolean): number {
  if (candidate.unique) return 1000
  let value = candidate.points * 10
  if (candidate.narrow) value += 5
  if (sorting && candidate.sorted) value += limited ? 12 : 4
  // A partial index holds the few documents somebody set apart: among equals it leaves less to look at.
  if (candidate.scan.index.spec.partial) value += 1
  // Among equals the narrower index is the cheaper one.
  return value - candidate.scan.index.spec.parts.length * 0.01
}

function flatten(filter: Filter): Filter[] {
  if (filter.kind === 'and') return filter.args.flatMap(flatten)
  if (filter.kind === 'field' && filter.leaf.kind === 'elem') {
    // `{a: {$elemMatch: {b: 1}}}` narrows an index on a.b; the element itself is checked on the document.
    const inner = flatten(filter.leaf.filter).filter(
      (part) => part.kind === 'field' && impliesExistence(part.leaf),
    )
    return [
      filter,
      ...inner.map((part) => {
        const { path, parts, leaf } = part as FieldFilter
        return {
          kind: 'field' as const,
          path: `${filter.path}.${path}`,
          parts: [...filter.parts, ...parts],
          leaf,
        }
      }),
    ]
  }
  return [filter]
}

function planOr(collection: Collection, conjuncts: readonly Filter[]): OrScan | undefined {
  const or = conjuncts.find((part) => part.kind === 'or')
  if (!or) return undefined
  const others = conjuncts.filter((part) => part !== or && part.kind === 'field') as FieldFilter[]
  const branches: IndexScan[] = []
  for (const arg of (or as { args: Filter[] }).args) {
    const fields = [...flatten(arg).filter((part) => part.kind === 'field'), ...others]
    let best: Candidate | undefined
    for (const index of collection.indexes) {
      const candidate = consider(index, fields, undefined, false)
      if (!candidate?.narrow) continue
      candidate.score = score(candidate, false, false)
      if (!best || candidate.score > best.score) best = candidate
    }
    if (!best) return undefined
    branches.push(best.scan)
  }
  return { kind: 'or', branches }
}

/** How an index would serve, or undefined when it may lack matching documents. `forced`: a hint names it. */
function consider(
  index: Index,
  fields: readonly FieldFilter[],
  sort: Sort | undefined,
  forced: boolean,
): Candidate | undefined {
  const { spec } = index
  if (isPositional(spec)) {
    // Made by an earlier version: kept, and not used.
    if (forced) throw new MongoError('BadValue', 'an index on array positions cannot be hinted')
    return undefined
  }
  if (!forced) {
    if (spec.partial && !impliesFilter(fields, spec.partial.filter)) return undefined
    if (spec.sparse) {
      const present = fields.some(
        (field) => impliesExistence(field.leaf) && spec.parts.some((part) => part.path === field.path),
      )
      if (!present) return undefined
    }
  }
  let prefixes: Buffer[] = [Buffer.alloc(0)]
  let ranges: Range[] | undefined
  const bounds: IndexScan['bounds'] = []
  const used = new Set<FieldFilter>()
  const constant: boolean[] = []
  const pointwise: boolean[] = []
  let points = 0
  let narrow = false
  let exact = true
  for (const [i, part] of spec.parts.entries()) {
    const found = ranges ? undefined : componentIntervals(index, i, fields, used)
    if (!found) {
      bounds.push({ path: part.path, shown: ['[MinKey, MaxKey]'] })
      constant.push(false)
      pointwise.push(false)
      ranges ??= prefixes.map((prefix) => rangeOf(prefix, undefined))
      continue
    }
    exact &&= found.exact
    const list = part.descending ? found.list.map(invertInterval) : found.list
    bounds.push({ path: part.path, shown: found.list.map((interval) => interval.shown) })
    const allPoints = list.every((interval) => interval.point)
    if (allPoints && prefixes.length * list.length <= maxRanges) {
      prefixes = prefixes.flatMap((prefix) =>
        list.map((interval) => Buffer.concat([prefix, interval.point!])),
      )
      constant.push(list.length <= 1)
      pointwise.push(true)
      points++
    } else {
      if (prefixes.length * list.length > maxRanges) {
        ranges = prefixes.map((prefix) => rangeOf(prefix, undefined))
        exact = false
      } else ranges = prefixes.flatMap((prefix) => list.map((interval) => rangeOf(prefix, interval)))
      narrow = true
      constant.push(false)
      pointwise.push(false)
    }
  }
  ranges ??= prefixes.map((prefix) => rangeOf(prefix, undefined))
  ranges.sort((a, b) => Buffer.compare(a.lo, b.lo))
  if (points > 0) narrow = true
  exact &&= fields.every((field) => used.has(field))
  const whole = points === spec.parts.length
  const unique = spec.unique && whole && constant.every(Boolean) && !index.isMultikey
  const plain = sortServed(index, sort, constant)
  const merged =
    plain === undefined && ranges.length <= maxMergedRanges ? sortServed(index, sort, pointwise) : undefined
  const served = plain ?? merged
  if (!narrow && served === undefined && !forced) return undefined
  const dedupe = index.multikey.some((flag, i) => flag && !constant[i])
  return {
    scan: {
      kind: 'index',
      index,
      ranges,
      descending: served === 'backward',
      dedupe,
      merge: plain === undefined && merged !== undefined && ranges.length > 1,
      bounds,
      exact,
    },
    points,
    narrow,
    sorted: served !== undefined && sort !== undefined,
    unique,
    score: 0,
  }
}

function rangeOf(prefix: Buffer, interval: Interval | undefined): Range {
  const after = prefix.length === 0 ? Buffer.from([0xff]) : next(prefix)
  if (!interval) return { lo: prefix, hi: after, prefixLength: prefix.length }
  return {
    lo: Buffer.concat([prefix, interval.lo]),
    hi: interval.hi === undefined ? after : Buffer.concat([prefix, interval.hi]),
    prefixLength: prefix.length,
  }
}

function next(prefix: Buffer): Buffer {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  const out = Buffer.from(prefix.subarray(0, length))
  if (length === 0) return Buffer.from([0xff])
  out[length - 1]!++
  return out
}

/** The intervals of one component, from all conditions on its path that may be used together. */
function componentIntervals(
  index: Index,
  component: number,
  fields: readonly FieldFilter[],
  used: Set<FieldFilter>,
): { list: Interval[]; exact: boolean } | undefined {
  const part = index.spec.parts[component]!
  const multikey = index.multikey[component] === true
  let list: Interval[] | undefined
  let exact = true
  const candidates = fields
    .filter((field) => field.path === part.path)
    .map((field) => ({ field, intervals: leafIntervals(field.leaf) }))
    .filter((candidate) => candidate.intervals !== undefined)
  if (multikey) {
    // Components inside the same array: two conditions may be met by two elements, whose keys are apart.
    const shared = index.spec.parts.some(
      (other, i) => i < component && index.multikey[i] && other.parts[0] === part.parts[0],
    )
    if (shared) return undefined
    // Two conditions may be met by two elements of an array: only one may narrow, the tightest.
    const tightest = candidates.sort((a, b) => looseness(a.intervals!.list) - looseness(b.intervals!.list))[0]
    if (!tightest) return undefined
    used.add(tightest.field)
    return { list: tightest.intervals!.list, exact: exact && tightest.intervals!.exact }
  }
  for (const { field, intervals } of candidates) {
    list = list ? intersect(list, intervals!.list) : intervals!.list
    exact &&= intervals!.exact
    used.add(field)
  }
  return list && { list, exact }
}

function looseness(list: readonly Interval[]): number {
  return list.every((interval) => interval.point) ? list.length : 1_000_000 + list.length
}

/**
 * 'forward' or 'backward' when reading the index that way gives the sort. `constant[i]`: component i has one value in
 * each run of keys, so it may be passed over.
 */
function sortServed(
  index: Index,
  sort: Sort | undefined,
  constant: readonly boolean[],
): 'forward' | 'backward' | undefined {
  if (!sort) return undefined
  let direction: 'forward' | 'backward' | undefined
  let next = 0
  // A sort key held constant orders nothing, wherever it stands.
  const fixed = (path: string) =>
    index.spec.parts.some((part, i) => part.path === path && constant[i] && !index.multikey[i])
  for (const [i, part] of index.spec.parts.entries()) {
    while (next < sort.length && fixed(sort[next]!.path)) next++
    if (next === sort.length) break
    if (constant[i]) continue
    const key = sort[next]!
    // The sort key of an array is its least (or greatest) element; a multikey index has all of them.
    if (part.path !== key.path || index.multikey[i]) return undefined
    const way = part.descending === key.descending ? 'forward' : 'backward'
    if (direction !== undefined && direction !== way) return undefined
    direction = way
    next++
  }
  while (next < sort.length && fixed(sort[next]!.path)) next++
  return next === sort.length ? (direction ?? 'forward') : undefined
}

/** The conditions of a query guarantee those of a partial index. */
function impliesFilter(fields: readonly FieldFilter[], partial: Filter): boolean {
  switch (partial.kind) {
    case 'and':
      return partial.args.every((arg) => impliesFilter(fields, arg))
    case 'or':
      return partial.args.some((arg) => impliesFilter(fields, arg))
    case 'field':
      return fields.some((field) => field.path === partial.path && impliesLeaf(field, partial))
    default:
      return false
  }
}

function impliesLeaf(field: FieldFilter, partial: FieldFilter): boolean {
  const wanted = partial.leaf
  const given = field.leaf
  if (wanted.kind === 'exists') return impliesExistence(given)
  if (wanted.kind === 'type') {
    return given.kind === 'type' && [...given.types].every((type) => wanted.types.has(type))
  }
  if (wanted.kind === 'eq' && given.kind === 'eq') return equalValues(wanted.value, given.value)
  const outer = leafIntervals(wanted)
  const inner = leafIntervals(given)
  return outer !== undefined && inner !== undefined && outer.exact && contains(outer.list, inner.list)
}
