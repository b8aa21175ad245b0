/** For tests: a bad network in front of a test host. It cuts after so many bytes, refuses WebSockets, and loses pushes. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { REALTIME_PATH } from './contract.ts'

export type BadNetwork = {
  url: string
  /** Whether requests for a WebSocket are refused, as some firewalls do. */
  websockets: boolean
  readonly cuts: number
  /** Cuts everything when so many more bytes of realtime connections have passed in a direction. */
  cutAfter(direction: 'up' | 'down', bytes: number): void
  cut(): void
  /** Pushes that get lost on the way without anything being cut. */
  lose: number
  close(): Promise<void>
}

/** What a push looks like on the wire, in a frame of its own or in the answer to a poll. */
const PUSH = '42["sync"'

export async function startBadNetwork(target: string): Promise<BadNetwork> {
  const open = new Set<Socket>()
  let armed: { direction: 'up' | 'down'; left: number } | undefined
  let cuts = 0

  const server = createServer((client) => {
    const host = connect(Number(new URL(target).port), '127.0.0.1')
    let realtime: boolean | undefined
    let lastRequest: Uint8Array = new Uint8Array()
    for (const [socket, other] of [
      [client, host],
      [host, client],
    ] as const) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => {
      realtime ??= chunk.includes(REALTIME_PATH)
      if (!network.websockets && chunk.includes('Upgrade: websocket')) {
        client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        return
      }
      if (chunk.subarray(0, 4).toString() === 'GET ') lastRequest = chunk
      pass('up', host, chunk)
    })
    host.on('data', (chunk: Buffer) => {
      if (network.lose > 0 && chunk.includes(PUSH)) {
        network.lose -= 1
        // A proxy that did not get the whole answer asks again: what the first one carried is gone.
        if (chunk.subarray(0, 5).toString() === 'HTTP/') host.write(lastRequest)
        else for (const frame of frames(chunk)) if (!frame.includes(PUSH)) pass('down', client, frame)
        return
      }
      pass('down', client, chunk)
    })
    function pass(direction: 'up' | 'down', to: Socket, chunk: Buffer): void {
      if (!realtime || armed?.direction !== direction) return void to.write(chunk)
      const part = chunk.subarray(0, armed.left)
      armed.left -= part.length
      if (armed.left > 0) return void to.write(part)
      armed = undefined
      // What came before the cut does arrive.
      to.write(part, () => network.cut())
    }
  })
  const network: BadNetwork = {
    url: '',
    websockets: true,
    lose: 0,
    get cuts() {
      return cuts
    },
    cutAfter(direction, bytes) {
      armed = { direction, left: bytes }
    },
    cut() {
      cuts += 1
      for (const socket of open) socket.destroy()
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  network.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return network
}

/** The WebSocket frames of a server (RFC 6455 section 5.2), which are not masked. */
function* frames(chunk: Buffer): Iterable<Buffer> {
  for (let at = 0; at + 1 < chunk.length; ) {
    const short = chunk[at + 1]! & 0x7f
    const size = short < 126 ? 2 + short : short === 126 ? 4 + chunk.readUInt16BE(at + 2) : chunk.length
    yield chunk.subarray(at, at + size)
    at += size
  }
}
