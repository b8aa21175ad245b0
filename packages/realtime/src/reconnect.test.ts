/** A bad network, a busy machine and a phone that sleeps: every number comes once and in order, whatever is cut where. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Numbered, startTestHost, type TestHost, until } from './testing.ts'
import { startBadNetwork } from './testing-proxy.ts'
import { createRealtimeTransport, type RealtimeTransport } from './transport.ts'

const CLIENTS = 8
const ROUNDS = 1_000
/** Bytes between two cuts in the sweep: from the first byte of the handshake to well into the pushes. */
const STEP = 3
const realNow = Date.now.bind(Date)

let host: TestHost
let slept = 0
const closing: (() => unknown)[] = []

beforeEach(async () => {
  slept = 0
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + slept)
  host = await startTestHost()
  for (const identity of host.tokens.values()) identity.expiresAt = realNow() + 1e9
  const { http } = host
  // Like a node, it holds a request for news a while.
  host.http = (req, res, body) => {
    const since = Number(/since=n(\d+)/.exec(req.url ?? '')?.[1] ?? -1)
    if (since < host.last) return http(req, res, body)
    setTimeout(() => http(req, res, body), 20)
  }
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) await close()
  await host.close()
})

/** A reader that does what matrix-js-sdk does: from the token of the last answer, and again when one fails. */
async function reader(token: string) {
  const network = await startBadNetwork(host.url)
  const transport = createRealtimeTransport({ baseUrl: network.url, reconnectMs: [2, 20] })
  const received: number[] = []
  let abort = new AbortController()
  let reading = true
  const loop = (async () => {
    let since = 'n0'
    while (reading) {
      abort = new AbortController()
      try {
        const answer = await transport.fetchFn(
          `${network.url}/_matrix/client/v3/sync?since=${since}&timeout=200`,
          { headers: { Authorization: `Bearer ${token}` }, signal: abort.signal },
        )
        const body = (await answer.json()) as Numbered
        // The SDK throws away what comes after it gave up.
        if (abort.signal.aborted) continue
        received.push(...(body.numbers ?? []))
        since = body.next_batch
      } catch {
        await pause(1)
      }
    }
  })()
  closing.push(async () => {
    reading = false
    await loop
    transport.close()
    await network.close()
  })
  return { network, transport, received, giveUp: () => abort.abort() }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)
/** Nothing runs meanwhile: neither the server nor any client. */
const starve = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
const connected = (transport: RealtimeTransport) => until('connected', () => transport.state === 'connected')
/** The server ends every connection in good order; resolves when the client is there again. */
async function goodbye(transport: RealtimeTransport): Promise<void> {
  const states: string[] = []
  const stop = transport.onState((state) => states.push(state))
  for (const { socket } of host.gateway.sessions()) socket.disconnect(true)
  await until('gone, and here again', () => states.lastIndexOf('connected') > states.indexOf('reconnecting'))
  expect(states[0]).toBe('reconnecting')
  stop()
}
const subscribed = () =>
  until('pushes come', () => [...host.gateway.sessions()].some(({ subscription }) => subscription))

test(`cut at every point of the handshake and of pushes, ${ROUNDS} times: nothing is lost or told twice`, {
  timeout: 240_000,
}, async () => {
  const readers = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => {
      host.tokens.set(`r${index}`, { userId: `@r${index}`, deviceId: 'A', expiresAt: realNow() + 1e9 })
      return reader(`r${index}`)
    }),
  )
  let rounds = 0
  let finished = 0
  const here = host
  const publishing = (async () => {
    while (finished < CLIENTS && here === host) {
      here.publish()
      await pause(4)
    }
  })()
  await Promise.all(
    readers.map(async ({ network, giveUp }) => {
      while (rounds < ROUNDS) {
        const round = rounds++
        network.websockets = round % 2 === 0
        const before = network.cuts
        network.cutAfter(round % 4 < 2 ? 'up' : 'down', 1 + Math.floor(round / 4) * STEP)
        if (round % 50 === 49) starve(60)
        if (round % 40 === 39) slept += 60_000
        if (round % 7 === 6) giveUp()
        await until('cut', () => network.cuts > before)
      }
      finished += 1
    }),
  )
  await publishing
  for (const { received } of readers) await until('everything', () => received.length >= host.last)
  for (const { received } of readers) expect(received).toEqual(upTo(host.last))
  expect(readers.reduce((sum, { network }) => sum + network.cuts, 0)).toBeGreaterThanOrEqual(ROUNDS)
})

test.each([true, false])(
  'a push lost on the way is noticed by the next one (WebSocket: %s)',
  async (websockets) => {
    const { network, transport, received } = await reader('ana')
    network.websockets = websockets
    await connected(transport)
    for (let lost = 0; lost < 20; lost++) {
      await subscribed()
      network.lose = 1
      const before = host.last
      await until('lost', () => {
        host.publish()
        return network.lose === 0
      })
      host.publish()
      await until('everything', () => received.length >= host.last)
      expect(host.last).toBeGreaterThan(before)
    }
    expect(received).toEqual(upTo(host.last))
  },
)

test('the last push of all, lost, is noticed without another', async () => {
  const { network, transport, received } = await reader('ana')
  await connected(transport)
  await subscribed()
  network.lose = 1
  await until('lost', () => {
    if (network.lose > 0 && received.length === host.last) host.publish()
    return network.lose === 0
  })
  await until('everything', () => received.length === host.last)
  expect(received).toEqual(upTo(host.last))
})

test('a server that says goodbye is sought again', async () => {
  const { transport, received } = await reader('ana')
  await connected(transport)
  await subscribed()
  await goodbye(transport)
  host.publish()
  await until('everything', () => received.length === host.last)
  expect(received).toEqual([1])
})

test('what came by HTTP while the connection was away counts as arrived, without another push', async () => {
  const { network, transport, received } = await reader('ana')
  for (let round = 0; round < 20; round++) {
    await connected(transport)
    await subscribed()
    network.cut()
    host.publish()
    await until('everything', () => received.length === host.last)
    await until('known to have arrived', () => host.arrived.includes(`n${host.last}`))
  }
  expect(received).toEqual(upTo(host.last))
})

test('a server that says goodbye is sought again also when nobody asks for anything', async () => {
  const transport = createRealtimeTransport({ baseUrl: host.url, reconnectMs: [2, 20] })
  closing.push(() => transport.close())
  await transport.fetchFn(`${host.url}/_matrix/client/v3/sync?timeout=0`, {
    headers: { Authorization: 'Bearer ana' },
  })
  for (let times = 0; times < 5; times++) {
    await connected(transport)
    await until('met', () => [...host.gateway.sessions()].length === 1)
    await goodbye(transport)
  }
})
