/** The socket: frames in, replies out. Commands of all connections that arrive in one turn go to the engine together. */
import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { Engine, type EngineOptions, type Job } from './engine.ts'
import { MongoError } from './errors.ts'
import { expireDocuments } from './expiry.ts'
import {
  finishReply,
  headerBytes,
  maxMessageBytes,
  ProtocolError,
  parseMessage,
  type Request,
} from './wire.ts'

const maxConnections = 500
/** Messages being received at one time; a connection beyond it waits. */
const maxInboundBytes = 192 * 1024 * 1024
/** A batch ends after this many commands or milliseconds, so that no client waits behind all others. */
const batchCommands = 512
const batchMilliseconds = 20

export type ServerOptions = EngineOptions & {
  socketPath: string
  /** how often what has expired is removed: documents of TTL indexes, idle cursors, old sessions */
  sweepMilliseconds: number
}

export type RunningServer = { engine: Engine; close(): Promise<void> }

export async function runServer(options: ServerOptions): Promise<RunningServer> {
  const engine = new Engine(options)
  const connections = new Set<Connection>()
  const queue: Job[] = []
  let scheduled = false
  let nextId = 1
  let inbound = 0

  const drain = () => {
    scheduled = false
    const started = Date.now()
    while (queue.length > 0) {
      engine.runBatch(queue.splice(0, batchCommands))
      if (Date.now() - started > batchMilliseconds) break
    }
    if (queue.length > 0) schedule()
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
      reserve(bytes) {
        if (inbound + bytes > maxInboundBytes) return false
        inbound += bytes
        return true
      },
      release(bytes) {
        inbound -= bytes
        for (const other of connections) other.retry()
      },
      closed: (gone) => connections.delete(gone),
      warn: options.warn,
    })
    connections.add(connection)
  })
  server.maxConnections = maxConnections
  await listen(server, options.socketPath, options.warn)

  const sweep = setInterval(() => {
    const now = Date.now()
    engine.cursors.expire(now)
    try {
      engine.transaction(() => engine.sessions.expire(now))
      expireDocuments(engine, now)
    } catch (error) {
      options.warn('expired documents could not be removed', { error: String(error) })
    }
  }, options.sweepMilliseconds)
  sweep.unref()

  return {
    engine,
    async close() {
      clearInterval(sweep)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      if (queue.length > 0) engine.runBatch(queue.splice(0))
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

type Host = {
  enqueue(job: Job): void
  refuse(error: unknown, reply: Request['reply']): Buffer
  reserve(bytes: number): boolean
  release(bytes: number): void
  closed(connection: Connection): void
  warn: EngineOptions['warn']
}

/** One client. Its commands run one at a time and in order; it is not read from while one is under way. */
class Connection {
  readonly #id: number
  readonly #socket: Socket
  readonly #host: Host
  #chunks: Buffer[] = []
  #received = 0
  /** size of the frame being received; 0 while its header is incomplete */
  #expected = 0
  #reserved = 0
  #busy = false
  #waiting = false

  constructor(id: number, socket: Socket, host: Host) {
    this.#id = id
    this.#socket = socket
    this.#host = host
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#received += chunk.length
      this.#advance()
    })
    socket.on('error', () => socket.destroy())
    socket.on('drain', () => this.#advance())
    socket.on('close', () => {
      this.#chunks = []
      this.#unreserve()
      host.closed(this)
    })
  }

  end(): void {
    this.#socket.end()
    // A client that does not close its side must not hold up the shutdown.
    setTimeout(() => this.#socket.destroy(), 500).unref()
  }

  /** Room may have become free for the frame this connection waits to receive. */
  retry(): void {
    if (this.#waiting) this.#advance()
  }

  #advance(): void {
    if (this.#busy || this.#socket.destroyed) return
    try {
      const frame = this.#frame()
      if (frame) this.#handle(frame)
    } catch (error) {
      const reason = error instanceof ProtocolError ? error.message : String((error as Error)?.stack ?? error)
      this.#host.warn('a connection was closed: its messages are not MongoDB wire protocol', { reason })
      this.#socket.destroy()
    }
  }

  #frame(): Buffer | undefined {
    if (this.#expected === 0) {
      if (this.#received < headerBytes) return undefined
      const size = this.#peek(4).readInt32LE(0)
      if (size < headerBytes || size > maxMessageBytes) throw new ProtocolError(`a message of ${size} bytes`)
      this.#expected = size
    }
    if (this.#reserved === 0) {
      this.#waiting = !this.#host.reserve(this.#expected)
      if (this.#waiting) {
        this.#socket.pause()
        return undefined
      }
      this.#reserved = this.#expected
      this.#socket.resume()
    }
    if (this.#received < this.#expected) return undefined
    // A buffer of its own: slices of it may live as long as the command.
    const all = Buffer.concat(this.#chunks)
    const frame = all.subarray(0, this.#expected)
    const rest = all.subarray(this.#expected)
    this.#chunks = rest.length > 0 ? [Buffer.from(rest)] : []
    this.#received = rest.length
    this.#expected = 0
    return frame
  }

  #peek(count: number): Buffer {
    const first = this.#chunks[0]!
    return first.length >= count ? first : Buffer.concat(this.#chunks).subarray(0, count)
  }

  #handle(frame: Buffer): void {
    let request: Request
    try {
      request = parseMessage(frame)
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      // A document with values this server refuses: the frame itself is sound, so the client gets its answer.
      const header = {
        id: frame.readInt32LE(4),
        reply: frame.readInt32LE(12) === 2004 ? 'legacy' : 'msg',
      } as const
      this.#unreserve()
      const silent = header.reply === 'msg' && (frame.readUInt32LE(16) & 2) !== 0
      if (!silent) this.#socket.write(finishReply(this.#host.refuse(error, header.reply), header))
      this.#advance()
      return
    }
    this.#busy = true
    this.#socket.pause()
    this.#host.enqueue({
      request,
      connectionId: this.#id,
      answer: (reply) => {
        this.#busy = false
        this.#unreserve()
        if (this.#socket.destroyed) return
        // While the client does not take its replies, nothing more is read from it.
        const flowing = reply ? this.#socket.write(finishReply(reply, request)) : true
        this.#socket.resume()
        if (flowing) this.#advance()
      },
    })
  }

  #unreserve(): void {
    const bytes = this.#reserved
    this.#reserved = 0
    if (bytes > 0) this.#host.release(bytes)
  }
}
