import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MatrixError } from '../errors.ts'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { addressKey, createRateLimiter } from './rate-limit.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode({ rate_limits: 'on' })
})
afterAll(() => node?.close())

type Reply = { status: number; retryAfter: string | null; body: Record<string, unknown> }

/** From a client at `address`, behind a proxy on this machine. */
async function ask(
  method: string,
  path: string,
  { address = '203.0.113.1', token, body }: { address?: string; token?: string; body?: unknown },
): Promise<Reply> {
  const answer = await fetch(`${node.url}/_matrix/client/v3${path}`, {
    method,
    headers: {
      'x-forwarded-for': address,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    body: (await answer.json()) as Record<string, unknown>,
  }
}

const login = (address: string) => ask('POST', '/login', { address, body: { type: 'm.login.token' } })
const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work))

test('logins of one address are few, whoever they are for; another address is not held up', async () => {
  const answers = await times(12, () => login('198.51.100.7'))
  const refused = answers.filter(({ status }) => status === 429)
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(10)
  expect(refused).toHaveLength(2)
  for (const { body, retryAfter } of refused) {
    expect(body).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED', error: expect.any(String) })
    const wait = body['retry_after_ms'] as number
    // One more every five seconds.
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(5_000)
    expect(Number(retryAfter)).toBe(Math.ceil(wait / 1000))
  }
  expect((await login('198.51.100.8')).status).toBe(400)
  // Asking on does not make it longer.
  const again = await login('198.51.100.7')
  expect(again.body['retry_after_ms']).toBeLessThanOrEqual(refused.at(-1)!.body['retry_after_ms'] as number)
})

test('an IPv6 network of one household is one address, and an address written in two ways as well', async () => {
  let host = 0
  const answers = await times(11, () => login(`2001:db8:1:2::${(++host).toString(16)}`))
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
  expect((await login('2001:db8:1:3::1')).status).toBe(400)
  expect(addressKey('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(addressKey('2001:DB8:0:0:0:0:0:1')).toBe(addressKey('2001:db8::2'))
  expect(addressKey(undefined)).toBe(addressKey('no address'))
})

test('accounts of one address are few; asking what is needed for one is not counted', async () => {
  const address = '198.51.100.20'
  const questions = await times(7, () => ask('POST', '/register', { address, body: {} }))
  expect(questions.map(({ status }) => status)).toEqual(Array(7).fill(401))
  let index = 0
  const answers = await times(7, () =>
    ask('POST', '/register', {
      address,
      body: { username: `uno${index++}`, password: PASSWORD, auth: { type: 'm.login.dummy' } },
    }),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(2)
  const faulty = await times(7, () =>
    ask('POST', '/register', { address: '198.51.100.21', body: { username: 'ni un nombre' } }),
  )
  expect(faulty.filter(({ status }) => status === 429)).toHaveLength(2)
})

test('writes are counted by person, from wherever they come; reading and others go on', async () => {
  const [ana, bea] = [await node.register('ana'), await node.register('bea')]
  let count = 0
  const write = (token: string) =>
    ask('PUT', '/rooms/!none:hn.example/typing/@x:hn.example', {
      address: `203.0.113.${++count % 200}`,
      token,
      body: { typing: false },
    })
  let refused: Reply | undefined
  // More at a time than are given back meanwhile, on a slow machine too.
  for (let round = 0; round < 40 && !refused; round++)
    refused = (await times(100, () => write(ana.token))).find(({ status }) => status === 429)
  expect(count).toBeGreaterThan(200)
  expect(refused?.body['retry_after_ms']).toBeLessThanOrEqual(34)
  expect((await write(bea.token)).status).toBe(403)
  expect((await ask('GET', '/account/whoami', { token: ana.token })).status).toBe(200)
})

test('what is never limited answers, and with limits off all is', async () => {
  const open = await startTestNode()
  try {
    const answers = await times(30, () => open.call('POST', '/login', { body: { type: 'm.login.token' } }))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]))
  } finally {
    await open.close()
  }
})

test('a bucket fills again bit by bit, never beyond its burst; the longest unused are forgotten first', () => {
  let time = 1_000
  const limited: string[] = []
  const limiter = createRateLimiter(true, { now: () => time, onLimited: (bucket) => limited.push(bucket) })
  const wait = (who: string): number | undefined => {
    try {
      limiter.check('login', who)
      return undefined
    } catch (error) {
      return (error as MatrixError).extra['retry_after_ms'] as number
    }
  }
  for (let index = 0; index < 10; index++) expect(wait('a')).toBeUndefined()
  expect(wait('a')).toBe(5_000)
  time += 4_000
  expect(wait('a')).toBe(1_000)
  time += 1_000
  expect(wait('a')).toBeUndefined()
  expect(wait('a')).toBe(5_000)
  expect(limited).toEqual(['login', 'login', 'login'])
  time += 3_600_000
  for (let index = 0; index < 10; index++) expect(wait('a')).toBeUndefined()
  expect(wait('a')).toBe(5_000)
  // Memory is bounded: so many others push it out, and it begins anew.
  for (let index = 0; index < 20_000; index++) limiter.check('login', `other ${index}`)
  expect(wait('a')).toBeUndefined()
  for (let index = 0; index < 1_000; index++) limiter.check('none', 'a')
})
