import { createBackoff } from '../../lib/backoff.ts'
import { createStore } from '../../lib/store.ts'

/** A new version of the client that waits for the person's word before it takes over. */
export const updateWaiting = createStore(false)

let waiting: ServiceWorker | undefined
let looking = false
const HOUR_MS = 3_600_000

/** A bad network need not be asked for the whole shell every few seconds. */
const backoff = createBackoff(5_000, 300_000)

/** The service worker keeps the shell for when there is no network. On a bad one its installation is tried again. */
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
  const first = registration.active ? undefined : registration.installing
  first?.addEventListener('statechange', () => {
    // A file did not come: the browser throws the registration away and would wait for the next start.
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
  setInterval(() => void look().catch(() => undefined), HOUR_MS)
}

export function applyUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  waiting?.postMessage({ type: 'SKIP_WAITING' })
}

/** As in the service worker's rule for it (vite.config.ts). */
const WASM_CACHE = 'enlace-wasm'

/**
 * Keeps the encryption module for a start without network. On a first visit it is loaded before the service worker
 * watches over the page, which then never saw it; from the browser's own cache this costs no second download.
 */
export async function keepEncryptionModule(): Promise<void> {
  if (!('caches' in globalThis)) return
  const used = performance
    .getEntriesByType('resource')
    .map((entry) => entry.name)
    .find((name) => name.startsWith(`${location.origin}/assets/`) && name.endsWith('.wasm'))
  if (used === undefined) return
  try {
    const cache = await caches.open(WASM_CACHE)
    if (!(await cache.match(used))) await cache.add(used)
    for (const kept of await cache.keys()) if (kept.url !== used) await cache.delete(kept)
  } catch {
    // No room, or no network any more: the next start with network keeps it.
  }
}
