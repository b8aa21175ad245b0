/**
 * Something heavy, fetched in parts, each kept as it arrives, so that a cut network costs one part and not all; later starts
 * read the same copy, without a network too.
 */
import { createBackoff } from './backoff.ts'
import { createStore, type ReadableStore } from './store.ts'

/** Of one part, before it is left to the person. */
const MAX_TRIES = 8
/** A far server answers late: meanwhile the next part is asked for. */
const LANES = 2
/** Of nothing at all: a slow line brings something all the time, however long a part takes. */
const SILENT_MS = 30_000

export interface PartsProgress {
  /** Bytes as they travel. */
  readonly loaded: number
  readonly total: number
}

/** In order. `size` in bytes as they are used, `weight` in bytes as they travel. */
export type Part = { url: string; size: number; weight: number }

export interface PartsLoader {
  /** undefined: nothing is being fetched. */
  readonly progress: ReadableStore<PartsProgress | undefined>
  /** @throws when the network did not give all of it; asking again goes on with what is missing */
  load(): Promise<Blob>
}

export function createPartsLoader(parts: readonly Part[], cacheName: string, type: string): PartsLoader {
  const total = parts.reduce((sum, part) => sum + part.weight, 0)
  const progress = createStore<PartsProgress | undefined>(undefined)
  let loading: Promise<Blob> | undefined

  async function load(): Promise<Blob> {
    // Private windows and full devices may have no cache: then it is fetched each time.
    const cache = await globalThis.caches?.open(cacheName).catch(() => undefined)
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
    return new Blob(got, { type })
  }

  async function fetchPart(index: number, onBytes: (sofar: number) => void): Promise<ArrayBuffer> {
    const { url, size } = parts[index]!
    const backoff = createBackoff(1_000, 15_000)
    for (let tries = 1; ; tries++) {
      const silent = new AbortController()
      const giveUp = () => silent.abort(new DOMException(`${url}: silent`, 'TimeoutError'))
      let timer = setTimeout(giveUp, SILENT_MS)
      try {
        const answer = await fetch(url, { signal: silent.signal })
        if (!answer.ok || !answer.body) throw new Error(`${url}: ${answer.status}`)
        const bytes = new Uint8Array(size)
        let sofar = 0
        // Not every browser iterates over a stream.
        const reader = answer.body.getReader()
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
          bytes.set(read.value, sofar)
          sofar += read.value.length
          onBytes(sofar)
          clearTimeout(timer)
          timer = setTimeout(giveUp, SILENT_MS)
        }
        if (sofar !== size) throw new Error(`${url}: ${sofar} of ${size} bytes`)
        return bytes.buffer
      } catch (error) {
        onBytes(0)
        if (tries >= MAX_TRIES) throw error
        await wait(backoff.next())
      } finally {
        clearTimeout(timer)
      }
    }
  }

  /** Parts of a version from before. */
  async function forgetOthers(cache: Cache | undefined): Promise<void> {
    try {
      const names = new Set(parts.map((part) => part.url))
      for (const kept of (await cache?.keys()) ?? [])
        if (!names.has(new URL(kept.url).pathname)) await cache?.delete(kept)
    } catch {
      // Another start forgets them.
    }
  }

  return {
    progress,
    load() {
      loading ??= load()
        .catch((error: unknown) => {
          loading = undefined
          throw error
        })
        .finally(() => progress.set(undefined))
      return loading
    },
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
