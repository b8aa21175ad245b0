import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPartsLoader, type Part } from './parts-loader.ts'

const whole = Uint8Array.from({ length: 40 }, (_, index) => index)
const parts: Part[] = [0, 1, 2, 3].map((number) => ({ url: `/assets/m-${number}.bin`, size: 10, weight: 4 }))
const bytesOf = (url: string) => {
  const number = parts.findIndex((part) => part.url === url)
  return whole.slice(number * 10, number * 10 + 10)
}

let kept: Map<string, ArrayBuffer>
let asked: string[]
/** What the network gives for a part at the nth time it is asked for. */
let network: (url: string, times: number) => Response | Promise<Response>
/** Ended by a clock that the test turns. */
let ended: AbortSignal

beforeEach(() => {
  vi.useFakeTimers()
  kept = new Map()
  asked = []
  network = (url) => new Response(bytesOf(url))
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), ms)
    return controller.signal
  })
  vi.stubGlobal('fetch', async (url: string, { signal }: { signal: AbortSignal }) => {
    asked.push(url)
    ended = signal
    return network(url, asked.filter((one) => one === url).length)
  })
  vi.stubGlobal('caches', {
    open: async () => ({
      match: async (url: string) => kept.has(url) && new Response(kept.get(url)),
      put: async (url: string, answer: Response) => void kept.set(url, await answer.arrayBuffer()),
      keys: async () => [...kept.keys()].map((path) => ({ url: `https://a.example${path}` })),
      delete: async ({ url }: { url: string }) => kept.delete(new URL(url).pathname),
    }),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const load = async (loader = createPartsLoader(parts, 'c', 'application/wasm')) => {
  const loading = loader.load().then(
    async (blob) => new Uint8Array(await blob.arrayBuffer()),
    (error: unknown) => error,
  )
  await vi.runAllTimersAsync()
  return loading
}

test('all parts in their order, whichever came first; a second start asks for nothing', async () => {
  expect(await load()).toEqual(whole)
  expect(asked).toHaveLength(4)
  expect(await load()).toEqual(whole)
  expect(asked).toHaveLength(4)
})

test.each([
  ['a cut in the middle', () => new Response(whole.slice(0, 3))],
  ['an error of the server', () => new Response('busy', { status: 503 })],
  ['more than there should be', () => new Response(whole)],
  [
    'a network that is gone',
    () => {
      throw new TypeError('Failed to fetch')
    },
  ],
])('%s costs that part alone', async (_, failed) => {
  network = (url, times) =>
    url === parts[2]!.url && times < 3 ? (failed as () => Response)() : new Response(bytesOf(url))
  expect(await load()).toEqual(whole)
  expect(asked.filter((url) => url === parts[2]!.url)).toHaveLength(3)
  expect(asked).toHaveLength(6)
})

test('a part that never comes is asked for again', async () => {
  network = (url, times) => {
    if (url !== parts[3]!.url || times > 1) return new Response(bytesOf(url))
    const signal = ended
    return new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error)))
  }
  expect(await load()).toEqual(whole)
  expect(asked).toHaveLength(5)
})

test('given up after a while, it goes on with what is missing when it is asked for again', async () => {
  network = (url) => (url === parts[1]!.url ? new Response('', { status: 500 }) : new Response(bytesOf(url)))
  const loader = createPartsLoader(parts, 'c', 'application/wasm')
  expect(await load(loader)).toBeInstanceOf(Error)
  asked = []
  network = (url) => new Response(bytesOf(url))
  expect(await load(loader)).toEqual(whole)
  expect(asked).toEqual([parts[1]!.url])
})

test('what is kept and damaged is fetched anew; parts of another version go', async () => {
  kept.set(parts[0]!.url, whole.slice(0, 4).buffer)
  kept.set('/assets/old-0.bin', whole.slice(0, 10).buffer)
  expect(await load()).toEqual(whole)
  expect([...kept.keys()].sort()).toEqual(parts.map((part) => part.url))
  expect(kept.get(parts[0]!.url)?.byteLength).toBe(10)
})

test('without a place to keep it, it is fetched each time', async () => {
  vi.stubGlobal('caches', undefined)
  expect(await load()).toEqual(whole)
  expect(await load()).toEqual(whole)
  expect(asked).toHaveLength(8)
})

test('progress counts what travels, and what was taken back after a cut', async () => {
  const loader = createPartsLoader(parts, 'c', 'application/wasm')
  const seen: number[] = []
  loader.progress.subscribe(() => seen.push(loader.progress.get()?.loaded ?? -1))
  await load(loader)
  expect(Math.max(...seen)).toBe(16)
  expect(seen.at(-1)).toBe(-1)
})
