import type { Doc } from '../bson/values.ts'
import type { Held, Items, Stage } from './types.ts'

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
