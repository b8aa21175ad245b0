/** The catalog: databases, collections and indexes, kept in memory and in SQLite alike. */

import { randomBytes } from 'node:crypto'
import { decodeDoc } from '../bson/decode.ts'
import { encodeDoc } from '../bson/encode.ts'
import { Binary, type Doc, equalValues, int, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { pace, type Steps } from '../pace.ts'
import { asBuffer, Collection, Index } from './collection.ts'
import { isPositional, parseIndexSpec, sameIndex } from './index-spec.ts'
import { SqliteFile } from './sqlite.ts'
import type { IndexSpec } from './types.ts'

const maxIndexes = 64

type CollectionRow = { id: number; db: string; name: string; uuid: Uint8Array; options: Uint8Array }
type IndexRow = { id: number; collection: number; spec: Uint8Array; multikey: string; ready: number }

function reloadIndexes(collection: Collection, rows: readonly IndexRow[]): void {
  const known = new Map([...collection.indexes, ...collection.building].map((index) => [index.id, index]))
  const current = rows.map((row) => {
    const multikey = JSON.parse(row.multikey) as boolean[]
    const index =
      known.get(row.id) ?? new Index(row.id, parseIndexSpec(decodeDoc(asBuffer(row.spec), true)), multikey)
    known.delete(row.id)
    index.multikey = multikey
    index.gone = false
    return { index, ready: row.ready === 1 }
  })
  for (const index of known.values()) index.gone = true
  collection.indexes = current.filter(({ ready }) => ready).map(({ index }) => index)
  collection.building = current.filter(({ ready }) => !ready).map(({ index }) => index)
}

/** Tables with more rows than this are emptied beside the commands, not within one. */
const droppedAtOnce = 1000

export class Store {
  readonly file: SqliteFile
  readonly #collections = new Map<string, Collection>()
  /** tables of what was dropped wait to be emptied (see `emptyDiscarded`) */
  mayHaveDiscarded = true

  constructor(path: string) {
    this.file = new SqliteFile(path)
    this.reload()
    this.#dropUnfinished()
  }

  /** Reads the catalog again: after a rollback, memory must say what the file says. What is known keeps its identity. */
  reload(): void {
    const { db } = this.file
    const known = new Map(this.all().map((collection) => [collection.id, collection]))
    this.#collections.clear()
    const indexRows = db
      .prepare('SELECT id, collection, spec, multikey, ready FROM indexes ORDER BY id')
      .all() as IndexRow[]
    const rows = db.prepare('SELECT id, db, name, uuid, options FROM collections').all() as CollectionRow[]
    for (const row of rows) {
      const collection =
        known.get(row.id) ??
        new Collection(
          this.file,
          {
            id: row.id,
            db: row.db,
            name: row.name,
            uuid: new Binary(row.uuid, Binary.SUBTYPE_UUID),
            options: decodeDoc(asBuffer(row.options), true),
          },
          [],
        )
      known.delete(row.id)
      collection.gone = false
      reloadIndexes(
        collection,
        indexRows.filter((index) => index.collection === row.id),
      )
      this.#collections.set(collection.namespace, collection)
    }
    for (const gone of known.values()) {
      gone.gone = true
      for (const index of [...gone.indexes, ...gone.building]) index.gone = true
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
    this.file.db.exec(`CREATE TABLE c${id} (rid INTEGER PRIMARY KEY, doc BLOB NOT NULL, sum INTEGER) STRICT`)
    const collection = new Collection(this.file, { id, db, name, uuid, options }, [])
    this.#collections.set(collection.namespace, collection)
    const index = this.#addIndex(
      collection,
      parseIndexSpec(
        new Map<string, Value>([
          ['v', int(2)],
          ['key', new Map([['_id', int(1)]])],
          ['name', '_id_'],
        ]),
      ),
    )
    this.#ready(collection, index)
    return collection
  }

  /** Builds of which the end did not come before the last stop: nobody was told that they exist. */
  #dropUnfinished(): void {
    for (const collection of this.all())
      for (const index of [...collection.building]) this.dropIndex(collection, index)
    this.file.catalogChanged = false
  }

  /** An index that has no keys yet (see `Collection.build`); undefined when the same index is there already. */
  beginIndex(collection: Collection, spec: IndexSpec): Index | undefined {
    for (const { spec: other } of collection.building)
      if (other.name === spec.name || equalValues(other.key, spec.key))
        throw new MongoError('IndexBuildAborted', `the index ${other.name} is being built`)
    for (const { spec: other } of collection.indexes) {
      const sameKey = equalValues(other.key, spec.key)
      if (other.name === '_id_' && sameKey && spec.parts.length === 1) return undefined
      if (other.name === spec.name) {
        if (sameIndex(other, spec)) return undefined
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
    if (collection.indexes.length + collection.building.length >= maxIndexes)
      throw new MongoError(
        'CannotCreateIndex',
        `add index fails, too many indexes for ${collection.namespace}`,
      )
    return this.#addIndex(collection, spec)
  }

  /** Begins an index and builds it in steps. @returns whether it is new */
  *createIndex(collection: Collection, spec: IndexSpec): Steps<boolean> {
    const index = this.beginIndex(collection, spec)
    if (!index) return false
    yield* collection.build(index)
    this.#ready(collection, index)
    return true
  }

  #addIndex(collection: Collection, spec: IndexSpec): Index {
    this.file.catalogChanged = true
    const multikey = spec.parts.map(() => false)
    const { lastInsertRowid } = this.file
      .statement('INSERT INTO indexes (collection, name, spec, multikey, ready) VALUES (?, ?, ?, ?, 0)')
      .run(collection.id, spec.name, encodeDoc(spec.source), JSON.stringify(multikey))
    const index = new Index(Number(lastInsertRowid), spec, multikey)
    this.file.db.exec(
      `CREATE TABLE ${index.table} (key BLOB NOT NULL PRIMARY KEY, rid INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    )
    collection.building.push(index)
    return index
  }

  #ready(collection: Collection, index: Index): void {
    this.file.catalogChanged = true
    this.file.statement('UPDATE indexes SET ready = 1 WHERE id = ?').run(index.id)
    index.builtTo = undefined
    collection.building = collection.building.filter((other) => other !== index)
    collection.indexes.push(index)
  }

  dropIndex(collection: Collection, index: Index): void {
    this.file.catalogChanged = true
    index.gone = true
    this.#dropTable(index.table)
    this.file.statement('DELETE FROM indexes WHERE id = ?').run(index.id)
    collection.indexes = collection.indexes.filter((other) => other !== index)
    collection.building = collection.building.filter((other) => other !== index)
  }

  drop(collection: Collection): void {
    this.file.catalogChanged = true
    for (const index of [...collection.indexes, ...collection.building]) this.dropIndex(collection, index)
    collection.gone = true
    this.#dropTable(collection.table)
    this.file.statement('DELETE FROM collections WHERE id = ?').run(collection.id)
    this.#collections.delete(collection.namespace)
  }

  #dropTable(table: string): void {
    this.file.forget(table)
    const row = this.file.db
      .prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} LIMIT ${droppedAtOnce + 1})`)
      .get() as { n: number }
    if (row.n <= droppedAtOnce) this.file.db.exec(`DROP TABLE ${table}`)
    else {
      this.file.statement('INSERT INTO discarded (name) VALUES (?)').run(table)
      this.mayHaveDiscarded = true
    }
  }

  /** Empties the tables of what was dropped, a little at a time, and drops them. */
  *emptyDiscarded(): Steps<void> {
    const one = this.file.statement('SELECT name FROM discarded LIMIT 1')
    for (;;) {
      const row = one.get() as { name: string } | undefined
      if (!row) {
        this.mayHaveDiscarded = false
        return
      }
      const table = row.name
      const [key, emptiedAtOnce] = table.startsWith('c') ? ['rid', 10] : ['key', 200]
      const some = `SELECT ${key} FROM ${table} ORDER BY ${key} LIMIT ${emptiedAtOnce}`
      const { changes } = this.file.statement(`DELETE FROM ${table} WHERE ${key} IN (${some})`).run()
      if (Number(changes) < emptiedAtOnce) {
        this.file.forget(table)
        this.file.db.exec(`DROP TABLE ${table}`)
        this.file.statement('DELETE FROM discarded WHERE name = ?').run(table)
      }
      pace.document(emptiedAtOnce << 10)
      if (pace.over) yield
    }
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
