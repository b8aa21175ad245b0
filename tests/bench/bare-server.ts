/** The measure of realtime delivery: a Socket.IO server that does nothing but hand the same bytes to everyone. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'

const httpServer = createServer()
const io = new Server(httpServer, { serveClient: false, perMessageDeflate: false })
io.on('connection', (socket) => {
  socket.on('call', (message: { payload: unknown }, answer: (value: unknown) => void) => {
    io.emit('sync', message.payload)
    answer({ status: 200, body: {} })
  })
})
httpServer.listen(0, '127.0.0.1', () => process.send?.((httpServer.address() as AddressInfo).port))
