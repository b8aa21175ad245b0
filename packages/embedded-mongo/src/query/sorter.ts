/** Sorts what does not come in order: in runs, which are merged while they are read, so that no step takes long. */
import TinyQueue from 'tinyqueue'
import { MongoError } from '../errors.ts'

/** MongoDB's limit of a sort in memory. */
export const maxSortBytes = 100 * 1024 * 1024
const runLength = 4096

type Row<T> = { key: Buffer; item: T; order: number; bytes: number }
const compare = (a: Row<unknown>, b: Row<unknown>): number =>
  Buffer.compare(a.key, b.key) || a.order - b.order

export class Sorter<T> {
  /** bytes of the rows in memory */
  bytes = 0
  readonly #keep: number
  readonly #runLength: number
  #run: Row<T>[] = []
  #runs: Row<T>[][] = []
  #order = 0
  #heads: TinyQueue<{ run: Row<T>[]; at: number }> | undefined

  /** `keep` 0: all; otherwise only that many of the first are wanted. */
  constructor(keep: number) {
    this.#keep = keep
    this.#runLength = keep > 0 ? Math.min(2 * keep + 64, runLength) : runLength
  }

  /** @throws QueryExceededMemoryLimitNoDiskUseAllowed (292) */
  add(key: Buffer, item: T, bytes: number): void {
    this.#run.push({ key, item, order: this.#order++, bytes })
    this.bytes += bytes
    if (this.#run.length >= this.#runLength) this.#close()
    if (this.bytes <= maxSortBytes) return
    if (this.#keep > 0) this.#prune()
    if (this.bytes > maxSortBytes)
      throw new MongoError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `Sort exceeded memory limit of ${maxSortBytes} bytes; an index on the sort keys serves any size`,
      )
  }

  #close(): void {
    if (this.#run.length === 0) return
    this.#run.sort(compare)
    if (this.#keep > 0 && this.#keep < this.#run.length) {
      for (const row of this.#run.splice(this.#keep)) this.bytes -= row.bytes
      // The few that are kept take part in the next run.
      if (2 * this.#keep <= this.#runLength) return
    }
    this.#runs.push(this.#run)
    this.#run = []
  }

  /** Only the first `keep` of all runs stay. */
  #prune(): void {
    const kept: Row<T>[] = []
    for (let row = this.#pop(); row && kept.length < this.#keep; row = this.#pop()) kept.push(row)
    this.#heads = undefined
    this.#runs = []
    this.#run = kept
    this.bytes = kept.reduce((total, row) => total + row.bytes, 0)
  }

  /** In order; after the first call nothing may be added. */
  next(): T | undefined {
    return this.#pop()?.item
  }

  #pop(): Row<T> | undefined {
    if (!this.#heads) {
      this.#close()
      if (this.#run.length > 0) this.#runs.push(this.#run)
      this.#run = []
      this.#heads = new TinyQueue(
        this.#runs.map((run) => ({ run, at: 0 })),
        (a, b) => compare(a.run[a.at]!, b.run[b.at]!),
      )
    }
    const head = this.#heads.pop()
    if (!head) return undefined
    const row = head.run[head.at++]!
    if (head.at < head.run.length) this.#heads.push(head)
    return row
  }
}
