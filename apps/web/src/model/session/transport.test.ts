import { describe, expect, test } from 'vitest'
import type { StoredSession } from './stored-session.ts'
import { createTokens } from './tokens.ts'
import { withTokens } from './transport.ts'

const session: StoredSession = { userId: '@a:b', deviceId: 'D', accessToken: 'old', refreshToken: 'r1' }

function network(options: { refresh: () => Response | Promise<Response>; accepts: string[] }) {
  const seen: string[] = []
  let refreshes = 0
  const send = (async (resource: unknown, init?: RequestInit) => {
    if (String(resource).endsWith('/refresh')) {
      refreshes += 1
      return options.refresh()
    }
    const token = new Headers(init?.headers).get('Authorization')?.slice(7) ?? ''
    seen.push(token)
    return options.accepts.includes(token)
      ? new Response('{}')
      : new Response(JSON.stringify({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: true }), { status: 401 })
  }) as typeof fetch
  const persisted: StoredSession[] = []
  const tokens = (from: StoredSession = session) =>
    createTokens({ baseUrl: 'http://h', session: from, fetch: send, persist: (next) => persisted.push(next) })
  return { send, seen, persisted, tokens, refreshes: () => refreshes }
}
const renewed = () =>
  new Response(JSON.stringify({ access_token: 'new', refresh_token: 'r2', expires_in_ms: 900_000 }))
const ask = (send: typeof fetch) => send('http://h/x', { headers: { Authorization: 'Bearer whatever' } })

describe('requests with the session’s token', () => {
  test('carry the current token and go through untouched without one', async () => {
    const net = network({ refresh: renewed, accepts: ['old', ''] })
    const send = withTokens(net.send, net.tokens())
    expect((await ask(send)).status).toBe(200)
    expect((await send('http://h/open')).status).toBe(200)
    expect(net.seen).toEqual(['old', ''])
  })

  test('an ended token is renewed once for all requests, stored first, and the requests repeated', async () => {
    const net = network({ refresh: renewed, accepts: ['new'] })
    const send = withTokens(net.send, net.tokens())
    const answers = await Promise.all([ask(send), ask(send), ask(send)])
    expect(answers.map((one) => one.status)).toEqual([200, 200, 200])
    expect(net.refreshes()).toBe(1)
    expect(net.persisted).toMatchObject([{ accessToken: 'new', refreshToken: 'r2', deviceId: 'D' }])
  })

  test('is renewed before it ends', async () => {
    const net = network({ refresh: renewed, accepts: ['new'] })
    const send = withTokens(net.send, net.tokens({ ...session, expiresAt: Date.now() + 1_000 }))
    expect((await ask(send)).status).toBe(200)
    expect(net.seen).toEqual(['new'])
  })

  test('a refused renewal lets the 401 through: the session is over', async () => {
    const net = network({ refresh: () => new Response('{}', { status: 401 }), accepts: [] })
    expect((await ask(withTokens(net.send, net.tokens()))).status).toBe(401)
  })

  test('a renewal that the network prevented is a network failure, not the end of the session', async () => {
    const refresh = () => Promise.reject(new TypeError('no network'))
    const net = network({ refresh, accepts: [] })
    await expect(ask(withTokens(net.send, net.tokens()))).rejects.toThrow(TypeError)
  })
})
