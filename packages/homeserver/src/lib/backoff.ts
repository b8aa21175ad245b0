/**
 * Back-off: how long to wait before something that failed is tried again. The first wait is short, each further one twice
 * as long up to a longest one, and jitter spreads out those who lost the same thing at the same moment.
 */
import { growingCache } from './cache.ts'
import { type Clock, systemClock } from './clock.ts'

export interface BackoffPolicy {
  readonly firstMs: number
  readonly longestMs: number
  /** What a wait is multiplied by, at random between the two; without it waits are exact. */
  readonly jitter?: { readonly from: number; readonly to: number }
}

/** @param failures in a row, 1 for the first */
export function backoffMs(
  { firstMs, longestMs, jitter }: BackoffPolicy,
  failures: number,
  random: () => number = Math.random,
): number {
  // Beyond 2^30 times the first wait no policy goes, and numbers stay finite.
  const exact = Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30))
  return jitter ? exact * (jitter.from + (jitter.to - jitter.from) * random()) : exact
}

/** One back-off per key, by the monotonic clock: setting the wall clock neither shortens nor lengthens a wait. */
export interface KeyedBackoff<K> {
  /** It failed once more. Attempts that fail while it waits already count as one. @returns how long it waits */
  failed(key: K, why?: string): number
  /** It worked, or is known to be up again: nothing is waited for, and the next failure is the first. */
  succeeded(key: K): void
  /** While it is to be left alone: why it failed last. */
  waiting(key: K): { why: string; leftMs: number } | undefined
}

/** @param options.max keys remembered; the one used longest ago is forgotten first */
export function createKeyedBackoff<K extends NonNullable<unknown>>(
  policy: BackoffPolicy,
  { max, clock = systemClock, random }: { max: number; clock?: Clock; random?: () => number },
): KeyedBackoff<K> {
  const states = growingCache<K, { failures: number; until: number; why: string }>(max)

  function waiting(key: K): { why: string; leftMs: number } | undefined {
    const state = states.get(key)
    const leftMs = state ? state.until - clock.monotonic() : 0
    return state && leftMs > 0 ? { why: state.why, leftMs } : undefined
  }

  return {
    waiting,
    failed(key, why = '') {
      const state = states.get(key)
      const left = waiting(key)
      if (state && left) {
        state.why = why
        return left.leftMs
      }
      const failures = (state?.failures ?? 0) + 1
      const wait = backoffMs(policy, failures, random)
      states.set(key, { failures, until: clock.monotonic() + wait, why })
      return wait
    },
    succeeded: (key) => void states.delete(key),
  }
}
