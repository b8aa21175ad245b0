import type { Doc } from '../bson/values.ts'
import { type Pause, pace, pause } from '../pace.ts'
import type { Held, Item, Items, Stage } from './types.ts'

/** A stage that reads all of its input before it gives anything; where the input pauses, it gives `pause`. */
export function blocking(make: (input: Items, held: Held) => Iterable<Doc | Pause>): Stage {
  return (input) => {
    const held: Held = { bytes: 0 }
    let rows: Iterator<Doc | Pause> | undefined
    return {
      next() {
        rows ??= make(input, held)[Symbol.iterator]()
        const row = rows.next()
        if (row.done) return undefined
        return row.value === pause ? pause : { doc: row.value }
      },
      park: () => held.bytes,
    }
  }
}

/** The next item of a stage that goes on asking: pauses by itself where the input never would. */
export function nextOf(input: Items): Item | Pause | undefined {
  if (pace.over) return pause
  pace.document(0)
  return input.next()
}
