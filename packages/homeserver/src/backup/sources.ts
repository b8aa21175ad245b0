/** What of a node goes into a backup, as files of chunks. */
import { createHmac } from 'node:crypto'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import mongoose from 'mongoose'
import type { LocalIndex } from './local-index.ts'
import type { PackWriter } from './pack-writer.ts'

const { BSON, MongoServerError } = mongoose.mongo
/** Types as they are: a 64-bit number must not come back as another one. */
export const EXACT = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const

const FILE_BLOCK = 1024 * 1024
/** Pages of the database change here and there: small blocks, but not more than so many. */
const DATABASE_BLOCK = 64 * 1024
const MAX_DATABASE_BLOCKS = 200_000
/** About so many documents are one chunk, cut where their ids say: a new one among them changes one chunk. */
const DOCUMENTS = 64
const MAX_CHUNK = 1024 * 1024

/** Of `data_dir`: the database is read otherwise, the rest belongs to the running process or to backups themselves (but not the key by which they are known). */
const LEFT_OUT =
  /^(?:db|backup\/(?!repository\.key$).*|run|\.restoring|\.before-restore[^/]*|operator\.sock|operator-token|restored\.json|media\/tmp)(?:\/|$)|\.new$|\.sock$/

export type SourceFile = { path: string; size: number; mode: number; chunks: Buffer[] }

/** Every file of the folder but what is left out. Those that go while they are read are left out too. */
export async function* folderFiles(
  root: string,
  writer: PackWriter,
  index: LocalIndex,
): AsyncGenerator<SourceFile> {
  for await (const path of walk(root)) {
    const name = relative(root, path).split(sep).join('/')
    let found: { size: number; mode: number }
    try {
      found = await stat(path)
    } catch {
      continue
    }
    const mode = found.mode & 0o777
    // Named by their content: what was read once is not read again.
    const isMedia = /^media\/[0-9a-f]{2}\/[0-9a-f]{2}\//.test(name)
    const before = isMedia ? index.file(name, found.size) : undefined
    if (before?.every((id) => index.known(id))) {
      yield { path: name, size: found.size, mode, chunks: before }
      continue
    }
    let read: { size: number; chunks: Buffer[] }
    try {
      read = await fileChunks(path, FILE_BLOCK, writer)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw error
    }
    if (isMedia) index.rememberFile(name, read.size, read.chunks)
    yield { path: name, mode, ...read }
  }

  async function* walk(folder: string): AsyncGenerator<string> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (LEFT_OUT.test(relative(root, path).split(sep).join('/'))) continue
      if (entry.isDirectory()) yield* walk(path)
      else if (entry.isFile()) yield path
    }
  }
}

async function fileChunks(path: string, block: number, writer: PackWriter) {
  const chunks: Buffer[] = []
  let size = 0
  const handle = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(block)
    for (;;) {
      const length = await fill(handle, buffer)
      if (length === 0) break
      chunks.push(await writer.add(buffer.subarray(0, length)))
      size += length
      if (length < block) break
    }
  } finally {
    await handle.close()
  }
  return { chunks, size }
}

async function fill(handle: FileHandle, buffer: Buffer): Promise<number> {
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}

/** The embedded database's file, copied before. */
export async function databaseFile(copy: string, writer: PackWriter): Promise<SourceFile> {
  const { size } = await stat(copy)
  let block = DATABASE_BLOCK
  while (size / block > MAX_DATABASE_BLOCKS) block *= 2
  return { path: 'db/enlace.sqlite', mode: 0o600, ...(await fileChunks(copy, block, writer)) }
}

/**
 * A MongoDB's collections. On a replica set all are read at one moment (read concern `snapshot`). Elsewhere, and where the
 * reading takes longer than the server keeps such a moment, they are read in an order that leaves what a crash would leave:
 * whatever refers to the log before the log, the log up to a position that was whole by then, what the log refers to after
 * it, and counters last. Projections begin again at their cursors, which are read first.
 */
export async function* collections(
  uri: string,
  writer: PackWriter,
  hashKey: Buffer,
  stable: () => Promise<number>,
): AsyncGenerator<SourceFile, 'snapshot' | 'ordered'> {
  const client = await mongoose.mongo.MongoClient.connect(uri, { serverSelectionTimeoutMS: 15_000 })
  try {
    const found: SourceFile[] = []
    try {
      const session = client.startSession({ snapshot: true })
      try {
        for (const name of await namesOf(client)) found.push(await collection(client, name, { session }))
      } finally {
        await session.endSession()
      }
      yield* found
      return 'snapshot'
    } catch (error) {
      if (!isNoSnapshot(error)) throw error
    }
    let upTo = Number.POSITIVE_INFINITY
    for (const name of inOrder(await namesOf(client))) {
      if (name === 'events') upTo = await stable()
      yield await collection(client, name, name === 'events' ? { upTo } : {})
    }
    return 'ordered'
  } finally {
    await client.close()
  }

  async function collection(
    from: mongoose.mongo.MongoClient,
    name: string,
    { session, upTo }: { session?: mongoose.mongo.ClientSession; upTo?: number },
  ): Promise<SourceFile> {
    const chunks: Buffer[] = []
    let size = 0
    let parts: Buffer[] = []
    let length = 0
    const cut = async () => {
      if (length === 0) return
      chunks.push(await writer.add(Buffer.concat(parts)))
      size += length
      parts = []
      length = 0
    }
    const cursor = from
      .db()
      .collection(name)
      .find({}, { ...EXACT, ...(session ? { session } : {}) })
      .sort({ _id: 1 })
    for await (const doc of cursor) {
      if (upTo !== undefined && Number(doc['pos'] ?? 0) > upTo) continue
      const bytes = Buffer.from(BSON.serialize(doc, { ignoreUndefined: false }))
      parts.push(bytes)
      length += bytes.length
      const mark = createHmac('sha256', hashKey)
        .update(BSON.serialize({ _id: doc['_id'] }))
        .digest()
        .readUInt16BE(0)
      if (mark % DOCUMENTS === 0 || length >= MAX_CHUNK) await cut()
    }
    await cut()
    return { path: `collections/${name}.bson`, size, mode: 0o600, chunks }
  }
}

async function namesOf(client: mongoose.mongo.MongoClient): Promise<string[]> {
  const all = await client.db().listCollections({}, { nameOnly: true }).toArray()
  return all
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.'))
    .sort()
}

const FIRST = ['projection_cursors', 'room_checkpoints', 'destinations']
const LAST = ['events', 'state_groups']
/** Pure: which collection is read when. */
export function inOrder(names: readonly string[]): string[] {
  const isCounter = (name: string) => name.endsWith('counters')
  const rank = (name: string) => {
    if (FIRST.includes(name)) return 0
    if (LAST.includes(name)) return 2 + LAST.indexOf(name)
    return isCounter(name) ? 9 : 1
  }
  return [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** A single server, a driver's refusal, or a moment that the server keeps no longer. */
function isNoSnapshot(error: unknown): boolean {
  if (error instanceof MongoServerError)
    return [20, 72, 115, 123, 239, 246].includes(Number(error.code)) || /snapshot/i.test(error.message)
  return error instanceof Error && /snapshot/i.test(error.message)
}
