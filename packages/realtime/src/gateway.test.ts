import { connect } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, type Call, MAX_MESSAGE_BYTES, REALTIME_PATH, WINDOW } from './contract.ts'
import { type Numbered, startTestHost, type TestClient, type TestHost, until } from './testing.ts'

let host: TestHost
beforeEach(async () => {
  host = await startTestHost()
})
afterEach(() => host.close())

const event = <T>(client: TestClient, name: 'ended' | 'disconnect' | 'connect_error') =>
  new Promise<T>((done) => client.once(name, done as never))

async function connected(token: string): Promise<TestClient> {
  const client = host.connect(token)
  await new Promise<void>((done, fail) => {
    client.once('connect', done)
    client.once('connect_error', fail)
  })
  return client
}

/** Subscribes and collects what is pushed; the client acknowledges only where the test says so. */
async function subscribed(client: TestClient, since = 'n0') {
  const bodies: Numbered[] = []
  client.on('sync', (body) => bodies.push(body as Numbered))
  expect(await client.emitWithAck('subscribe', { since })).toEqual({ status: 200, body: {} })
  return { bodies, numbers: () => bodies.flatMap((body) => body.numbers ?? []) }
}
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)
const send = (body: Record<string, unknown> = {}, txnId = 't'): Call => ({
  name: 'send',
  roomId: '!r',
  eventType: 'm.room.message',
  txnId,
  body,
})

describe('the door', () => {
  test('no token, an unknown one, one that is no text: each is told why', async () => {
    for (const [token, errcode] of [
      [undefined, 'M_MISSING_TOKEN'],
      ['', 'M_MISSING_TOKEN'],
      ['nadie', 'M_UNKNOWN_TOKEN'],
      [{ $ne: 1 } as unknown as string, 'M_MISSING_TOKEN'],
      ['x'.repeat(5_000), 'M_MISSING_TOKEN'],
    ] as const) {
      const error = await event<Error & { data: Answer }>(host.connect(token), 'connect_error')
      expect([error.data.status, (error.data.body as { errcode: string }).errcode]).toEqual([401, errcode])
    }
  })

  test('an account has twenty connections, also when more come at once', async () => {
    const clients = Array.from({ length: 30 }, () => host.connect('ana'))
    const outcomes = Promise.all(
      clients.map(
        (client) =>
          new Promise<string>((done) => {
            client.once('connect_error', () => done('refused'))
            client.once('disconnect', () => done('cut'))
            // Whoever is answered is in.
            client.once('connect', () => void client.emitWithAck('token', 'ana').then(() => done('in')))
          }),
      ),
    )
    expect((await outcomes).filter((outcome) => outcome === 'in')).toHaveLength(20)
    const late = await event<Error & { data: Answer }>(host.connect('ana'), 'connect_error')
    expect(late.data.status).toBe(429)
    await connected('beto')
  })
})

describe('pushes', () => {
  test('begin after the token and come once, in order', async () => {
    for (let index = 0; index < 5; index++) host.publish()
    const got = await subscribed(await connected('ana'), 'n3')
    for (let index = 0; index < 5; index++) host.publish()
    await until('all', () => got.numbers().length >= 7)
    expect(got.numbers()).toEqual(upTo(7, 4))
  })

  test('a client that does not keep up is not buffered for: it gets one larger answer', async () => {
    const slow = await connected('ana')
    const fast = await connected('ana-phone')
    const [behind, ahead] = [await subscribed(slow), await subscribed(fast)]
    fast.on('sync', () => fast.emit('ack', ahead.bodies.length))
    // One push each: published one at a time.
    for (let index = 0; index < 3 * WINDOW; index++) {
      host.publish()
      await until('the fast one', () => ahead.numbers().length === index + 1)
    }
    await until('the window is full', () => behind.bodies.length === WINDOW)
    expect(behind.numbers()).toEqual(upTo(WINDOW))
    slow.emit('ack', WINDOW)
    await until('the rest', () => behind.bodies.length === WINDOW + 1)
    expect(behind.numbers()).toEqual(upTo(3 * WINDOW))
    host.publish()
    await until('live again', () => behind.numbers().length === 3 * WINDOW + 1)
    // Acknowledging what was never pushed opens nothing and breaks nothing.
    for (const nonsense of [1e9, -5, 'x', null, 1.5]) slow.emit('ack', nonsense as number)
    expect(await slow.emitWithAck('token', 'ana')).toEqual({ status: 200, body: {} })
    for (let index = 0; index < 2 * WINDOW; index++) {
      host.publish()
      await until('the fast one', () => ahead.numbers().at(-1) === host.last)
    }
    expect(behind.bodies.length).toBeLessThanOrEqual(2 * WINDOW + 2)
  })

  test('only what the client acknowledged counts as arrived', async () => {
    const client = await connected('ana')
    const got = await subscribed(client)
    for (let index = 0; index < 3; index++) {
      host.publish()
      await until('a push', () => got.bodies.length === index + 1)
    }
    expect(new Set(host.askedWith)).toEqual(new Set(['n0']))
    expect(host.arrived).toEqual(['n0'])
    client.emit('ack', 2)
    await until('told', () => host.arrived.length > 1)
    expect(host.arrived).toEqual(['n0', 'n2'])
    host.publish()
    await until('a push', () => got.bodies.length === 4)
    expect(host.askedWith.at(-1)).toBe('n2')
  })

  test('a token that is none ends the subscription with its reason', async () => {
    const client = await connected('ana')
    const ended = event<Record<string, unknown>>(client, 'ended')
    client.emit('subscribe', { since: 'basura' }, () => undefined)
    expect(await ended).toMatchObject({ errcode: 'M_INVALID_PARAM' })
    const other = await connected('ana')
    for (const bad of [{}, { since: 5 }, { since: 'n0', more: 1 }, { since: 'x'.repeat(65) }, null, []])
      expect((await other.emitWithAck('subscribe', bad as never)).status).toBe(400)
  })
})

describe('calls', () => {
  test('are answered as HTTP would, and what is not understood is refused', async () => {
    const client = await connected('ana')
    expect(await client.emitWithAck('call', send())).toEqual({ status: 200, body: { did: 'send' } })
    const nested = JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`) as Record<string, unknown>
    expect((await client.emitWithAck('call', send(nested))).status).toBe(200)
    for (const bad of [
      null,
      'send',
      {},
      { ...send(), name: 'delete' },
      { ...send(), body: 'x' },
      { ...send(), body: [] },
      { ...send(), roomId: 'x'.repeat(256) },
      { ...send(), txnId: 7 },
      { ...send(), more: 1 },
    ]) {
      const answer = await client.emitWithAck('call', bad as never)
      expect([answer.status, (answer.body as { errcode: string }).errcode]).toEqual([400, 'M_BAD_JSON'])
    }
    // Without a function to answer there is nothing to do, and nothing breaks.
    client.emit('call', send(), undefined as never)
    client.emit('subscribe', { since: 'n0' }, undefined as never)
    expect((await client.emitWithAck('call', send())).status).toBe(200)
  })

  test('a hundred at once, no more; the others go on', async () => {
    const waiting: (() => void)[] = []
    host.call = () => new Promise((done) => waiting.push(() => done({ ok: true })))
    const client = await connected('ana')
    const answers = Array.from({ length: 130 }, (_, index) =>
      client.emitWithAck('call', send({}, String(index))),
    )
    await until('the hundred', () => waiting.length === 100)
    const refused = await Promise.all(answers.slice(100))
    expect(new Set(refused.map((answer) => answer.status))).toEqual(new Set([429]))
    for (const done of waiting.splice(0)) done()
    const done = await Promise.all(answers.slice(0, 100))
    expect(new Set(done.map((answer) => answer.status))).toEqual(new Set([200]))
    const again = client.emitWithAck('call', send())
    await until('room again', () => waiting.length === 1)
    waiting[0]!()
    expect((await again).status).toBe(200)
  })

  test('a message larger than allowed cuts that connection, and only that', async () => {
    const [greedy, other] = [await connected('ana'), await connected('beto')]
    const gone = event<string>(greedy, 'disconnect')
    let called = false
    host.call = async () => {
      called = true
      return {}
    }
    greedy.emit('call', send({ x: 'x'.repeat(MAX_MESSAGE_BYTES) }), () => undefined)
    await gone
    expect(called).toBe(false)
    expect((await other.emitWithAck('call', send())).status).toBe(200)
    await until('forgotten', () => [...host.gateway.sessionsOf('@ana')].length === 0)
  })
})

/** A connection by hand: what a client sends that keeps to no limit. @returns its answer, or that it was cut */
async function deflated(url: string, text: string): Promise<{ outcome: string; wire: number }> {
  // Ends with a flush, whose last four bytes the protocol leaves out (RFC 7692, section 7.2.1).
  const body = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  const head = Buffer.alloc(14)
  // Final, compressed, text; masked with zeros.
  head[0] = 0xc1
  head[1] = 0xff
  head.writeBigUInt64BE(BigInt(body.length), 2)
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let got = ''
  const outcome = new Promise<string>((done) => {
    socket.on('error', () => done('cut')).on('close', () => done('cut'))
    socket.on('data', (chunk) => {
      const sent = got.includes('0{"sid"')
      got += chunk.toString('latin1')
      if (!sent && got.includes('0{"sid"')) socket.write(Buffer.concat([head, body]))
      if (got.includes('44{"')) done('answered')
    })
  })
  socket.write(
    [
      `GET ${REALTIME_PATH}/?EIO=4&transport=websocket HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Extensions: permessage-deflate',
      '\r\n',
    ].join('\r\n'),
  )
  const said = await outcome
  socket.destroy()
  expect(got).toMatch(/Sec-WebSocket-Extensions: permessage-deflate/)
  return { outcome: said, wire: body.length }
}

test('a small frame counts as what it becomes when it is opened, also before anybody has signed in', async () => {
  const other = await connected('beto')
  const opened = (bytes: number) =>
    deflated(host.url, `40${JSON.stringify({ token: 'nadie', more: 'x'.repeat(bytes) })}`)
  expect((await opened(MAX_MESSAGE_BYTES / 2)).outcome).toBe('answered')
  const bomb = await opened(200 * MAX_MESSAGE_BYTES)
  expect(bomb.outcome).toBe('cut')
  expect(bomb.wire).toBeLessThan(MAX_MESSAGE_BYTES / 2)
  expect((await other.emitWithAck('call', send())).status).toBe(200)
})

describe('the end of a session', () => {
  test('a token that expires on the way ends it softly; a new one in time keeps it', async () => {
    host.tokens.set('brief', { userId: '@ana', deviceId: 'A', expiresAt: Date.now() + 400 })
    const [old, renewed] = [await connected('brief'), await connected('brief')]
    expect(await renewed.emitWithAck('token', 'nadie')).toMatchObject({ status: 401 })
    expect(await renewed.emitWithAck('token', 'ana-2')).toEqual({ status: 200, body: {} })
    const [ended] = await Promise.all([
      event<Record<string, unknown>>(old, 'ended'),
      event(old, 'disconnect'),
    ])
    expect(ended).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: true })
    expect((await renewed.emitWithAck('call', send())).status).toBe(200)
  })

  test('a token of another device or person ends it', async () => {
    for (const token of ['ana-phone', 'beto']) {
      const client = await connected('ana')
      const ended = event(client, 'ended')
      client.emit('token', token, () => undefined)
      await ended
    }
  })

  test.each([
    ['for years', Date.now() + 2 ** 40],
    ['without end', Number.POSITIVE_INFINITY],
  ])('a token that is good %s is not taken for an expired one', async (_how, expiresAt) => {
    host.tokens.set('years', { userId: '@ana', deviceId: 'A', expiresAt })
    const client = await connected('years')
    // A delay that overflows fires at once: before this later, longer timer.
    await new Promise((done) => setTimeout(done, 2))
    expect((await client.emitWithAck('call', send())).status).toBe(200)
  })

  test('a device that is logged out is cut at once and told nothing more; the person’s others stay', async () => {
    const [laptop, phone] = [await connected('ana'), await connected('ana-phone')]
    const [onLaptop, onPhone] = [await subscribed(laptop), await subscribed(phone)]
    const ended = event<Record<string, unknown>>(laptop, 'ended')
    const gone = event(laptop, 'disconnect')
    host.endSession('@ana', 'A')
    host.publish()
    expect([...host.gateway.sessionsOf('@ana')]).toHaveLength(1)
    expect(await ended).toMatchObject({ soft_logout: false })
    await gone
    await until('the phone', () => onPhone.numbers().length === 1)
    expect(onLaptop.numbers()).toEqual([])
  })
})
