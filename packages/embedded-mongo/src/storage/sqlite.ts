/** The SQLite file: opening, locking, durability settings, format version, prepared statements. */
import { closeSync, existsSync, openSync, rmSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite'
import { MongoError } from '../errors.ts'
import { tornLog } from './wal.ts'

/** Raised when tables or encodings change in a way older code would read wrongly. */
const formatVersion = 2
const applicationId = 0x454e4c43
/** Pages of a copy between which commands have their turn. */
const copyPages = 256
/** What a copy of the database leaves free on the disk. */
const copyMargin = 64 * 1024 * 1024

export class SqliteFile {
  readonly db: DatabaseSync
  readonly path: string
  /** the catalog in memory is ahead of the last commit */
  catalogChanged = false
  /** a sentence for the operator: the log was torn when the file was opened */
  readonly lostLog: string | undefined
  readonly #statements = new Map<string, StatementSync>()

  /** @throws Error with a sentence for the operator: in use, newer format, not ours, damaged */
  constructor(path: string) {
    this.path = path
    const fresh = !existsSync(path)
    // Created here so that nobody else may read it. Never opened when it is there: closing would drop SQLite's locks.
    if (fresh) closeSync(openSync(path, 'wx', 0o600))
    this.lostLog = tornLog(path)
    this.db = new DatabaseSync(path, { timeout: 500, enableForeignKeyConstraints: false, defensive: false })
    try {
      // Exclusive before the first read: a second process is refused, and the lock dies with this one.
      this.db.exec('PRAGMA locking_mode = EXCLUSIVE')
      const mode = this.db.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string }
      if (mode.journal_mode !== 'wal') throw new Error(`cannot use write-ahead logging on ${path}`)
      this.db.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY')
      // What is deleted or written over is overwritten with zeros, not only forgotten.
      this.db.exec('PRAGMA secure_delete = ON')
      this.db.exec('PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 1000')
      this.#checkFormat(fresh)
    } catch (error) {
      this.db.close()
      throw openError(path, error)
    }
  }

  #checkFormat(fresh: boolean): void {
    const id = (this.db.prepare('PRAGMA application_id').get() as { application_id: number }).application_id
    const version = (this.db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
    if (!fresh && id !== applicationId && (id !== 0 || version !== 0 || this.#hasTables()))
      throw new Error(`${this.path} is not a database of Enlace`)
    if (version > formatVersion)
      throw new Error(
        `${this.path} has format ${version}; this version of Enlace reads up to ${formatVersion}. Use the version that wrote it.`,
      )
    this.db.exec('BEGIN IMMEDIATE')
    this.db.exec(`
      CREATE TABLE IF NOT EXISTS collections (
        id INTEGER PRIMARY KEY AUTOINCREMENT, db TEXT NOT NULL, name TEXT NOT NULL, uuid BLOB NOT NULL, options BLOB NOT NULL,
        UNIQUE (db, name)) STRICT;
      CREATE TABLE IF NOT EXISTS indexes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, name TEXT NOT NULL, spec BLOB NOT NULL,
        multikey TEXT NOT NULL, ready INTEGER NOT NULL DEFAULT 1, UNIQUE (collection, name)) STRICT;
      CREATE TABLE IF NOT EXISTS sessions (
        session BLOB PRIMARY KEY, txn INTEGER NOT NULL, reply BLOB NOT NULL, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS discarded (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    `)
    if (version === 1) this.#fromFormat1()
    this.db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}`)
    this.db.exec('COMMIT')
  }

  /** Checksums, which older documents lack until they are written again, and indexes that are not finished. */
  #fromFormat1(): void {
    this.db.exec('ALTER TABLE indexes ADD COLUMN ready INTEGER NOT NULL DEFAULT 1')
    for (const { id } of this.db.prepare('SELECT id FROM collections').all())
      this.db.exec(`ALTER TABLE c${id} ADD COLUMN sum INTEGER`)
  }

  #hasTables(): boolean {
    return this.db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined
  }

  /** A prepared statement, kept for the life of the file (or until `forget`). */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** As `statement`, with rows as arrays of columns: half the work where rows are many. */
  rowStatement(sql: string): StatementSync {
    const known = this.#statements.has(sql)
    const statement = this.statement(sql)
    if (!known) statement.setReturnArrays(true)
    return statement
  }

  /** Drops the statements that name a table which is about to go. */
  forget(table: string): void {
    const word = new RegExp(`\\b${table}\\b`)
    for (const sql of this.#statements.keys()) if (word.test(sql)) this.#statements.delete(sql)
  }

  /** Moves what the log holds into the file and gives the log's room back to the disk. */
  checkpoint(): void {
    this.db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  }

  /**
   * The database as it is at one moment, in a new file. Pages are copied a few at a time, between the commands; what is
   * written meanwhile is in the copy too. @throws Error when it does not fit the disk
   */
  async copyTo(path: string): Promise<void> {
    const { bavail, bsize } = statfsSync(dirname(path))
    const wanted = statSync(this.path).size
    if (bavail * bsize < wanted + copyMargin)
      throw new Error(`the disk has no room for a copy of the database (${wanted} bytes)`)
    closeSync(openSync(path, 'wx', 0o600))
    try {
      await backup(this.db, path, { rate: copyPages })
    } catch (error) {
      rmSync(path, { force: true })
      throw error
    }
  }

  /**
   * Writes the file anew without anything that was deleted, and empties the log. Pages that were split or joined keep copies of
   * rows in their gaps, which `secure_delete` does not reach. Nothing else is done meanwhile; not within a transaction.
   */
  rewrite(): void {
    this.checkpoint()
    // The copy is on disk while it is made: in memory it would need as much as the whole database.
    this.db.exec('PRAGMA temp_store = FILE')
    try {
      this.db.exec('VACUUM')
    } finally {
      this.db.exec('PRAGMA temp_store = MEMORY')
    }
    this.checkpoint()
  }

  /** Bytes within the file that nothing uses. */
  get freeBytes(): number {
    const { freelist_count: pages } = this.db.prepare('PRAGMA freelist_count').get() as {
      freelist_count: number
    }
    const { page_size: size } = this.db.prepare('PRAGMA page_size').get() as { page_size: number }
    return pages * size
  }

  /** Size of the file as SQLite counts it. */
  get bytes(): number {
    const { page_count: pages } = this.db.prepare('PRAGMA page_count').get() as { page_count: number }
    const { page_size: size } = this.db.prepare('PRAGMA page_size').get() as { page_size: number }
    return pages * size
  }

  close(): void {
    this.#statements.clear()
    this.db.close()
  }
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

function openError(path: string, error: unknown): Error {
  const code = sqliteCode(error)
  if (code === 5 || code === 6)
    return new Error(`${path} is in use by another process: only one may open it`, { cause: error })
  if (code === 11 || code === 26)
    return new Error(`${path} is damaged or is not a database; restore it from a backup`, { cause: error })
  if (code === 14)
    return new Error(`${path} cannot be opened: check the folder and its rights`, { cause: error })
  return error instanceof Error ? error : new Error(String(error))
}

/** An SQLite failure as the client sees it; other errors are returned as they are. */
export function storageError(error: unknown): unknown {
  switch (sqliteCode(error)) {
    case 11:
    case 26:
      return new MongoError(
        'DataCorruptionDetected',
        'the database file is damaged; restore it from a backup',
      )
    case 13:
      return new MongoError('OutOfDiskSpace', 'the disk is full; what was not acknowledged was not written')
    case undefined:
      return error
    default:
      return new MongoError('InternalError', `storage failed: ${(error as Error).message}`)
  }
}

/** SQLite's own word for a disk (or a file) that cannot grow. */
export const isFull = (error: unknown): boolean => sqliteCode(error) === 13
