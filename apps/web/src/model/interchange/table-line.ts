import type { PlanRequest, TableDesk } from './types.ts'

type Told =
  | { id: number; answer: unknown }
  | { id: number; failed: string }
  | { id: number; progress: [done: number, of: number] }

/** A desk in a worker. A new question ends the one before it: whoever corrects a cell no longer wants the old answer. */
export function createTableDesk(): TableDesk {
  let worker: Worker | undefined
  let last = 0
  let waiting:
    | {
        id: number
        resolve(answer: unknown): void
        reject(error: Error): void
        onProgress?: (done: number, of: number) => void
      }
    | undefined

  function close(): void {
    worker?.terminate()
    worker = undefined
    waiting?.reject(new Error('superseded'))
    waiting = undefined
  }

  function start(): Worker {
    const made = new Worker(new URL('./table-worker.ts', import.meta.url), { type: 'module' })
    made.onmessage = ({ data }: MessageEvent<Told>) => {
      if (!waiting || data.id !== waiting.id) return
      if ('progress' in data) {
        waiting.onProgress?.(...data.progress)
        return
      }
      const { resolve, reject } = waiting
      waiting = undefined
      if ('failed' in data) reject(new Error(data.failed))
      else resolve(data.answer)
    }
    made.onerror = () => {
      const reject = waiting?.reject
      waiting = undefined
      close()
      reject?.(new Error('The worker stopped.'))
    }
    return made
  }

  function ask<T>(
    question: { read: ArrayBuffer } | { plan: PlanRequest },
    onProgress?: (done: number, of: number) => void,
  ): Promise<T> {
    if (waiting) close()
    return new Promise<T>((resolve, reject) => {
      worker ??= start()
      last += 1
      waiting = {
        id: last,
        resolve: resolve as (answer: unknown) => void,
        reject,
        ...(onProgress ? { onProgress } : {}),
      }
      worker.postMessage({ id: last, ...question }, 'read' in question ? [question.read] : [])
    })
  }

  return {
    read: (bytes) => ask({ read: bytes }),
    plan: (request, onProgress) => ask({ plan: request }, onProgress),
    close,
  }
}
