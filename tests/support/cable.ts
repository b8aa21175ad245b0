/** The cable between a node and its partners: its federation port, behind a forwarder that a test can cut. */
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePorts, type RunningNode } from '@enlace/dev-network'

export type Cable = {
  /** Ends every connection and takes no new one. */
  cut(): Promise<void>
  mend(): Promise<void>
}

/** Moves the node's federation listener to another port and forwards the one its name says. Starts the node again. */
export async function behindCable(node: RunningNode): Promise<Cable> {
  const port = Number(node.serverName.split(':')[1])
  const [inner] = await freePorts(1)
  const config = JSON.parse(await readFile(node.configFile, 'utf8')) as { listeners: { port: number }[] }
  for (const listener of config.listeners) if (listener.port === port) listener.port = inner!
  await node.process.stop()
  await writeFile(node.configFile, JSON.stringify(config), { mode: 0o600 })
  let open = new Set<Socket>()
  let server: Server | undefined
  const cable: Cable = {
    async cut() {
      const closing = server
      server = undefined
      for (const socket of open) socket.destroy()
      open = new Set()
      await new Promise((done) => (closing ? closing.close(done) : done(undefined)))
    },
    async mend() {
      if (server) return
      const forwarder = createServer((from) => {
        const to = connect(inner!, '127.0.0.1')
        for (const [socket, other] of [
          [from, to],
          [to, from],
        ] as const) {
          open.add(socket)
          socket.on('error', () => other.destroy())
          socket.on('close', () => {
            open.delete(socket)
            other.destroy()
          })
          socket.pipe(other)
        }
      })
      await new Promise<void>((done) => forwarder.listen(port, '127.0.0.1', done))
      server = forwarder
    },
  }
  await cable.mend()
  await node.restart()
  return cable
}
