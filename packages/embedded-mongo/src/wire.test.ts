/** The wire itself: frames a driver sends seldom, and frames nobody should send. */

import { BSON } from 'bson'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { startTestServer, type TestServer } from './test-server.ts'
import { frame, sections, WireClient } from './test-wire.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const withClient = async <T>(run: (client: WireClient) => Promise<T>): Promise<T> => {
  const client = await WireClient.connect(server.uri)
  try {
    return await run(client)
  } finally {
    client.close()
  }
}

describe('frames', () => {
  test('a checksum is verified', () =>
    withClient(async (client) => {
      const plain = frame({ ping: 1, $db: 'admin' }, 1)
      const bytes = Buffer.concat([plain, Buffer.alloc(4)])
      bytes.writeInt32LE(bytes.length, 0)
      bytes.writeUInt32LE(crc32c(bytes.subarray(0, -4)), bytes.length - 4)
      client.send(bytes)
      expect(await client.receive()).toEqual({ ok: 1 })
      bytes[bytes.length - 1]! ^= 1
      client.send(bytes)
      expect(await client.receive()).toBeUndefined()
    }))

  test('CRC-32C of the standard check string', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  test('document sequences, replies left out, pieces of any size, several frames at once', () =>
    withClient(async (client) => {
      const quiet = frame(
        { insert: 'w', documents: [{ _id: 'quiet' }], $db: 'test', writeConcern: { w: 0 } },
        2,
      )
      const sequence = sections({ insert: 'w', $db: 'test' }, 'documents', [{ _id: 'a' }, { _id: 'b' }])
      for (const byte of Buffer.concat([quiet, sequence])) client.send(Buffer.of(byte))
      expect(await client.receive()).toEqual({ n: 2, ok: 1 })
      client.send(Buffer.concat([frame({ ping: 1, $db: 'a' }), frame({ count: 'w', $db: 'test' })]))
      expect(await client.receive()).toEqual({ ok: 1 })
      expect(await client.receive()).toEqual({ n: 3, ok: 1 })
    }))

  test('the old hello', () =>
    withClient(async (client) => {
      const body = BSON.serialize({ isMaster: 1, helloOk: true })
      const out = Buffer.concat([Buffer.alloc(20), Buffer.from('admin.$cmd\0'), Buffer.alloc(8), body])
      out.writeInt32LE(out.length, 0)
      out.writeInt32LE(2004, 12)
      out.writeInt32LE(-1, 35)
      client.send(out)
      expect(await client.receive()).toMatchObject({
        ismaster: true,
        helloOk: true,
        setName: 'enlace',
        ok: 1,
      })
    }))

  test('refused values are answered, and the connection goes on', () =>
    withClient(async (client) => {
      client.send(frame({ insert: 'w', documents: [{ d: BSON.Decimal128.fromString('1') }], $db: 'test' }))
      expect(await client.receive()).toMatchObject({ ok: 0, code: 2 })
      expect(await client.command({ ping: 1, $db: 'admin' })).toEqual({ ok: 1 })
    }))

  test.each([
    ['a frame of 47 GB', () => Buffer.from('ffffff7f0700000000000000dd07000000000000', 'hex')],
    ['a negative size', () => Buffer.from('ffffffff0700000000000000dd07000000000000', 'hex')],
    ['an unknown opcode', () => frame({ ping: 1 }, 0, 1234)],
    ['unknown required flags', () => frame({ ping: 1, $db: 'a' }, 8)],
    ['HTTP', () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    [
      'two bodies',
      () => {
        const one = frame({ ping: 1, $db: 'a' })
        const out = Buffer.concat([one, one.subarray(20)])
        out.writeInt32LE(out.length, 0)
        return out
      },
    ],
  ])('%s closes the connection', (_name, bytes) =>
    withClient(async (client) => {
      client.send(bytes())
      expect(await client.receive()).toBeUndefined()
    }),
  )
})

test('no damaged frame stops the server or answers wrongly', async () => {
  const good = [
    frame({ find: 'w', filter: { a: { $in: [1, 'x', { b: [] }] } }, sort: { a: 1 }, $db: 'test' }),
    sections({ insert: 'fuzz', $db: 'test', ordered: false }, 'documents', [
      { _id: 1, a: [1, { b: 'text' }] },
    ]),
    sections({ update: 'fuzz', $db: 'test' }, 'updates', [
      { q: { _id: 1 }, u: { $set: { a: 1 } }, upsert: true },
    ]),
    frame({ aggregate: 'w', pipeline: [{ $group: { _id: '$a', n: { $sum: 1 } } }], cursor: {}, $db: 'test' }),
    frame({ createIndexes: 'fuzz', indexes: [{ key: { a: 1 }, name: 'a_1' }], $db: 'test' }),
    frame({ hello: 1, $db: 'admin' }),
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.option(fc.nat(), { freq: 4 }),
      async (bytes, changes, cut) => {
        const damaged = Buffer.from(bytes)
        // The length stays, so that the server does not wait for more.
        for (const [at, byte] of changes) damaged[4 + (at % (damaged.length - 4))] = byte
        const out = cut === null ? damaged : damaged.subarray(0, 16 + (cut % (damaged.length - 16)))
        if (cut !== null) out.writeInt32LE(out.length, 0)
        await withClient(async (client) => {
          client.send(out)
          // A frame with moreToCome has no answer: the ping's follows it.
          client.send(frame({ ping: 1, $db: 'admin' }))
          const reply = await client.receive()
          if (reply) expect([0, 1]).toContain(reply['ok'])
        })
      },
    ),
    { numRuns: 1500 },
  )
  expect(await server.db.command({ ping: 1 })).toMatchObject({ ok: 1 })
  expect(server.warnings.filter((warning) => !warning.startsWith('a connection was closed'))).toEqual([])
})
