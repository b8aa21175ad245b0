import { connect, createServer, type Server, type Socket } from 'node:net'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, type Session } from '@enlace/dev-network/matrix'
import { createRealtimeTransport } from '@enlace/realtime/transport'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** A bad network: a proxy that cuts every connection again and again while messages flow. */
let network: TestNetwork
let proxy: Server
let proxyUrl: string
const open = new Set<Socket>()
let cuts = 0

beforeAll(async () => {
  network = await startTestNetwork({ nodeConfig: { rate_limits: 'off' } })
  const target = Number(new URL(network.hn.baseUrl).port)
  proxy = createServer((inbound) => {
    const outbound = connect(target, '127.0.0.1')
    for (const socket of [inbound, outbound]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => open.delete(socket))
    }
    inbound.pipe(outbound).pipe(inbound)
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  proxyUrl = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`
})

afterAll(async () => {
  for (const socket of open) socket.destroy()
  proxy?.close()
  await network?.dispose()
})

function cut(): void {
  cuts += 1
  for (const socket of open) socket.destroy()
}

type SyncAnswer = {
  next_batch: string
  rooms?: {
    join?: Record<string, { timeline?: { limited?: boolean; prev_batch?: string; events: Numbered[] } }>
  }
}
type Numbered = { content: { ciphertext?: string } }
/** A topic channel takes nothing but ciphertext: the number is in it. */
const cipher = (number: number) => Buffer.from(String(number)).toString('base64').replaceAll('=', '')
const numberOf = ({ content }: Numbered) =>
  Number(Buffer.from(content.ciphertext ?? 'x', 'base64').toString())

test('reconnecting loses and repeats nothing', { timeout: 600_000 }, async () => {
  const sender: Session = await login(network.hn.baseUrl, 'registro.hn', DEMO_PASSWORD)
  const reader: Session = await login(network.hn.baseUrl, 'consulado.hn', DEMO_PASSWORD)
  const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
  const room = String((await call(sender, 'GET', `/directory/room/${alias}`))['room_id'])
  const transport = createRealtimeTransport({ baseUrl: proxyUrl })
  const headers = { Authorization: `Bearer ${reader.accessToken}` }
  const received: number[] = []
  const total = 400
  let reading = true
  let sent = 0
  let away = 0
  let limited = 0
  let trouble: unknown
  let since: string | undefined
  const pageBack = async (from: string, to: string): Promise<Numbered[]> => {
    const found: Numbered[] = []
    for (let next: string | undefined = from; next !== undefined; ) {
      const page = await call(
        reader,
        'GET',
        `/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=100&from=${next}&to=${to}`,
      )
      const chunk = page['chunk'] as Numbered[]
      found.unshift(...chunk.toReversed())
      next = chunk.length === 0 ? undefined : (page['end'] as string | undefined)
    }
    return found
  }

  // What matrix-js-sdk does: one sync after another, each from the token of the last, again when one fails.
  const read = (async () => {
    while (reading) {
      const query = since === undefined ? 'timeout=0' : `timeout=2000&since=${since}`
      try {
        const answer = await transport.fetchFn(`${proxyUrl}/_matrix/client/v3/sync?${query}`, { headers })
        const body = (await answer.json()) as SyncAnswer
        expect(answer.status).toBe(200)
        const timeline = since === undefined ? undefined : body.rooms?.join?.[room]?.timeline
        // Away for more messages than one answer holds: the rest is read backwards, as the SDK does.
        const missed = timeline?.limited ? await pageBack(timeline.prev_batch!, since!) : []
        if (timeline?.limited) limited += 1
        for (const event of [...missed, ...(timeline?.events ?? [])])
          if (event.content.ciphertext !== undefined) received.push(numberOf(event))
        since = body.next_batch
        // A phone that is put away for a moment, twice.
        if (received.length > 100 * (1 + away) && away < 2) {
          away += 1
          const before = sent
          await eventually(
            'more was said than one answer holds',
            () => sent > Math.min(before + 40, total - 1),
          )
        }
      } catch (error) {
        if ((error as Error).name === 'AssertionError') throw error
        trouble = error
        await new Promise((done) => setTimeout(done, 20))
      }
    }
  })()
  // What is said before the first answer is in it, and not counted.
  await eventually('the reader has begun', () => since !== undefined && transport.state === 'connected')
  const chaos = setInterval(cut, 170)
  for (let number = 0; number < total; number++) {
    await call(sender, 'PUT', `/rooms/${encodeURIComponent(room)}/send/m.room.encrypted/n${number}`, {
      algorithm: 'm.megolm.v1.aes-sha2',
      ciphertext: cipher(number),
    })
    sent = number + 1
  }
  clearInterval(chaos)
  // A reader that failed says why, instead of being waited for.
  const all = eventually('everything has arrived', () => received.length >= total, 240_000)
  await Promise.race([read, all]).catch((error: unknown) => {
    const lacking = Array.from({ length: total }, (_, number) => number).filter((n) => !received.includes(n))
    throw new Error(`lacking ${lacking}; ${transport.state}, ${cuts} cuts, last trouble: ${trouble}`, {
      cause: error,
    })
  })
  reading = false
  await read
  transport.close()
  expect(cuts).toBeGreaterThan(5)
  expect(limited).toBeGreaterThan(0)
  expect(received).toEqual(Array.from({ length: total }, (_, number) => number))
})
