/**
 * `restore`: everything is fetched, opened and checked in a folder beside first; only then is it moved into its place. Killed
 * at any point, the same command goes on, and until it has ended the node does not start.
 */
import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import mongoose from 'mongoose'
import { z } from 'zod'
import { syncFolder, writeSynced } from './files.ts'
import { unpack } from './open-backup.ts'
import { readHeads } from './repository.ts'
import { openWith } from './sealing.ts'
import { EXACT } from './sources.ts'
import type { BackupHead, BackupManifest, BackupStore } from './types.ts'

const { BSON } = mongoose.mongo
const STAGING = '.restoring'
/** In the staging folder: everything is there, and what is left is moving it. */
const COMPLETE = 'complete.json'
const CONTENTS = 'contents'
/** In the staging folder: what was there before is out of the way. */
const ASIDE = 'aside'
/** Only `restore` writes it; a node that starts with it begins as a restored one. */
export const RESTORED_MARK = 'restored.json'

export const restoredMark = z.object({
  id: z.string(),
  backup: z.string(),
  made_ts: z.number(),
  restored_ts: z.number(),
  end_sessions: z.boolean().default(false),
})
export type RestoredMark = z.output<typeof restoredMark>

export type Restore = {
  store: BackupStore
  /** Text of the key file. */
  keys: string
  /** A backup by its id; the newest when absent. */
  backup?: string
  /** Only backups of this repository: what `backup status` said its key is. */
  madeBy?: string
  dataDir: string
  serverName: string
  databaseUri?: string
  /** What is there may be replaced: it is kept beside, in `.before-restore-…`. */
  replace: boolean
  endSessions: boolean
  now(): number
}

/** Whether a restore was begun in the folder and not ended. */
export const isHalfRestored = (dataDir: string): boolean => existsSync(join(dataDir, STAGING))

/** @throws Error with a sentence for the operator. Nothing was changed unless the message says so */
export async function choose(
  store: BackupStore,
  wanted: { backup?: string; madeBy?: string },
): Promise<BackupHead> {
  const { heads, bad } = await readHeads(store)
  const head = heads
    .filter(({ made_by }) => wanted.madeBy === undefined || made_by === wanted.madeBy)
    .filter(({ id }) => wanted.backup === undefined || id === wanted.backup)
    .at(-1)
  if (head) return head
  const half =
    bad.length === 0 ? ['', ''] : [` No se pueden leer: ${bad.length}.`, ` ${bad.length} cannot be read.`]
  throw new Error(
    `No hay tal respaldo en ${store.place}; enteros: ${heads.length}.${half[0]} / There is no such backup at ${store.place}; ${heads.length} are whole.${half[1]}`,
  )
}

export async function restore(
  args: Restore,
): Promise<{ backup: string; madeTs: number; files: number; mark: RestoredMark }> {
  const staging = join(args.dataDir, STAGING)
  await mkdir(args.dataDir, { recursive: true, mode: 0o700 })
  let state = await readComplete(staging)
  if (!state) {
    await checkEmpty(args)
    await rm(staging, { recursive: true, force: true })
    const head = await choose(args.store, args)
    const contents = join(staging, CONTENTS)
    const manifest = await unpack(args.store, head, openWith(args.keys), contents).catch(
      async (error: unknown) => {
        // Half a backup is none: what is there stays as it was.
        await rm(staging, { recursive: true, force: true })
        throw error
      },
    )
    checkFits(manifest, args)
    const mark: RestoredMark = {
      id: randomBytes(6).toString('hex'),
      backup: head.id,
      made_ts: manifest.made_ts,
      restored_ts: args.now(),
      end_sessions: args.endSessions,
    }
    await writeSynced(join(contents, RESTORED_MARK), JSON.stringify(mark))
    state = { mark, database: manifest.database, files: manifest.files.length }
    await writeSynced(join(staging, `${COMPLETE}.new`), JSON.stringify(state))
    await rename(join(staging, `${COMPLETE}.new`), join(staging, COMPLETE))
    await syncFolder(staging)
  }
  await moveIn(args, staging, state)
  return { backup: state.mark.backup, madeTs: state.mark.made_ts, files: state.files, mark: state.mark }
}

const stateSchema = z.object({
  mark: restoredMark,
  database: z.enum(['file', 'collections']),
  files: z.number(),
})
type State = z.output<typeof stateSchema>

async function readComplete(staging: string): Promise<State | undefined> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(join(staging, COMPLETE), 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const isKept = (name: string) => name === STAGING || name.startsWith('.before-restore-')

async function checkEmpty({ dataDir, databaseUri, replace }: Restore): Promise<void> {
  if (replace) return
  const there = (await readdir(dataDir)).filter((name) => !isKept(name))
  if (there.length > 0)
    throw new Error(
      `${dataDir} no está vacía. Con --replace lo que hay se aparta a su lado. Nada cambió. / ${dataDir} is not empty. With --replace what is there is put aside beside it. Nothing was changed.`,
    )
  if (databaseUri === undefined) return
  const names = await withDatabase(databaseUri, async (db) => await db.listCollections().toArray())
  if (names.length > 0)
    throw new Error(
      'La base de datos de database.uri no está vacía; --replace la vacía. Nada cambió. / The database of database.uri is not empty; --replace empties it. Nothing was changed.',
    )
}

function checkFits(manifest: BackupManifest, { serverName, databaseUri }: Restore): void {
  if (manifest.server_name !== serverName)
    throw new Error(
      `El respaldo es de ${manifest.server_name} y la configuración de ${serverName}. Nada cambió. / The backup is of ${manifest.server_name}, the configuration of ${serverName}. Nothing was changed.`,
    )
  if (manifest.database === 'file' && databaseUri !== undefined)
    throw new Error(
      'El respaldo es de una base incluida: restáurelo sin database.uri y después múdela (docker/README.md). Nada cambió. / The backup is of an embedded database: restore it without database.uri, then move (docker/README.md). Nothing was changed.',
    )
}

async function moveIn(args: Restore, staging: string, { mark, database }: State): Promise<void> {
  const contents = join(staging, CONTENTS)
  const aside = join(args.dataDir, `.before-restore-${mark.id}`)
  if (!existsSync(join(staging, ASIDE))) {
    await mkdir(aside, { recursive: true, mode: 0o700 })
    for (const name of await readdir(args.dataDir))
      if (!isKept(name)) await rename(join(args.dataDir, name), join(aside, name))
    await syncFolder(args.dataDir)
    // From here on what is in the folder is of the backup.
    await writeSynced(join(staging, ASIDE), '')
    await syncFolder(staging)
  }
  const collections = join(contents, 'collections')
  if (database === 'collections' && existsSync(collections)) {
    await loadCollections(collections, args)
    await rm(collections, { recursive: true })
  }
  for (const name of await readdir(contents)) await rename(join(contents, name), join(args.dataDir, name))
  await syncFolder(args.dataDir)
  if (existsSync(aside) && (await readdir(aside)).length === 0) await rm(aside, { recursive: true })
  await rm(staging, { recursive: true, force: true })
  await syncFolder(args.dataDir)
}

const BATCH_BYTES = 4 * 1024 * 1024

/** Into an emptied database; done again from the beginning when it was interrupted. */
async function loadCollections(folder: string, { databaseUri, dataDir }: Restore): Promise<void> {
  if (databaseUri === undefined) {
    const { startEmbeddedMongo } = await import('@enlace/embedded-mongo')
    const path = join(dataDir, 'db')
    await rm(path, { recursive: true, force: true })
    const embedded = await startEmbeddedMongo({ path })
    try {
      await load(folder, embedded.uri)
    } finally {
      await embedded.close()
    }
    return
  }
  await load(folder, databaseUri)
}

async function load(folder: string, uri: string): Promise<void> {
  await withDatabase(uri, async (db) => {
    await db.dropDatabase()
    for (const file of await readdir(folder)) {
      const target = db.collection(file.replace(/\.bson$/, ''))
      let batch: mongoose.mongo.Document[] = []
      let size = 0
      const write = async () => {
        if (batch.length > 0) await target.insertMany(batch, { ordered: false })
        batch = []
        size = 0
      }
      for await (const bytes of documents(join(folder, file))) {
        batch.push(BSON.deserialize(bytes, EXACT))
        size += bytes.length
        if (size >= BATCH_BYTES || batch.length >= 1_000) await write()
      }
      await write()
    }
  })
}

async function* documents(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(file)) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let at = 0
    while (rest.length - at >= 4) {
      const length = rest.readInt32LE(at)
      if (rest.length - at < length) break
      yield rest.subarray(at, at + length)
      at += length
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) throw new Error(`${file} ends within a document.`)
}

async function withDatabase<T>(uri: string, work: (db: mongoose.mongo.Db) => Promise<T>): Promise<T> {
  const client = await mongoose.mongo.MongoClient.connect(uri, {
    serverSelectionTimeoutMS: 15_000,
    writeConcern: { w: 'majority', journal: true },
  })
  try {
    return await work(client.db())
  } finally {
    await client.close()
  }
}
