/** Chunks to packs: each new chunk once, some together in one encrypted object. Bounded memory: one pack at a time. */
import { zstdCompressSync } from 'node:zlib'
import type { FreshPiece, LocalIndex } from './local-index.ts'
import { chunkId, objectName, type Seal } from './sealing.ts'
import type { BackupStore } from './types.ts'

/** A pack is closed when it has this much, */
const PACK_BYTES = 8 * 1024 * 1024
/** and before a chunk would make it larger than this. No chunk is: documents of less than 1 MiB and one of at most 16 (`sources.ts`). */
const MOST_PACK_BYTES = 17 * 1024 * 1024

export type PackWriter = {
  /** @returns under which id it is kept */
  add(bytes: Buffer): Promise<Buffer>
  /** Everything given so far is in the store. */
  flush(): Promise<void>
  /** Bytes sent. */
  readonly sent: number
}

export function createPackWriter(args: {
  store: BackupStore
  index: LocalIndex
  seal: Seal
  hashKey: Buffer
  /** Before each write: throws when it must not be written any more. */
  check(): Promise<void>
}): PackWriter {
  const { store, index, seal, hashKey } = args
  let parts: Buffer[] = []
  let pieces: FreshPiece[] = []
  let length = 0
  const waiting = new Set<string>()
  let sent = 0

  async function flush(): Promise<void> {
    if (pieces.length === 0) return
    const sealed = await seal(Buffer.concat(parts))
    const name = objectName('packs', sealed)
    await args.check()
    await store.put(name, sealed)
    // Noted only now: what the index knows is in the store.
    index.addPack(name, sealed.length, pieces)
    sent += sealed.length
    parts = []
    pieces = []
    length = 0
    waiting.clear()
  }

  return {
    async add(bytes) {
      const id = chunkId(hashKey, bytes)
      const key = id.toString('base64')
      if (waiting.has(key) || index.known(id)) return id
      const smaller = zstdCompressSync(bytes)
      const packed = smaller.length < bytes.length
      // A copy: whoever gave it may use the buffer again.
      const kept = packed ? smaller : Buffer.from(bytes)
      if (length + kept.length > MOST_PACK_BYTES) await flush()
      pieces.push({ id, at: length, length: kept.length, size: bytes.length, packed })
      parts.push(kept)
      waiting.add(key)
      length += kept.length
      if (length >= PACK_BYTES) await flush()
      return id
    },
    flush,
    get sent() {
      return sent
    },
  }
}
