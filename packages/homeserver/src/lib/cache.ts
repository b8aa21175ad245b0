import { LRUCache } from 'lru-cache'

const one = () => 1

/**
 * A cache of at most `max` entries, the one used longest ago goes first. It takes memory as it fills: given `max`, the
 * library reserves room for all entries at once, which for the caches of a node would be some 15 MiB before anybody signs in.
 */
export function growingCache<K extends NonNullable<unknown>, V extends NonNullable<unknown>>(
  max: number,
  options: { ttl?: number; perf?: { now: () => number } } = {},
): LRUCache<K, V> {
  return new LRUCache<K, V>({ maxSize: max, sizeCalculation: one, ...options })
}
