import { afterEach, expect, test, vi } from 'vitest'
import { leaving, onLeaving } from '../../lib/leaving.ts'
import { createOneTab, type OneTab } from './one-tab.ts'

/** Locks as browsers have them (Web Locks), for the tabs of one test. */
function locks() {
  let held: { done: Promise<unknown>; lost: (reason: Error) => void } | undefined
  async function request(
    _: string,
    options: LockOptions,
    work: (lock: unknown) => unknown,
  ): Promise<unknown> {
    if (options.steal) held?.lost(new DOMException('stolen', 'AbortError'))
    else if (options.ifAvailable && held) return work(null)
    else
      while (held) {
        await Promise.race([held.done.catch(() => undefined), new Promise((next) => setTimeout(next, 100))])
        if (options.signal?.aborted) throw options.signal.reason
      }
    const { promise, reject } = Promise.withResolvers<never>()
    const done = Promise.race([Promise.resolve(work({})), promise])
    const mine = { done, lost: reject }
    held = mine
    try {
      return await done
    } finally {
      if (held === mine) held = undefined
    }
  }
  return { request }
}

const channels: EventTarget[] = []
class Channel extends EventTarget {
  constructor() {
    super()
    channels.push(this)
  }
  postMessage() {
    for (const other of channels) if (other !== this) other.dispatchEvent(new Event('message'))
  }
}
afterEach(() => {
  channels.length = 0
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function twoTabs(answers: boolean) {
  vi.useFakeTimers()
  vi.stubGlobal('BroadcastChannel', Channel)
  vi.stubGlobal('navigator', { locks: locks() })
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const control = new AbortController()
    setTimeout(() => control.abort(new DOMException('late', 'TimeoutError')), ms)
    return control.signal
  })
  const said: string[] = []
  const tab = (name: string): OneTab => {
    const made = createOneTab({
      asked() {
        said.push(`${name} asked`)
        if (answers) made.free()
      },
      overruled: () => void said.push(`${name} overruled`),
    })
    return made
  }
  return { said, first: tab('first'), second: tab('second') }
}

test('one tab has the session; another has it once the first has written and left', async () => {
  const { first, second, said } = twoTabs(true)
  expect([await first.take(false), await second.take(false)]).toEqual([true, false])
  const taken = second.take(true)
  await vi.advanceTimersByTimeAsync(200)
  expect(await taken).toBe(true)
  expect(said).toEqual(['first asked'])
  expect(await first.take(false)).toBe(false)
})

test('one that does not answer is overruled after five seconds, and is told', async () => {
  const { first, second, said } = twoTabs(false)
  await first.take(false)
  let taken: boolean | undefined
  void second.take(true).then((has) => {
    taken = has
  })
  await vi.advanceTimersByTimeAsync(4_800)
  expect(taken).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(taken).toBe(true)
  expect(said).toEqual(['first asked', 'first overruled'])
})

test('who leaves writes at once what was to be written in a moment', () => {
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  const write = vi.fn()
  const stop = onLeaving(write)
  leaving()
  page.dispatchEvent(new Event('pagehide'))
  expect(write).toHaveBeenCalledTimes(2)
  stop()
  leaving()
  page.dispatchEvent(new Event('pagehide'))
  expect(write).toHaveBeenCalledTimes(2)
})
