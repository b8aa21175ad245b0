/** A node as a program whose database ends when its parent says so: for the test of `run.ts`. */
import type { Worker } from 'node:worker_threads'
import { runHomeserver } from '../../run.ts'

const workers: Worker[] = []
process.on('worker', (worker) => workers.push(worker))
process.on('message', () => {
  for (const worker of workers) void worker.terminate()
})
await runHomeserver(process.argv[2]!)
process.send?.('running')
