/** The threads that hash passwords: started when they are needed, ended when nobody has signed in for a while. */
import { Worker } from 'node:worker_threads'

export type HashQuestion = {
  message: Uint8Array
  nonce: Uint8Array
  memory: number
  passes: number
  tagLength: number
}
export type HashAnswer = { tag: Uint8Array } | { fault: string }

/** A thread costs some MiB while it waits. */
const KEEP_MS = 60_000
/** What a thread needs beside the memory of the hash itself, which is not counted here. */
const RESOURCES = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 }

type Job = { done(tag: Buffer): void; fail(error: Error): void }
type Thread = { worker: Worker; job?: Job; idle?: NodeJS.Timeout }

export type HashThreads = {
  /** Never asked for more at once than there are threads: whoever calls has a waiting line (`../lib/fair-queue.ts`). */
  hash(question: HashQuestion): Promise<Buffer>
  readonly running: number
  close(): void
}

export function createHashThreads(): HashThreads {
  const threads = new Set<Thread>()
  let closed = false

  function start(): Thread {
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { resourceLimits: RESOURCES })
    const thread: Thread = { worker }
    threads.add(thread)
    worker.on('message', (answer: HashAnswer) => {
      const { job } = thread
      thread.job = undefined
      rest(thread)
      if ('tag' in answer) job?.done(Buffer.from(answer.tag))
      else job?.fail(new Error(`A password could not be hashed: ${answer.fault}`))
    })
    worker.on('error', (error: Error) => end(thread, error))
    worker.on('exit', () => end(thread, new Error('A thread that hashes passwords has ended.')))
    return thread
  }

  /** Kept for the next one. A thread that only waits holds up no program that wants to end. */
  function rest(thread: Thread): void {
    thread.worker.unref()
    thread.idle = setTimeout(() => end(thread), KEEP_MS)
    thread.idle.unref()
  }

  function end(
    thread: Thread,
    error = new Error('Passwords are not hashed any more: the node is stopping.'),
  ) {
    if (!threads.delete(thread)) return
    clearTimeout(thread.idle)
    thread.job?.fail(error)
    void thread.worker.terminate()
  }

  return {
    hash(question) {
      if (closed) return Promise.reject(new Error('Passwords are not hashed any more: the node is stopping.'))
      const thread = [...threads].find(({ job }) => job === undefined) ?? start()
      clearTimeout(thread.idle)
      thread.worker.ref()
      return new Promise((done, fail) => {
        thread.job = { done, fail }
        thread.worker.postMessage(question)
      })
    },
    get running() {
      return threads.size
    },
    close() {
      closed = true
      for (const thread of [...threads]) end(thread)
    },
  }
}
