/** What flows between stages. */
import type { Doc } from '../bson/values.ts'

/** A document on its way; decoded when first looked at. */
interface Item {
  readonly doc: Doc
}
export interface Items {
  next(): Item | undefined
  /** See `Source.park`. */
  park(): number
}
export type Stage = (input: Items) => Items

/** What a blocking stage has in memory. */
export type Held = { bytes: number }

/** A stage that reads all of its input before it gives anything. */
export function blocking(make: (input: Items, held: Held) => Iterable<Doc>): Stage {
  return (input) => {
    const held: Held = { bytes: 0 }
    let rows: Iterator<Doc> | undefined
    return {
      next() {
        rows ??= make(input, held)[Symbol.iterator]()
        const row = rows.next()
        return row.done ? undefined : { doc: row.value }
      },
      park: () => held.bytes,
    }
  }
}
