import { describe, expect, test } from 'vitest'
import type { StoredSession } from './stored-session.ts'
import { createTokens } from './tokens.ts'
import { withTokens } from './transport.ts'

const session: StoredSession = {
  userId: '@a:hn',
  deviceId: 'D',
  accessToken: 'viejo',
  refreshToken: 'r1',
}
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })

function refreshing(answer: () => Response | Promise<Response>, start = session) {
  const asked: string[] = []
  const kept: StoredSession[] = []
  const tokens = createTokens({
    baseUrl: 'http://hn',
    session: start,
    persist: (next) => kept.push(next),
    fetch: async (_url, init) => {
      asked.push(JSON.parse(String(init?.body)).refresh_token)
      return answer()
    },
  })
  return { tokens, asked, kept }
}
const fresh = () => json({ access_token: 'nuevo', refresh_token: 'r2', expires_in_ms: 900_000 })

describe('tokens', () => {
  test('are renewed shortly before they end, once for all who ask', async () => {
    const { tokens, asked, kept } = refreshing(fresh, { ...session, expiresAt: Date.now() + 1_000 })
    await Promise.all([tokens.ensureFresh(), tokens.ensureFresh(), tokens.ensureFresh()])
    expect(asked).toEqual(['r1'])
    expect(tokens.current()).toBe('nuevo')
    expect(kept.at(-1)).toMatchObject({ accessToken: 'nuevo', refreshToken: 'r2' })
  })

  test('with time left are not renewed', async () => {
    const { tokens, asked } = refreshing(fresh, { ...session, expiresAt: Date.now() + 600_000 })
    await tokens.ensureFresh()
    expect(asked).toEqual([])
  })

  test('a refused renewal is the end; a server in trouble is not', async () => {
    expect(await refreshing(() => json({}, 401)).tokens.recover('viejo')).toBe(false)
    await expect(refreshing(() => json({}, 503)).tokens.recover('viejo')).rejects.toThrow(TypeError)
  })

  test('a rejected token that was replaced meanwhile needs no renewal', async () => {
    const { tokens, asked } = refreshing(fresh)
    expect(await tokens.recover('uno-anterior')).toBe(true)
    expect(asked).toEqual([])
  })
})

describe('tokens of several tabs', () => {
  test('are renewed by one tab, and the others take over what it got', async () => {
    let kept: StoredSession = { ...session, expiresAt: Date.now() + 1_000 }
    const asked: string[] = []
    let line: Promise<unknown> = Promise.resolve()
    const tab = () =>
      createTokens({
        baseUrl: 'http://hn',
        session: kept,
        persist: (next) => {
          kept = next
        },
        stored: () => kept,
        exclusive: (work) => {
          const mine = line.then(work)
          line = mine.catch(() => undefined)
          return mine
        },
        fetch: async (_url, init) => {
          asked.push(JSON.parse(String(init?.body)).refresh_token)
          return fresh()
        },
      })
    const [one, two] = [tab(), tab()]
    const [first, second] = await Promise.all([one.recover('viejo'), two.recover('viejo')])
    expect([first, second]).toEqual([true, true])
    expect(asked).toEqual(['r1'])
    expect([one.current(), two.current()]).toEqual(['nuevo', 'nuevo'])
  })

  test('that could not be stored are used all the same: the old one is used up', async () => {
    const asked: string[] = []
    const tokens = createTokens({
      baseUrl: 'http://hn',
      session: { ...session, expiresAt: Date.now() + 1_000 },
      persist: () => {
        throw new Error('QuotaExceededError')
      },
      fetch: async (_url, init) => {
        asked.push(JSON.parse(String(init?.body)).refresh_token)
        return fresh()
      },
    })
    await tokens.ensureFresh()
    expect(tokens.current()).toBe('nuevo')
    expect(await tokens.recover('viejo')).toBe(true)
    expect(asked).toEqual(['r1'])
  })

  test('of another account are left alone', async () => {
    const other: StoredSession = { userId: '@b:hn', deviceId: 'E', accessToken: 'ajeno', refreshToken: 'x' }
    const asked: string[] = []
    const tokens = createTokens({
      baseUrl: 'http://hn',
      session,
      persist: () => {},
      stored: () => other,
      fetch: async (_url, init) => {
        asked.push(JSON.parse(String(init?.body)).refresh_token)
        return fresh()
      },
    })
    expect(await tokens.recover('viejo')).toBe(true)
    expect(asked).toEqual(['r1'])
  })
})

describe('requests', () => {
  const unknown = () => json({ errcode: 'M_UNKNOWN_TOKEN' }, 401)

  test('carry the current token, and are repeated once with a new one', async () => {
    const { tokens } = refreshing(fresh)
    const used: (string | null)[] = []
    const send = withTokens(async (_url, init) => {
      used.push(new Headers(init?.headers).get('Authorization'))
      return used.length === 1 ? unknown() : json({})
    }, tokens)
    const response = await send('http://hn/sync', { headers: { Authorization: 'Bearer cualquiera' } })
    expect(response.status).toBe(200)
    expect(used).toEqual(['Bearer viejo', 'Bearer nuevo'])
  })

  test('without a token stay without one', async () => {
    const { tokens } = refreshing(fresh)
    let header: string | null = ''
    const send = withTokens(async (_url, init) => {
      header = new Headers(init?.headers).get('Authorization')
      return json({})
    }, tokens)
    await send('http://hn/versions')
    expect(header).toBeNull()
  })

  test('other refusals pass as they are', async () => {
    const { tokens, asked } = refreshing(fresh)
    const send = withTokens(async () => json({ session: 's', flows: [] }, 401), tokens)
    const response = await send('http://hn/keys', { headers: { Authorization: 'Bearer x' } })
    expect(response.status).toBe(401)
    expect(asked).toEqual([])
  })

  test('when there is no network to renew, that is a failure of the network, not the end of the session', async () => {
    const { tokens } = refreshing(() => Promise.reject(new TypeError('offline')))
    const send = withTokens(async () => unknown(), tokens)
    await expect(send('http://hn/sync', { headers: { Authorization: 'Bearer x' } })).rejects.toThrow(
      TypeError,
    )
  })
})
