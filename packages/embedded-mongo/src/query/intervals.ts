/** What a condition on one path allows, as intervals of keys of that path (ascending, half-open, disjoint). */

import { typeRank, type Value } from '../bson/values.ts'
import type { Leaf } from '../filter/types.ts'
import { encodeKey, invert, stringPrefixKey, successor, typeRange } from '../storage/key.ts'

/** `point` is the whole key of a single value. */
export type Interval = { lo: Buffer; hi: Buffer | undefined; point?: Buffer; shown: string }
export type Intervals = {
  list: Interval[]
  /** every document in the intervals matches, and none needs to be looked at again */
  exact: boolean
}

const top = Buffer.from([0xff])

/** undefined: the condition does not narrow an index. */
export function leafIntervals(leaf: Leaf): Intervals | undefined {
  switch (leaf.kind) {
    case 'eq':
      return Array.isArray(leaf.value) ? undefined : { list: [point(leaf.value)], exact: leaf.value !== null }
    case 'in': {
      if (leaf.values.some((value) => Array.isArray(value))) return undefined
      if (leaf.patterns.some((pattern) => pattern.prefix === '')) return undefined
      const list = leaf.values.map(point)
      for (const pattern of leaf.patterns) list.push(prefix(pattern.prefix))
      return {
        list: union(list),
        exact: leaf.patterns.length === 0 && !leaf.values.includes(null),
      }
    }
    case 'cmp':
      return comparison(leaf.op, leaf.value)
    case 'regex':
      return leaf.pattern.prefix === ''
        ? undefined
        : { list: union([prefix(leaf.pattern.prefix), point(leaf.pattern.source)]), exact: false }
    case 'never':
      return { list: [], exact: true }
    case 'elemValue': {
      // One element meets all conditions, so their intervals may be cut with each other.
      let result: Intervals | undefined
      for (const inner of leaf.leaves) {
        const next = leafIntervals(inner)
        if (!next || nullish(inner)) continue
        result = { list: result ? intersect(result.list, next.list) : next.list, exact: false }
      }
      return result
    }
    default:
      return undefined
  }
}

/** Conditions that a missing field meets. */
const nullish = (leaf: Leaf): boolean =>
  ((leaf.kind === 'eq' || leaf.kind === 'cmp') && leaf.value === null) ||
  (leaf.kind === 'in' && leaf.values.includes(null))

/** True when only documents that have the field can meet the condition. */
export function impliesExistence(leaf: Leaf): boolean {
  switch (leaf.kind) {
    case 'not':
    case 'never':
      return leaf.kind === 'never'
    default:
      return !nullish(leaf)
  }
}

function point(value: Value): Interval {
  const key = encodeKey(value)
  const text = show(value)
  return { lo: key, hi: successor(key), point: key, shown: `[${text}, ${text}]` }
}

function prefix(text: string): Interval {
  const key = stringPrefixKey(text)
  return { lo: key, hi: successor(key), shown: `["${text}", "${text}\u2026")` }
}

function comparison(op: 'gt' | 'gte' | 'lt' | 'lte', value: Value): Intervals | undefined {
  if (Array.isArray(value)) return undefined
  if (value === null)
    return op === 'gt' || op === 'lt' ? { list: [], exact: true } : { list: [point(null)], exact: false }
  if (typeof value === 'number' && Number.isNaN(value))
    return op === 'gt' || op === 'lt' ? { list: [], exact: true } : { list: [point(value)], exact: true }
  const rank = typeRank(value)
  const [start, end] = typeRange(rank)
  // NaN is the lowest number key and is neither above nor below anything.
  const lowest = rank === 10 ? encodeKey(Number.NEGATIVE_INFINITY) : start
  const key = encodeKey(value)
  const text = show(value)
  switch (op) {
    case 'gt':
      return { list: [{ lo: successor(key)!, hi: end, shown: `(${text}, max]` }], exact: true }
    case 'gte':
      return { list: [{ lo: key, hi: end, shown: `[${text}, max]` }], exact: true }
    case 'lt':
      return { list: [{ lo: lowest, hi: key, shown: `[min, ${text})` }], exact: true }
    case 'lte':
      return { list: [{ lo: lowest, hi: successor(key), shown: `[min, ${text}]` }], exact: true }
  }
}

const show = (value: Value): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}\u2026` : text
}

const above = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  Buffer.compare(a ?? top, b ?? top) > 0

/** Sorted and disjoint. */
function union(list: readonly Interval[]): Interval[] {
  const sorted = [...list].sort((a, b) => Buffer.compare(a.lo, b.lo))
  const out: Interval[] = []
  for (const next of sorted) {
    const last = out.at(-1)
    if (last && Buffer.compare(next.lo, last.hi ?? top) < 0) {
      if (above(next.hi, last.hi))
        out[out.length - 1] = { lo: last.lo, hi: next.hi, shown: `${last.shown} ∪ ${next.shown}` }
    } else out.push(next)
  }
  return out
}

export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const out: Interval[] = []
  for (const x of a) {
    for (const y of b) {
      const lo = Buffer.compare(x.lo, y.lo) >= 0 ? x : y
      const hi = above(x.hi, y.hi) ? y : x
      if (Buffer.compare(lo.lo, hi.hi ?? top) >= 0) continue
      if (lo === hi) out.push(lo)
      else if (x.point || y.point) out.push(x.point ? x : y)
      else
        out.push({
          lo: lo.lo,
          hi: hi.hi,
          shown: `${lo.shown.split(', ')[0]}, ${hi.shown.split(', ').at(-1)}`,
        })
    }
  }
  return union(out)
}

/** Every key of `inner` is in `outer`. */
export function contains(outer: readonly Interval[], inner: readonly Interval[]): boolean {
  return inner.every((x) => outer.some((y) => Buffer.compare(y.lo, x.lo) <= 0 && !above(x.hi, y.hi)))
}

/** The same interval over inverted keys (a descending component), which reverses the order. */
export function invertInterval(interval: Interval): Interval {
  const lo = interval.hi === undefined ? Buffer.alloc(0) : (successor(invert(interval.hi)) ?? top)
  return {
    lo: interval.point ? invert(interval.point) : lo,
    hi: successor(invert(interval.lo)),
    ...(interval.point ? { point: invert(interval.point) } : {}),
    shown: interval.shown,
  }
}
