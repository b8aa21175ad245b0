/** The worker thread: owns the database file and the socket, so that the node's event loop never waits for a disk. */
import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { runServer } from './server.ts'

export type WorkerInput = {
  path: string
  socketPath: string
  address: string
  sweepMilliseconds: number
  receiveMilliseconds: number
  reserveBytes: number
}
export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'warning'; message: string; details: Readonly<Record<string, unknown>> }
  | { kind: 'closed' }
  | { kind: 'copied'; id: number; error?: string }
/** What the node asks of the thread. */
export type WorkerRequest = { kind: 'close' } | { kind: 'copy'; id: number; path: string }

const port = parentPort
if (!port) throw new Error('worker.ts runs in a worker thread')
const send = (message: WorkerMessage) => port.postMessage(message)

try {
  const input = workerData as WorkerInput
  const server = await runServer({
    ...input,
    warn: (message, details) => send({ kind: 'warning', message, details }),
  })
  port.on('message', async (request: WorkerRequest) => {
    if (request.kind === 'copy') {
      const { id } = request
      try {
        await server.engine.store.file.copyTo(request.path)
        send({ kind: 'copied', id })
      } catch (error) {
        send({ kind: 'copied', id, error: error instanceof Error ? error.message : String(error) })
      }
      return
    }
    await server.close()
    send({ kind: 'closed' })
    port.close()
  })
  send({ kind: 'ready' })
  // A process that is killed would not write it.
  flushCompileCache()
} catch (error) {
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}
