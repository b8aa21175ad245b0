/** Expressions once compiled, and what flows between stages. */
import type { Doc, Value } from '../bson/values.ts'
import type { Filter } from '../filter/types.ts'
import type { Pause } from '../pace.ts'
import type { Results } from '../query/types.ts'

/** Variables in scope, ROOT included. */
export type Scope = {
  readonly root: Value
  readonly variables: ReadonlyMap<string, Value | undefined>
  readonly now: Date
}
export type Evaluate = (scope: Scope) => Value | undefined
/** `constant`: the same whatever the document. */
export type Compiled = { evaluate: Evaluate; constant: boolean }

/** A document on its way; decoded when first looked at. */
export interface Item {
  readonly doc: Doc
}
export interface Items {
  next(): Item | Pause | undefined
  /** See `Source.park`. */
  park(): number
}
export type Stage = (input: Items) => Items

/** What a blocking stage has in memory. */
export type Held = { bytes: number }

/** Documents of another collection that meet a filter, for `$lookup`; undefined when there is no such collection. */
export type Foreign = (collection: string, filter: Filter) => Results | undefined
