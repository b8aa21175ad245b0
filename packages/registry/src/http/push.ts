/** Tells nodes over Socket.IO that something new is published. It says that much and no more: they fetch and verify it. */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'

export const PUSH_PATH = '/trust/socket.io'
const MAX_LISTENERS = 1_000

export interface Push {
  published(version: number): void
  close(): Promise<void>
}

export function startPush(server: HttpServer, current: () => number | undefined): Push {
  const io = new Server(server, {
    path: PUSH_PATH,
    // A node has one connection and keeps it; no page listens here.
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: 1_024,
    allowRequest: (_req, answer) => answer(null, io.engine.clientsCount < MAX_LISTENERS),
  })
  io.on('connection', (socket) => {
    // What was published while the node was away.
    const version = current()
    if (version !== undefined) socket.emit('published', { version })
  })
  return {
    published: (version) => void io.emit('published', { version }),
    async close() {
      io.disconnectSockets(true)
      io.engine.close()
    },
  }
}
