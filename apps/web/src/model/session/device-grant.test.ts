import { describe, expect, test } from 'vitest'
import { beginDeviceGrant, type GrantPlaces, grantPlaces } from './device-grant.ts'

const places: GrantPlaces = {
  registration_endpoint: 'https://node.example/oauth2/register',
  device_authorization_endpoint: 'https://node.example/oauth2/device/begin',
  token_endpoint: 'https://node.example/oauth2/token',
  'org.enlace.other_device': true,
}
const json = (body: unknown, status = 200) => Response.json(body, { status })
const begun = {
  device_code: 'secreto',
  user_code: 'BCDF-GHJK',
  verification_uri: 'https://node.example/oauth2/device',
  verification_uri_complete: 'https://node.example/oauth2/device?user_code=BCDF-GHJK',
  expires_in: 600,
}
const tokens = {
  access_token: 'a',
  refresh_token: 'r',
  expires_in: 900,
  'org.enlace.user_id': '@ana:hn.example',
}

/** A server whose answers at the token endpoint are given, one after the other; the last is repeated. */
async function grantWith(answers: (() => Response | Error)[], more: object = {}) {
  let now = 1_000_000
  const waits: number[] = []
  const asked: URLSearchParams[] = []
  const device = { scope: '' }
  const send = (async (url: string, init: RequestInit) => {
    if (url === places.registration_endpoint) return json({ client_id: 'cliente' }, 201)
    if (url === places.device_authorization_endpoint) {
      device.scope = (init.body as URLSearchParams).get('scope') ?? ''
      return json({ ...begun, ...more })
    }
    asked.push(init.body as URLSearchParams)
    const answer = (answers.length > 1 ? answers.shift() : answers[0])!()
    if (answer instanceof Error) throw answer
    return answer
  }) as typeof fetch
  const grant = await beginDeviceGrant(
    places,
    { home: 'https://node.example', device: 'Enlace' },
    {
      fetch: send,
      now: () => now,
      async pause(ms) {
        waits.push(ms / 1000)
        now += ms
      },
    },
  )
  return { grant, waits, asked, device, signal: new AbortController().signal }
}
const refusal = (error: string) => () => json({ error }, 400)

describe('polling (RFC 8628, section 3.5)', () => {
  test('waits the interval, five seconds more after each slow_down, and ends with a session', async () => {
    const { grant, waits, asked, device, signal } = await grantWith([
      refusal('authorization_pending'),
      refusal('slow_down'),
      refusal('slow_down'),
      refusal('authorization_pending'),
      () => json(tokens),
    ])
    const granted = await grant.wait(signal)
    expect(waits).toEqual([5, 5, 10, 15, 15])
    const deviceId = device.scope.split(':').at(-1)
    expect(granted).toEqual({
      kind: 'ok',
      session: {
        userId: '@ana:hn.example',
        deviceId,
        accessToken: 'a',
        refreshToken: 'r',
        expiresAt: 1_000_000 + 50_000 + 900_000,
      },
    })
    expect(deviceId).toMatch(/^[A-Z]{10}$/)
    expect(Object.fromEntries(asked[0]!)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'secreto',
      client_id: 'cliente',
    })
  })

  test('takes the server’s own interval', async () => {
    const { grant, waits, signal } = await grantWith([() => json(tokens)], { interval: 9 })
    await grant.wait(signal)
    expect(waits).toEqual([9])
  })

  test.each([
    ['access_denied', 'denied'],
    ['expired_token', 'expired'],
    ['invalid_grant', 'refused'],
    ['something new', 'refused'],
  ])('%s ends it as %s', async (error, end) => {
    const { grant, signal } = await grantWith([refusal('authorization_pending'), refusal(error)])
    expect(await grant.wait(signal)).toBe(end)
  })

  test('a network that is gone ends nothing: it asks less often, says so, and goes on', async () => {
    const { grant, waits, signal } = await grantWith([
      () => new TypeError('no network'),
      () => json({}, 502),
      () => json({ errcode: 'M_LIMIT_EXCEEDED' }, 429),
      () => json(tokens),
    ])
    const said: boolean[] = []
    expect(await grant.wait(signal, (online) => said.push(online))).toMatchObject({ kind: 'ok' })
    expect(waits).toEqual([5, 5, 10, 20])
    expect(said).toEqual([false, false, false, true])
  })

  test('what nobody confirmed in time is over, with a network or without one', async () => {
    for (const last of [refusal('authorization_pending'), () => new TypeError('no network')]) {
      const { grant, waits, signal } = await grantWith([last], { expires_in: 60 })
      expect(await grant.wait(signal)).toBe('expired')
      expect(waits.reduce((sum, one) => sum + one)).toBeGreaterThan(60)
    }
  })

  test('whoever goes back asks no more', async () => {
    const { grant, asked } = await grantWith([() => json(tokens)])
    expect(await grant.wait(AbortSignal.abort())).toBe('stopped')
    expect(asked).toEqual([])
  })
})

test('a device whose session is over asks under its own name and shows a token of it; one whose name no scope takes asks anew', async () => {
  const askedBy = async (deviceId: string) => {
    const seen: [string, unknown][] = []
    const send = (async (url: string, init: RequestInit) => {
      seen.push([url, init.body])
      return json(url === places.registration_endpoint ? { client_id: 'cliente' } : begun)
    }) as typeof fetch
    const before = { deviceId, accessToken: 'vencido', baseUrl: 'https://node.example' }
    await beginDeviceGrant(places, { home: '', device: '', before }, { fetch: send })
    return { scope: (seen[1]![1] as URLSearchParams).get('scope'), shown: seen.slice(2) }
  }
  const own = await askedBy('ABCDEFGHIJ')
  expect(own.scope).toMatch(/:ABCDEFGHIJ$/)
  expect(own.shown).toEqual([
    [
      'https://node.example/_enlace/client/v1/sign-in/device/BCDF-GHJK/own',
      JSON.stringify({ token: 'vencido' }),
    ],
  ])
  const other = await askedBy('con espacio')
  expect(other.scope).toMatch(/:[A-Z]{10}$/)
  expect(other.shown).toEqual([])
})

test('it is offered only where the session that comes of it is one of Enlace’s own', async () => {
  const at = (body: unknown, status = 200) =>
    grantPlaces('', (async () => json(body, status)) as typeof fetch)
  expect(await at(places)).toEqual(places)
  expect(await at({ ...places, 'org.enlace.other_device': undefined })).toBeUndefined()
  expect(await at({ errcode: 'M_UNRECOGNIZED' }, 404)).toBeUndefined()
})
