/** What flows between stages. */
import type { Doc } from '../bson/values.ts'

/** A document on its way; decoded when first looked at. */
interface Item {
  readonly doc: Doc
}
export interface Items {
  next(): Item | undefined
  park(): void
}
export type Stage = (input: Items) => Items

/** A stage that reads all of its input before it gives anything. */
export function blocking(make: (input: Items) => Iterable<Doc>): Stage {
  return (input) => {
    let rows: Iterator<Doc> | undefined
    return {
      next() {
        rows ??= make(input)[Symbol.iterator]()
        const row = rows.next()
        return row.done ? undefined : { doc: row.value }
      },
      park: () => {},
    }
  }
}
