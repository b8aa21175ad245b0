/** Runs a plan: scan, check, sort, skip, limit. Gives documents one by one, as bytes and decoded when needed. */

import type { Doc } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import type { Matcher } from '../filter/types.ts'
import type { Collection } from '../storage/collection.ts'
import { indexKeys } from '../storage/index-keys.ts'
import { Found } from './found.ts'
import { openScan } from './scan.ts'
import type { Results, Run, Sort, Source } from './types.ts'

/** MongoDB's limit of a sort in memory. */
export const maxSortBytes = 100 * 1024 * 1024

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
  #deadline: number | undefined
  /** milliseconds left while parked: a client that thinks uses up none of its maxTimeMS */
  #left: number | undefined
  #steps = 0

  constructor(source: Source, run: Run) {
    this.#source = source
    this.#matches = run.plan.residual ? run.matches : undefined
    this.#deadline = run.deadline
  }

  get examined(): { keys: number; docs: number } {
    return this.#source.examined
  }

  next(): Found | undefined {
    if (this.#left !== undefined) {
      this.#deadline = Date.now() + this.#left
      this.#left = undefined
    }
    for (;;) {
      if (this.#deadline !== undefined && (++this.#steps & 127) === 0 && Date.now() > this.#deadline)
        throw new MongoError('MaxTimeMSExpired', 'operation exceeded time limit')
      const entry = this.#source.next()
      if (!entry) return undefined
      const found = new Found(entry.rid, entry.bytes)
      if (!this.#matches || this.#matches(found.doc)) return found
    }
  }

  park(): number {
    if (this.#deadline !== undefined) this.#left ??= Math.max(0, this.#deadline - Date.now())
    return this.#source.park()
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

  next(): Found | undefined {
    if (this.#left <= 0) return undefined
    for (; this.#skip > 0; this.#skip--) if (!this.#input.next()) return undefined
    this.#left--
    return this.#input.next()
  }

  park(): number {
    return this.#input.park()
  }
}

type Sortable = { key: Buffer; found: Found; order: number }

class Sorted implements Results {
  readonly #input: Results
  readonly #sort: Sort
  readonly #keep: number
  #rows: Sortable[] | undefined
  #bytes = 0
  #at = 0

  /** `keep` 0: all; otherwise only that many of the first are held. */
  constructor(input: Results, sort: Sort, keep: number) {
    this.#input = input
    this.#sort = sort
    this.#keep = keep
  }

  get examined(): { keys: number; docs: number } {
    return this.#input.examined
  }

  next(): Found | undefined {
    this.#rows ??= this.#fill()
    return this.#rows[this.#at++]?.found
  }

  park(): number {
    return this.#bytes
  }

  #fill(): Sortable[] {
    let rows: Sortable[] = []
    let bytes = 0
    for (let order = 0; ; order++) {
      const found = this.#input.next()
      if (!found) break
      rows.push({ key: sortKey(this.#sort, found.doc), found: new Found(found.rid, found.bytes), order })
      bytes += found.bytes.length
      if (
        this.#keep > 0 &&
        (rows.length >= 2 * this.#keep + 64 || (bytes > maxSortBytes && rows.length > this.#keep))
      ) {
        rows = rows.sort(compareRows).slice(0, this.#keep)
        bytes = rows.reduce((total, row) => total + row.found.bytes.length, 0)
      }
      if (bytes > maxSortBytes)
        throw new MongoError(
          'QueryExceededMemoryLimitNoDiskUseAllowed',
          `Sort exceeded memory limit of ${maxSortBytes} bytes; an index on the sort keys serves any size`,
        )
    }
    rows.sort(compareRows)
    this.#bytes = bytes
    return rows
  }
}

const compareRows = (a: Sortable, b: Sortable): number => Buffer.compare(a.key, b.key) || a.order - b.order

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
