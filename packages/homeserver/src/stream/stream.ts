/**
 * The room log's clock and tail: one strictly increasing position for everything a client can sync.
 *
 * Order of things: allocate a position -> persist the document that carries it -> only then publish. Positions may
 * finish out of order; `stable` is the highest position below which nothing is still being written, and entries are
 * handed to subscribers strictly in order, once each, when they become stable. The last `ringSize` entries stay in
 * memory so that a caught-up reader needs no database query.
 */
import type { StreamEntry } from './entries.ts'

type Listener = (entries: readonly StreamEntry[]) => void

export interface PositionStore {
  /** Reserves positions durably and returns the first one of the block; a restart never reuses a position. */
  reserve(count: number): Promise<number>
}

const BLOCK = 10_000

export class Stream {
  #store: PositionStore
  #ringSize: number
  #next = 1
  #reservedEnd = 1
  #reserving: Promise<void> | undefined
  #stable = 0
  #inFlight = new Set<number>()
  #finished = new Map<number, StreamEntry[]>()
  #ring: StreamEntry[] = []
  /** Every entry with a position above this one is in the ring. */
  #ringFloor = 0
  #listeners = new Set<Listener>()
  /** Those that follow the log, and how many positions each is behind: for metrics. */
  readonly projections = new Map<string, () => number>()

  private constructor(store: PositionStore, ringSize: number) {
    this.#store = store
    this.#ringSize = ringSize
  }

  static async open(store: PositionStore, ringSize = 5_000): Promise<Stream> {
    const stream = new Stream(store, ringSize)
    const first = await store.reserve(BLOCK)
    stream.#next = first
    stream.#reservedEnd = first + BLOCK
    stream.#stable = first - 1
    stream.#ringFloor = first - 1
    return stream
  }

  /** Everything up to and including this position is persisted and published. */
  get stable(): number {
    return this.#stable
  }

  /**
   * Allocates a position, runs `persist` with it, and publishes what it returns (nothing when it returns undefined or
   * throws). Resolves after the entry is persisted; publication follows in order.
   */
  async append<T extends StreamEntry | StreamEntry[] | undefined>(
    persist: (pos: number) => Promise<T>,
  ): Promise<{ pos: number; entry: T }> {
    const pos = await this.#allocate()
    let entries: StreamEntry[] = []
    try {
      const entry = await persist(pos)
      if (entry !== undefined) entries = Array.isArray(entry) ? entry : [entry]
      return { pos, entry }
    } finally {
      this.#finish(pos, entries)
    }
  }

  /** Entries after `pos`, in order; undefined when the tail in memory does not reach back that far. */
  recentSince(pos: number): readonly StreamEntry[] | undefined {
    if (pos < this.#ringFloor) return undefined
    let low = 0
    let high = this.#ring.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#ring[middle]!.pos > pos) high = middle
      else low = middle + 1
    }
    return this.#ring.slice(low)
  }

  /** Called with stable entries in order, each exactly once. Must not throw; returns the unsubscribe function. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #allocate(): Promise<number> {
    while (this.#next >= this.#reservedEnd) {
      this.#reserving ??= this.#reserve()
      await this.#reserving
    }
    const pos = this.#next++
    this.#inFlight.add(pos)
    return pos
  }

  async #reserve(): Promise<void> {
    try {
      const first = await this.#store.reserve(BLOCK)
      this.#next = first
      this.#reservedEnd = first + BLOCK
    } finally {
      this.#reserving = undefined
    }
  }

  #finish(pos: number, entries: StreamEntry[]): void {
    this.#inFlight.delete(pos)
    this.#finished.set(pos, entries)
    // Insertion order of #inFlight is allocation order, so its first member is the lowest unfinished position.
    const lowest = this.#inFlight.values().next().value
    const upTo = lowest === undefined ? this.#next - 1 : lowest - 1
    const ready: StreamEntry[] = []
    for (const p of [...this.#finished.keys()].filter((p) => p <= upTo).sort((a, b) => a - b)) {
      ready.push(...this.#finished.get(p)!)
      this.#finished.delete(p)
    }
    this.#stable = Math.max(this.#stable, upTo)
    if (ready.length === 0) return
    this.#ring.push(...ready)
    if (this.#ring.length > this.#ringSize * 1.25) {
      const cut = this.#ring.length - this.#ringSize
      this.#ringFloor = this.#ring[cut - 1]!.pos
      this.#ring.splice(0, cut)
    }
    for (const listener of this.#listeners) listener(ready)
  }
}
