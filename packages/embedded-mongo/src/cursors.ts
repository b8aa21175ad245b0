/** Open cursors: bounded in number, closed when idle, each tied to its namespace. */
import { randomBytes } from 'node:crypto'
import { Raw } from './bson/encode.ts'
import { MongoError } from './errors.ts'
import { type Pause, pause, type Steps } from './pace.ts'

const maxCursors = 1000
const idleMilliseconds = 10 * 60_000
/** Replies stay below MongoDB's 16 MiB whatever the batch size. */
const batchBytes = 16 * 1024 * 1024
const firstBatch = 101
/** Sorted and grouped results that wait for their clients. */
const maxHeldBytes = 256 * 1024 * 1024

/** Documents to send, as BSON bytes. */
export interface Stream {
  next(): Uint8Array | Pause | undefined
  /** @returns the bytes that stay in memory until the next batch */
  park(): number
  /** true when it is known, without looking, that nothing follows */
  readonly finished: boolean
}

type Cursor = {
  stream: Stream
  namespace: string
  ahead: Uint8Array | undefined
  used: number
  keep: boolean
  /** bytes in memory between batches */
  held: number
  /** milliseconds of the command's maxTimeMS that are left: a client that thinks uses up none of them */
  left: number | undefined
  /** a getMore is under way */
  busy: boolean
}

export type Batch = { docs: Raw[]; id: bigint }

export class Cursors {
  readonly #open = new Map<bigint, Cursor>()

  get size(): number {
    return this.#open.size
  }

  /** `batchSize` undefined: MongoDB's 101; 0: none yet, but a cursor. `deadline` by `performance.now()`. */
  *start(
    stream: Stream,
    namespace: string,
    options: {
      batchSize?: number | undefined
      single?: boolean
      keep?: boolean
      deadline?: number | undefined
    },
  ): Steps<Batch> {
    const cursor: Cursor = {
      stream,
      namespace,
      ahead: undefined,
      used: Date.now(),
      keep: options.keep === true,
      held: 0,
      left: undefined,
      busy: false,
    }
    const { docs, more } = yield* fill(cursor, options.batchSize ?? firstBatch)
    if (!more || options.single) return { docs, id: 0n }
    if (this.#open.size >= maxCursors)
      throw new MongoError(
        'ExceededCursorLimit',
        `more than ${maxCursors} cursors are open; close those not needed`,
      )
    let id = 0n
    while (id === 0n || this.#open.has(id)) id = randomBytes(8).readBigUInt64LE() >> 1n
    if (options.deadline !== undefined) cursor.left = Math.max(0, options.deadline - performance.now())
    this.#hold(cursor)
    this.#open.set(id, cursor)
    return { docs, id }
  }

  /** @throws CursorNotFound (43), CursorInUse (12051), CursorKilled (237) */
  *more(
    id: bigint,
    namespace: string,
    batchSize: number | undefined,
    onDeadline: (deadline: number) => void,
  ): Steps<Batch> {
    const cursor = this.#open.get(id)
    if (!cursor) throw new MongoError('CursorNotFound', `cursor id ${id} not found`)
    if (cursor.namespace !== namespace)
      throw new MongoError(
        'Unauthorized',
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      )
    if (cursor.busy) throw new MongoError('CursorInUse', `cursor id ${id} is already in use`)
    const deadline = cursor.left === undefined ? undefined : performance.now() + cursor.left
    if (deadline !== undefined) onDeadline(deadline)
    cursor.busy = true
    let finished = true
    try {
      const { docs, more } = yield* fill(cursor, batchSize || Number.POSITIVE_INFINITY)
      if (this.#open.get(id) !== cursor) throw new MongoError('CursorKilled', `cursor id ${id} was killed`)
      if (!more) return { docs, id: 0n }
      if (deadline !== undefined) cursor.left = Math.max(0, deadline - performance.now())
      this.#hold(cursor)
      finished = false
      return { docs, id }
    } finally {
      cursor.busy = false
      cursor.used = Date.now()
      if (finished) this.#open.delete(id)
    }
  }

  /** What all cursors keep in memory together is limited; the one that asks for too much is closed. */
  #hold(cursor: Cursor): void {
    cursor.held = cursor.stream.park() + (cursor.ahead?.length ?? 0)
    let total = cursor.held
    for (const other of this.#open.values()) if (other !== cursor) total += other.held
    if (total <= maxHeldBytes) return
    for (const [id, other] of this.#open) if (other === cursor) this.#open.delete(id)
    throw new MongoError(
      'QueryExceededMemoryLimitNoDiskUseAllowed',
      `sorted results of open cursors exceed ${maxHeldBytes} bytes; an index on the sort keys needs no memory`,
    )
  }

  kill(id: bigint, namespace: string): boolean {
    return this.#open.get(id)?.namespace === namespace && this.#open.delete(id)
  }

  /** Cursors of a collection that is dropped. */
  killNamespace(namespace: string): void {
    for (const [id, cursor] of this.#open) if (cursor.namespace === namespace) this.#open.delete(id)
  }

  expire(now: number): void {
    for (const [id, cursor] of this.#open)
      if (!cursor.keep && !cursor.busy && now - cursor.used > idleMilliseconds) this.#open.delete(id)
  }

  clear(): void {
    this.#open.clear()
  }
}

function* fill(cursor: Cursor, count: number): Steps<{ docs: Raw[]; more: boolean }> {
  const docs: Raw[] = []
  let bytes = 0
  for (;;) {
    if (docs.length >= count) {
      // MongoDB too keeps the cursor open when the batch is full, without looking further.
      return { docs, more: !cursor.stream.finished }
    }
    const next = cursor.ahead ?? cursor.stream.next()
    cursor.ahead = undefined
    if (next === pause) {
      yield
      continue
    }
    if (next === undefined) return { docs, more: false }
    if (docs.length > 0 && bytes + next.length > batchBytes) {
      cursor.ahead = next
      return { docs, more: true }
    }
    docs.push(new Raw(next))
    bytes += next.length
  }
}
