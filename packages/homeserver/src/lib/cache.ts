/** Bounded memory. */
import { LRUCache } from 'lru-cache'
import type { Clock } from './clock.ts'

const one = () => 1

/**
 * A cache of at most `max` entries, the one used longest ago goes first. It takes memory as it fills: given `max`, the
 * library reserves room for all entries at once, which for the caches of a node would be some 15 MiB before anybody signs in.
 * `ttl` (milliseconds) counts by the monotonic clock.
 */
export function growingCache<K extends NonNullable<unknown>, V extends NonNullable<unknown>>(
  max: number,
  { ttl, clock }: { ttl?: number; clock?: Clock } = {},
): LRUCache<K, V> {
  return new LRUCache<K, V>({
    maxSize: max,
    sizeCalculation: one,
    ...(ttl === undefined ? {} : { ttl }),
    // The library remembers the time for a millisecond; a clock in a test's hand is asked each time.
    ...(clock === undefined ? {} : { perf: { now: () => clock.monotonic() }, ttlResolution: 0 }),
  })
}
