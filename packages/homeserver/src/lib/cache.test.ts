import { expect, test } from 'vitest'
import { growingCache } from './cache.ts'

test('the entry used longest ago goes first', () => {
  const cache = growingCache<string, number>(2)
  cache.set('a', 1).set('b', 2)
  expect(cache.get('a')).toBe(1)
  cache.set('c', 3)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
})

test('what has a lifetime is gone after it, by the monotonic clock', () => {
  let passed = 1
  const cache = growingCache<string, number>(2, {
    ttl: 1_000,
    clock: { now: () => 0, monotonic: () => passed },
  })
  cache.set('a', 1)
  passed += 1_000
  expect(cache.get('a')).toBe(1)
  passed += 1
  expect(cache.get('a')).toBeUndefined()
})
