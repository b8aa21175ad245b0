/**
 * The one writer of the chain. What comes while a write is under way goes with the next one, so that many acts cost one write.
 * The entries of a write go in order: after a crash there is a beginning of them, never a gap.
 */
import { AUDIT_GENESIS } from '@enlace/trust/audit'
import type { Clock } from '../lib/clock.ts'
import { entryOf, lineOf, nodeHashing, tagsOf } from './entry.ts'
import type { ActRecord, ChainHead, EntryDoc, EntryModel } from './types.ts'

const BATCH = 500

type Waiting = {
  record: ActRecord
  institutions: Promise<readonly string[]>
  done: (error?: unknown) => void
}

export interface ChainWriter {
  /** In the order of the calls, however long it takes to find out whose institutions are concerned. */
  append(record: ActRecord, institutions: Promise<readonly string[]>): Promise<void>
  head(): ChainHead
  /** Resolves when nothing waits to be written. */
  close(): Promise<void>
}

export async function openChainWriter(
  Entry: EntryModel,
  clock: Clock,
  onGrowth: (head: ChainHead) => void = () => {},
): Promise<ChainWriter> {
  let head: ChainHead & { ts: number } = { seq: 0, hash: AUDIT_GENESIS, ts: 0 }
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined

  async function readHead(): Promise<void> {
    const last = await Entry.findOne({}, { _id: 1, hash: 1, ts: 1 }).sort({ _id: -1 }).lean()
    if (last) head = { seq: last._id, hash: last.hash, ts: last.ts }
  }

  async function chain(batch: readonly Waiting[]): Promise<EntryDoc[]> {
    const concerned = await Promise.all(batch.map(({ institutions }) => institutions))
    let { seq, hash, ts } = head
    return batch.map(({ record }, index) => {
      seq += 1
      ts = Math.max(ts, clock.now())
      const entry = entryOf(record, concerned[index]!, { seq, ts })
      const line = lineOf(entry)
      hash = nodeHashing.ofPair(hash, nodeHashing.ofText(line))
      return { _id: seq, ts, tags: tagsOf(entry), line, hash }
    })
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    const docs = await chain(batch)
    let failure: unknown
    try {
      await Entry.insertMany(docs, { ordered: true })
    } catch (error) {
      failure = error
    }
    if (failure === undefined) {
      const { _id: seq, hash, ts } = docs.at(-1)!
      head = { seq, hash, ts }
      for (const { done } of batch) done()
    } else {
      // Some of it may be there: only what is there counts, and the next goes on from it.
      await readHead().catch(() => undefined)
      for (const [index, { done }] of batch.entries()) {
        const doc = docs[index]!
        const kept = await Entry.exists({ _id: doc._id, hash: doc.hash }).catch(() => null)
        done(kept ? undefined : failure)
      }
    }
    onGrowth({ seq: head.seq, hash: head.hash })
  }

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH)
      waiting = waiting.slice(BATCH)
      await write(batch)
    }
    // In the same breath as the last look: whoever comes next begins again.
    writing = undefined
  }

  await readHead()
  return {
    head: () => ({ seq: head.seq, hash: head.hash }),
    append(record, institutions) {
      return new Promise<void>((resolve, reject) => {
        waiting.push({ record, institutions, done: (error) => (error ? reject(error) : resolve()) })
        writing ??= Promise.resolve().then(work)
      })
    },
    async close() {
      while (writing) await writing
    },
  }
}
