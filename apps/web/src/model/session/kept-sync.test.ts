import { expect, test } from 'vitest'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { whatIsOver } from '../retention/over.ts'
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

test('what is over is in no copy of the last sync, and what comes later is taken in as ever', async () => {
  const database = createVolatileDatabase()
  const kept = createKeptSync(database)
  await kept.connect()
  const event = (id: string, ts: number) => ({
    event_id: id,
    type: 'm.room.encrypted',
    sender: '@a:hn',
    origin_server_ts: ts,
    content: { ciphertext: `AwgA${id}` },
  })
  const withEvents = (next: string, ...events: object[]) => {
    const one = sync(next, 'Uno')
    Object.assign(one.rooms.join['!sala:hn'].timeline, { events })
    return one as never
  }
  await kept.setSyncData(withEvents('s1', event('$viejo', 5), event('$nuevo', 50)))
  await kept.syncToDatabase([])
  const erasure = { id: 'e', room_id: '!sala:hn', subject: 'messages', until_ts: 10, event_ids: [] }
  await kept.forget(whatIsOver([erasure], () => false))
  await kept.setSyncData(withEvents('s2', event('$último', 60)))
  await kept.syncToDatabase([])
  const again = createKeptSync(database)
  await again.connect()
  for (const one of [kept, again]) {
    const saved = (await one.getSavedSync())!
    expect(saved.nextBatch).toBe('s2')
    const text = JSON.stringify(saved)
    expect(text).not.toContain('AwgA$viejo')
    expect(text).toContain('AwgA$nuevo')
    expect(text).toContain('AwgA$último')
    expect(text).toContain('$viejo')
  }
})
