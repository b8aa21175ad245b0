import { expect, test } from 'vitest'
import { WorkPool } from './work-pool.ts'

/** A pool whose work stands still until it is let go, and that writes down what ran. */
function standing(width: number) {
  const begun: string[] = []
  const open = new Map<string, () => void>()
  const pool = new WorkPool(
    (key) =>
      new Promise<void>((done) => {
        begun.push(key)
        open.set(key, done)
      }),
    width,
  )
  const turn = () => new Promise((done) => setImmediate(done))
  return {
    pool,
    begun,
    async finish(key: string) {
      open.get(key)!()
      await turn()
    },
  }
}

test('no more than its width run at once; the others follow in the order asked', async () => {
  const { pool, begun, finish } = standing(2)
  for (const key of ['a', 'b', 'c', 'd']) pool.ask(key)
  expect(begun).toEqual(['a', 'b'])
  await finish('b')
  expect(begun).toEqual(['a', 'b', 'c'])
  await finish('a')
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  expect(pool.idle).toBe(false)
  await finish('c')
  await finish('d')
  expect(pool.idle).toBe(true)
})

test('a key never runs twice at once; however often it is asked for meanwhile, it runs once more', async () => {
  const { pool, begun, finish } = standing(4)
  pool.ask('a')
  pool.ask('a')
  pool.ask('a')
  expect(begun).toEqual(['a'])
  await finish('a')
  expect(begun).toEqual(['a', 'a'])
  await finish('a')
  expect(begun).toEqual(['a', 'a'])
  expect(pool.idle).toBe(true)
})

test('caught up: what was asked for before is done, whatever was asked for since', async () => {
  const { pool, finish } = standing(1)
  let caught = false
  pool.ask('a')
  // Wanted again while it runs: the run under way does not have it yet.
  pool.ask('a')
  pool.ask('b')
  const caughtUp = pool.caughtUp().then(() => {
    caught = true
  })
  pool.ask('later')
  await finish('a')
  expect(caught).toBe(false)
  await finish('b')
  expect(caught).toBe(false)
  await finish('later')
  expect(caught).toBe(false)
  await finish('a')
  expect(caught).toBe(true)
  await caughtUp
})

test('settled: at once when nothing runs, else when the last one ends', async () => {
  const { pool, finish } = standing(1)
  await pool.settled()
  pool.ask('a')
  let settled = false
  const done = pool.settled().then(() => {
    settled = true
  })
  await new Promise((turn) => setImmediate(turn))
  expect(settled).toBe(false)
  await finish('a')
  await done
})

test('closing waits for what runs, begins nothing more, and says that something was left', async () => {
  const { pool, begun, finish } = standing(1)
  pool.ask('a')
  pool.ask('b')
  const caughtUp = pool.caughtUp()
  const closed = pool.close()
  pool.ask('c')
  await finish('a')
  expect(await closed).toBe(false)
  // Nobody waits for ever for what will not be done.
  await caughtUp
  expect(begun).toEqual(['a'])
})

test('closing with nothing waiting says that all is done', async () => {
  const { pool, finish } = standing(1)
  pool.ask('a')
  const closed = pool.close()
  await finish('a')
  expect(await closed).toBe(true)
})
