import { expect, test } from 'vitest'
import { createFairQueue, QueueFull } from './fair-queue.ts'

function world(limits: { running: number; waiting: number; perGroup: number }) {
  const queue = createFairQueue(limits)
  const done: string[] = []
  const refused: string[] = []
  let open: () => void = () => {}
  const gate = new Promise<void>((go) => {
    open = go
  })
  const ask = (name: string, group: string, trusted = false) =>
    queue
      .run({ group, trusted }, async () => {
        await gate
        done.push(name)
      })
      .catch((error: unknown) => {
        expect(error).toBeInstanceOf(QueueFull)
        refused.push(name)
      })
  return { ask, done, refused, open: () => open() }
}

test('hostile: an address that floods the queue does not make others wait for more than its turn', async () => {
  const { ask, done, refused, open } = world({ running: 1, waiting: 20, perGroup: 10 })
  const all = [ask('running', 'flood')]
  for (let index = 0; index < 50; index++) all.push(ask(`flood ${index}`, 'flood'))
  all.push(ask('ana 1', 'ana'), ask('ana 2', 'ana'), ask('beto', 'beto'))
  open()
  await Promise.all(all)
  expect(refused).toHaveLength(40)
  expect(done.slice(0, 6)).toEqual(['running', 'flood 0', 'ana 1', 'beto', 'flood 1', 'ana 2'])
})

test('hostile: a full queue gives up the last of its longest line, and refuses who would be that', async () => {
  const { ask, done, refused, open } = world({ running: 1, waiting: 4, perGroup: 10 })
  const all = [ask('running', 'x')]
  for (let index = 0; index < 5; index++) all.push(ask(`flood ${index}`, 'flood'))
  all.push(ask('ana', 'ana'), ask('beto', 'beto'), ask('carla', 'carla'), ask('late', 'late'))
  open()
  await Promise.all(all)
  expect(new Set(refused)).toEqual(new Set(['flood 4', 'flood 3', 'flood 2', 'flood 1', 'late']))
  expect(done).toEqual(['running', 'flood 0', 'ana', 'beto', 'carla'])
})

test('the trusted take turns with all others together, and work that fails frees its place', async () => {
  const { ask, done, open } = world({ running: 1, waiting: 20, perGroup: 10 })
  const all = [ask('running', 'x')]
  for (let index = 0; index < 4; index++) all.push(ask(`other ${index}`, `other ${index}`))
  all.push(ask('known 0', 'k', true), ask('known 1', 'k', true))
  open()
  await Promise.all(all)
  expect(done).toEqual(['running', 'other 0', 'known 0', 'other 1', 'known 1', 'other 2', 'other 3'])
  const queue = createFairQueue({ running: 1, waiting: 1, perGroup: 1 })
  await expect(queue.run({ group: 'a' }, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await queue.run({ group: 'a' }, async () => 'free')).toBe('free')
})
