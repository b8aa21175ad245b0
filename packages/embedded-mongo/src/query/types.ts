/** From a query to its results: what is asked, the plan, the scan, and what comes out. */
import type { Doc, Value } from '../bson/values.ts'
import type { Filter, Matcher, Track } from '../filter/types.ts'
import type { Pause } from '../pace.ts'
import type { Index } from '../storage/collection.ts'
import type { KeyPart } from '../storage/types.ts'
import type { Found } from './found.ts'

export type Query = {
  filter: Filter
  matches: Matcher
  sort: Sort | undefined
  plan: Plan | undefined
  skip: number
  limit: number
}

export type QueryInput = {
  filter: Doc | undefined
  sort?: Doc | undefined
  hint?: Value | undefined
  skip?: number | undefined
  limit?: number | undefined
}

export type Range = { lo: Buffer; hi: Buffer; prefixLength: number }

export type IndexScan = {
  kind: 'index'
  index: Index
  ranges: Range[]
  descending: boolean
  /** one document may come by several keys */
  dedupe: boolean
  /** ranges are read side by side and merged, so that an `$in` prefix keeps the sort */
  merge: boolean
  bounds: { path: string; shown: string[] }[]
  /** the ranges hold matching documents only */
  exact: boolean
}
export type CollectionScan = { kind: 'collection'; descending: boolean }
export type OrScan = { kind: 'or'; branches: IndexScan[] }
export type Scan = IndexScan | CollectionScan | OrScan

export type Plan = {
  scan: Scan
  /** the filter must be checked on each document */
  residual: boolean
  /** the scan does not come in the order asked: sort in memory */
  blockingSort: boolean
}

export type Sort = readonly KeyPart[]
export type Hint = { natural: 1 | -1 } | { index: Index } | undefined

export type Entry = { rid: number; bytes: Buffer; key: Buffer | undefined }

export interface Source {
  next(): Entry | undefined
  /**
   * Forgets what was read ahead: the next call reads the database as it is then.
   * @returns the bytes that stay in memory until then
   */
  park(): number
  readonly examined: { keys: number; docs: number }
}

export interface Results {
  next(): Found | Pause | undefined
  /** Called when the client is to ask for more later. See `Source.park`. */
  park(): number
  readonly examined: { keys: number; docs: number }
}

export type Run = {
  plan: Plan
  matches: Matcher
  sort: Sort | undefined
  skip: number
  /** 0: all */
  limit: number
}

/** `track`: where the filter matched, for `a.$`. */
export type Projection = {
  apply: (doc: Doc, track: Track) => Doc
  /** the filter's array position is needed */
  positional: boolean
}

export type ValueExpression = (expression: Value) => (doc: Doc) => Value | undefined
