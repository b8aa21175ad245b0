import { expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { OutboxEntry } from '../../model/timeline/types.ts'
import { readAnswer, writeAnswer } from './asked-before.ts'
import { onFirstSent } from './storage.ts'

const entry = (txnId: string, state: OutboxEntry['state']): OutboxEntry => ({
  txnId,
  roomId: '!a',
  createdAt: 1,
  content: { msgtype: 'm.text', body: 'x' },
  state,
})

function outbox() {
  const entries = createStore<readonly OutboxEntry[]>([])
  let sent = 0
  const stop = onFirstSent({ outbox: { entries } } as unknown as Parameters<typeof onFirstSent>[0], () => {
    sent += 1
  })
  return { entries, stop, sent: () => sent }
}

test('the first message that has gone counts, once', () => {
  const { entries, sent } = outbox()
  entries.set([entry('a', 'queued')])
  entries.set([entry('a', 'sending')])
  expect(sent()).toBe(0)
  entries.set([entry('a', 'accepted')])
  expect(sent()).toBe(1)
  entries.set([entry('a', 'accepted'), entry('b', 'accepted')])
  entries.set([])
  expect(sent()).toBe(1)
})

test('one that went straight into the timeline counts; one that failed or was taken out does not', () => {
  const quick = outbox()
  quick.entries.set([entry('a', 'sending')])
  quick.entries.set([])
  expect(quick.sent()).toBe(1)
  const given = outbox()
  given.entries.set([entry('a', 'failed'), entry('b', 'queued')])
  given.entries.set([])
  expect(given.sent()).toBe(0)
  given.stop()
  given.entries.set([entry('c', 'sending')])
  given.entries.set([entry('c', 'accepted')])
  expect(given.sent()).toBe(0)
})

test('what was declined is remembered, and nothing breaks where nothing can be kept', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  } as unknown as Storage
  expect(readAnswer('install', storage)).toEqual({ times: 0 })
  writeAnswer('install', 5, storage)
  writeAnswer('install', 9, storage)
  expect(readAnswer('install', storage)).toEqual({ times: 2, at: 9 })
  kept.set('enlace.asked.install', '{"times":"many"}')
  expect(readAnswer('install', storage)).toEqual({ times: 0 })
  const full = {
    getItem: () => null,
    setItem() {
      throw new DOMException('full', 'QuotaExceededError')
    },
  } as unknown as Storage
  expect(() => writeAnswer('install', 1, full)).not.toThrow()
})
