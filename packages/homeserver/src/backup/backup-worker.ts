/** The thread that makes a backup: hashing, compressing and encrypting keep a core busy, and people do not wait for it. */
import { parentPort, workerData } from 'node:worker_threads'
import { type BackupJob, makeBackup } from './make-backup.ts'
import { openStore } from './place.ts'
import type { BackupPlace, MadeBackup } from './types.ts'

export type BackupWorkerInput = { job: BackupJob; place: BackupPlace; kibPerSecond?: number }
/** What the thread asks of the node, which has the database open. */
export type BackupQuestion = { ask: 'copy'; file: string } | { ask: 'stable' }
export type BackupWorkerMessage =
  | BackupQuestion
  | { done: MadeBackup & { proof: string } }
  | { failed: string }
export type BackupAnswer = { value?: number; error?: string }

const port = parentPort
if (!port) throw new Error('backup-worker.ts runs in a worker thread')
const send = (message: BackupWorkerMessage) => port.postMessage(message)

/** One question at a time. */
function ask(question: BackupQuestion): Promise<number | undefined> {
  return new Promise((done, fail) => {
    port!.once('message', ({ value, error }: BackupAnswer) =>
      error === undefined ? done(value) : fail(new Error(error)),
    )
    send(question)
  })
}

const { job, place, kibPerSecond } = workerData as BackupWorkerInput
try {
  const store = await openStore(place, kibPerSecond)
  const done = await makeBackup(job, store, {
    copyDatabase: async (file) => void (await ask({ ask: 'copy', file })),
    stable: async () => (await ask({ ask: 'stable' })) ?? 0,
    now: () => Date.now(),
  })
  send({ done })
} catch (error) {
  send({ failed: error instanceof Error ? error.message : String(error) })
}
