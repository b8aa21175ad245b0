import type { Connection } from 'mongoose'

/** The node's database, whichever it is. Collections are opened with `openModel` (db.ts). */
export interface Database {
  connection: Connection
  /** True while the database answers, and soon. */
  ping(): Promise<boolean>
  /** Resolves when the database is gone for good: the embedded one ended. A MongoDB is waited for instead. */
  lost: Promise<void>
  /** Only of the embedded database: copies it into a new file, as it is at one moment, while it goes on. */
  copyTo?(path: string): Promise<void>
  /**
   * Overwrites what was deleted, so that a copy of the files holds none of it. A MongoDB is asked to compact its log of events;
   * what its oplog, journal and snapshots keep is up to whoever runs it: `left_to_database`.
   */
  rewrite(): Promise<'rewritten' | 'left_to_database'>
  close(): Promise<void>
}
