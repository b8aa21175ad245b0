/**
 * Two clocks, both in milliseconds: the wall clock says what others see and may jump; the monotonic one counts what has
 * passed and cannot be set back. What depends on time takes a `Clock`, so that tests can turn it.
 */
export interface Clock {
  now(): number
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
