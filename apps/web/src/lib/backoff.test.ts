import { expect, test } from 'vitest'
import { createBackoff } from './backoff.ts'

test('each failure doubles the wait, up to the longest; a success begins anew', () => {
  const backoff = createBackoff(2_000, 10_000)
  expect([backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([
    2_000, 4_000, 8_000, 10_000, 10_000,
  ])
  backoff.reset()
  expect(backoff.next({ kind: 'offline' })).toBe(2_000)
})

test('a server that names a time is given that time, even beyond the longest', () => {
  const backoff = createBackoff(2_000, 10_000)
  expect(backoff.next({ kind: 'too_many', waitSeconds: 30 })).toBe(30_000)
  expect(backoff.next()).toBe(10_000)
})
