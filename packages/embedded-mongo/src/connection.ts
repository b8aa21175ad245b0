/** One client's socket: frames in, replies out. Memory is accounted for as bytes arrive, and a message must not take for ever. */
import type { Socket } from 'node:net'
import type { Job } from './engine.ts'
import { MongoError } from './errors.ts'
import {
  finishReply,
  headerBytes,
  maxMessageBytes,
  ProtocolError,
  parseMessage,
  type Request,
} from './wire.ts'

/** What each connection may hold whatever the others do: small commands always pass. */
const freeBytes = 64 * 1024
/** A message that comes drop by drop is given up in the end. */
const maxLooks = 10

export interface ConnectionHost {
  enqueue(job: Job): void
  refuse(error: unknown, reply: Request['reply']): Buffer
  /** Bytes have arrived (or, when negative, are done with). */
  account(bytes: number): void
  /** Whether this connection may go on receiving; if not, it is asked again by `retry`. */
  mayReceive(connection: Connection): boolean
  closed(connection: Connection): void
  warn(message: string, details: Readonly<Record<string, unknown>>): void
  /** a message of which nothing more arrives for this time is given up */
  readonly receiveMilliseconds: number
}

/** Its commands run one at a time and in order; it is not read from while one is under way. */
export class Connection {
  readonly #id: number
  readonly #socket: Socket
  readonly #host: ConnectionHost
  #chunks: Buffer[] = []
  #received = 0
  /** size of the frame being received; 0 while its header is incomplete */
  #expected = 0
  /** bytes accounted for: those received, and those of the command under way */
  #held = 0
  #busy = false
  #waiting = false
  #timer: NodeJS.Timeout | undefined

  constructor(id: number, socket: Socket, host: ConnectionHost) {
    this.#id = id
    this.#socket = socket
    this.#host = host
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#received += chunk.length
      this.#hold(chunk.length)
      this.#advance()
    })
    socket.on('error', () => socket.destroy())
    socket.on('drain', () => this.#advance())
    socket.on('close', () => {
      this.#chunks = []
      this.#stopTimer()
      this.#hold(-this.#held)
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

  get receiving(): boolean {
    return !this.#busy && this.#received > 0
  }

  #hold(bytes: number): void {
    if (bytes === 0) return
    this.#held += bytes
    this.#host.account(bytes)
  }

  #advance(): void {
    if (this.#busy || this.#socket.destroyed) return
    try {
      const frame = this.#frame()
      if (frame) this.#handle(frame)
      else this.#wait()
    } catch (error) {
      const reason = error instanceof ProtocolError ? error.message : String((error as Error)?.stack ?? error)
      this.#host.warn('a connection was closed: its messages are not MongoDB wire protocol', { reason })
      this.#socket.destroy()
    }
  }

  /** A message is incomplete: its time runs while it is received, and stands while it has to wait for room. */
  #wait(): void {
    this.#waiting = this.#received > freeBytes && !this.#host.mayReceive(this)
    if (this.#waiting) {
      this.#stopTimer()
      this.#socket.pause()
      return
    }
    this.#socket.resume()
    if (this.#received === 0) this.#stopTimer()
    else if (!this.#timer) this.#watch(1, this.#received)
  }

  /** Gives up a message of which nothing more has arrived since the last look, or that takes many looks. */
  #watch(look: number, before: number): void {
    this.#timer = setTimeout(() => {
      if (this.#received > before && look < maxLooks) {
        this.#watch(look + 1, this.#received)
        return
      }
      this.#host.warn('a connection was closed: its message did not arrive in time', {
        received: this.#received,
        expected: this.#expected,
      })
      this.#socket.destroy()
    }, this.#host.receiveMilliseconds).unref()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #frame(): Buffer | undefined {
    if (this.#expected === 0) {
      if (this.#received < headerBytes) return undefined
      const size = this.#peek(4).readInt32LE(0)
      if (size < headerBytes || size > maxMessageBytes) throw new ProtocolError(`a message of ${size} bytes`)
      this.#expected = size
    }
    if (this.#received < this.#expected) return undefined
    this.#stopTimer()
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
      this.#hold(-frame.length)
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
      gone: () => this.#socket.destroyed,
      answer: (reply) => {
        this.#busy = false
        // A connection that has closed has given its bytes back already.
        if (this.#socket.destroyed) return
        this.#hold(-frame.length)
        // While the client does not take its replies, nothing more is read from it.
        const flowing = reply ? this.#socket.write(finishReply(reply, request)) : true
        this.#socket.resume()
        if (flowing) this.#advance()
      },
    })
  }
}
