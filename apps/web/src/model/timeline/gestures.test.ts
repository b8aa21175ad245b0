import { expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { createGestures } from './gestures.ts'

const ROOM = '!r:hn'

/** A disk that stays, a server that answers as told, and a room that has what came. */
function world(answer: (path: string) => unknown = () => ({ event_id: '$sent' })) {
  const disk = new Map<string, unknown>()
  const asked: Array<[string, string, unknown]> = []
  const here = new Set<string>()
  const redacted = new Set<string>()
  const room = {
    findEventById: (id: string) =>
      here.has(id) || redacted.has(id) ? { isRedacted: () => redacted.has(id) } : undefined,
  }
  const database = {
    get: async (_store: string, key: string) => structuredClone(disk.get(key)),
    put: async (_store: string, key: string, value: unknown) => void disk.set(key, structuredClone(value)),
  }
  const open = () =>
    createGestures(
      { getRoom: () => room } as never,
      async (method, path, body) => {
        asked.push([method, path, body])
        return answer(path)
      },
      database,
    )
  return { open, asked, here, redacted, disk }
}

test('a sign leaves at once, and is let go of when the server’s copy is here', async () => {
  const { open, asked, here } = world()
  const gestures = await open()
  await gestures.react(ROOM, '$1', '👍')
  await expect.poll(() => gestures.all.get()[0]?.state).toBe('done')
  expect(asked[0]).toMatchObject([
    'PUT',
    expect.stringMatching(/^\/_matrix\/client\/v3\/rooms\/!r%3Ahn\/send\/m\.reaction\/g/),
    { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$1', key: '👍' } },
  ])
  here.add('$sent')
  gestures.arrived()
  expect(gestures.all.get()).toEqual([])
  gestures.close()
})

test('nothing of a removal leaves before its time; undone, it never does', async () => {
  vi.useFakeTimers()
  try {
    const { open, asked, disk } = world()
    const gestures = await open()
    await gestures.remove(ROOM, '$1', { files: ['a'], delayMs: 7_000 })
    await gestures.remove(ROOM, '$2', { delayMs: 7_000 })
    await vi.advanceTimersByTimeAsync(6_900)
    expect(asked).toEqual([])
    expect(gestures.undo(gestures.all.get()[0]!.id)).toBe(true)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked.map(([, path]) => path.includes('%242'))).toEqual([true])
    expect(asked[0]?.[2]).toEqual({})
    expect(gestures.undo(gestures.all.get()[0]!.id)).toBe(false)
    expect(disk.get('gestures')).toEqual([])
    gestures.close()
  } finally {
    vi.useRealTimers()
  }
})

test('what waited when the page was closed goes on, with the files it takes along', async () => {
  const { open, asked } = world()
  const first = await open()
  await first.remove(ROOM, '$1', { files: ['a', 'b'], delayMs: 60_000 })
  const [kept] = first.all.get()
  first.close()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 })
  const second = await open()
  vi.useRealTimers()
  expect(second.all.get()).toMatchObject([{ id: kept!.id, state: 'waiting' }])
  second.wake()
  second.close()
  expect(asked).toEqual([])
})

test('without a network it waits, and can still be undone; the same transaction is tried again', async () => {
  let online = false
  const { open, asked } = world(() => {
    if (!online) throw new TypeError('offline')
    return { event_id: '$sent' }
  })
  const gestures = await open()
  await gestures.remove(ROOM, '$1')
  await gestures.react(ROOM, '$2', '✅')
  await expect.poll(() => asked.length).toBeGreaterThan(0)
  await expect.poll(() => gestures.all.get().map((one) => one.state)).toEqual(['waiting', 'waiting'])
  expect(gestures.undo(gestures.all.get()[0]!.id)).toBe(true)
  online = true
  gestures.wake()
  await expect.poll(() => gestures.all.get().map((one) => one.state)).toEqual(['done'])
  const reactions = asked.filter(([, path]) => path.includes('m.reaction')).map(([, path]) => path)
  expect(new Set(reactions).size).toBe(1)
  gestures.close()
})

test('a removal that is refused says so; a sign that is refused is gone', async () => {
  const { open } = world(() => {
    throw new RequestError(403, { errcode: 'M_FORBIDDEN' })
  })
  const gestures = await open()
  await gestures.remove(ROOM, '$1')
  await gestures.react(ROOM, '$2', '👍')
  await expect.poll(() => gestures.all.get().map((one) => one.state)).toEqual(['failed'])
  expect(gestures.all.get()[0]?.failure?.kind).toBe('refused')
  // Tried once more when the person says so again.
  await gestures.remove(ROOM, '$1')
  await expect.poll(() => gestures.all.get().map((one) => one.state)).toEqual(['failed'])
  expect(gestures.all.get()).toHaveLength(1)
  gestures.close()
})

test('what is on disk and is no gesture is not believed', async () => {
  const { open, disk } = world()
  disk.set('gestures', [{ id: 1 }])
  const gestures = await open()
  expect(gestures.all.get()).toEqual([])
  gestures.close()
})
