/** The socket: frames in, replies out. Commands of all connections that arrive in one turn go to the engine together. */
import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { Connection } from './connection.ts'
import { Engine, type EngineOptions, type Job } from './engine.ts'
import { expireDocuments } from './expiry.ts'
import { Reserve } from './storage/reserve.ts'

const maxConnections = 500
/** Messages being received, or worked on, at one time; beyond it one connection after the other goes on. */
const maxInboundBytes = 192 * 1024 * 1024
/** A batch ends after this many commands or milliseconds, so that no client waits behind all others. */
const batchCommands = 512
const batchMilliseconds = 20
/** What is under way may be finished in this time when the server is asked to stop. */
const closeMilliseconds = 5000

export type ServerOptions = EngineOptions & {
  socketPath: string
  /** how often what has expired is removed: documents of TTL indexes, idle cursors, old sessions */
  sweepMilliseconds: number
  /** a message of which nothing more arrives for this time is given up */
  receiveMilliseconds: number
  /** room kept back on the disk, for deletes when it is full */
  reserveBytes: number
}

export type RunningServer = { engine: Engine; close(): Promise<void> }

export async function runServer(options: ServerOptions): Promise<RunningServer> {
  const reserve = new Reserve(options.path, options.reserveBytes)
  let full = false
  const engine = new Engine({
    ...options,
    onFull() {
      if (!full) options.warn('the disk is full: only deletes are accepted until there is room', {})
      full = true
      reserve.release()
      try {
        engine.store.file.checkpoint()
      } catch (error) {
        options.warn('the log could not be written into the database', { error: String(error) })
      }
    },
    // What deletes leave free within the file may be used again.
    mayGrow: () => !full || engine.store.file.freeBytes > reserve.bytes,
  })
  const keepBack = async () => {
    await reserve.fill()
    if (reserve.held) full = false
  }
  void keepBack()
  const connections = new Set<Connection>()
  const queue: Job[] = []
  let scheduled = false
  let nextId = 1
  let inbound = 0
  /** goes on receiving although there is no room, so that something always gets done */
  let first: Connection | undefined

  const drain = () => {
    scheduled = false
    const started = Date.now()
    do {
      engine.runBatch(queue.splice(0, batchCommands))
    } while (queue.length > 0 && Date.now() - started < batchMilliseconds)
    if (queue.length > 0 || engine.busy) schedule()
  }
  const schedule = () => {
    if (scheduled) return
    scheduled = true
    // After the poll phase: whatever the sockets have delivered by then shares one commit.
    setImmediate(drain)
  }

  const server = createServer((socket) => {
    const connection = new Connection(nextId++, socket, {
      enqueue(job) {
        queue.push(job)
        schedule()
      },
      refuse: (error, reply) => engine.refusal(error, reply),
      account(bytes) {
        inbound += bytes
        if (bytes > 0) return
        for (const other of connections) other.retry()
      },
      mayReceive(asking) {
        if (inbound <= maxInboundBytes) return true
        if (!first?.receiving) first = asking
        return first === asking
      },
      closed(gone) {
        connections.delete(gone)
        if (first !== gone) return
        first = undefined
        for (const other of connections) other.retry()
      },
      warn: options.warn,
      receiveMilliseconds: options.receiveMilliseconds,
    })
    connections.add(connection)
  })
  server.maxConnections = maxConnections
  await listen(server, options.socketPath, options.warn)

  const sweep = setInterval(() => {
    const now = Date.now()
    engine.cursors.expire(now)
    engine.background('expiry', function* () {
      engine.sessions.expire(now)
      yield* expireDocuments(engine.store, now)
    })
    schedule()
    if (!reserve.held) void keepBack()
  }, options.sweepMilliseconds)
  sweep.unref()

  return {
    engine,
    async close() {
      clearInterval(sweep)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const until = Date.now() + closeMilliseconds
      do engine.runBatch(queue.splice(0))
      while (engine.busy && Date.now() < until)
      engine.interrupt()
      await reserve.settle()
      for (const connection of connections) connection.end()
      await closed
      engine.close()
    },
  }
}

function listen(server: Server, path: string, warn: EngineOptions['warn']): Promise<void> {
  // A killed process leaves its socket behind; the database's lock, held by now, says that nobody listens on it.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      // Running out of file descriptors, for one: those who are connected go on.
      server.on('error', (error) => warn('a connection could not be accepted', { error: String(error) }))
      chmodSync(path, 0o600)
      resolve()
    })
  })
}
