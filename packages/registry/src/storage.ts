import { mkdir } from 'node:fs/promises'
import mongoose from 'mongoose'
import type { Logger } from 'pino'
import { ConfigError, databasePath, type RegistryConfig } from './config.ts'

/** Whatever the registry serves of an institution; kept to know when it changed. */
export interface StoredEntry {
  key: string
}

/** An institution's entry and when it last changed. `_id` is the registry key. */
interface StoredInstitution {
  _id: string
  entry: StoredEntry
  last_modified: Date
}

/** A published federation list, byte for byte. `_id` is its version. */
export interface StoredList {
  _id: number
  /** SHA-256 of the servers and the signing keys: what must change for a new version */
  content: string
  bytes: string
  expires: Date
}

/** What an institution published, whole. `_id` is its role and version: never two contents of one version. */
export interface StoredPublication {
  _id: string
  role: string
  version: number
  /** the publication as JSON, with every file that it names */
  bytes: string
  /** when its directory entry became what it is */
  entry_at: Date
}

const publicationDocument = new mongoose.Schema<StoredPublication>(
  { _id: String, role: String, version: Number, bytes: String, entry_at: Date },
  { collection: 'institution_publications', versionKey: false },
)

const institutionDocument = new mongoose.Schema<StoredInstitution>(
  { _id: String, entry: { type: mongoose.Schema.Types.Mixed, required: true }, last_modified: Date },
  { collection: 'institutions', versionKey: false, minimize: false },
)

const listDocument = new mongoose.Schema<StoredList>(
  { _id: Number, content: String, bytes: String, expires: Date },
  { collection: 'federation_lists', versionKey: false },
)

const keptLists = 50
/** Versions of one role: a node in the middle of an update finds what it began with. */
export const keptPublications = 8

/** What the registry keeps. Queries go by `_id`, or by a role among some thousand documents. */
export interface Storage {
  /** Makes the stored entries those given; an entry that did not change keeps its time. */
  syncInstitutions(institutions: readonly StoredEntry[], now: Date): Promise<Map<string, Date>>
  latestList(): Promise<StoredList | undefined>
  /** @returns false when another process has published that version already */
  addList(list: StoredList): Promise<boolean>
  /** The last versions of every role. */
  publications(): Promise<StoredPublication[]>
  /** @returns false when that version of the role is there already */
  addPublication(publication: StoredPublication): Promise<boolean>
  /** true while the database answers */
  ping(): Promise<boolean>
  close(): Promise<void>
}

/** @throws ConfigError when the embedded database's file cannot be opened */
export async function openStorage(config: RegistryConfig, log: Logger): Promise<Storage> {
  let uri: string | undefined = config.database.uri
  let stopEmbedded = async () => {}
  if (!uri) {
    const { startEmbeddedMongo } = await import('@enlace/embedded-mongo')
    const path = databasePath(config)
    await mkdir(path, { recursive: true, mode: 0o700 })
    const embedded = await startEmbeddedMongo({ path, log }).catch((error: unknown) => {
      // Its errors are sentences for an operator: the file is in use, damaged, or of a newer format.
      throw new ConfigError(
        `data_dir: la base de datos no se puede abrir / data_dir: the database cannot be opened. ${(error as Error).message}`,
      )
    })
    uri = embedded.uri
    stopEmbedded = () => embedded.close()
  }
  const connection = mongoose.createConnection(uri, {
    autoIndex: false,
    autoCreate: false,
    maxPoolSize: 3,
    serverSelectionTimeoutMS: 15_000,
    // An acknowledged write is on disk: a published version must never be forgotten.
    writeConcern: { w: 'majority', journal: true },
  })
  try {
    await connection.asPromise()
  } catch (error) {
    await stopEmbedded()
    throw error
  }
  const institutionModel = connection.model('Institution', institutionDocument)
  const listModel = connection.model('FederationList', listDocument)
  const publicationModel = connection.model('InstitutionPublication', publicationDocument)

  /** @returns false when there is one of that `_id` */
  async function insert(
    collection: { insertOne(one: never): Promise<unknown> },
    one: object,
  ): Promise<boolean> {
    try {
      await collection.insertOne(one as never)
      return true
    } catch (error) {
      if (error instanceof mongoose.mongo.MongoServerError && error.code === 11_000) return false
      throw error
    }
  }

  return {
    async syncInstitutions(institutions, now) {
      const stored = new Map<string, StoredInstitution>()
      for (const document of await institutionModel.find().lean<StoredInstitution[]>())
        stored.set(document._id, document)
      const times = new Map<string, Date>()
      const writes: mongoose.AnyBulkWriteOperation<StoredInstitution>[] = []
      for (const entry of institutions) {
        const before = stored.get(entry.key)
        stored.delete(entry.key)
        const same = before && JSON.stringify(before.entry) === JSON.stringify(entry)
        const last_modified = same ? before.last_modified : now
        times.set(entry.key, last_modified)
        if (!same)
          writes.push({
            updateOne: {
              filter: { _id: entry.key },
              update: { $set: { entry, last_modified } },
              upsert: true,
            },
          })
      }
      if (writes.length > 0) await institutionModel.bulkWrite(writes)
      if (stored.size > 0) await institutionModel.deleteMany({ _id: { $in: [...stored.keys()] } })
      return times
    },
    async latestList() {
      return (await listModel.findOne().sort({ _id: -1 }).lean<StoredList>()) ?? undefined
    },
    async addList(list) {
      if (!(await insert(listModel.collection, list))) return false
      await listModel.deleteMany({ _id: { $lt: list._id - keptLists } })
      return true
    },
    async publications() {
      return publicationModel.find().lean<StoredPublication[]>()
    },
    async addPublication(publication) {
      if (!(await insert(publicationModel.collection, publication))) return false
      const of = await publicationModel
        .find({ role: publication.role }, { version: 1 })
        .sort({ version: -1 })
        .lean<StoredPublication[]>()
      const old = of.slice(keptPublications).map(({ _id }) => _id)
      if (old.length > 0) await publicationModel.deleteMany({ _id: { $in: old } })
      return true
    },
    async ping() {
      try {
        await connection.db?.command({ ping: 1 })
        return connection.readyState === mongoose.ConnectionStates.connected
      } catch {
        return false
      }
    },
    async close() {
      await connection.close()
      await stopEmbedded()
    },
  }
}
