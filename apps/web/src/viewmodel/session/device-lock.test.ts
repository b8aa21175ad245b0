import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whenIdle } from './device-lock.ts'

const MINUTE = 60_000
let page: EventTarget & { visibilityState: string }
beforeEach(() => {
  vi.useFakeTimers()
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', page)
  const signs = new EventTarget()
  vi.stubGlobal('addEventListener', signs.addEventListener.bind(signs))
  vi.stubGlobal('removeEventListener', signs.removeEventListener.bind(signs))
  vi.stubGlobal('dispatchEvent', signs.dispatchEvent.bind(signs))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const touch = () => dispatchEvent(new Event('keydown'))

test('where there is no limit nothing wakes the page, for hours', () => {
  const idle = vi.fn()
  const { stop } = whenIdle(() => undefined, idle)
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(24 * 60 * MINUTE)
  expect(idle).not.toHaveBeenCalled()
  stop()
})

test('a page left alone is woken once in that time, one in use as often as it was touched in time', () => {
  const idle = vi.fn()
  const woken = vi.fn(() => 10)
  const { stop } = whenIdle(woken, idle)
  woken.mockClear()
  vi.advanceTimersByTime(10 * MINUTE - 1)
  expect(woken).not.toHaveBeenCalled()
  touch()
  vi.advanceTimersByTime(10 * MINUTE - 1)
  expect(idle).not.toHaveBeenCalled()
  expect(woken).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(idle).toHaveBeenCalledTimes(1)
  // Whoever stays has as long again.
  vi.advanceTimersByTime(10 * MINUTE)
  expect(idle).toHaveBeenCalledTimes(2)
  stop()
  vi.advanceTimersByTime(60 * MINUTE)
  expect(idle).toHaveBeenCalledTimes(2)
  expect(vi.getTimerCount()).toBe(0)
})

test('a phone that stopped the timers shuts when somebody looks at it again', () => {
  const idle = vi.fn()
  const { stop } = whenIdle(() => 5, idle)
  vi.setSystemTime(Date.now() + 6 * MINUTE)
  page.dispatchEvent(new Event('visibilitychange'))
  expect(idle).toHaveBeenCalledTimes(1)
  stop()
})

test('a limit that comes, is shortened or goes counts at once', () => {
  let minutes: number | undefined
  const idle = vi.fn()
  const { look, stop } = whenIdle(() => minutes, idle)
  vi.advanceTimersByTime(3 * MINUTE)
  minutes = 30
  look()
  minutes = 2
  look()
  expect(idle).toHaveBeenCalledTimes(1)
  minutes = undefined
  look()
  expect(vi.getTimerCount()).toBe(0)
  stop()
})
