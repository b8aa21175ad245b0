/** mongoose is the only data layer; the URI decides between MongoDB and the embedded database. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import mongoose from 'mongoose'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import type { PositionStore } from '../stream/stream.ts'
import './broken-lines.ts'
import type { Database } from './types.ts'

const PING_MS = 2_000
/** A file of some tens of gigabytes. */
const REWRITE_MS = 3_600_000

export async function openDatabase(config: Config, log: Logger): Promise<Database> {
  let uri = config.database.uri
  let stopEmbedded = async () => {}
  let lost = new Promise<void>(() => {})
  let copyTo: Database['copyTo']
  if (!uri) {
    const { startEmbeddedMongo } = await import('@enlace/embedded-mongo')
    const path = join(config.data_dir, 'db')
    await mkdir(path, { recursive: true, mode: 0o700 })
    const embedded = await startEmbeddedMongo({ path, log })
    uri = embedded.uri
    lost = embedded.stopped
    stopEmbedded = () => embedded.close()
    copyTo = (file) => embedded.copyTo(file)
  }
  const connection = mongoose.createConnection(uri, {
    autoIndex: false,
    autoCreate: false,
    // Latency by command and collection: observe/database.ts.
    monitorCommands: true,
    maxPoolSize: 20,
    serverSelectionTimeoutMS: 15_000,
    // An acknowledged write is on disk, on a majority where there is a replica set.
    writeConcern: { w: 'majority', journal: true },
    readConcernLevel: undefined,
  })
  await connection.asPromise()
  log.info({ embedded: !config.database.uri }, 'database open')
  return {
    connection,
    lost,
    ...(copyTo ? { copyTo } : {}),
    async ping() {
      // The driver waits for a database that is away; whoever asks whether the node is usable does not.
      const late = new Promise<false>((done) => setTimeout(done, PING_MS, false).unref())
      const answered = connection.db!.command({ ping: 1 }).then(
        () => true,
        () => false,
      )
      return Promise.race([answered, late])
    },
    async rewrite() {
      try {
        await connection.db!.command({ compact: 'events', force: true }, { timeoutMS: REWRITE_MS })
        return config.database.uri ? 'left_to_database' : 'rewritten'
      } catch (error) {
        // The account the node uses there may not have the right; the embedded one must do it.
        if (!config.database.uri) throw error
        log.warn({ err: error }, 'the database was not compacted: that is left to whoever runs it')
        return 'left_to_database'
      }
    },
    async close() {
      await connection.close()
      await stopEmbedded()
    },
  }
}

/** Compiles a model and makes sure its indexes exist. Every collection of the node is opened through this. */
export async function openModel<T>(
  db: Database,
  name: string,
  schema: mongoose.Schema<T>,
): Promise<mongoose.Model<T>> {
  const model = db.connection.model<T>(name, schema, name)
  await model.createIndexes()
  return model
}

export async function positionStore(db: Database): Promise<PositionStore> {
  const Counter = await openModel(
    db,
    'counters',
    new mongoose.Schema<{ _id: string; next: number }>({ _id: String, next: Number }, { versionKey: false }),
  )
  return {
    async reserve(count) {
      const before = await Counter.findOneAndUpdate(
        { _id: 'stream' },
        { $inc: { next: count } },
        { upsert: true, returnDocument: 'after' },
      ).lean()
      return before.next - count + 1
    },
  }
}
