/** A telephone's line in front of a node: so many bytes a second in each direction for all connections together, and late. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface SlowLine {
  readonly port: number
  /** Bytes that came down so far. */
  received(): number
  /** The network is gone: what is open ends, and nothing new is taken. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

/** A chunk is no longer than this, so that connections take turns. */
const SLICE = 1_400
/** What may wait to be passed on before its source is asked to pause. */
const WAITING = 16 * SLICE

export async function slowLine(
  target: number,
  options: { kilobitsPerSecond: number; roundTripMs: number },
): Promise<SlowLine> {
  const bytesPerMs = options.kilobitsPerSecond / 8
  const open = new Set<Socket>()
  let down = 0
  let isCut = false

  /** One direction: whose turn is over when its last bit is through. */
  function direction() {
    let free = performance.now()
    return (from: Socket, to: Socket, count: (bytes: number) => void) => {
      let waiting = 0
      // Timers of a busy machine overtake each other; bytes must not.
      const queue: (Buffer | 'end')[] = []
      const passOn = () => {
        const next = queue.shift()!
        if (next === 'end') return void to.end()
        waiting -= next.length
        if (waiting < WAITING) from.resume()
        if (to.destroyed) return
        count(next.length)
        to.write(next)
      }
      from.on('data', (data: Buffer) => {
        for (let start = 0; start < data.length; start += SLICE) {
          const slice = data.subarray(start, start + SLICE)
          free = Math.max(free, performance.now()) + slice.length / bytesPerMs
          waiting += slice.length
          queue.push(slice)
          setTimeout(passOn, free - performance.now() + options.roundTripMs / 2)
        }
        if (waiting >= WAITING) from.pause()
      })
      from.on('end', () => {
        queue.push('end')
        setTimeout(passOn, Math.max(0, free - performance.now()) + options.roundTripMs)
      })
    }
  }
  const downwards = direction()
  const upwards = direction()

  const server = createServer((phone) => {
    if (isCut) return void phone.destroy()
    const node = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [phone, node],
      [node, phone],
    ] as const) {
      socket.setNoDelay(true)
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => open.delete(socket))
    }
    phone.on('close', () => node.destroy())
    upwards(phone, node, () => undefined)
    downwards(node, phone, (bytes) => {
      down += bytes
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const drop = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    received: () => down,
    cut() {
      isCut = true
      drop()
    },
    mend() {
      isCut = false
    },
    async close() {
      drop()
      await new Promise((done) => server.close(done))
    },
  }
}
