/** What a crash between the write of a room's summary and that of its newest events must not break. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { transactionKey, transactionOf } from './store.ts'

let node: TestNode
let ana: { userId: string; token: string }
beforeEach(async () => {
  node = await startTestNode()
  ana = await node.register('ana')
})
afterEach(() => node.close())

test('a summary never names an event that is not on disk', async () => {
  const { body } = await node.call('POST', '/createRoom', { token: ana.token, body: {} })
  const roomId = body['room_id'] as string
  const { collection } = node.ctx.db.connection.model('events')
  const insertMany = collection.insertMany.bind(collection)
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  collection.insertMany = (async (...args: Parameters<typeof insertMany>) => {
    await held
    return insertMany(...args)
  }) as typeof collection.insertMany
  const message = { roomId, sender: ana.userId, type: 'm.room.message', content: { body: 'slow disk' } }
  const sending = node.ctx.rooms.send(message)
  // Long enough for the summary's turn to come while the message is still on its way.
  await wait(1_600)
  const summary = await node.ctx.db.connection.collection('rooms').findOne({ _id: roomId as never })
  const heads = summary!['extremities'] as string[]
  const onDisk = await node.ctx.db.connection
    .collection('events')
    .find({ _id: { $in: heads as never[] } })
    .toArray()
  release()
  await sending
  expect(onDisk).toHaveLength(heads.length)
})

test('messages built on one that could not be written are built again', async () => {
  const { body } = await node.call('POST', '/createRoom', { token: ana.token, body: {} })
  const roomId = body['room_id'] as string
  const { collection } = node.ctx.db.connection.model('events')
  const insertMany = collection.insertMany.bind(collection)
  let failures = 1
  collection.insertMany = (async (...args: Parameters<typeof insertMany>) => {
    if (failures-- > 0) throw new Error('disk full')
    return insertMany(...args)
  }) as typeof collection.insertMany
  const say = (n: number) =>
    node.ctx.rooms.send({ roomId, sender: ana.userId, type: 'm.room.message', content: { n } })
  const results = await Promise.allSettled([
    ...Array.from({ length: 20 }, (_, n) => say(n)),
    node.ctx.rooms.send({
      roomId,
      sender: ana.userId,
      type: 'm.room.topic',
      stateKey: '',
      content: { topic: 'after' },
    }),
  ])
  const refused = results.filter((one) => one.status === 'rejected')
  expect(refused).toHaveLength(1)
  const log = await node.ctx.rooms.timeline(roomId, { dir: 'f', limit: 100 })
  const known = new Set(log.map((event) => event.eventId))
  for (const { pdu } of log) for (const prev of pdu.prev_events) expect(known.has(prev)).toBe(true)
  expect(log.filter((event) => event.pdu.type === 'm.room.message')).toHaveLength(19)
  expect((await node.ctx.rooms.room(roomId))!.extremities).toEqual([log.at(-1)!.eventId])
})

test.each([
  ['@ana:hn.example', 'D', '!r:hn.example', 't'],
  ['@ana:hn.example', 'D|%7C', '!a|b', 't|%|'],
])('the key of a transaction of %s says which it was', (userId, deviceId, roomId, txnId) => {
  const transaction = { userId, deviceId, txnId }
  expect(transactionOf(transactionKey(roomId, transaction))).toEqual(transaction)
})
