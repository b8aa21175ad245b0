/**
 * Logical sessions and retryable writes. The last write of each session is kept with its reply, in the transaction of the
 * write itself: sent again, even after a crash, it is answered and not applied a second time.
 */

import { decodeDoc } from './bson/decode.ts'
import { encodeDoc, type Fields } from './bson/encode.ts'
import { Binary, binaryBytes, type Doc, isDoc, type Value } from './bson/values.ts'
import { MongoError } from './errors.ts'
import { asBuffer } from './storage/collection.ts'
import type { SqliteFile } from './storage/sqlite.ts'

export const sessionMinutes = 30

/** The session's id as text; a session is known by its UUID. @throws TypeMismatch */
export function sessionKey(lsid: Value | undefined): string | undefined {
  if (lsid === undefined) return undefined
  const id = isDoc(lsid) ? lsid.get('id') : undefined
  if (!(id instanceof Binary) || id.position !== 16)
    throw new MongoError('TypeMismatch', "lsid must be an object with a UUID in 'id'")
  return Buffer.from(binaryBytes(id)).toString('latin1')
}

/** No reply of a command has a field of this name. */
const partialField = '$progress'

/** What is known of a write that was sent before: its reply, or how far it had come. */
type Earlier = { reply: Fields } | { progress: Doc }

export class Sessions {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
  }

  /** The reply given before, or how far the write had come. @throws TransactionTooOld when the session has moved on */
  replyTo(session: string, txn: bigint): Earlier | undefined {
    const row = this.#file
      .statement('SELECT txn, reply FROM sessions WHERE session = ?')
      .get(Buffer.from(session, 'latin1')) as { txn: number; reply: Uint8Array } | undefined
    if (!row || BigInt(row.txn) < txn) return undefined
    if (BigInt(row.txn) > txn)
      throw new MongoError(
        'TransactionTooOld',
        `Retryable write with txnNumber ${txn} is prohibited on session because a newer retryable write with txnNumber ${row.txn} has already started on this session.`,
      )
    const reply = decodeDoc(asBuffer(row.reply), true)
    const progress = reply.get(partialField)
    return isDoc(progress) ? { progress } : { reply: Object.fromEntries(reply as ReadonlyMap<string, Value>) }
  }

  /** Keeps the reply in the transaction of the write's last part. */
  remember(session: string, txn: bigint, reply: Fields): void {
    this.#file
      .statement(
        `INSERT INTO sessions (session, txn, reply, used) VALUES (?, ?, ?, ?)
         ON CONFLICT (session) DO UPDATE SET txn = excluded.txn, reply = excluded.reply, used = excluded.used`,
      )
      .run(Buffer.from(session, 'latin1'), txn, encodeDoc(reply), Date.now())
  }

  /** Keeps how far a write has come, in the transaction of the part that is done. */
  progress(session: string, txn: bigint, progress: Fields): void {
    this.remember(session, txn, { [partialField]: progress })
  }

  /** Forgets sessions that were not used for their lifetime. */
  expire(now: number): void {
    this.#file.statement('DELETE FROM sessions WHERE used < ?').run(now - sessionMinutes * 60_000)
  }

  end(sessions: readonly Doc[]): void {
    for (const lsid of sessions) {
      const key = sessionKey(lsid)
      if (key) this.#file.statement('DELETE FROM sessions WHERE session = ?').run(Buffer.from(key, 'latin1'))
    }
  }
}
