/** A collection's tables: documents by record number, and one key table per index. */

import type { StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { decodeDoc } from '../bson/decode.ts'
import type { Binary, Doc, Value } from '../bson/values.ts'
import { isDoc } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { pace, type Steps } from '../pace.ts'
import { indexKeys } from './index-keys.ts'
import { visitPath } from './paths.ts'
import type { SqliteFile } from './sqlite.ts'
import type { IndexKeys, IndexSpec } from './types.ts'

export class Index {
  readonly id: number
  readonly spec: IndexSpec
  readonly table: string
  /** per component: some document has an array on its path, so one document may have several keys */
  multikey: boolean[]
  /** dropped: who still reads it is told so */
  gone = false
  /** while it is being built: the last record it has; later ones come when the building reaches them */
  builtTo: number | undefined

  constructor(id: number, spec: IndexSpec, multikey: boolean[]) {
    this.id = id
    this.spec = spec
    this.table = `i${id}`
    this.multikey = multikey
  }

  get isMultikey(): boolean {
    return this.multikey.includes(true)
  }

  keys(doc: Doc): IndexKeys {
    const { spec } = this
    if (spec.partial && !spec.partial.matches(doc)) return { keys: [], multikey: [] }
    return indexKeys(spec.parts, doc, spec.sparse)
  }

  /** The stored key: a unique index has one row per key, the others one per key and record. */
  stored(key: Buffer, rid: number): Buffer {
    if (this.spec.unique) return key
    const out = Buffer.allocUnsafe(key.length + 8)
    key.copy(out)
    out.writeBigUInt64BE(BigInt(rid), key.length)
    return out
  }
}

type Changes = { index: Index; add: Buffer[]; drop: Buffer[]; multikey: boolean[] }

export class Collection {
  readonly file: SqliteFile
  readonly id: number
  readonly db: string
  name: string
  readonly uuid: Binary
  readonly options: Doc
  readonly table: string
  indexes: Index[]
  /** being built: kept up to date as far as they are, and not used */
  building: Index[] = []
  /** dropped: who still reads it is told so */
  gone = false
  /** how often something was written since the start */
  writes = 0
  /** bytes of the largest document met since the start: how many may be read at once */
  largest = 0
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #delete: StatementSync
  readonly #get: StatementSync

  constructor(
    file: SqliteFile,
    row: { id: number; db: string; name: string; uuid: Binary; options: Doc },
    indexes: Index[],
  ) {
    this.file = file
    this.id = row.id
    this.db = row.db
    this.name = row.name
    this.uuid = row.uuid
    this.options = row.options
    this.table = `c${row.id}`
    this.indexes = indexes
    this.#insert = file.statement(`INSERT INTO ${this.table} (rid, doc, sum) VALUES (?, ?, ?)`)
    this.#update = file.statement(`UPDATE ${this.table} SET doc = ?, sum = ? WHERE rid = ?`)
    this.#delete = file.statement(`DELETE FROM ${this.table} WHERE rid = ?`)
    this.#get = file.statement(`SELECT doc, sum FROM ${this.table} WHERE rid = ?`)
  }

  get namespace(): string {
    return `${this.db}.${this.name}`
  }

  bytes(rid: number): Buffer | undefined {
    const row = this.#get.get(rid) as { doc: Uint8Array; sum: number | null } | undefined
    return row && this.checked(rid, row.doc, row.sum)
  }

  document(rid: number): Doc | undefined {
    const bytes = this.bytes(rid)
    return bytes && decodeDoc(bytes, true)
  }

  /** @throws QueryPlanKilled (175) when what is being read was dropped meanwhile */
  checkUsable(index?: Index): void {
    if (!this.gone && !index?.gone) return
    throw new MongoError(
      'QueryPlanKilled',
      `${this.gone ? 'collection' : 'index'} dropped while it was read: ${this.namespace}`,
    )
  }

  /** The indexes that a record is in. */
  #indexesOf(rid: number): Index[] {
    if (this.building.length === 0) return this.indexes
    return [
      ...this.indexes,
      ...this.building.filter(({ builtTo }) => builtTo !== undefined && rid <= builtTo),
    ]
  }

  /** The number of the next record, where indexes are being built; otherwise SQLite gives it. */
  #nextRid(): number | null {
    if (this.building.length === 0) return null
    const row = this.file.statement(`SELECT coalesce(max(rid), 0) + 1 AS next FROM ${this.table}`).get()
    return (row as { next: number }).next
  }

  /** @throws DuplicateKey (11000); nothing has been written then */
  insert(doc: Doc, bytes: Uint8Array): void {
    const next = this.#nextRid()
    const changes = (next === null ? this.indexes : this.#indexesOf(next)).map((index) => {
      const { keys, multikey } = index.keys(doc)
      return { index, add: keys, drop: [], multikey }
    })
    this.#checkUnique(changes, doc, undefined)
    if (bytes.length > this.largest) this.largest = bytes.length
    this.writes++
    const rid = Number(this.#insert.run(next, bytes, crc32(bytes)).lastInsertRowid)
    this.#apply(changes, rid)
  }

  /** @throws DuplicateKey (11000); nothing has been written then */
  replace(rid: number, before: Doc, after: Doc, bytes: Uint8Array): void {
    const changes: Changes[] = []
    for (const index of this.#indexesOf(rid)) {
      const next = index.keys(after)
      const previous = index.keys(before).keys
      const same = next.keys.length === 1 && previous.length === 1 && next.keys[0]!.equals(previous[0]!)
      if (same && !next.multikey.includes(true)) continue
      const had = new Set(previous.map((key) => key.toString('latin1')))
      const has = new Set(next.keys.map((key) => key.toString('latin1')))
      changes.push({
        index,
        add: next.keys.filter((key) => !had.has(key.toString('latin1'))),
        drop: previous.filter((key) => !has.has(key.toString('latin1'))),
        multikey: next.multikey,
      })
    }
    this.#checkUnique(changes, after, rid)
    if (bytes.length > this.largest) this.largest = bytes.length
    this.writes++
    this.#update.run(bytes, crc32(bytes), rid)
    this.#apply(changes, rid)
  }

  remove(rid: number, doc: Doc): void {
    this.writes++
    this.#delete.run(rid)
    for (const index of this.#indexesOf(rid)) {
      const drop = this.file.statement(`DELETE FROM ${index.table} WHERE key = ?`)
      for (const key of index.keys(doc).keys) drop.run(index.stored(key, rid))
    }
  }

  #checkUnique(changes: readonly Changes[], doc: Doc, rid: number | undefined): void {
    for (const { index, add } of changes) {
      if (!index.spec.unique || add.length === 0) continue
      const find = this.file.statement(`SELECT rid FROM ${index.table} WHERE key = ?`)
      for (const key of add) {
        const row = find.get(key) as { rid: number } | undefined
        if (row && row.rid !== rid) throw duplicateKey(this.namespace, index.spec, doc)
      }
    }
  }

  #apply(changes: readonly Changes[], rid: number): void {
    for (const { index, add, drop, multikey } of changes) {
      if (drop.length > 0) {
        const statement = this.file.statement(`DELETE FROM ${index.table} WHERE key = ?`)
        for (const key of drop) statement.run(index.stored(key, rid))
      }
      // An empty array has the key of a missing field inside it: noted even when no key changes.
      this.#noteMultikey(index, multikey)
      if (add.length === 0) continue
      const statement = this.file.statement(`INSERT INTO ${index.table} (key, rid) VALUES (?, ?)`)
      for (const key of add) statement.run(index.stored(key, rid), rid)
    }
  }

  #noteMultikey(index: Index, multikey: readonly boolean[]): void {
    if (!multikey.some((flag, i) => flag && !index.multikey[i])) return
    this.file.catalogChanged = true
    index.multikey = index.multikey.map((flag, i) => flag || multikey[i] === true)
    this.file
      .statement('UPDATE indexes SET multikey = ? WHERE id = ?')
      .run(JSON.stringify(index.multikey), index.id)
  }

  /**
   * Fills a new index from the documents. Between two steps others may write: what they change up to `builtTo` they change in
   * the index too. @throws DuplicateKey when a unique index cannot be, IndexBuildAborted when it was dropped meanwhile
   */
  *build(index: Index): Steps<void> {
    const insert = this.file.statement(`INSERT INTO ${index.table} (key, rid) VALUES (?, ?)`)
    const find = this.file.statement(`SELECT rid FROM ${index.table} WHERE key = ?`)
    for (;;) {
      const { records, last } = this.page(index.builtTo)
      for (const { rid, doc: stored, sum } of records) {
        const bytes = this.checked(rid, stored, sum)
        const doc = decodeDoc(bytes, true)
        const { keys, multikey } = index.keys(doc)
        for (const key of keys) {
          if (index.spec.unique && find.get(key)) throw duplicateKey(this.namespace, index.spec, doc)
          insert.run(index.stored(key, rid), rid)
        }
        this.#noteMultikey(index, multikey)
        index.builtTo = rid
        // Writing a key is more work than reading a document.
        pace.document(bytes.length + 4096 * keys.length)
      }
      if (last) return
      if (!pace.over) continue
      yield
      if (this.gone || index.gone)
        throw new MongoError(
          'IndexBuildAborted',
          `the index ${index.spec.name} was dropped while it was built`,
        )
    }
  }

  /** The records after `after` in natural order, as many as fit in a few megabytes; no statement stays open. */
  page(after: number | undefined): { records: StoredRecord[]; last: boolean } {
    const statement = this.file.statement(
      `SELECT rid, doc, sum FROM ${this.table} WHERE rid > ? ORDER BY rid LIMIT ${pageRecords}`,
    )
    const records: StoredRecord[] = []
    let bytes = 0
    const rows = statement.iterate(
      after ?? Number.MIN_SAFE_INTEGER,
    ) as Iterable<unknown> as Iterable<StoredRecord>
    for (const record of rows) {
      records.push(record)
      bytes += record.doc.byteLength
      if (bytes > pageBytes) return { records, last: false }
    }
    return { records, last: records.length < pageRecords }
  }

  /** A stored document's bytes. @throws DataCorruptionDetected (246) when they are not those that were written */
  checked(rid: number, doc: Uint8Array, sum: number | null): Buffer {
    if (!isIntact({ rid, doc, sum }))
      throw new MongoError(
        'DataCorruptionDetected',
        `record ${rid} of ${this.namespace} is damaged: its bytes are not those that were written; restore it from a backup`,
      )
    return asBuffer(doc)
  }

  /** How many documents there are, or at least `enough`; a few thousand are counted at a time. */
  *count(enough: number = Number.POSITIVE_INFINITY): Steps<number> {
    const some = this.file.statement(
      `SELECT count(*) AS n, max(rid) AS last FROM
       (SELECT rid FROM ${this.table} WHERE rid > ? ORDER BY rid LIMIT ${countedAtOnce})`,
    )
    let after = Number.MIN_SAFE_INTEGER
    for (let total = 0; ; ) {
      const { n, last } = some.get(after) as { n: number; last: number | null }
      total += n
      if (n < countedAtOnce || last === null || total >= enough) return total
      after = last
      pace.document(n << 6)
      if (!pace.over) continue
      yield
      this.checkUsable()
    }
  }
}

/** `sum`: the CRC-32 of the bytes; null where an earlier version wrote them. */
export type StoredRecord = { rid: number; doc: Uint8Array; sum: number | null }

export const isIntact = ({ doc, sum }: StoredRecord): boolean => sum === null || crc32(doc) === sum

const pageRecords = 64
const pageBytes = 4 * 1024 * 1024
const countedAtOnce = 4000

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function duplicateKey(namespace: string, spec: IndexSpec, doc: Doc): MongoError {
  const keyValue: Doc = new Map()
  for (const part of spec.parts) {
    let value: Value | undefined
    visitPath(doc, part.parts, true, (found) => {
      value = found
      return found !== undefined
    })
    keyValue.set(part.path, value ?? null)
  }
  const shown = [...keyValue].map(([path, value]) => `${path}: ${showValue(value)}`).join(', ')
  return new MongoError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${namespace} index: ${spec.name} dup key: { ${shown} }`,
    { keyPattern: spec.key, keyValue },
  )
}

/** A value as MongoDB's messages show it. */
export function showValue(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null) return 'null'
  if (isDoc(value)) return `{ ${[...value].map(([name, item]) => `${name}: ${showValue(item)}`).join(', ')} }`
  if (Array.isArray(value)) return `[ ${value.map(showValue).join(', ')} ]`
  if (value instanceof Date) return `new Date(${value.getTime()})`
  if (typeof value === 'object' && '_bsontype' in value && value._bsontype === 'ObjectId')
    return `ObjectId('${value}')`
  return String(value)
}
