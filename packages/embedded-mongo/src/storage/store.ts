/** The catalog: databases, collections and indexes, kept in memory and in SQLite alike. */

import { randomBytes } from 'node:crypto'
import { decodeDoc } from '../bson/decode.ts'
import { encodeDoc } from '../bson/encode.ts'
import { Binary, type Doc, equalValues, int, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { asBuffer, Collection, Index } from './collection.ts'
import { isPositional, parseIndexSpec, sameIndex } from './index-spec.ts'
import { SqliteFile } from './sqlite.ts'
import type { IndexSpec } from './types.ts'

const maxIndexes = 64

export class Store {
  readonly file: SqliteFile
  readonly #collections = new Map<string, Collection>()

  constructor(path: string) {
    this.file = new SqliteFile(path)
    this.reload()
  }

  /** Reads the catalog again: after a rollback, memory must say what the file says. */
  reload(): void {
    this.#collections.clear()
    const { db } = this.file
    const indexRows = db.prepare('SELECT id, collection, spec, multikey FROM indexes ORDER BY id').all() as {
      id: number
      collection: number
      spec: Uint8Array
      multikey: string
    }[]
    const rows = db.prepare('SELECT id, db, name, uuid, options FROM collections').all() as {
      id: number
      db: string
      name: string
      uuid: Uint8Array
      options: Uint8Array
    }[]
    for (const row of rows) {
      const indexes = indexRows
        .filter((index) => index.collection === row.id)
        .map(
          (index) =>
            new Index(
              index.id,
              parseIndexSpec(decodeDoc(asBuffer(index.spec), true)),
              JSON.parse(index.multikey) as boolean[],
            ),
        )
      const collection = new Collection(
        this.file,
        {
          id: row.id,
          db: row.db,
          name: row.name,
          uuid: new Binary(row.uuid, Binary.SUBTYPE_UUID),
          options: decodeDoc(asBuffer(row.options), true),
        },
        indexes,
      )
      this.#collections.set(collection.namespace, collection)
    }
  }

  /** After a rollback: reads the catalog again if it was touched since the last commit. */
  restore(): void {
    if (!this.file.catalogChanged) return
    this.file.catalogChanged = false
    this.reload()
  }

  collection(db: string, name: string): Collection | undefined {
    return this.#collections.get(`${db}.${name}`)
  }

  /** The collection, created when it is not there yet (as the first write does). */
  ensure(db: string, name: string): Collection {
    return this.collection(db, name) ?? this.create(db, name, new Map())
  }

  create(db: string, name: string, options: Doc): Collection {
    checkNamespace(db, name)
    this.file.catalogChanged = true
    const uuid = uuidV4()
    const { lastInsertRowid } = this.file
      .statement('INSERT INTO collections (db, name, uuid, options) VALUES (?, ?, ?, ?)')
      .run(db, name, uuid.buffer, encodeDoc(options))
    const id = Number(lastInsertRowid)
    this.file.db.exec(`CREATE TABLE c${id} (rid INTEGER PRIMARY KEY, doc BLOB NOT NULL) STRICT`)
    const collection = new Collection(this.file, { id, db, name, uuid, options }, [])
    this.#collections.set(collection.namespace, collection)
    this.#addIndex(
      collection,
      parseIndexSpec(
        new Map<string, Value>([
          ['v', int(2)],
          ['key', new Map([['_id', int(1)]])],
          ['name', '_id_'],
        ]),
      ),
    )
    return collection
  }

  /** @returns false when the same index is there already */
  createIndex(collection: Collection, spec: IndexSpec): boolean {
    for (const { spec: other } of collection.indexes) {
      const sameKey = equalValues(other.key, spec.key)
      if (other.name === '_id_' && sameKey && spec.parts.length === 1) return false
      if (other.name === spec.name) {
        if (sameIndex(other, spec)) return false
        if (sameKey)
          throw new MongoError(
            'IndexOptionsConflict',
            `An equivalent index already exists with the same name but different options. Requested index: ${spec.name}`,
          )
        throw new MongoError(
          'IndexKeySpecsConflict',
          `An existing index has the same name as the requested index. Requested index: ${spec.name}`,
        )
      }
      const samePartial =
        (other.partial === undefined) === (spec.partial === undefined) &&
        (!other.partial || equalValues(other.partial.source, spec.partial!.source))
      if (sameKey && samePartial && other.unique === spec.unique && other.sparse === spec.sparse)
        throw new MongoError(
          'IndexOptionsConflict',
          `Index already exists with a different name: ${other.name}`,
        )
    }
    if (isPositional(spec))
      throw new MongoError('CannotCreateIndex', 'indexes on array positions are not supported by this server')
    if (collection.indexes.length >= maxIndexes)
      throw new MongoError(
        'CannotCreateIndex',
        `add index fails, too many indexes for ${collection.namespace}`,
      )
    this.#addIndex(collection, spec)
    return true
  }

  #addIndex(collection: Collection, spec: IndexSpec): void {
    this.file.catalogChanged = true
    const multikey = spec.parts.map(() => false)
    const { lastInsertRowid } = this.file
      .statement('INSERT INTO indexes (collection, name, spec, multikey) VALUES (?, ?, ?, ?)')
      .run(collection.id, spec.name, encodeDoc(spec.source), JSON.stringify(multikey))
    const index = new Index(Number(lastInsertRowid), spec, multikey)
    this.file.db.exec(
      `CREATE TABLE ${index.table} (key BLOB NOT NULL PRIMARY KEY, rid INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    )
    collection.build(index)
    collection.indexes.push(index)
  }

  dropIndex(collection: Collection, index: Index): void {
    this.file.catalogChanged = true
    this.file.forget(index.table)
    this.file.db.exec(`DROP TABLE ${index.table}`)
    this.file.statement('DELETE FROM indexes WHERE id = ?').run(index.id)
    collection.indexes = collection.indexes.filter((other) => other !== index)
  }

  drop(collection: Collection): void {
    this.file.catalogChanged = true
    for (const index of [...collection.indexes]) this.dropIndex(collection, index)
    this.file.forget(collection.table)
    this.file.db.exec(`DROP TABLE ${collection.table}`)
    this.file.statement('DELETE FROM collections WHERE id = ?').run(collection.id)
    this.#collections.delete(collection.namespace)
  }

  all(): Collection[] {
    return [...this.#collections.values()]
  }

  inDatabase(db: string): Collection[] {
    return this.all().filter((collection) => collection.db === db)
  }

  close(): void {
    this.file.close()
  }
}

function uuidV4(): Binary {
  const bytes = randomBytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return new Binary(bytes, Binary.SUBTYPE_UUID)
}

/** MongoDB's limits on names. @throws InvalidNamespace (73) */
export function checkNamespace(db: string, name: string): void {
  const bad = (why: string) =>
    new MongoError('InvalidNamespace', `Invalid namespace specified '${db}.${name}': ${why}`)
  if (db === '' || db.length > 63 || /[\s/\\."$*<>:|?\0]/.test(db)) throw bad('database name')
  if (name === '' || name.startsWith('.') || name.includes('\0') || name.includes('$'))
    throw bad('collection name')
  if (name.startsWith('system.')) throw bad('system collections cannot be written')
  if (Buffer.byteLength(`${db}.${name}`) > 255) throw bad('longer than 255 bytes')
}
