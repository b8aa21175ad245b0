/** The line between page and worker: each question has a number, each answer the number of its question. */
import type { Desk } from './desk.ts'

export interface Asked {
  id: number
  userId: string
  ask: keyof Desk
  with: unknown[]
  keeping: Keeping
}

/** How this page keeps things: a worker has its own view of the device. */
export interface Keeping {
  seal?: CryptoKey | undefined
  volatile: boolean
}

export type Told = { id: number; answer: unknown } | { id: number; failed: string }

/** A desk that is asked in a worker, which starts with the first question. */
export function deskInWorker(userId: string, keeping: Keeping): Desk & { close(): void } {
  let worker: Worker | undefined
  let last = 0
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>()

  function start(): Worker {
    const made = new Worker(new URL('./directory-worker.ts', import.meta.url), { type: 'module' })
    made.onmessage = ({ data }: MessageEvent<Told>) => {
      const asked = waiting.get(data.id)
      waiting.delete(data.id)
      if ('failed' in data) asked?.reject(new Error(data.failed))
      else asked?.resolve(data.answer)
    }
    made.onerror = () => {
      // It did not start, or died: whoever waits is told, and the next question starts another.
      worker = undefined
      made.terminate()
      for (const { reject } of waiting.values()) reject(new Error('The directory worker stopped.'))
      waiting.clear()
    }
    return made
  }

  const ask = <T>(name: keyof Desk, given: unknown[], transfer: Transferable[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      worker ??= start()
      last += 1
      waiting.set(last, { resolve: resolve as (answer: unknown) => void, reject })
      worker.postMessage({ id: last, userId, ask: name, with: given, keeping } satisfies Asked, transfer)
    })

  return {
    open: () => ask('open', []),
    take: (bytes, etag, at) => ask('take', [bytes, etag, at], [bytes]),
    confirm: (at) => ask('confirm', [at]),
    find: (query, now) => ask('find', [query, now]),
    rows: (numbers, now, near) => ask('rows', [numbers, now, near]),
    entry: (key, now) => ask('entry', [key, now]),
    asGiven: (key) => ask('asGiven', [key]),
    facets: () => ask('facets', []),
    copy: () => ask('copy', []),
    close() {
      worker?.terminate()
      worker = undefined
      for (const { reject } of waiting.values()) reject(new Error('The directory is closed.'))
      waiting.clear()
    },
  }
}
