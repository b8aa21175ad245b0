/** The day it is here, for pages that stay open over midnight. */
import { createStore, type ReadableStore } from './store.ts'

const dayOf = (now: number) => new Date(now).toDateString()

/** How long until the next day begins here; never so long that a timer would overflow. */
export function untilTomorrow(now: number): number {
  return new Date(now).setHours(24, 0, 0, 0) - now
}

const current = createStore(dayOf(Date.now()))
const look = () => current.set(dayOf(Date.now()))

function wait(): void {
  const timer = setTimeout(() => {
    look()
    wait()
  }, untilTomorrow(Date.now()) + 50)
  // Outside browsers a timer must not keep a process alive.
  if (typeof timer === 'object') (timer as { unref(): void }).unref()
}
wait()
// A phone that slept over midnight stops its timers.
if (typeof document !== 'undefined') {
  document.addEventListener('visibilitychange', look)
  window.addEventListener('focus', look)
}

export const today: ReadableStore<string> = current
