/** From a command's filter, sort, hint and limits to results. */

import { compileCondition } from '../aggregate/expression.ts'
import { isDoc } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { parseFilter } from '../filter/parse.ts'
import { pace, type Steps } from '../pace.ts'
import type { Collection, Index } from '../storage/collection.ts'
import { execute } from './execute.ts'
import { parseHint, parseSort, plan } from './planner.ts'
import type { Query, QueryInput, Results } from './types.ts'

/** Parses and plans; `plan` is undefined when the collection does not exist. */
export function prepareQuery(collection: Collection | undefined, input: QueryInput): Query {
  let { hint } = input
  let sortSource = input.sort
  // Sorting by $natural is asking for a scan in record order.
  const natural = sortSource?.get('$natural')
  if (sortSource && natural !== undefined) {
    if (sortSource.size > 1) throw new MongoError('BadValue', "cannot include '$natural' in compound sort")
    if (hint !== undefined && !(isDoc(hint) && hint.size === 0))
      throw new MongoError('BadValue', 'a $natural sort cannot be combined with a hint')
    hint = new Map([['$natural', natural]])
    sortSource = undefined
  }
  const filter = parseFilter(input.filter ?? new Map())
  const sort = sortSource && sortSource.size > 0 ? parseSort(sortSource) : undefined
  const skip = input.skip ?? 0
  const limit = input.limit ?? 0
  return {
    filter,
    matches: compileFilter(filter, compileCondition),
    sort,
    plan: collection && plan(collection, filter, sort, parseHint(collection, hint), limit > 0),
    skip,
    limit,
  }
}

/**
 * How many documents a query finds, read from index keys alone; undefined when documents must be looked at.
 * Skip and limit are applied.
 */
export function* countByKeys(collection: Collection | undefined, query: Query): Steps<number | undefined> {
  if (!collection || !query.plan) return 0
  const { scan, residual } = query.plan
  if (residual || scan.kind === 'or' || (scan.kind === 'index' && scan.dedupe)) return undefined
  const enough = query.limit > 0 ? query.skip + query.limit : Number.POSITIVE_INFINITY
  let n = 0
  if (scan.kind === 'collection') n = yield* collection.count(enough)
  else
    for (const { lo, hi } of scan.ranges) {
      n += yield* countKeys(collection, scan.index, lo, hi, enough - n)
      if (n >= enough) break
    }
  n = Math.max(0, n - query.skip)
  return query.limit > 0 ? Math.min(n, query.limit) : n
}

const keysAtOnce = 4000

/** The keys of a range, counted a few thousand at a time. */
export function* countKeys(
  collection: Collection,
  index: Index,
  from: Buffer,
  to: Buffer,
  enough: number,
): Steps<number> {
  const some = collection.file.statement(
    `SELECT count(*) AS n, max(key) AS last FROM
     (SELECT key FROM ${index.table} WHERE key >= ? AND key < ? ORDER BY key LIMIT ${keysAtOnce})`,
  )
  let lo = from
  for (let total = 0; ; ) {
    const { n, last } = some.get(lo, to) as { n: number; last: Uint8Array | null }
    total += n
    if (n < keysAtOnce || last === null || total >= enough) return total
    lo = Buffer.concat([last, Buffer.of(0)])
    pace.document(n << 6)
    if (!pace.over) continue
    yield
    collection.checkUsable(index)
  }
}

const nothing: Results = { next: () => undefined, park: () => 0, examined: { keys: 0, docs: 0 } }

export function runQuery(collection: Collection | undefined, query: Query): Results {
  if (!collection || !query.plan) return nothing
  return execute(collection, {
    plan: query.plan,
    matches: query.matches,
    sort: query.sort,
    skip: query.skip,
    limit: query.limit,
  })
}
