/** A client of bytes, for what a driver would not send. */
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { BSON, type Document } from 'bson'

/** The path of the socket in a connection string. */
const socketOf = (uri: string): string => decodeURIComponent(/^mongodb:\/\/([^/?]+)/.exec(uri)![1]!)

/** One OP_MSG frame with a body. */
export function frame(body: Document, flags = 0, opcode = 2013): Buffer {
  const bytes = BSON.serialize(body)
  const out = Buffer.alloc(21 + bytes.length)
  out.writeInt32LE(out.length, 0)
  out.writeInt32LE(7, 4)
  out.writeInt32LE(opcode, 12)
  out.writeUInt32LE(flags, 16)
  out.set(bytes, 21)
  return out
}

/** OP_MSG with document sequences. */
export function sections(body: object, name: string, docs: object[]): Buffer {
  const head = frame(body)
  const items = docs.map((doc) => BSON.serialize(doc))
  const section = Buffer.concat([Buffer.alloc(4), Buffer.from(`${name}\0`), ...items])
  section.writeInt32LE(section.length, 0)
  const out = Buffer.concat([head, Buffer.of(1), section])
  out.writeInt32LE(out.length, 0)
  return out
}

export class WireClient {
  readonly #socket: Socket
  #received = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      socket.emit('more')
    })
    socket.on('error', () => {})
  }

  static async connect(uri: string): Promise<WireClient> {
    const socket = createConnection(socketOf(uri))
    await once(socket, 'connect')
    return new WireClient(socket)
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** The next reply's document; undefined when the server closes the connection. */
  async receive(): Promise<Document | undefined> {
    for (;;) {
      if (this.#received.length >= 16 && this.#received.length >= this.#received.readInt32LE(0)) {
        const size = this.#received.readInt32LE(0)
        const legacy = this.#received.readInt32LE(12) === 1
        const doc = BSON.deserialize(this.#received.subarray(legacy ? 36 : 21, size))
        this.#received = this.#received.subarray(size)
        return doc
      }
      if (this.#socket.closed || this.#socket.readableEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#socket.once('more', resolve)
        this.#socket.once('close', () => resolve())
      })
    }
  }

  async command(body: Document): Promise<Document | undefined> {
    this.send(frame(body))
    return this.receive()
  }

  close(): void {
    this.#socket.destroy()
  }
}
