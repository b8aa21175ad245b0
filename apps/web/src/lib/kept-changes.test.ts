import { expect, test } from 'vitest'
import { keptChanges } from './kept-changes.ts'
import { createStore } from './store.ts'

test('changes that begin together all stand, on disk and in what is seen, in their order', async () => {
  const store = createStore<readonly string[]>([])
  const disk: (readonly string[])[] = []
  const change = keptChanges(store, async (next) => {
    // The earlier it was asked for, the longer it takes.
    await new Promise((done) => setTimeout(done, 12 - 4 * next.length))
    disk.push(next)
  })
  await Promise.all(['a', 'b', 'c'].map((one) => change((now) => [...now, one])))
  expect(store.get()).toEqual(['a', 'b', 'c'])
  expect(disk).toEqual([['a'], ['a', 'b'], ['a', 'b', 'c']])
})

test('one that the device cannot keep is told, changes nothing, and holds up nobody', async () => {
  const store = createStore<readonly string[]>(['a'])
  const change = keptChanges(store, async (next) => {
    if (next.includes('too large')) throw new DOMException('full', 'QuotaExceededError')
  })
  const refused = change((now) => [...now, 'too large'])
  const taken = change((now) => [...now, 'b'])
  await expect(refused).rejects.toThrow('full')
  await taken
  expect(store.get()).toEqual(['a', 'b'])
})

test('what was only seen meanwhile stays', async () => {
  const store = createStore<Readonly<Record<string, string>>>({})
  const change = keptChanges(store, () => new Promise((done) => setTimeout(done, 5)))
  const kept = change((now) => ({ ...now, a: 'kept' }))
  await Promise.resolve()
  store.set({ b: 'seen' })
  await kept
  expect(store.get()).toEqual({ a: 'kept', b: 'seen' })
})
