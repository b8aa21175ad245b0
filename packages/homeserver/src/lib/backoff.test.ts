import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BackoffPolicy, backoffMs, createKeyedBackoff } from './backoff.ts'

const policy: BackoffPolicy = { firstMs: 500, longestMs: 60_000 }

test('twice as long each time, up to the longest', () => {
  const waits = Array.from({ length: 9 }, (_, index) => backoffMs(policy, index + 1))
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
})

test('jitter stays between its two numbers', () => {
  const jitter = { from: 0.5, to: 1 }
  expect(backoffMs({ ...policy, jitter }, 2, () => 0)).toBe(500)
  expect(backoffMs({ ...policy, jitter }, 2, () => 0.5)).toBe(750)
  expect(backoffMs({ ...policy, jitter }, 2, () => 1)).toBe(1_000)
})

test('however many failures and whatever chance says: a number from the first wait to the longest', () => {
  const failures = fc.oneof(fc.integer({ min: -5, max: 200 }), fc.integer({ min: 0, max: 2 ** 31 }))
  fc.assert(
    fc.property(failures, fc.double({ min: 0, max: 1, noNaN: true }), (count, chance) => {
      const jitter = { from: 0.8, to: 1.2 }
      const wait = backoffMs({ ...policy, jitter }, count, () => chance)
      expect(wait).toBeGreaterThanOrEqual(policy.firstMs * jitter.from)
      expect(wait).toBeLessThanOrEqual(policy.longestMs * jitter.to)
      expect(backoffMs(policy, count + 1)).toBeGreaterThanOrEqual(backoffMs(policy, count))
    }),
  )
})

test('each key waits by itself, by the monotonic clock, and says why', () => {
  let passed = 1_000
  // The wall clock jumps about; nobody should ask it.
  const clock = { now: () => Math.random() * 1e12, monotonic: () => passed }
  const backoff = createKeyedBackoff<string>(policy, { max: 10, clock })
  expect(backoff.waiting('gt.example')).toBeUndefined()
  expect(backoff.failed('gt.example', 'ECONNREFUSED')).toBe(500)
  passed += 200
  expect(backoff.waiting('gt.example')).toEqual({ why: 'ECONNREFUSED', leftMs: 300 })
  expect(backoff.waiting('sv.example')).toBeUndefined()
  passed += 300
  expect(backoff.waiting('gt.example')).toBeUndefined()
  // The time is over, the failures in a row go on.
  expect(backoff.failed('gt.example', 'ETIMEDOUT')).toBe(1_000)
  expect(backoff.waiting('gt.example')).toEqual({ why: 'ETIMEDOUT', leftMs: 1_000 })
  backoff.succeeded('gt.example')
  expect(backoff.waiting('gt.example')).toBeUndefined()
  expect(backoff.failed('gt.example', 'EPIPE')).toBe(500)
})

test('attempts that were under way together fail once', () => {
  let passed = 0
  const backoff = createKeyedBackoff<string>(policy, {
    max: 10,
    clock: { now: () => 0, monotonic: () => passed },
  })
  for (const why of ['first', 'second', 'third']) expect(backoff.failed('gt.example', why)).toBe(500)
  expect(backoff.waiting('gt.example')).toEqual({ why: 'third', leftMs: 500 })
  passed += 500
  expect(backoff.failed('gt.example')).toBe(1_000)
})

test('no more keys than allowed are remembered', () => {
  const backoff = createKeyedBackoff<number>(policy, { max: 2 })
  for (const key of [1, 2, 3]) backoff.failed(key, 'gone')
  expect(backoff.waiting(1)).toBeUndefined()
  expect(backoff.waiting(3)).toMatchObject({ why: 'gone' })
})
