/**
 * Reads what a plan's scan leads to, a chunk at a time. No SQLite statement stays open between chunks: a scan continues
 * from the last key it gave, so a cursor that waits for its client holds no snapshot and no lock.
 */

import type { StatementSync } from 'node:sqlite'
import { asBuffer, type Collection, type Index } from '../storage/collection.ts'
import type { Entry, IndexScan, Range, Scan, Source } from './types.ts'

const firstChunk = 24
const largestChunk = 400
const chunkBytes = 4 * 1024 * 1024

/** `wanted`: how many rows will be taken, when that is known; no more are read at first. */
export function openScan(collection: Collection, scan: Scan, wanted?: number): Source {
  const first = Math.max(1, Math.min(wanted ?? firstChunk, largestChunk))
  switch (scan.kind) {
    case 'collection':
      return new CollectionSource(collection, scan.descending, first)
    case 'index': {
      if (!scan.merge) return new RangeSource(collection, scan, scan.ranges, first)
      const groups = new Map<string, Range[]>()
      for (const range of scan.ranges) {
        const prefix = range.lo.subarray(0, range.prefixLength).toString('latin1')
        const group = groups.get(prefix)
        if (group) group.push(range)
        else groups.set(prefix, [range])
      }
      const sources = [...groups.values()].map((ranges) => new RangeSource(collection, scan, ranges, first))
      return new MergeSource(sources, scan.descending)
    }
    case 'or': {
      const sources = scan.branches.map(
        (branch) => new RangeSource(collection, branch, branch.ranges, firstChunk),
      )
      return new ChainSource(sources)
    }
  }
}

/** Buffers chunks of rows; how a chunk is read is up to the kind of scan. */
abstract class ChunkedSource implements Source {
  readonly examined = { keys: 0, docs: 0 }
  protected chunk: Entry[] = []
  protected at = 0
  #size: number
  protected finished = false

  constructor(first: number) {
    this.#size = first
  }

  /** Reads up to `count` rows after the last one given. Fewer rows than asked: the end, unless bytes ran out. */
  protected abstract read(count: number): Entry[]
  protected abstract resumeAfter(entry: Entry): void

  next(): Entry | undefined {
    while (this.at === this.chunk.length) {
      if (this.finished) return undefined
      const last = this.chunk.at(-1)
      if (last) this.resumeAfter(last)
      this.chunk = this.read(this.#size)
      this.at = 0
      this.#size = Math.min(Math.max(this.#size * 4, firstChunk), largestChunk)
    }
    this.examined.docs++
    return this.chunk[this.at++]
  }

  park(): number {
    const last = this.chunk[this.at - 1]
    if (last) this.resumeAfter(last)
    // What was read ahead may be at the end of the scan; it must be read again.
    if (this.at < this.chunk.length) this.unfinish()
    this.chunk = []
    this.at = 0
    return 0
  }

  protected unfinish(): void {
    this.finished = false
  }
}

type Row = [rid: number, doc: Uint8Array, sum: number | null, key?: Uint8Array]

/** Rows of one statement until the count or the bytes are used up. Documents as large as any seen must fit. */
function take(
  collection: Collection,
  statement: StatementSync,
  bounds: readonly (Buffer | number)[],
  count: number,
): { entries: Entry[]; exhausted: boolean } {
  const entries: Entry[] = []
  const entry = ([rid, doc, sum, key]: Row): Entry => {
    if (doc.byteLength > collection.largest) collection.largest = doc.byteLength
    return { rid, bytes: collection.checked(rid, doc, sum), key: key && asBuffer(key) }
  }
  // All rows in one call is twice as fast, where it cannot take too much memory.
  if (count * collection.largest <= chunkBytes && collection.largest > 0) {
    for (const row of statement.all(...bounds, count) as unknown as Row[]) entries.push(entry(row))
    return { entries, exhausted: entries.length < count }
  }
  let bytes = 0
  for (const row of statement.iterate(...bounds, count) as Iterable<unknown> as Iterable<Row>) {
    entries.push(entry(row))
    bytes += row[1].byteLength
    if (entries.length === count || bytes >= chunkBytes) return { entries, exhausted: false }
  }
  return { entries, exhausted: true }
}

class CollectionSource extends ChunkedSource {
  readonly #collection: Collection
  readonly #statement: StatementSync
  #last: number

  constructor(collection: Collection, descending: boolean, first: number) {
    super(first)
    this.#collection = collection
    const order = descending ? 'rid < ? ORDER BY rid DESC' : 'rid > ? ORDER BY rid'
    this.#statement = collection.file.rowStatement(
      `SELECT rid, doc, sum FROM ${collection.table} WHERE ${order} LIMIT ?`,
    )
    this.#last = descending ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
  }

  protected read(count: number): Entry[] {
    this.#collection.checkUsable()
    const { entries, exhausted } = take(this.#collection, this.#statement, [this.#last], count)
    this.finished = exhausted
    return entries
  }

  protected resumeAfter(entry: Entry): void {
    this.#last = entry.rid
  }
}

class RangeSource extends ChunkedSource {
  readonly #collection: Collection
  readonly #index: Index
  readonly #statement: StatementSync
  readonly #ranges: readonly Range[]
  readonly #descending: boolean
  #range = 0
  #lo: Buffer | undefined
  #hi: Buffer | undefined
  /** the current range has no rows beyond the chunk that was read */
  #exhausted = false

  constructor(collection: Collection, scan: IndexScan, ranges: readonly Range[], first: number) {
    super(first)
    this.#collection = collection
    this.#index = scan.index
    const order = scan.descending ? 'ORDER BY k.key DESC' : 'ORDER BY k.key'
    // CROSS JOIN keeps SQLite from turning the join around.
    this.#statement = collection.file.rowStatement(
      `SELECT k.rid, d.doc, d.sum, k.key FROM ${scan.index.table} k CROSS JOIN ${collection.table} d
       ON d.rid = k.rid WHERE k.key >= ? AND k.key < ? ${order} LIMIT ?`,
    )
    this.#descending = scan.descending
    this.#ranges = scan.descending ? [...ranges].reverse() : ranges
    this.#enter(0)
  }

  #enter(range: number): void {
    this.#range = range
    this.#exhausted = false
    this.#lo = this.#ranges[range]?.lo
    this.#hi = this.#ranges[range]?.hi
    this.finished = range >= this.#ranges.length
  }

  protected read(count: number): Entry[] {
    this.#collection.checkUsable(this.#index)
    if (this.#exhausted) {
      this.#enter(this.#range + 1)
      if (this.finished) return []
    }
    const { entries, exhausted } = take(this.#collection, this.#statement, [this.#lo!, this.#hi!], count)
    this.examined.keys += entries.length
    this.#exhausted = exhausted
    if (exhausted && this.#range === this.#ranges.length - 1) this.finished = true
    return entries
  }

  protected override unfinish(): void {
    super.unfinish()
    this.#exhausted = false
  }

  protected resumeAfter(entry: Entry): void {
    const key = entry.key!
    if (this.#descending) this.#hi = key
    else this.#lo = Buffer.concat([key, Buffer.of(0)])
  }

  /** The row that comes next, left in place. */
  peek(): Entry | undefined {
    const entry = this.next()
    if (entry) {
      this.at--
      this.examined.docs--
    }
    return entry
  }

  /** Bytes of the prefix that all ranges of this source share. */
  get prefixLength(): number {
    return this.#ranges[0]?.prefixLength ?? 0
  }
}

/** Several runs in index order, read as one in the order of what follows their prefixes. */
class MergeSource implements Source {
  readonly #sources: readonly RangeSource[]
  readonly #descending: boolean

  constructor(sources: readonly RangeSource[], descending: boolean) {
    this.#sources = sources
    this.#descending = descending
  }

  get examined(): { keys: number; docs: number } {
    return sum(this.#sources)
  }

  next(): Entry | undefined {
    let best: RangeSource | undefined
    let bestKey: Buffer | undefined
    for (const source of this.#sources) {
      const entry = source.peek()
      if (!entry) continue
      const key = entry.key!.subarray(source.prefixLength)
      const order = bestKey === undefined ? -1 : Buffer.compare(key, bestKey)
      if (bestKey === undefined || (this.#descending ? order > 0 : order < 0)) {
        best = source
        bestKey = key
      }
    }
    return best?.next()
  }

  park(): number {
    for (const source of this.#sources) source.park()
    return 0
  }
}

class ChainSource implements Source {
  readonly #sources: readonly Source[]
  #at = 0

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  get examined(): { keys: number; docs: number } {
    return sum(this.#sources)
  }

  next(): Entry | undefined {
    while (this.#at < this.#sources.length) {
      const entry = this.#sources[this.#at]!.next()
      if (entry) return entry
      this.#at++
    }
    return undefined
  }

  park(): number {
    return this.#sources[this.#at]?.park() ?? 0
  }
}

function sum(sources: readonly Source[]): { keys: number; docs: number } {
  const total = { keys: 0, docs: 0 }
  for (const { examined } of sources) {
    total.keys += examined.keys
    total.docs += examined.docs
  }
  return total
}
