/** The embedded database: a MongoDB server over SQLite for this node, on a local socket. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { WorkerInput, WorkerMessage, WorkerRequest } from './worker.ts'

export type EmbeddedMongoOptions = {
  /** a folder for the database file, or the file itself when the name ends in `.sqlite` */
  path: string
  /** where to listen; by default beside the data, or in a private temporary folder when that path is too long */
  socketPath?: string
  /** how often expired documents are removed; MongoDB's minute by default */
  sweepMilliseconds?: number
  /** a message of which nothing more arrives for this time is given up; half a minute by default */
  receiveMilliseconds?: number
  /** room kept back on the disk so that deletes work when it is full; 16 MiB by default */
  reserveBytes?: number
  /** told of what an operator should know */
  log?: { warn(details: Readonly<Record<string, unknown>>, message: string): void }
}

export type EmbeddedMongo = {
  /** for `mongoose.connect`, `new MongoClient` and mongosh */
  uri: string
  /** resolves when the server has ended without being asked to: nothing can be read or written any more */
  stopped: Promise<void>
  /**
   * Copies the whole database, as it is at one moment, into a new file while it goes on being used: SQLite's online backup.
   * @throws Error when the disk has no room for it, or the server is closing
   */
  copyTo(path: string): Promise<void>
  /** finishes what has been received, then closes; everything acknowledged is on disk */
  close(): Promise<void>
}

/** What the kernel allows for a socket's path, with a margin. */
const maxSocketPath = 100

/**
 * Starts the server in a worker thread.
 * @throws Error with a sentence for the operator: the file is in use, of a newer format, not a database, damaged
 */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions): Promise<EmbeddedMongo> {
  const given = resolve(options.path)
  const isFile = given.endsWith('.sqlite')
  const folder = isFile ? dirname(given) : given
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  mkdirSync(join(folder, 'run'), { recursive: true, mode: 0o700 })
  chmodSync(join(folder, 'run'), 0o700)
  const path = isFile ? given : join(folder, 'enlace.sqlite')
  const socket = placeSocket(options.socketPath, path)
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: {
      path,
      socketPath: socket.path,
      address: socket.path,
      sweepMilliseconds: options.sweepMilliseconds ?? 60_000,
      receiveMilliseconds: options.receiveMilliseconds ?? 30_000,
      reserveBytes: options.reserveBytes ?? 16 * 1024 * 1024,
    } satisfies WorkerInput,
    // Compiled code is kept beside the data: a thread that need not strip types takes 18 MB less.
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(folder, 'run', 'code'),
    },
    // A result set or a sort may be large; the rest is small. The limit keeps a runaway from taking the node along.
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 },
  })
  let started = false
  let closing = false
  const stopped = Promise.withResolvers<void>()
  const copies = new Map<number, PromiseWithResolvers<void>>()
  let lastCopy = 0
  const ask = (request: WorkerRequest) => worker.postMessage(request)
  const exited = new Promise<void>((done) => {
    worker.once('exit', () => {
      done()
      for (const copy of copies.values()) copy.reject(new Error('the embedded database has ended'))
      if (!started || closing) return
      options.log?.warn({}, 'the embedded database stopped; the node cannot work without it')
      stopped.resolve()
    })
  })
  await new Promise<void>((ready, fail) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') ready()
      else if (message.kind === 'failed') fail(new Error(message.message))
      else if (message.kind === 'copied') {
        const copy = copies.get(message.id)
        copies.delete(message.id)
        if (message.error === undefined) copy?.resolve()
        else copy?.reject(new Error(message.error))
      } else if (message.kind === 'warning') options.log?.warn(message.details, message.message)
    })
    worker.once('error', fail)
    void exited.then(() => fail(new Error(`the embedded database stopped at its start`)))
  }).catch(async (error: unknown) => {
    await worker.terminate()
    // The socket itself stays: it may be that of the process that has the data.
    socket.removeFolder()
    throw error
  })
  started = true
  return {
    uri: `mongodb://${encodeURIComponent(socket.path)}/enlace?directConnection=true&retryWrites=true`,
    stopped: stopped.promise,
    async copyTo(path) {
      if (closing) throw new Error('the embedded database is closing')
      const copy = Promise.withResolvers<void>()
      copies.set(++lastCopy, copy)
      ask({ kind: 'copy', id: lastCopy, path: resolve(path) })
      await copy.promise
    },
    async close() {
      if (closing) return exited
      closing = true
      ask({ kind: 'close' })
      await exited
      socket.removeFolder()
    },
  }
}

/** The folder of the socket is private (0700): whoever reaches the socket owns the data. */
function placeSocket(wanted: string | undefined, file: string): { path: string; removeFolder: () => void } {
  const near = wanted ? resolve(wanted) : join(dirname(file), 'run', 'mongo.sock')
  if (Buffer.byteLength(near) > maxSocketPath) {
    if (wanted) throw new Error(`the socket path ${near} is longer than ${maxSocketPath} bytes`)
    const folder = mkdtempSync(join(tmpdir(), 'enlace-'))
    return {
      path: join(folder, 'mongo.sock'),
      removeFolder: () => rmSync(folder, { recursive: true, force: true }),
    }
  }
  mkdirSync(dirname(near), { recursive: true, mode: 0o700 })
  if (!wanted) chmodSync(dirname(near), 0o700)
  return { path: near, removeFolder: () => {} }
}
