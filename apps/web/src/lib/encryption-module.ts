/**
 * The encryption module is the heaviest thing there is to fetch. It comes in parts, each kept as it arrives, so that a cut
 * network costs one part and not all; the service worker and later starts read the same copy.
 */
import { parts } from 'virtual:encryption-module'
import { createBackoff } from './backoff.ts'
import { createStore, type ReadableStore } from './store.ts'

const CACHE = 'enlace-encryption'
/** Of one part, before it is left to the person. */
const MAX_TRIES = 8
/** A far server answers late: meanwhile the next part is asked for. */
const LANES = 3

export interface ModuleProgress {
  /** Bytes as they travel. */
  readonly loaded: number
  readonly total: number
}

const total = parts.reduce((sum, part) => sum + part.weight, 0)
const progress = createStore<ModuleProgress | undefined>(undefined)
let loading: Promise<Blob> | undefined

/** undefined: nothing is being fetched. */
export const moduleProgress: ReadableStore<ModuleProgress | undefined> = progress

/** Ask as early as it is clear that it will be needed. @throws when the network did not give it; asking again goes on */
export function loadEncryptionModule(): Promise<Blob> {
  loading ??= load()
    .catch((error: unknown) => {
      loading = undefined
      throw error
    })
    .finally(() => progress.set(undefined))
  return loading
}

async function load(): Promise<Blob> {
  // Private windows and full devices may have no cache: then it is fetched each time.
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined)
  const got: ArrayBuffer[] = []
  const loaded = parts.map(() => 0)
  const count = (index: number, bytes: number) => {
    loaded[index] = Math.round((bytes / parts[index]!.size) * parts[index]!.weight)
    progress.set({ loaded: loaded.reduce((sum, one) => sum + one, 0), total })
  }
  let next = 0
  async function lane(): Promise<void> {
    for (let index = next++; index < parts.length; index = next++) {
      const { url, size } = parts[index]!
      const kept = await cache
        ?.match(url)
        .then((answer) => answer?.arrayBuffer())
        .catch(() => undefined)
      if (kept?.byteLength === size) got[index] = kept
      else {
        const bytes = await fetchPart(index, (sofar) => count(index, sofar))
        got[index] = bytes
        await cache?.put(url, new Response(bytes)).catch(() => undefined)
      }
      loaded[index] = parts[index]!.weight
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  void forgetOthers(cache)
  return new Blob(got, { type: 'application/wasm' })
}

async function fetchPart(index: number, onBytes: (sofar: number) => void): Promise<ArrayBuffer> {
  const { url, size } = parts[index]!
  const backoff = createBackoff(1_000, 15_000)
  for (let tries = 1; ; tries++) {
    try {
      const answer = await fetch(url)
      if (!answer.ok || !answer.body) throw new Error(`${url}: ${answer.status}`)
      const bytes = new Uint8Array(size)
      let sofar = 0
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        bytes.set(chunk, sofar)
        sofar += chunk.length
        onBytes(sofar)
      }
      if (sofar !== size) throw new Error(`${url}: ${sofar} of ${size} bytes`)
      return bytes.buffer
    } catch (error) {
      onBytes(0)
      if (tries >= MAX_TRIES) throw error
      await wait(backoff.next())
    }
  }
}

/** As long as it says, or until there is a network again. */
const wait = (ms: number) =>
  new Promise<void>((done) => {
    const go = () => {
      clearTimeout(timer)
      globalThis.removeEventListener?.('online', go)
      done()
    }
    const timer = setTimeout(go, ms)
    globalThis.addEventListener?.('online', go)
  })

/** Parts of a version from before. */
async function forgetOthers(cache: Cache | undefined): Promise<void> {
  try {
    const names = new Set(parts.map((part) => part.url))
    for (const kept of (await cache?.keys()) ?? [])
      if (!names.has(new URL(kept.url).pathname)) await cache?.delete(kept)
    // The name it was kept under while it was one file.
    await globalThis.caches?.delete('enlace-wasm')
  } catch {
    // Another start forgets them.
  }
}
