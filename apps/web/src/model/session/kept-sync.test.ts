import { expect, test } from 'vitest'
import { createVolatileDatabase } from '../../lib/own-database.ts'
import { createKeptSync } from './kept-sync.ts'

const message = (n: number) => ({ userId: '@a:hn', deviceId: `D${n}`, payload: {} })
const sync = (next: string, name: string) => ({
  next_batch: next,
  rooms: {
    join: {
      '!sala:hn': {
        summary: {},
        state: { events: [{ type: 'm.room.name', state_key: '', content: { name } }] },
        timeline: { events: [], prev_batch: 'p', limited: false },
        ephemeral: { events: [] },
        account_data: { events: [] },
        unread_notifications: {},
      },
    },
  },
  account_data: { events: [{ type: 'm.direct', content: { a: 1 } }] },
})

test('what a sync brought is there after a restart, and is not the accumulator’s own copy', async () => {
  const database = createVolatileDatabase()
  const first = createKeptSync(database)
  await first.connect()
  expect(await first.isNewlyCreated()).toBe(true)
  expect(await first.getSavedSync()).toBeNull()
  await first.setSyncData(sync('s1', 'Uno') as never)
  await first.syncToDatabase([])
  const again = createKeptSync(database)
  await again.connect()
  expect(await again.isNewlyCreated()).toBe(false)
  const saved = (await again.getSavedSync())!
  expect(saved).toMatchObject({ nextBatch: 's1', accountData: [{ type: 'm.direct' }] })
  expect(JSON.stringify(saved.roomsData)).toContain('Uno')
  Object.assign(saved, { nextBatch: 'other' })
  expect(await again.getNextBatchToken()).toBe('s1')
})

test('messages for devices wait in order, whatever is taken and added at once', async () => {
  const database = createVolatileDatabase()
  const kept = createKeptSync(database)
  await kept.connect()
  const batch = (n: number) => ({ txnId: `t${n}`, eventType: 'm.x', batch: [message(n)] })
  await Promise.all([kept.saveToDeviceBatches([batch(1), batch(2)]), kept.saveToDeviceBatches([batch(3)])])
  const oldest = (await kept.getOldestToDeviceBatch())!
  expect(oldest.txnId).toBe('t1')
  await Promise.all([kept.removeToDeviceBatch(oldest.id), kept.saveToDeviceBatches([batch(4)])])
  const again = createKeptSync(database)
  await again.connect()
  await again.saveToDeviceBatches([batch(5)])
  const order: string[] = []
  for (let next = await again.getOldestToDeviceBatch(); next; next = await again.getOldestToDeviceBatch()) {
    order.push(next.txnId)
    await again.removeToDeviceBatch(next.id)
  }
  expect(order).toEqual(['t2', 't3', 't4', 't5'])
})

test('members of a room: not asked yet, none, some', async () => {
  const kept = createKeptSync(createVolatileDatabase())
  await kept.connect()
  expect(await kept.getOutOfBandMembers('!a:hn')).toBeNull()
  await kept.setOutOfBandMembers('!a:hn', [])
  expect(await kept.getOutOfBandMembers('!a:hn')).toEqual([])
  await kept.clearOutOfBandMembers('!a:hn')
  expect(await kept.getOutOfBandMembers('!a:hn')).toBeNull()
})
