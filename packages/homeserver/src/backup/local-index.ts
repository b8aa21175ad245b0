/**
 * What the node remembers of the packs it has sent: which chunk is in which, under a keyed hash. It saves work and decides
 * nothing: what the store does not have any more is forgotten, and a lost index makes the next backup a full one.
 */
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export type KnownPiece = { pack: string; at: number; length: number; size: number; packed: boolean }
export type FreshPiece = Omit<KnownPiece, 'pack'> & { id: Buffer }

const FORMAT = 1

export class LocalIndex {
  readonly #db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** @throws Error where another process has it open: two writers would each think they knew the store */
  static open(path: string): LocalIndex {
    try {
      return new LocalIndex(openFile(path))
    } catch (error) {
      if (error instanceof Error && /locked|busy/i.test(error.message))
        throw new Error(
          'Ya se está haciendo otro respaldo de este nodo. / Another backup of this node is under way.',
          { cause: error },
        )
      for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true })
      return new LocalIndex(openFile(path))
    }
  }

  known(id: Buffer): KnownPiece | undefined {
    const row = this.#db
      .prepare(
        'SELECT packs.name AS pack, at, length, chunks.size AS size, packed FROM chunks JOIN packs ON packs.n = chunks.pack WHERE id = ?',
      )
      .get(id) as { pack: string; at: number; length: number; size: number; packed: number } | undefined
    return row && { ...row, packed: row.packed === 1 }
  }

  addPack(name: string, size: number, pieces: readonly FreshPiece[]): void {
    this.#whole(() => {
      this.#db.prepare('INSERT OR IGNORE INTO packs (name, size) VALUES (?, ?)').run(name, size)
      const { n } = this.#db.prepare('SELECT n FROM packs WHERE name = ?').get(name) as { n: number }
      const add = this.#db.prepare(
        'INSERT OR REPLACE INTO chunks (id, pack, at, length, size, packed) VALUES (?, ?, ?, ?, ?, ?)',
      )
      for (const one of pieces) add.run(one.id, n, one.at, one.length, one.size, one.packed ? 1 : 0)
    })
  }

  /** Forgets the packs that the store does not have, or not in their size. @returns how many */
  keepOnly(there: ReadonlyMap<string, number>): number {
    const gone = (
      this.#db.prepare('SELECT n, name, size FROM packs').all() as { n: number; name: string; size: number }[]
    ).filter(({ name, size }) => there.get(name) !== size)
    this.#whole(() => {
      for (const { n } of gone) {
        this.#db.prepare('DELETE FROM chunks WHERE pack = ?').run(n)
        this.#db.prepare('DELETE FROM packs WHERE n = ?').run(n)
      }
    })
    return gone.length
  }

  sizeOf(pack: string): number | undefined {
    return (
      this.#db.prepare('SELECT size FROM packs WHERE name = ?').get(pack) as { size: number } | undefined
    )?.size
  }

  /** The chunks of a file that never changes once it is there, when it was read before. */
  file(path: string, size: number): Buffer[] | undefined {
    const row = this.#db.prepare('SELECT chunks FROM files WHERE path = ? AND size = ?').get(path, size) as
      | { chunks: Uint8Array }
      | undefined
    if (!row) return undefined
    const all = Buffer.from(row.chunks)
    return Array.from({ length: all.length / 32 }, (_, index) => all.subarray(index * 32, index * 32 + 32))
  }

  rememberFile(path: string, size: number, chunks: readonly Buffer[]): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO files (path, size, chunks) VALUES (?, ?, ?)')
      .run(path, size, Buffer.concat(chunks))
  }

  note(name: string): unknown {
    const row = this.#db.prepare('SELECT json FROM notes WHERE name = ?').get(name) as
      | { json: string }
      | undefined
    return row && (JSON.parse(row.json) as unknown)
  }

  setNote(name: string, value: unknown): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO notes (name, json) VALUES (?, ?)')
      .run(name, JSON.stringify(value))
  }

  close(): void {
    this.#db.close()
  }

  #whole(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

function openFile(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version !== 0 && version !== FORMAT) throw new Error('an index of another version')
    db.exec(`
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS packs (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS chunks (id BLOB PRIMARY KEY, pack INTEGER NOT NULL, at INTEGER NOT NULL,
        length INTEGER NOT NULL, size INTEGER NOT NULL, packed INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS chunks_by_pack ON chunks (pack);
      CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, chunks BLOB NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
      PRAGMA user_version = ${FORMAT};
      COMMIT`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}
