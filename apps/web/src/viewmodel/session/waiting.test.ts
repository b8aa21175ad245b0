import { expect, test } from 'vitest'
import { createShared } from '../../lib/shared.ts'
import { createStore } from '../../lib/store.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { type QueueSlot, queueSlots, queueStores, totalOf } from '../../lib/waiting.ts'
import { en } from '../../words/en/index.ts'
import { es } from '../../words/es/index.ts'
import { waitingIn, waitingSources } from './waiting.ts'

const made = () => {
  const database = createVolatileDatabase()
  const outbox = { entries: createStore<readonly unknown[]>([]) }
  const caseDrafts = { all: createStore<readonly unknown[]>([]) }
  return { database, outbox, caseDrafts } as unknown as Parameters<typeof waitingIn>[0] & {
    outbox: typeof outbox
    caseDrafts: typeof caseDrafts
  }
}

test('whatever waits is counted, of every kind alike, and what counts it hears of each change', async () => {
  const session = made()
  let heard = 0
  for (const source of waitingSources(session)) source.subscribe(() => heard++)
  expect(totalOf(waitingIn(session))).toBe(0)
  session.outbox.entries.set([{ state: 'queued' }, { state: 'failed' }, { state: 'accepted' }])
  session.caseDrafts.all.set([{ id: 'c' }])
  const slots = Object.keys(queueSlots) as QueueSlot[]
  for (const slot of slots) await session.database.put('facts', slot, ['x'])
  expect(waitingIn(session)).toEqual({
    messages: 2,
    cases: 1,
    ...Object.fromEntries(slots.map((slot) => [queueSlots[slot], 1])),
  })
  expect(totalOf(waitingIn(session))).toBe(3 + slots.length)
  expect(heard).toBe(2 + slots.length)
})

test('every kind has a name in both languages', () => {
  const kinds = [...Object.values(queueSlots), ...Object.values(queueStores)].sort()
  for (const words of [es, en]) expect(Object.keys(words.unsent.kinds).sort()).toEqual(kinds)
})

test('a queue that a page and the sending beside it hold is one, and closes with the last', () => {
  let open = 0
  const hold = createShared((_: object) => {
    open += 1
    return {
      close() {
        open -= 1
      },
    }
  })
  const session = {}
  const [a, b] = [hold(session), hold(session)]
  expect(a.value).toBe(b.value)
  a.release()
  a.release()
  expect(open).toBe(1)
  b.release()
  expect(open).toBe(0)
  expect(hold(session).value).not.toBe(a.value)
})
