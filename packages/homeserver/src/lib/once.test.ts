import { expect, test } from 'vitest'
import { createOnce } from './once.ts'

/** A promise that is settled from outside. */
function gate<T>() {
  let open!: (value: T) => void
  let fail!: (error: Error) => void
  const promise = new Promise<T>((done, refuse) => {
    open = done
    fail = refuse
  })
  return { promise, open, fail }
}

test('all who ask while it runs share one run; afterwards it runs anew', async () => {
  const once = createOnce<string, number>()
  const slow = gate<number>()
  let runs = 0
  const work = () => {
    runs += 1
    return slow.promise
  }
  const asked = [once.run('a', work), once.run('a', work)]
  await Promise.resolve()
  asked.push(once.run('a', work))
  slow.open(7)
  expect(await Promise.all(asked)).toEqual([7, 7, 7])
  expect(runs).toBe(1)
  expect(once.running('a')).toBeUndefined()
  expect(await once.run('a', async () => 8)).toBe(8)
})

test('keys do not wait for each other', async () => {
  const once = createOnce<string, string>()
  const slow = gate<string>()
  const first = once.run('slow', () => slow.promise)
  expect(await once.run('quick', async () => 'here')).toBe('here')
  expect(once.running('slow')).toBe(first)
  slow.open('late')
  expect(await first).toBe('late')
})

test('a failure reaches everybody who waits, and is not kept', async () => {
  const once = createOnce<string, number>()
  const slow = gate<number>()
  const asked = [once.run('a', () => slow.promise), once.run('a', async () => 1)]
  slow.fail(new Error('no answer'))
  for (const one of asked) await expect(one).rejects.toThrow('no answer')
  expect(await once.run('a', async () => 2)).toBe(2)
})

test('work that throws before its first await is a failed run as well', async () => {
  const once = createOnce<string, number>()
  const run = once.run('a', () => {
    throw new Error('at once')
  })
  await expect(run).rejects.toThrow('at once')
  expect(once.running('a')).toBeUndefined()
})

test('what is forgotten is begun anew, and the old run learns that it does not count', async () => {
  const once = createOnce<string, string>()
  const [old, fresh] = [gate<string>(), gate<string>()]
  const counted: string[] = []
  const load = (from: Promise<string>) => async (current: () => boolean) => {
    const found = await from
    if (current()) counted.push(found)
    return found
  }
  const before = once.run('a', load(old.promise))
  once.forget('a')
  const after = once.run('a', load(fresh.promise))
  old.open('out of date')
  // The old run's end must not take the new one off the list.
  expect(await before).toBe('out of date')
  expect(once.running('a')).toBe(after)
  fresh.open('fresh')
  expect(await after).toBe('fresh')
  expect(counted).toEqual(['fresh'])
})
