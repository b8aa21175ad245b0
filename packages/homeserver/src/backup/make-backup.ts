/**
 * One backup: lock, what the store still has, contents as packs, the encrypted list, and last the head, which is what makes
 * it a backup. Killed at any point it leaves packs that the next one uses or removes.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { LocalIndex } from './local-index.ts'
import { createPackWriter } from './pack-writer.ts'
import { headName, type KeepRule, prune, readHeads } from './repository.ts'
import { objectName, openRepositoryKeys, sealFor } from './sealing.ts'
import { collections, databaseFile, folderFiles, type SourceFile } from './sources.ts'
import { type LockTimes, lockStore } from './store-lock.ts'
import type { BackupManifest, BackupStore, MadeBackup } from './types.ts'

const MANIFEST_PART = 12 * 1024 * 1024

export type BackupJob = {
  serverName: string
  dataDir: string
  /** Absent: the embedded database. */
  databaseUri?: string
  recipients: readonly string[]
  keep: KeepRule
  /** The newest backup that was verified: it stays. */
  verified?: string
  lock?: LockTimes
}
export type BackupHelp = {
  /** Copies the embedded database to a file. */
  copyDatabase(file: string): Promise<void>
  /** A position of the log up to which everything is on disk. */
  stable(): Promise<number>
  now(): number
}

export async function makeBackup(
  job: BackupJob,
  store: BackupStore,
  help: BackupHelp,
): Promise<MadeBackup & { proof: string }> {
  const seal = sealFor(job.recipients)
  // Nothing is locked or sent before it is known that it can be read again.
  await seal(Buffer.from('x'))
  const own = join(job.dataDir, 'backup')
  await mkdir(own, { recursive: true, mode: 0o700 })
  const index = LocalIndex.open(join(own, 'index.sqlite'))
  const copy = join(own, 'database-copy.sqlite')
  try {
    const keys = await openRepositoryKeys(own)
    const lock = await lockStore(store, job.lock)
    try {
      const there = new Map<string, number>()
      for await (const { name, size } of store.list('packs')) there.set(name, size)
      index.keepOnly(there)
      const writer = createPackWriter({ store, index, seal, hashKey: keys.hashKey, check: lock.check })

      const made_ts = help.now()
      const files: SourceFile[] = []
      let read: BackupManifest['read']
      if (job.databaseUri === undefined) {
        await removeCopy(copy)
        await help.copyDatabase(copy)
        files.push(await databaseFile(copy, writer))
        await removeCopy(copy)
      } else {
        const source = collections(job.databaseUri, writer, keys.hashKey, help.stable)
        for (let one = await source.next(); ; one = await source.next()) {
          if (one.done) {
            read = one.value
            break
          }
          files.push(one.value)
        }
      }
      // After the database: whatever it names was there before it was named.
      for await (const file of folderFiles(job.dataDir, writer, index)) files.push(file)
      await writer.flush()

      const id = `${new Date(made_ts).toISOString().replace(/\.\d+|[:-]/g, '')}-${randomBytes(4).toString('hex')}`
      const proof = randomBytes(32).toString('base64')
      const { manifest, packs } = describe(files, index, {
        format: 1,
        id,
        server_name: job.serverName,
        made_ts,
        hash_key: keys.hashKey.toString('base64'),
        proof,
        database: job.databaseUri === undefined ? 'file' : 'collections',
        ...(read ? { read } : {}),
      })
      const whole = zstdCompressSync(Buffer.from(JSON.stringify(manifest)))
      const parts: { name: string; size: number }[] = []
      let sent = writer.sent
      for (let at = 0; at < whole.length; at += MANIFEST_PART) {
        const sealed = await seal(whole.subarray(at, at + MANIFEST_PART))
        const name = objectName('manifests', sealed)
        await lock.check()
        await store.put(name, sealed)
        parts.push({ name, size: sealed.length })
        sent += sealed.length
      }
      await lock.check()
      const head = keys.sign({ format: 1, id, made_ts, manifest: parts, packs })
      await store.put(headName(id), Buffer.from(JSON.stringify(head)))
      const { removed } = await prune(store, {
        rule: job.keep,
        madeBy: keys.publicKey,
        verified: job.verified,
        check: lock.check,
      })
      const bytes = files.reduce((sum, { size }) => sum + size, 0)
      return { id, ts: made_ts, bytes, sent, removed, proof }
    } finally {
      await lock.release().catch(() => undefined)
    }
  } finally {
    index.close()
    await removeCopy(copy)
  }
}

async function removeCopy(copy: string): Promise<void> {
  for (const end of ['', '-wal', '-shm', '-journal']) await rm(`${copy}${end}`, { force: true })
}

/** The list of contents: files refer to chunks, chunks to packs, by number. */
function describe(
  files: readonly SourceFile[],
  index: LocalIndex,
  about: Omit<BackupManifest, 'packs' | 'chunks' | 'files'>,
) {
  const packs = new Map<string, number>()
  const chunks = new Map<string, number>()
  const rows: [number, number, number, number, string, boolean][] = []
  const numberOf = (id: Buffer): number => {
    const key = id.toString('base64')
    const known = chunks.get(key)
    if (known !== undefined) return known
    const piece = index.known(id)
    if (!piece) throw new Error('A chunk that was sent is not in the index of this node.')
    const pack = packs.get(piece.pack) ?? packs.size
    packs.set(piece.pack, pack)
    rows.push([pack, piece.at, piece.length, piece.size, key, piece.packed])
    chunks.set(key, rows.length - 1)
    return rows.length - 1
  }
  const listed = files.map(({ path, size, mode, chunks: ids }) => ({
    path,
    size,
    mode,
    chunks: ids.map(numberOf),
  }))
  return {
    manifest: { ...about, packs: [...packs.keys()], chunks: rows, files: listed },
    packs: [...packs.keys()].map((name) => ({ name, size: index.sizeOf(name)! })),
  }
}

/** The newest whole backup, or the newest of one repository. */
export async function newestHead(store: BackupStore, madeBy?: string) {
  const { heads } = await readHeads(store)
  return heads.filter((head) => madeBy === undefined || head.made_by === madeBy).at(-1)
}
