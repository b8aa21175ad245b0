import { expect, test } from 'vitest'
import { createKeyedQueue } from './in-turn.ts'

test('one key: one after another, in the order asked', async () => {
  const inTurn = createKeyedQueue()
  const log: string[] = []
  const work = (name: string, turns: number) => async () => {
    log.push(`${name} begins`)
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    log.push(`${name} ends`)
    return name
  }
  const answers = await Promise.all([
    inTurn('a', work('first', 5)),
    inTurn('a', work('second', 1)),
    inTurn('a', work('third', 0)),
  ])
  expect(answers).toEqual(['first', 'second', 'third'])
  expect(log).toEqual(answers.flatMap((name) => [`${name} begins`, `${name} ends`]))
})

test('other keys run meanwhile', async () => {
  const inTurn = createKeyedQueue<object>()
  const [a, b] = [{}, {}]
  let open = () => {}
  const first = inTurn(a, () => new Promise<void>((done) => (open = done)))
  await inTurn(b, async () => undefined)
  open()
  await first
})

test('a failure is told to its own caller, and the next one runs', async () => {
  const inTurn = createKeyedQueue()
  const first = inTurn('a', async () => {
    throw new Error('broken')
  })
  const second = inTurn('a', async () => 'well')
  await expect(first).rejects.toThrow('broken')
  expect(await second).toBe('well')
})

test('what is asked for from inside the work comes after it', async () => {
  const inTurn = createKeyedQueue()
  const log: string[] = []
  let inner: Promise<void> | undefined
  await inTurn('a', async () => {
    inner = inTurn('a', async () => void log.push('inner'))
    await new Promise(setImmediate)
    log.push('outer')
  })
  await inner
  expect(log).toEqual(['outer', 'inner'])
})
