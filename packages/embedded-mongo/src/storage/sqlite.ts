/** The SQLite file: opening, locking, durability settings, format version, prepared statements. */
import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { MongoError } from '../errors.ts'

/** Raised when tables or encodings change in a way older code would read wrongly. */
const formatVersion = 1
const applicationId = 0x454e4c43

export class SqliteFile {
  readonly db: DatabaseSync
  readonly path: string
  /** the catalog in memory is ahead of the last commit */
  catalogChanged = false
  readonly #statements = new Map<string, StatementSync>()

  /** @throws Error with a sentence for the operator: in use, newer format, not ours, damaged */
  constructor(path: string) {
    this.path = path
    const fresh = !existsSync(path)
    // Created here so that nobody else may read it. Never opened when it is there: closing would drop SQLite's locks.
    if (fresh) closeSync(openSync(path, 'wx', 0o600))
    this.db = new DatabaseSync(path, { timeout: 500, enableForeignKeyConstraints: false, defensive: false })
    try {
      // Exclusive before the first read: a second process is refused, and the lock dies with this one.
      this.db.exec('PRAGMA locking_mode = EXCLUSIVE')
      const mode = this.db.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string }
      if (mode.journal_mode !== 'wal') throw new Error(`cannot use write-ahead logging on ${path}`)
      this.db.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY')
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
        multikey TEXT NOT NULL, UNIQUE (collection, name)) STRICT;
      CREATE TABLE IF NOT EXISTS sessions (
        session BLOB PRIMARY KEY, txn INTEGER NOT NULL, reply BLOB NOT NULL, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    `)
    this.db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}`)
    this.db.exec('COMMIT')
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
      return new MongoError('DataCorruption', 'the database file is damaged; restore it from a backup')
    case 13:
      return new MongoError('OutOfDiskSpace', 'the disk is full; nothing was written')
    case undefined:
      return error
    default:
      return new MongoError('InternalError', `storage failed: ${(error as Error).message}`)
  }
}
