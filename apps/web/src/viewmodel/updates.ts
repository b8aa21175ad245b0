import { createStore } from './store.ts'

/** A new version of the client that waits for the person's word before it takes over. */
export const updateWaiting = createStore(false)

let waiting: ServiceWorker | undefined
const HOUR_MS = 3_600_000

/** The service worker keeps the shell for when there is no network. */
export async function watchUpdates(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  let registration: ServiceWorkerRegistration
  try {
    registration = await navigator.serviceWorker.register('/sw.js')
  } catch {
    // Without it the client works online as before.
    return
  }
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
  setInterval(() => void registration.update().catch(() => undefined), HOUR_MS)
}

export function applyUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  waiting?.postMessage({ type: 'SKIP_WAITING' })
}
