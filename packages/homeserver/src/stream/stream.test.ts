import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamEntry } from './entries.ts'
import { type PositionStore, Stream } from './stream.ts'

function memoryStore(start = 1): PositionStore {
  let next = start
  return {
    async reserve(count) {
      const first = next
      next += count
      return first
    },
  }
}

const presence = (pos: number): StreamEntry => ({ kind: 'presence', pos, userId: `@u${pos}:hn` })

test('entries are published in order, once each, whatever order the writes finish in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ delay: fc.integer({ min: 0, max: 5 }), fails: fc.boolean() }), { maxLength: 40 }),
      async (writes) => {
        const stream = await Stream.open(memoryStore())
        const seen: number[] = []
        let stableWhenSeen = true
        stream.subscribe((entries) => {
          for (const entry of entries) {
            seen.push(entry.pos)
            stableWhenSeen &&= entry.pos <= stream.stable
          }
        })
        const done = await Promise.allSettled(
          writes.map(({ delay, fails }) =>
            stream.append(async (pos) => {
              for (let turn = 0; turn < delay; turn++) await Promise.resolve()
              if (fails) throw new Error('disk')
              return presence(pos)
            }),
          ),
        )
        const kept = done.flatMap((one) => (one.status === 'fulfilled' ? [one.value.pos] : []))
        expect(seen).toEqual([...kept].sort((a, b) => a - b))
        expect(stableWhenSeen).toBe(true)
        expect(stream.stable).toBe(writes.length)
      },
    ),
  )
})

test('nothing above an unfinished write is stable', async () => {
  const stream = await Stream.open(memoryStore())
  let release = () => {}
  const slow = stream.append(async (pos) => {
    await new Promise<void>((done) => {
      release = done
    })
    return presence(pos)
  })
  await stream.append(async (pos) => presence(pos))
  expect(stream.stable).toBe(0)
  expect(stream.recentSince(0)).toEqual([])
  release()
  await slow
  expect(stream.stable).toBe(2)
  expect(stream.recentSince(0)?.map((entry) => entry.pos)).toEqual([1, 2])
  expect(stream.recentSince(1)?.map((entry) => entry.pos)).toEqual([2])
})

test('the tail is bounded and says so when it does not reach back', async () => {
  const stream = await Stream.open(memoryStore(), 100)
  for (let index = 0; index < 1_000; index++) await stream.append(async (pos) => presence(pos))
  expect(stream.recentSince(0)).toBeUndefined()
  expect(stream.recentSince(950)?.map((entry) => entry.pos)).toEqual(
    Array.from({ length: 50 }, (_, i) => 951 + i),
  )
})

test('a restart goes on above every position handed out before, and reads from the database first', async () => {
  const store = memoryStore()
  const first = await Stream.open(store)
  const { pos } = await first.append(async (at) => presence(at))
  const second = await Stream.open(store)
  expect(second.stable).toBeGreaterThan(pos)
  expect(second.recentSince(pos)).toBeUndefined()
  const next = await second.append(async (at) => presence(at))
  expect(next.pos).toBeGreaterThan(second.stable - 1)
})

test('positions do not collide across a reservation', async () => {
  const stream = await Stream.open(memoryStore())
  const positions = await Promise.all(
    Array.from({ length: 10_050 }, async () => (await stream.append(async (pos) => presence(pos))).pos),
  )
  expect(new Set(positions).size).toBe(10_050)
})
