import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, type Session } from '@enlace/dev-network/matrix'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/**
 * What must survive a bad day: a partner that is away, a node killed in the middle of its work. Numbered events stand
 * for encrypted messages, so that every one can be counted on both sides.
 */
let network: TestNetwork
let hn: Session
let gt: Session
let room: string

const TYPE = 'm.room.encrypted'

beforeAll(async () => {
  network = await startTestNetwork({ nodeConfig: { rate_limits: 'off' } })
  hn = await login(network.hn.baseUrl, 'registro.hn', DEMO_PASSWORD)
  gt = await login(network.gt.baseUrl, 'registro.gt', DEMO_PASSWORD)
  const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
  room = encodeURIComponent(String((await call(hn, 'GET', `/directory/room/${alias}`))['room_id']))
})

afterAll(() => network?.dispose())

const send = (session: Session, txnId: string, number: number) =>
  call(session, 'PUT', `/rooms/${room}/send/${TYPE}/${txnId}`, {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: String(number),
  })

/** Every counted number the session's node holds, oldest first. */
async function numbers(session: Session): Promise<number[]> {
  const found: number[] = []
  let from = ''
  for (;;) {
    const page = await call(
      session,
      'GET',
      `/rooms/${room}/messages?dir=b&limit=100${from && `&from=${from}`}`,
    )
    for (const event of page['chunk'] as { type: string; content: { ciphertext?: string } }[]) {
      const { ciphertext = '' } = event.content
      if (event.type === TYPE && /^\d+$/.test(ciphertext)) found.unshift(Number(ciphertext))
    }
    if (!page['end']) return found
    from = encodeURIComponent(String(page['end']))
  }
}

test('a partner that was away gets every message once, in order', async () => {
  await network.gt.process.stop()
  const sent = Array.from({ length: 120 }, (_, index) => index)
  for (const number of sent) await send(hn, `away-${number}`, number)
  await network.gt.restart()
  const arrived = await eventually(
    'all messages at the partner',
    async () => {
      const there = await numbers(gt)
      return there.length >= sent.length && there
    },
    120_000,
  )
  expect(arrived).toEqual(sent)
})

test('a node killed under load loses nothing it acknowledged', async () => {
  const before = await numbers(hn)
  const acknowledged: number[] = []
  let next = 10_000
  let alive = true
  const writers = Array.from({ length: 8 }, async () => {
    while (alive) {
      const number = next++
      try {
        await send(hn, `kill-${number}`, number)
        acknowledged.push(number)
      } catch {
        return
      }
    }
  })
  await eventually('some load', () => acknowledged.length > 150)
  await network.hn.process.kill()
  alive = false
  await Promise.all(writers)
  await network.hn.restart()

  const kept = await numbers(hn)
  expect(kept.slice(0, before.length)).toEqual(before)
  const missing = acknowledged.filter((number) => !kept.includes(number))
  expect(missing).toEqual([])
  expect(new Set(kept).size).toBe(kept.length)
  // A sender who never got the answer repeats the same transaction: it must not be there twice.
  const unanswered = Array.from({ length: next - 10_000 }, (_, index) => 10_000 + index)
  for (const number of unanswered) await send(hn, `kill-${number}`, number)
  const final = await numbers(hn)
  expect([...final].sort((a, b) => a - b)).toEqual([...before, ...unanswered].sort((a, b) => a - b))
  const partner = await eventually('the partner has them all', async () => {
    const there = await numbers(gt)
    return there.length >= final.length && there
  })
  expect(partner).toEqual(final)
})

test('a partner killed while receiving has everything in the end', async () => {
  const before = await numbers(hn)
  const sending = (async () => {
    for (let number = 20_000; number < 20_150; number++) await send(hn, `rx-${number}`, number)
  })()
  await eventually('some arrived', async () => (await numbers(gt)).length > before.length + 10)
  await network.gt.process.kill()
  await network.gt.restart()
  await sending
  const expected = await numbers(hn)
  const arrived = await eventually(
    'all at the partner',
    async () => {
      const there = await numbers(gt)
      return there.length >= expected.length && there
    },
    120_000,
  )
  expect(arrived).toEqual(expected)
})
