import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Call } from './contract.ts'
import { type Numbered, numberOf, Refusal, startTestHost, type TestHost, until } from './testing.ts'
import { createRealtimeTransport, type RealtimeTransport } from './transport.ts'

let host: TestHost
let transport: RealtimeTransport
let byHttp: string[]

beforeEach(async () => {
  host = await startTestHost()
  byHttp = []
  transport = open()
})
afterEach(async () => {
  transport.close()
  await host.close()
})

function open(more: { callTimeoutMs?: number } = {}): RealtimeTransport {
  return createRealtimeTransport({
    baseUrl: host.url,
    fetch: (resource, init) => {
      byHttp.push(`${init?.method ?? 'GET'} ${String(resource).slice(host.url.length)}`)
      return fetch(resource, init)
    },
    ...more,
  })
}

const headers = (token = 'ana') => ({ Authorization: `Bearer ${token}` })
async function sync(since: string, more: { timeout?: number; signal?: AbortSignal; token?: string } = {}) {
  const answer = await transport.fetchFn(
    `${host.url}/_matrix/client/v3/sync?since=${since}&timeout=${more.timeout ?? 10_000}`,
    { headers: headers(more.token), ...(more.signal ? { signal: more.signal } : {}) },
  )
  return { status: answer.status, body: (await answer.json()) as Numbered }
}
const send = (body: Record<string, unknown>, txnId = 't1', token = 'ana') =>
  transport.fetchFn(`${host.url}/_matrix/client/v3/rooms/!r:hn/send/m.room.message/${txnId}`, {
    method: 'PUT',
    headers: headers(token),
    body: JSON.stringify(body),
  })
async function live() {
  await sync('n0', { timeout: 0 })
  await until('connected', () => transport.state === 'connected')
}

test('while connections are cut again and again, each number comes once and in order', async () => {
  const received: number[] = []
  let reading = true
  const reader = (async () => {
    let since = 'n0'
    while (reading) {
      try {
        const { body } = await sync(since, { timeout: 100 })
        received.push(...(body.numbers ?? []))
        since = body.next_batch
      } catch {
        await new Promise((done) => setTimeout(done, 5))
      }
    }
  })()
  await until('connected', () => transport.state === 'connected')
  const total = 300
  let cuts = 0
  while (host.last < total) {
    host.publish()
    if (host.last % 40 === 0) {
      host.cut()
      cuts += 1
      await until('connected again', () => transport.state === 'connected')
    }
    await new Promise((done) => setTimeout(done, 1))
  }
  await until('everything', () => received.length >= total)
  reading = false
  await reader
  expect(cuts).toBeGreaterThan(5)
  expect(received).toEqual(Array.from({ length: total }, (_, index) => index + 1))
})

test('nothing counts as arrived before the SDK asks for what follows', async () => {
  await live()
  const first = sync('n0')
  await until('subscribed', () => host.askedWith.length > 0)
  host.publish()
  expect((await first).body.numbers).toEqual([1])
  // The SDK is still busy with it: what happens now is pushed, and the first stays unacknowledged.
  host.publish()
  await until('pushed', () => [...host.gateway.sessions()][0]?.pushed === 2)
  expect(host.arrived).toEqual(['n0'])
  expect((await sync('n1')).body.numbers).toEqual([2])
  const last = sync('n2', { timeout: 500 })
  await until('acknowledged', () => host.arrived.length > 1)
  expect(host.arrived.at(-1)).toBe('n2')
  expect((await last).body).toMatchObject({ next_batch: 'n2' })
})

test('a request given up loses nothing; one with an older token begins there again', async () => {
  await live()
  const abort = new AbortController()
  const given = sync('n0', { signal: abort.signal })
  await until('subscribed', () => host.askedWith.length > 0)
  abort.abort()
  await expect(given).rejects.toMatchObject({ name: 'AbortError' })
  host.publish()
  host.publish()
  const got: number[] = []
  for (let since = 'n0'; got.length < 2; ) {
    const { body } = await sync(since)
    got.push(...(body.numbers ?? []))
    since = body.next_batch
  }
  expect(got).toEqual([1, 2])
  expect((await sync('n1')).body.numbers).toEqual([2])
  expect((await sync('n0')).body.numbers).toEqual([1, 2])
})

test('a call whose answer is lost is made again by HTTP under the same transaction: one event', async () => {
  transport.close()
  transport = open({ callTimeoutMs: 100 })
  await live()
  const events = new Map<string, string>()
  const once = (txnId: string) => {
    const id = events.get(txnId) ?? `$${events.size + 1}`
    events.set(txnId, id)
    return { event_id: id }
  }
  // It is done, and the answer never comes.
  host.call = async (_identity, call: Call) => {
    once(call.name === 'send' ? call.txnId : '')
    return new Promise(() => undefined)
  }
  const { http } = host
  host.http = (req, res, body) => {
    if (req.method !== 'PUT') return http(req, res, body)
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify(once(decodeURIComponent(req.url!.split('/').at(-1)!))))
  }
  const answer = await send({ body: 'hola' }, 'm1.2')
  expect(await answer.json()).toEqual({ event_id: '$1' })
  expect([...events.keys()]).toEqual(['m1.2'])
  expect(byHttp.filter((one) => one.startsWith('PUT'))).toHaveLength(1)
})

test('answers and refusals of a call are those of HTTP; what is too large for a call goes by HTTP', async () => {
  await live()
  host.call = async () => {
    throw new Refusal(403, 'M_FORBIDDEN')
  }
  const refused = await send({ body: 'x' })
  expect([refused.status, await refused.json()]).toMatchObject([403, { errcode: 'M_FORBIDDEN' }])
  expect(byHttp.filter((one) => one.startsWith('PUT'))).toEqual([])
  await send({ body: 'x'.repeat(200_000) })
  expect(byHttp.filter((one) => one.startsWith('PUT'))).toHaveLength(1)
})

test('names in addresses travel decoded, and only hot requests do', async () => {
  await live()
  const calls: Call[] = []
  host.call = async (_identity, call) => {
    calls.push(call)
    return {}
  }
  const put = (path: string) =>
    transport.fetchFn(`${host.url}/_matrix/client/v3/${path}`, {
      method: 'PUT',
      headers: headers(),
      body: '{}',
    })
  await put(`rooms/${encodeURIComponent('!a/b:hn')}/send/m.room.message/${encodeURIComponent('t/1')}`)
  await put(`rooms/${encodeURIComponent('!a:hn')}/typing/${encodeURIComponent('@ana:hn')}`)
  await put(`rooms/${encodeURIComponent('!a:hn')}/state/m.room.topic/`)
  // What is no address at all is for HTTP to refuse.
  await put('rooms/%zz/send/m.room.message/t')
  expect(calls).toEqual([
    { name: 'send', roomId: '!a/b:hn', eventType: 'm.room.message', txnId: 't/1', body: {} },
    { name: 'typing', roomId: '!a:hn', userId: '@ana:hn', body: {} },
  ])
  expect(byHttp.filter((one) => one.startsWith('PUT'))).toHaveLength(2)
})

test('a new token goes to the open connection; one that ran out ends in HTTP’s answer', async () => {
  const expiresAt = Date.now() + 600
  host.tokens.set('brief', { userId: '@ana', deviceId: 'A', expiresAt })
  await sync('n0', { timeout: 0, token: 'brief' })
  await until('connected', () => transport.state === 'connected')
  expect((await send({ body: '1' }, 't1', 'brief')).status).toBe(200)
  await send({ body: '2' }, 't2', 'ana-2')
  await until('the connection has the new token', () =>
    [...host.gateway.sessionsOf('@ana')].some(({ identity }) => identity.expiresAt > expiresAt),
  )
  await until('the first token has run out', () => Date.now() > expiresAt + 5)
  byHttp = []
  expect((await send({ body: '3' }, 't3', 'ana-2')).status).toBe(200)
  expect(byHttp).toEqual([])
})

test('logged out: the connection is gone at once and the next request is HTTP’s', async () => {
  await live()
  const waiting = sync('n0')
  await until('subscribed', () => host.askedWith.length > 0)
  host.tokens.delete('ana')
  host.endSession('@ana', 'A')
  const { http } = host
  host.http = (req, res, body) => {
    if (req.headers.authorization !== 'Bearer ana') return http(req, res, body)
    res.statusCode = 401
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify({ errcode: 'M_UNKNOWN_TOKEN', error: 'x' }))
  }
  expect((await waiting).status).toBe(401)
  expect(transport.state).not.toBe('connected')
  expect((await send({ body: 'x' })).status).toBe(401)
})

test('a client that was slow gets everything in order when it reads again', async () => {
  await live()
  let { body } = await sync('n0', { timeout: 10 })
  for (let index = 0; index < 200; index++) {
    host.publish()
    if (index % 10 === 0) await new Promise((done) => setTimeout(done, 1))
  }
  const got: number[] = []
  while (got.length < 200) {
    ;({ body } = await sync(body.next_batch))
    got.push(...(body.numbers ?? []))
    expect(numberOf(body.next_batch)).toBe(got.length)
  }
  expect(got).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
})
