import type { Failure } from './failure.ts'

/** How long to wait before the next try: twice as long after each failure, up to a limit. */
export interface Backoff {
  /** @returns milliseconds; as long as the server asked for, where it did */
  next(failure?: Failure): number
  /** It worked, or there is a reason to try at once: the next failure waits the shortest time again. */
  reset(): void
}

export function createBackoff(firstMs: number, longestMs: number): Backoff {
  let wait = firstMs
  return {
    next(failure) {
      const ms = failure?.kind === 'too_many' ? failure.waitSeconds * 1000 : wait
      wait = Math.min(ms * 2, longestMs)
      return ms
    },
    reset() {
      wait = firstMs
    },
  }
}

/** For what a person has written and waits to see sent. */
export const sendingBackoff = (): Backoff => createBackoff(2_000, 60_000)
