/** The ports of a network: those of the demo, or free ones for tests. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { freePorts } from '@enlace/embedded-mongo/free-ports'
import { demoNodes, REGISTRY_PORT } from './demo.ts'

/** Another program listens where the network wants to. */
export class PortInUse extends Error {
  readonly code = 'EADDRINUSE'
  readonly port: number

  constructor(port: number) {
    super(`El puerto ${port} está ocupado / port ${port} is in use.`)
    this.port = port
  }
}

type Ports = {
  registry: number
  hn: { web: number; federation: number }
  gt: { web: number; federation: number }
}

/** Server names carry ports and never change, so the ports found for a data folder are kept with it. */
export async function choosePorts(folder: string, kind: 'demo' | 'ephemeral'): Promise<Ports> {
  if (kind === 'demo') {
    const [hn, gt] = demoNodes.map((node) => ({ web: node.webPort, federation: node.federationPort }))
    return { registry: REGISTRY_PORT, hn: hn!, gt: gt! }
  }
  const file = join(folder, 'ports.json')
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Ports
  const [registry, a, b, c, d] = await freePorts(5)
  const ports: Ports = {
    registry: registry!,
    hn: { web: a!, federation: b! },
    gt: { web: c!, federation: d! },
  }
  await writeFile(file, JSON.stringify(ports))
  return ports
}

/** @throws PortInUse, before any program of the network is started */
export async function requireFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) await closed(await listening(port))
}

function listening(port: number): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'EADDRINUSE' ? new PortInUse(port) : error),
    )
    server.listen(port, '127.0.0.1', () => done(server))
  })
}

const closed = (server: Server) => new Promise((done) => server.close(done))
