import { expect, test } from 'vitest'
import { typedUserId } from '../../lib/user-id.ts'
import { deviceName, login } from './login.ts'

const attempt = (status: number, body: unknown) =>
  login('http://hn', ' Registro.HN ', 'x', {
    deviceName: 'Enlace',
    fetch: async () => new Response(JSON.stringify(body), { status }),
  })

test('a sign-in asks for a refresh token and keeps what it got', async () => {
  let sent: Record<string, unknown> = {}
  const outcome = await login('http://hn', ' Registro.HN ', 'secreta', {
    deviceName: 'Enlace',
    deviceId: 'ANTES',
    fetch: async (_url, init) => {
      sent = JSON.parse(String(init?.body))
      return Response.json({
        user_id: '@registro.hn:hn',
        device_id: 'ANTES',
        access_token: 'a',
        refresh_token: 'r',
      })
    },
  })
  expect(sent).toMatchObject({ refresh_token: true, device_id: 'ANTES', identifier: { user: 'registro.hn' } })
  expect(outcome).toMatchObject({ kind: 'ok', session: { accessToken: 'a', refreshToken: 'r' } })
})

test('every refusal has a kind of its own, and so a sentence', async () => {
  expect((await attempt(403, { errcode: 'M_FORBIDDEN' })).kind).toBe('wrong_password')
  expect((await attempt(403, { errcode: 'M_USER_DEACTIVATED' })).kind).toBe('deactivated')
  expect((await attempt(401, { errcode: 'M_USER_LOCKED' })).kind).toBe('locked')
  expect((await attempt(500, 'no json')).kind).toBe('server')
  expect((await attempt(200, {})).kind).toBe('server')
  expect(await attempt(429, { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 2_500 })).toEqual({
    kind: 'too_many',
    waitSeconds: 3,
  })
})

test('without a network the password is not called wrong', async () => {
  const outcome = await login('http://hn', 'a', 'b', {
    deviceName: 'Enlace',
    fetch: () => Promise.reject(new TypeError('offline')),
  })
  expect(outcome.kind).toBe('offline')
})

test('an address is what it means, however it was typed or pasted', () => {
  for (const typed of [
    ' @Registro.hn:hn.localhost:8110 ',
    'registro.hn:HN.localhost:8110',
    '\u200b@registro.hn:hn.localhost:8110\u200e',
    '\u2066@registro.hn\u2069:hn.localhost:8110',
    '@registro．hn:hn。localhost:8110',
    '＠registro.hn：hn.localhost:8110',
    '@registro.hn:\u00adhn.localhost:8110\ufeff',
    'https://matrix.to/#/@registro.hn:hn.localhost:8110',
    'https://matrix.to/#/%40Registro.hn%3Ahn.localhost%3A8110?via=gt.localhost',
    'matrix:u/registro.hn:hn.localhost:8110?action=chat',
    'mailto:registro.hn@hn.localhost:8110',
    ' Registro.hn@hn.localhost:8110',
    '<@registro.hn:hn.localhost:8110>',
  ])
    expect(typedUserId(typed)).toBe('@registro.hn:hn.localhost:8110')
  expect(typedUserId('\ufeffRegistro.HN\u00a0')).toBe('registro.hn')
  expect(typedUserId('https://matrix.to/#/%E0%A4%A')).toBe('%e0%a4%a')
  expect(typedUserId('@')).toBe('@')
})

test('a device is named by browser and system only', () => {
  expect(deviceName('Mozilla/5.0 (Linux; Android 14; SM-A155M) AppleWebKit/537.36 Chrome/126.0 Mobile')).toBe(
    'Enlace, Chrome (Android)',
  )
})
