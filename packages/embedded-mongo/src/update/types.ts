/** An update once parsed. */
import type { Doc, Value } from '../bson/values.ts'
import type { CompileExpression } from '../filter/types.ts'

/** `position`: the array element the filter matched, -1 for none. `inserting`: the document is an upsert's. */
export type Situation = { position: number; inserting: boolean }

export type Update =
  | { kind: 'replace'; doc: Doc }
  /** `keepsId`: an `_id` that is left out stays what it was */
  | { kind: 'change'; keepsId: boolean; apply: (doc: Doc, situation: Situation) => Doc }

export type UpdateContext = {
  expr: CompileExpression
  pipeline: (stages: Value[]) => (doc: Doc) => Doc
}

export type ArrayChange = (array: Value[]) => Value[]
/** How `a.$[name]` chooses elements, by name. */
export type ArrayFilters = ReadonlyMap<string, (item: Value) => boolean>
