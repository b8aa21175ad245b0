/** The line between page and worker: each question has a number, each answer the number of its question. */
import type { SearchDesk } from './types.ts'

type Question = Exclude<keyof SearchDesk, 'close'>
export interface DeskAsked {
  id: number
  ask: Question
  with: unknown
}
export type DeskTold = { id: number; answer: unknown } | { id: number; failed: string }

/** @param onLost the worker died, and with it all it was given */
export function searchDeskInWorker(onLost: () => void): SearchDesk {
  let worker: Worker | undefined
  let last = 0
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>()

  function drop(): void {
    worker?.terminate()
    worker = undefined
    for (const { reject } of waiting.values()) reject(new Error('The search worker stopped.'))
    waiting.clear()
  }

  function start(): Worker {
    const made = new Worker(new URL('./search-worker.ts', import.meta.url), { type: 'module' })
    made.onmessage = ({ data }: MessageEvent<DeskTold>) => {
      const asked = waiting.get(data.id)
      waiting.delete(data.id)
      if ('failed' in data) asked?.reject(new Error(data.failed))
      else asked?.resolve(data.answer)
    }
    made.onerror = () => {
      drop()
      onLost()
    }
    return made
  }

  const ask = <T>(name: Question, given: unknown): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      worker ??= start()
      last += 1
      waiting.set(last, { resolve: resolve as (answer: unknown) => void, reject })
      worker.postMessage({ id: last, ask: name, with: given } satisfies DeskAsked)
    })

  return {
    put: (entries) => ask('put', entries),
    remove: (ids) => ask('remove', ids),
    find: (query) => ask('find', query),
    close: drop,
  }
}
