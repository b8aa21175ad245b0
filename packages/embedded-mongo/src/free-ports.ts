import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below those that systems hand out to outgoing connections (Linux: from 32768 on). */
const FIRST = 20_000
const LAST = 32_000
const given = new Set<number>()

/**
 * Ports of 127.0.0.1 that nobody listens on, for servers of tests. One that the system picks (`listen(0)`) may become the near end of
 * somebody's connection while its server is stopped, which then cannot start again; these cannot.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = randomInt(FIRST, LAST)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    ports.push(port)
  }
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port!
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
}
