/** A filter once parsed, and how it is asked of a document. */
import type { BSONRegExp, Doc, Value } from '../bson/values.ts'

export type Comparison = 'gt' | 'gte' | 'lt' | 'lte'
export type BitTest = 'allSet' | 'allClear' | 'anySet' | 'anyClear'
export type TextTest = (text: string) => boolean
export type Pattern = { source: BSONRegExp; test: TextTest; prefix: string }

/** What is asked of the value (or values) a path leads to. */
export type Leaf =
  | { kind: 'eq'; value: Value }
  | { kind: 'cmp'; op: Comparison; value: Value }
  | { kind: 'in'; values: Value[]; patterns: Pattern[] }
  | { kind: 'regex'; pattern: Pattern }
  | { kind: 'exists' }
  | { kind: 'type'; types: ReadonlySet<string> }
  | { kind: 'size'; size: number }
  | { kind: 'mod'; divisor: bigint; remainder: bigint }
  | { kind: 'bits'; test: BitTest; mask: bigint; length: number }
  | { kind: 'elem'; filter: Filter }
  | { kind: 'elemValue'; leaves: Leaf[] }
  | { kind: 'not'; leaves: Leaf[] }
  | { kind: 'never' }

export type FieldFilter = { kind: 'field'; path: string; parts: readonly string[]; leaf: Leaf }
export type Filter =
  | { kind: 'and' | 'or' | 'nor'; args: Filter[] }
  | FieldFilter
  | { kind: 'expr'; expression: Value }

/** Which array element matched, for the positional operator `$`. -1: none. */
export type Track = { position: number }

export type Matcher = (doc: Doc, track?: Track) => boolean

/** How `$expr` is answered; given by the caller so that filters do not depend on aggregation. */
export type CompileExpression = (expression: Value) => (doc: Doc) => boolean
