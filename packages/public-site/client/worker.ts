/**
 * Keeps the pages of one language for when there is no network: all of them, or the lists where all are too much, and the same for
 * everybody, so that what is kept tells nobody what was read. With a network, the network's answer counts.
 */
declare const site: { base: string; build: string; files: Array<[path: string, tag: string]> }

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Waiting {
  request: Request
  respondWith(answer: Promise<Response>): void
}

const ours = `enlace-publico ${site.base} ${site.build}`
const mine = `enlace-publico ${site.base} `
const at = 'guardado'
const patienceMs = 6_000
const together = 4
const scope = self as unknown as EventTarget & {
  skipWaiting(): Promise<void>
  clients: { claim(): Promise<void> }
}

async function keep(): Promise<void> {
  const cache = await caches.open(ours)
  const older = (await caches.keys()).filter((key) => key.startsWith(mine) && key !== ours)
  const waiting = [...site.files]
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const [path, tag] = file
      const known = await Promise.all(older.map(async (key) => (await caches.open(key)).match(path)))
      const same = known.find((answer) => answer?.headers.get('ETag') === tag)
      const answer = same ?? (await fetch(path, { cache: 'no-cache', credentials: 'omit' }))
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      await cache.put(path, answer)
    }
  }
  await Promise.all(Array.from({ length: together }, work))
  await cache.put(at, new Response(new Date().toISOString()))
}

async function withPatience(request: Request): Promise<Response> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), patienceMs)
  try {
    return await fetch(request.url, {
      cache: 'no-cache',
      credentials: 'omit',
      redirect: request.mode === 'navigate' ? 'manual' : 'follow',
      signal: controller.signal,
    })
  } finally {
    clearTimeout(timer)
  }
}

async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname
  try {
    const fresh = await withPatience(request)
    if (fresh.status < 500) return fresh
    throw new Error(String(fresh.status))
  } catch (error) {
    const cache = await caches.open(ours)
    const kept = await cache.match(path, { ignoreSearch: true })
    if (!kept) throw error
    if (!kept.headers.get('Content-Type')?.startsWith('text/html')) return kept
    const since = (await (await cache.match(at))?.text()) ?? ''
    const text = (await kept.text()).replace('<html ', `<html data-saved="${since}" `)
    return new Response(text, { headers: kept.headers })
  }
}

scope.addEventListener('install', (event) => {
  ;(event as Waiting).waitUntil(keep().then(() => scope.skipWaiting()))
})
scope.addEventListener('activate', (event) => {
  const tidy = async () => {
    for (const key of await caches.keys()) if (key.startsWith(mine) && key !== ours) await caches.delete(key)
    await scope.clients.claim()
  }
  ;(event as Waiting).waitUntil(tidy())
})
scope.addEventListener('fetch', (event) => {
  const { request } = event as Fetching
  if (request.method === 'GET' && new URL(request.url).origin === location.origin)
    (event as Fetching).respondWith(answer(request))
})
