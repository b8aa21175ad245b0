import { createBackoff } from '../../lib/backoff.ts'
import { createStore } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'

/** Whether a new version of the client waits for the person to let it take over. */
export const updateWaiting = createStore(false)

let waiting: ServiceWorker | undefined
let looking = false
const HOUR_MS = 3_600_000

/** A bad network need not be asked for the whole shell every few seconds. */
const backoff = createBackoff(5_000, 300_000)

/** The service worker keeps the shell for when there is no network. On a bad network its installation is tried again. */
export async function watchUpdates(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  let registration: ServiceWorkerRegistration
  const again = () => setTimeout(() => void watchUpdates(), backoff.next())
  try {
    registration = await navigator.serviceWorker.register('/sw.js')
  } catch {
    // Without it the client works online as before.
    again()
    return
  }
  // A browser may forbid service workers: then there is nothing to keep up to date.
  if (!registration) return
  const first = registration.active ? undefined : registration.installing
  first?.addEventListener('statechange', () => {
    // A file could not be fetched: the browser drops the registration and would not try again before the next start.
    if (first.state === 'redundant' && !registration.active) again()
  })
  const offer = (worker: ServiceWorker | null) => {
    if (!worker || !navigator.serviceWorker.controller) return
    waiting = worker
    updateWaiting.set(true)
  }
  offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing
    worker?.addEventListener('statechange', () => worker.state === 'installed' && offer(worker))
  })
  if (looking) return
  looking = true
  const look = async () => (await navigator.serviceWorker.getRegistration())?.update()
  everyWhileSeen(HOUR_MS, () => void look().catch(() => undefined))
}

export function applyUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  waiting?.postMessage({ type: 'SKIP_WAITING' })
}
