/** What strangers make the node hash must not be felt by those who are inside. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { GIVES_WAY } from '../lib/give-way.ts'
import { createHashThreads, type HashThreads } from './hash-threads.ts'
import { createPasswordHasher } from './passwords.ts'

const COSTLY = { memory_kib: 65_536, passes: 3 }
const CHEAP = { memory_kib: 64, passes: 1 }
const here = { group: '192.0.2.1' }

/** Niceness of each thread of this process. */
const priorities = () =>
  readdirSync('/proc/self/task').map((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })

test('hashing goes on beside the node, in few threads, which give way to all others', async () => {
  const threads = createHashThreads()
  const hasher = createPasswordHasher(COSTLY, { threads, running: 2 })
  let turns = 0
  let hashing = true
  const turning = (async () => {
    while (hashing) {
      await new Promise(setImmediate)
      turns++
    }
  })()
  const before = process.platform === 'linux' ? priorities() : []
  const hashes = await Promise.all(['uno', 'dos', 'tres', 'cuatro'].map((word) => hasher.hash(word, here)))
  hashing = false
  await turning
  expect(turns).toBeGreaterThan(1_000)
  expect(threads.running).toBe(2)
  if (process.platform === 'linux') {
    const nice = (list: number[]) => list.filter((one) => one === GIVES_WAY).length
    expect(nice(priorities()) - nice(before)).toBe(2)
  }
  expect(await hasher.verify('dos', hashes[1], here)).toBe(true)
  expect(await hasher.verify('dos', hashes[2], here)).toBe(false)
  expect(await hasher.verify('dos', undefined, here)).toBe(false)
  hasher.close()
  expect(threads.running).toBe(0)
  await expect(hasher.hash('cinco', here)).rejects.toThrow('stopping')
})

test('a hash that cannot be made is told to whoever asked, and the next one is', async () => {
  const threads = createHashThreads()
  const question = { message: Buffer.from('x'), nonce: Buffer.alloc(16), memory: 64, tagLength: 32 }
  await expect(threads.hash({ ...question, passes: 0 })).rejects.toThrow('could not be hashed')
  expect(await threads.hash({ ...question, passes: 1 })).toHaveLength(32)
  const last = threads.hash({ ...question, memory: 262_144, passes: 9 })
  threads.close()
  await expect(last).rejects.toThrow('stopping')
})

/** Threads that hash when they are told to, and write down what they were given. */
function slow() {
  const begun: string[] = []
  const open: (() => void)[] = []
  const threads: HashThreads = {
    running: 1,
    close() {},
    hash({ message }) {
      begun.push(Buffer.from(message).toString())
      return new Promise((done) => open.push(() => done(Buffer.alloc(32))))
    },
  }
  async function finish() {
    while (open.length > 0) {
      for (const one of open.splice(0)) one()
      await new Promise(setImmediate)
    }
  }
  return { threads, begun, finish }
}

test('hostile: the line is short and fair: past it people are told when to come back, known devices are not', async () => {
  const { threads, begun, finish } = slow()
  const hasher = createPasswordHasher(CHEAP, { threads, running: 1 })
  const refused: unknown[] = []
  const ask = (word: string, group: string, trusted = false) =>
    hasher.hash(word, { group, trusted }).catch((error: unknown) => refused.push(error))
  const all = [ask('first', 'flood')]
  for (let index = 0; index < 200; index++) all.push(ask(`flood ${index}`, 'flood'))
  all.push(ask('honest', 'ana'), ask('known', '@guardia:hn DEVICE', true))
  await new Promise(setImmediate)
  // One address has its own short line, whatever it asks for.
  expect(refused).toHaveLength(200 - 16)
  for (const error of refused) expect(error).toMatchObject({ status: 429, errcode: 'M_LIMIT_EXCEEDED' })
  const waits = refused.map((error) => (error as { extra: { retry_after_ms: number } }).extra.retry_after_ms)
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000)
  await finish()
  await Promise.all(all)
  expect(begun.slice(0, 4).toSorted()).toEqual(['first', 'flood 0', 'honest', 'known'])
  expect(begun).toHaveLength(1 + 16 + 2)
})

test('hostile: a rented network has one line for all its addresses, and whoever goes away is passed over', async () => {
  const { threads, begun, finish } = slow()
  const hasher = createPasswordHasher(CHEAP, { threads, running: 1 })
  const refused: unknown[] = []
  const gone = new AbortController()
  const all = Array.from({ length: 400 }, (_, index) =>
    hasher
      .hash(`${index}`, { group: `10.0.${index}.7`, ...(index > 100 ? {} : { signal: gone.signal }) })
      .catch((error: unknown) => refused.push(error)),
  )
  await new Promise(setImmediate)
  const full = refused.length
  expect(full).toBeGreaterThan(250)
  gone.abort()
  await finish()
  await Promise.all(all)
  // The first had begun; of the others nothing is made for those who left.
  expect(begun).toHaveLength(400 - full - 100)
})
