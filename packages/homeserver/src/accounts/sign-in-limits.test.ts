/** Guessing, flooding and an honest office behind one address, through the node as a proxy would bring them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode({
    rate_limits: 'on',
    registration: 'token',
    registration_token: 'un-token-bien-largo',
  })
})
afterAll(() => node?.close())

type Asked = { address: string; token?: string; cookie?: string; body?: unknown; query?: string }

async function ask(method: string, path: string, { address, token, cookie, body, query = '' }: Asked) {
  const answer = await fetch(`${node.url}/_matrix/client/v3${path}${query}`, {
    method,
    headers: {
      'x-forwarded-for': address,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  }
}

const login = (user: string, password: string, address: string, cookie?: string) =>
  ask('POST', '/login', { address, cookie, body: { type: 'm.login.password', user, password } })
const cookieOf = ({ headers }: { headers: Headers }) => headers.getSetCookie()[0]?.split(';')[0] ?? ''
const guess = (address: string) => login('guardia', 'una que no es', address)

describe('hostile: strangers lock out the official on duty', () => {
  let cookie = ''

  test('one household, one IPv6 network, then many places at once: each is slowed, in parallel too', async () => {
    await node.ctx.accounts.create({ localpart: 'guardia', password: PASSWORD })
    const first = await login('guardia', PASSWORD, '192.0.2.10')
    cookie = cookieOf(first)
    expect(first.headers.getSetCookie()[0]).toMatch(/^enlace_known=.*; HttpOnly; SameSite=Strict/)

    const statuses = async (addresses: string[]) =>
      (await Promise.all(addresses.map(guess))).map(({ status }) => status)
    // Another address of the same 64 bits each time.
    const household = await statuses(
      Array.from({ length: 40 }, (_, index) => `2001:db8:1:1::${(index + 1).toString(16)}`),
    )
    expect(household.filter((status) => status === 403)).toHaveLength(8)
    expect(household.filter((status) => status === 429)).toHaveLength(32)
    // Another 64 bits each time, of the same 48.
    const network = await statuses(
      Array.from({ length: 60 }, (_, index) => `2001:db8:1:${(index + 0x100).toString(16)}::1`),
    )
    expect(network.filter((status) => status === 403)).toHaveLength(16)
    // A botnet: addresses that have nothing in common.
    for (let round = 0; round < 4; round++)
      await statuses(Array.from({ length: 20 }, (_, index) => `198.${round + 18}.${index}.7`))
  })

  test('the device that has signed in before gets in, and so does a new one from a new place', async () => {
    expect((await login('guardia', PASSWORD, '2001:db8:1:1::77', cookie)).status).toBe(200)
    expect((await login('guardia', PASSWORD, '198.18.3.7', cookie)).status).toBe(200)
    expect((await login('guardia', PASSWORD, '203.0.113.200')).status).toBe(200)
    // Under attack a new place has fewer tries, and none of them is a lock.
    const there = await Promise.all(Array.from({ length: 6 }, () => guess('203.0.113.201')))
    expect(there.filter(({ status }) => status === 403)).toHaveLength(2)
    expect((await login('guardia', PASSWORD, '203.0.113.202')).status).toBe(200)
  })

  test('a proof is for its account, cannot be made or changed, and does not make guessing free', async () => {
    await node.ctx.accounts.create({ localpart: 'otra', password: PASSWORD })
    const other = cookieOf(await login('otra', PASSWORD, '192.0.2.77'))
    const spent = '2001:db8:1:1::9'
    const value = cookie.split('=')[1]!
    const [payload = '', mac = ''] = value.split('.')
    const changed = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), device: 'x' }),
    ).toString('base64url')
    const forged = ['', 'x.y', `${changed}.${mac}`, `${payload}.`, `${payload}.${'A'.repeat(43)}`, '.', '~~~']
    for (const one of [other, ...forged.map((text) => `enlace_known=${text}`)])
      expect((await login('guardia', PASSWORD, spent, one)).status).toBe(429)
    const guesses = await Promise.all(
      Array.from({ length: 30 }, () => login('guardia', 'tampoco es', '192.0.2.10', cookie)),
    )
    expect(guesses.filter(({ status }) => status === 403).length).toBeLessThanOrEqual(10)
  })

  test('several people of one browser are all known, each to their own account', async () => {
    await node.ctx.accounts.create({ localpart: 'turno', password: PASSWORD })
    const one = cookieOf(await login('otra', PASSWORD, '192.0.2.90'))
    const both = cookieOf(await login('turno', PASSWORD, '192.0.2.90', one))
    expect(both.split('~')).toHaveLength(2)
    for (let index = 0; index < 9; index++) {
      await login('otra', 'mal', `192.0.2.91`)
      await login('turno', 'mal', `192.0.2.92`)
    }
    expect((await login('otra', PASSWORD, '192.0.2.91')).status).toBe(429)
    expect((await login('otra', PASSWORD, '192.0.2.91', both)).status).toBe(200)
    expect((await login('turno', PASSWORD, '192.0.2.92', both)).status).toBe(200)
  })
})

test('hostile: a crowd at the door holds up neither who is inside nor the device that has been here before', async () => {
  const own = await startTestNode({ rate_limits: 'on', password_hash: { memory_kib: 32_768, passes: 2 } })
  try {
    await own.ctx.accounts.create({ localpart: 'guardia', password: PASSWORD })
    const enter = (password: string, address: string, cookie = '') =>
      fetch(`${own.url}/_matrix/client/v3/login`, {
        method: 'POST',
        headers: { 'x-forwarded-for': address, cookie },
        body: JSON.stringify({ type: 'm.login.password', user: 'guardia', password }),
      })
    const first = await enter(PASSWORD, '192.0.2.10')
    const token = ((await first.json()) as { access_token: string }).access_token
    let answered = 0
    // Each from a network of its own, as many as may wait.
    const crowd = Array.from({ length: 16 }, (_, index) =>
      enter(`adivinada ${index}`, `198.18.${index}.7`).then(({ status }) => {
        answered += 1
        return status
      }),
    )
    await Promise.race(crowd)
    for (let index = 0; index < 10; index++)
      expect((await own.call('GET', '/account/whoami', { token })).status).toBe(200)
    expect((await enter(PASSWORD, '203.0.113.9', cookieOf(first))).status).toBe(200)
    expect(answered).toBeLessThan(crowd.length)
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([403]))
  } finally {
    await own.close()
  }
})

test('a whole office behind one address registers and signs in, asking each time what is needed', async () => {
  const address = '192.0.2.200'
  for (let index = 0; index < 14; index++) {
    const username = `oficina${index}`
    const question = await ask('POST', '/register', { address, body: { username, password: PASSWORD } })
    expect(question.status).toBe(401)
    const auth = { type: 'm.login.registration_token', token: 'un-token-bien-largo' }
    const made = await ask('POST', '/register', {
      address,
      body: { username, password: PASSWORD, auth: { ...auth, session: question.body['session'] } },
    })
    expect([made.status, (await login(username, PASSWORD, address)).status]).toEqual([200, 200])
  }
  // Guessing at the token is what is limited.
  const wrong = (index: number) =>
    ask('POST', '/register', {
      address: '192.0.2.201',
      body: {
        username: `intruso${index}`,
        password: PASSWORD,
        auth: { type: 'm.login.registration_token', token: `no-es-este-token-${index}` },
      },
    })
  const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => wrong(index)))
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(4)
}, 60_000)

test('hostile: tokens that are none are slowed; a good one from the same place passes, and its end is told', async () => {
  const address = '192.0.2.150'
  const { body } = await login('otra', PASSWORD, '192.0.2.151')
  const token = body['access_token'] as string
  const bad = await Promise.all(
    Array.from({ length: 90 }, (_, index) =>
      ask('GET', '/account/whoami', { address, token: `${token.slice(0, -6)}${100_000 + index}` }),
    ),
  )
  expect(new Set(bad.map(({ status }) => status))).toEqual(new Set([401, 429]))
  expect(bad.find(({ status }) => status === 429)!.body).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED' })
  expect((await ask('GET', '/account/whoami', { address, token })).status).toBe(200)
  await ask('POST', '/logout', { address, token })
  expect((await ask('GET', '/account/whoami', { address: '192.0.2.152', token })).status).toBe(401)
})

test('a token in the address counts where anybody may federate, unless it is switched off', async () => {
  const inQuery = async (from: TestNode) => {
    const { token } = await from.register('consulta')
    return (await from.call('GET', `/account/whoami?access_token=${token}`)).status
  }
  const [open, off] = [await startTestNode(), await startTestNode({ query_access_token: 'off' })]
  try {
    expect([await inQuery(open), await inQuery(off)]).toEqual([200, 401])
  } finally {
    await Promise.all([open.close(), off.close()])
  }
})
