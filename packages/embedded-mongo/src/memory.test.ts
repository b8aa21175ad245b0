/** Messages that do not arrive whole must not hold up anybody. */
import { MongoClient } from 'mongodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'
import { frame, sections, WireClient } from './test-wire.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer({ receiveMilliseconds: 1500 })
})
afterEach(() => server.stop())

/** The beginning of a message of 40 MB. */
function half(bytes: number): Buffer {
  const out = frame({ insert: 'c', documents: [], $db: 'test' })
  const whole = Buffer.concat([out, Buffer.alloc(Math.max(0, bytes - out.length))])
  whole.writeInt32LE(40_000_000, 0)
  return whole.subarray(0, bytes)
}

test('half-sent messages hold up nobody, and are given up in time', async () => {
  // Only headers, which announce much; and much, of which the end does not come.
  const stalled: WireClient[] = []
  for (const bytes of [10, 16, 21, 1000, 70_000, ...Array<number>(6).fill(39_000_000)]) {
    const client = await WireClient.connect(server.uri)
    client.send(half(bytes))
    stalled.push(client)
  }
  const other = new MongoClient(server.uri, { serverSelectionTimeoutMS: 5000 })
  const c = other.db('test').collection<{ _id: number }>('c')
  for (let i = 0; i < 50; i++) await c.insertOne({ _id: i })
  expect(await c.countDocuments()).toBe(50)
  for (const client of stalled) expect(await client.receive()).toBeUndefined()
  const told = server.warnings.filter((warning) => warning.includes('did not arrive in time'))
  expect(told.length).toBe(stalled.length)
  // A message as large as they were is taken again.
  const large = Array.from({ length: 3 }, (_, i) => ({ _id: 100 + i, text: 'x'.repeat(12_000_000) }))
  await other.db('test').collection<{ _id: number; text: string }>('c').insertMany(large)
  await other.close()
})

test('what comes slowly and whole is taken; a client that waits between messages is left alone', async () => {
  const client = await WireClient.connect(server.uri)
  const bytes = frame({ ping: 1, $db: 'test' })
  for (const byte of bytes) client.send(Buffer.of(byte))
  expect(await client.receive()).toEqual({ ok: 1 })
  const stalled = await WireClient.connect(server.uri)
  stalled.send(bytes.subarray(0, 5))
  expect(await stalled.receive()).toBeUndefined()
  // The first has been silent for as long as the other, which was given up.
  expect(await client.command({ ping: 1, $db: 'test' })).toEqual({ ok: 1 })
  client.close()
})

test('many large messages at once all arrive', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => WireClient.connect(server.uri)))
  const text = 'x'.repeat(15_000_000)
  const message = sections({ insert: 'large', $db: 'test' }, 'documents', [{ text }, { text }])
  for (const client of clients) client.send(message)
  for (const client of clients) expect(await client.receive()).toMatchObject({ n: 2, ok: 1 })
  for (const client of clients) client.close()
}, 120_000)
