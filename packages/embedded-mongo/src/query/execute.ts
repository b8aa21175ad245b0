/** Runs a plan: scan, check, sort, skip, limit. Gives documents one by one, as bytes and decoded when needed. */
import type { Doc } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import type { Matcher } from '../filter/types.ts'
import { type Pause, pace, pause } from '../pace.ts'
import type { Collection } from '../storage/collection.ts'
import { indexKeys } from '../storage/index-keys.ts'
import { Found } from './found.ts'
import { openScan } from './scan.ts'
import { Sorter } from './sorter.ts'
import type { Results, Run, Sort, Source } from './types.ts'

export function execute(collection: Collection, run: Run): Results {
  const direct = !run.plan.residual && !run.plan.blockingSort && run.limit > 0
  const matched = new Matched(
    openScan(collection, run.plan.scan, direct ? run.skip + run.limit : undefined),
    run,
  )
  const sorted = run.plan.blockingSort
    ? new Sorted(matched, run.sort!, run.limit && run.limit + run.skip)
    : matched
  return run.skip || run.limit ? new Window(sorted, run.skip, run.limit) : sorted
}

class Matched implements Results {
  readonly #source: Source
  readonly #matches: Matcher | undefined
  /** records given or refused before, where one document may come by several keys */
  readonly #seen: Set<number> | undefined

  constructor(source: Source, run: Run) {
    this.#source = source
    this.#matches = run.plan.residual ? run.matches : undefined
    const { scan } = run.plan
    this.#seen = scan.kind === 'or' || (scan.kind === 'index' && scan.dedupe) ? new Set() : undefined
  }

  get examined(): { keys: number; docs: number } {
    return this.#source.examined
  }

  next(): Found | Pause | undefined {
    for (;;) {
      if (pace.over) {
        // Others write meanwhile: what was read ahead must be read again.
        this.#source.park()
        return pause
      }
      const entry = this.#source.next()
      if (!entry) return undefined
      pace.document(entry.bytes.length)
      if (this.#seen) {
        if (this.#seen.has(entry.rid)) continue
        this.#seen.add(entry.rid)
      }
      const found = new Found(entry.rid, entry.bytes)
      if (!this.#matches || this.#matches(found.doc)) return found
    }
  }

  park(): number {
    // A number in a Set takes about 40 bytes.
    return this.#source.park() + 40 * (this.#seen?.size ?? 0)
  }
}

class Window implements Results {
  readonly #input: Results
  #skip: number
  #left: number

  constructor(input: Results, skip: number, limit: number) {
    this.#input = input
    this.#skip = skip
    this.#left = limit === 0 ? Number.POSITIVE_INFINITY : limit
  }

  get examined(): { keys: number; docs: number } {
    return this.#input.examined
  }

  next(): Found | Pause | undefined {
    if (this.#left <= 0) return undefined
    for (;;) {
      const found = this.#input.next()
      if (found === undefined || found === pause) return found
      if (this.#skip === 0) {
        this.#left--
        return found
      }
      this.#skip--
    }
  }

  park(): number {
    return this.#input.park()
  }
}

class Sorted implements Results {
  readonly #input: Results
  readonly #sort: Sort
  readonly #sorter: Sorter<Found>
  #filled = false

  constructor(input: Results, sort: Sort, keep: number) {
    this.#input = input
    this.#sort = sort
    this.#sorter = new Sorter(keep)
  }

  get examined(): { keys: number; docs: number } {
    return this.#input.examined
  }

  next(): Found | Pause | undefined {
    while (!this.#filled) {
      const found = this.#input.next()
      if (found === pause) return pause
      // The bytes are kept and not what was decoded of them.
      if (found)
        this.#sorter.add(
          sortKey(this.#sort, found.doc),
          new Found(found.rid, found.bytes),
          found.bytes.length,
        )
      else this.#filled = true
    }
    if (pace.over) return pause
    const found = this.#sorter.next()
    if (found) pace.document(found.bytes.length)
    return found
  }

  park(): number {
    return this.#sorter.bytes
  }
}

/** The key a document sorts by: of an array the least element, or the greatest when descending. */
export function sortKey(sort: Sort, doc: Doc): Buffer {
  try {
    return indexKeys(sort, doc, false).keys[0]!
  } catch (error) {
    if (error instanceof MongoError && error.codeName === 'CannotIndexParallelArrays')
      throw new MongoError('BadValue', 'cannot sort with keys that are parallel arrays')
    throw error
  }
}
