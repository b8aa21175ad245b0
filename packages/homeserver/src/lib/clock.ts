/** Two clocks: the wall says what others see, the monotonic one cannot be set back. Milliseconds, both. */
export type Clock = { now(): number; monotonic(): number }

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
