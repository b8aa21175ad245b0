/** Lines to the database that break: a database on another machine restarts, and the node outlives it. */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import mongoose from 'mongoose'

const { MongoNetworkError, MongoServerSelectionError } = mongoose.mongo
/** What the system says of a line that the other side has left. */
const BROKEN = new Set(['EPIPE', 'ECONNRESET'])

/**
 * Whether this says no more than that the database was not reached: the driver connects again, `/readyz` says no until then, and
 * what was not acknowledged is asked for again by whoever wanted it.
 */
export function isBrokenLine(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  return BROKEN.has(code ?? '') && (syscall === 'write' || syscall === 'read')
}

type DriverConnection = { closed: boolean; socket: Socket; cleanup(error: Error): void }

/**
 * In the driver (7.9) a command waits for its socket to take what it writes, and for an error of the socket, but not for its end.
 * Of a socket that the other side has closed neither comes: the command is never answered, and where it was the monitor's, the
 * database is never found again. What does come, comes as an error of the system, which the driver does not retry.
 */
function endWaitingWrites(): void {
  const ofMongoose = createRequire(createRequire(import.meta.url).resolve('mongoose'))
  const { Connection } = ofMongoose('mongodb/lib/cmap/connection.js') as {
    Connection: { prototype: DriverConnection }
  }
  const cleanup = Connection.prototype.cleanup
  Connection.prototype.cleanup = function (error) {
    const { closed, socket } = this
    cleanup.call(this, error)
    if (!closed && socket.listenerCount('drain') > 0) socket.emit('error', error)
  }
}
endWaitingWrites()
