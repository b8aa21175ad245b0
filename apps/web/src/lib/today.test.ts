import { expect, test, vi } from 'vitest'

test('the day changes at midnight, also for a page that stays open for weeks', async () => {
  vi.useFakeTimers({ now: new Date(2026, 10, 27, 23, 59, 58) })
  vi.resetModules()
  const { today } = await import('./today.ts')
  const seen: string[] = []
  today.subscribe(() => seen.push(today.get()))
  vi.advanceTimersByTime(1_000)
  expect(seen).toEqual([])
  vi.advanceTimersByTime(2_000)
  expect(seen).toEqual([new Date(2026, 10, 28).toDateString()])
  vi.advanceTimersByTime(48 * 3_600_000)
  expect(seen).toHaveLength(3)
  vi.useRealTimers()
})
