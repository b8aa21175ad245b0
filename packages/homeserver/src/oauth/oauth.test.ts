/** The node as OAuth 2.0 provider: what clients and browsers do. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import {
  allow,
  askTokens,
  authorizeUrl,
  CLIENT,
  codeIn,
  formsOf,
  newVerifier,
  oauthSession,
  pageBrowser,
  registerClient,
  scopeOf,
  send,
} from '../testing/oauth.ts'
import { addTotp, codeOf, stepOf } from '../testing/sign-in.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
  for (const localpart of ['ana', 'beto', 'carla', 'dina'])
    await node.ctx.accounts.create({ localpart, password: PASSWORD })
})
afterAll(() => node?.close())

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const refresh = (client: string, token: string) =>
  askTokens(node, { grant_type: 'refresh_token', refresh_token: token, client_id: client })
const revoke = (token: string, more: Record<string, string> = {}) =>
  fetch(`${node.url}/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ token, ...more }) })
const whoami = async (token: unknown) =>
  (await node.call('GET', '/account/whoami', { token: String(token) })).status

test('a client registers, is given access with a password, and has a session like any other', async () => {
  const { body } = await node.call('GET', '/_matrix/client/v1/auth_metadata')
  expect(body).toMatchObject({ issuer: `${node.url}/`, code_challenge_methods_supported: ['S256'] })
  const discovered = await node.call('GET', '/.well-known/openid-configuration')
  for (const key of ['issuer', 'authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'jwks_uri'])
    expect(discovered.body[key], key).toBe(body[key])
  const session = await oauthSession(node, 'ana', 'AAAABBBB11')
  expect(session.body).toMatchObject({
    token_type: 'Bearer',
    expires_in: 900,
    scope: scopeOf('AAAABBBB11'),
  })
  const who = await node.call('GET', '/account/whoami', { token: session.token })
  expect(who.body).toMatchObject({ user_id: '@ana:hn.example', device_id: 'AAAABBBB11' })
  const { body: listed } = await node.call('GET', '/_enlace/client/v1/sessions', { token: session.token })
  expect(listed['sessions']).toMatchObject([
    { device_id: 'AAAABBBB11', display_name: CLIENT.client_name, signed_in_with: 'password', current: true },
  ])
  // An answer that got lost is asked for again; what was used before ends the session.
  const lost = await refresh(session.client, session.refresh)
  const again = await refresh(session.client, session.refresh)
  expect([lost.status, again.status]).toEqual([200, 200])
  expect(await whoami(again.body['access_token'])).toBe(200)
  expect((await refresh(session.client, session.refresh)).body).toMatchObject({ error: 'invalid_grant' })
  expect(await whoami(again.body['access_token'])).toBe(401)
})

test('tokens are revoked together, by whoever has one, and the older way of signing out ends them too', async () => {
  const one = await oauthSession(node, 'ana', 'REVOKE0001')
  expect((await revoke(one.refresh, { client_id: 'another', token_type_hint: 'access_token' })).status).toBe(
    200,
  )
  expect(await whoami(one.token)).toBe(401)
  expect((await refresh(one.client, one.refresh)).status).toBe(400)
  expect(await node.ctx.devices.exists('@ana:hn.example', 'REVOKE0001')).toBe(false)
  expect((await revoke(one.refresh)).status).toBe(200)
  expect((await revoke('nonsense')).status).toBe(200)
  const two = await oauthSession(node, 'ana', 'REVOKE0002')
  expect((await node.call('POST', '/logout', { token: two.token })).status).toBe(200)
  expect((await refresh(two.client, two.refresh)).status).toBe(400)
  const three = await oauthSession(node, 'ana', 'REVOKE0003')
  await node.ctx.accounts.endSessions('@ana:hn.example')
  expect([await whoami(three.token), (await refresh(three.client, three.refresh)).status]).toEqual([401, 400])
})

test('the second step is asked for on the page as everywhere, and a cancelled sign-in goes back to the client', async () => {
  const { body } = await node.login('beto')
  const person = {
    userId: '@beto:hn.example',
    token: body['access_token'] as string,
    deviceId: body['device_id'] as string,
  }
  const { secret, codes } = await addTotp(node, person)
  const { id } = await registerClient(node)
  const { verifier, challenge } = newVerifier()
  const browser = pageBrowser(node.url)
  const first = await browser.go(authorizeUrl(node, id, { device: 'SECOND0001', challenge }))
  const wrong = await send(browser, first, 'password', { user: 'beto', password: 'no' })
  expect([wrong.status, wrong.text.includes('no es correcto')]).toEqual([400, true])
  const second = await send(browser, wrong, 'password', { user: 'beto', password: PASSWORD })
  expect(second.text).toContain('Segundo paso')
  const missed = await send(browser, second, 'factor', { code: '000000' })
  expect(missed.text).toContain('no se aceptó')
  expect(codeOf(secret, node.ctx.clock.now())).not.toBe('000000')
  const asked = await send(browser, missed, 'factor', { recovery_code: codes[0]! })
  for (const shown of [CLIENT.client_name, 'app.example.org', '@beto:hn.example', 'SECOND0001'])
    expect(asked.text).toContain(shown)
  const back = await send(browser, asked, 'allow')
  expect(new URL(back.url).searchParams.get('state')).toBe('xyz')
  const { body: tokens } = await askTokens(node, {
    grant_type: 'authorization_code',
    code: codeIn(back),
    client_id: id,
    redirect_uri: CLIENT.redirect_uris[0]!,
    code_verifier: verifier,
  })
  expect(await whoami(tokens['access_token'])).toBe(200)
  expect((await node.ctx.devices.get('@beto:hn.example', 'SECOND0001'))?.signedInWith).toBe('recovery_code')
  const other = await browser.go(authorizeUrl(node, id, { device: 'SECOND0002', challenge }))
  // Nobody is signed in at the page: the next person at this computer is asked for a password.
  expect(formsOf(other).some(({ fields }) => fields['step'] === 'password')).toBe(true)
  const denied = await send(browser, other, 'deny')
  expect(new URL(denied.url).searchParams.get('error')).toBe('access_denied')
})

test('a device without a browser: its code is confirmed elsewhere, with place and time, and it gets its session', async () => {
  const { id } = await registerClient(node)
  const begun = await fetch(`${node.url}/oauth2/device/begin`, {
    method: 'POST',
    headers: { 'user-agent': 'Televisor' },
    body: new URLSearchParams({ client_id: id, scope: scopeOf('TELEVISOR1') }),
  })
  const code = (await begun.json()) as Record<string, string>
  const poll = () =>
    askTokens(node, { grant_type: DEVICE_GRANT, device_code: code['device_code']!, client_id: id })
  expect((await poll()).body).toMatchObject({ error: 'authorization_pending' })
  const browser = pageBrowser(node.url)
  const input = await browser.go(code['verification_uri_complete']!)
  // Shown, not sent: the person compares and presses.
  expect(formsOf(input)[0]!.fields['user_code']).toBe(code['user_code'])
  const confirm = await browser.go('/oauth2/device', formsOf(input)[0]!.fields)
  for (const shown of [code['user_code']!, 'Televisor', '127.0.0.1', 'hace menos de un minuto'])
    expect(confirm.text).toContain(shown)
  const { abort: _, ...fields } = { ...formsOf(confirm)[0]!.fields, abort: undefined }
  const first = await browser.go('/oauth2/device', { ...fields, confirm: 'yes' })
  const asked = await send(browser, first, 'password', { user: 'ana', password: PASSWORD })
  expect(asked.text).toContain('Televisor')
  const done = await send(browser, asked, 'allow')
  expect(done.text).toContain('Listo')
  const tokens = await poll()
  expect(tokens.body).toMatchObject({ token_type: 'Bearer', scope: scopeOf('TELEVISOR1') })
  expect(await whoami(tokens.body['access_token'])).toBe(200)
  expect((await poll()).body).toMatchObject({ error: 'invalid_grant' })
  const unknown = await browser.go('/oauth2/device')
  const guess = await browser.go('/oauth2/device', { ...formsOf(unknown)[0]!.fields, user_code: 'BBBB-BBBB' })
  expect(guess.text).toContain('no existe')
})

test('clients of the older kind come back with a token that opens once', async () => {
  const browser = pageBrowser(node.url)
  const start = '/_matrix/client/v3/login/sso/redirect?redirectUrl='
  const first = await browser.go(`${start}${encodeURIComponent('https://old.example.org/?a=1')}`)
  expect(first.text).toContain('old.example.org')
  const asked = await send(browser, first, 'password', { user: 'ana', password: PASSWORD })
  expect(asked.text).toContain('old.example.org')
  const back = new URL((await send(browser, asked, 'allow')).url)
  expect([back.origin, back.searchParams.get('a')]).toEqual(['https://old.example.org', '1'])
  const token = back.searchParams.get('loginToken')!
  const signIn = () => node.call('POST', '/login', { body: { type: 'm.login.token', token } })
  const both = await Promise.all([signIn(), signIn()])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 403])
  for (const bad of [
    'javascript:alert(1)',
    'http://evil.example/',
    'https://a@evil.example/',
    'data:,x',
    '//x',
  ])
    expect((await node.call('GET', `${start}${encodeURIComponent(bad)}`)).status, bad).toBe(400)
})

test('a session of an OAuth client is asked no password: a new identity is confirmed on the page', async () => {
  const session = await oauthSession(node, 'dina', 'IDENTITY01')
  const ask = (auth?: unknown) =>
    node.call('POST', '/account/deactivate', { token: session.token, body: { auth } })
  const refused = await ask({ type: 'm.login.password', password: PASSWORD, user: 'dina' })
  expect([refused.status, refused.body['org.enlace.rule']]).toEqual([403, 'oauth.account_page'])
  expect(refused.body['org.enlace.account_page']).toBe(`${node.url}/oauth2/account`)
  const browser = pageBrowser(node.url)
  const first = await browser.go('/oauth2/account?action=org.matrix.cross_signing_reset')
  const asked = await send(browser, first, 'password', { user: 'dina', password: PASSWORD })
  expect((await send(browser, asked, 'allow')).text).toContain('Listo')
  expect(await node.ctx.oauth.takeResetApproval('@dina:hn.example')).toBe(true)
  expect(await node.ctx.oauth.takeResetApproval('@dina:hn.example')).toBe(false)
  const settings = await fetch(`${node.url}/oauth2/account?action=org.matrix.sessions_list`, {
    redirect: 'manual',
  })
  expect(settings.headers.get('location')).toBe(`${node.url}/ajustes#sesiones`)
  for (const [action, place] of Object.entries({
    'org.matrix.profile': '#perfil',
    'org.matrix.account_deactivate': '#cerrar-cuenta',
    'org.matrix.session_end&device_id=A%2FB': '#sesion-A%2FB',
    'org.matrix.device_view&device_id=ABC': '#sesion-ABC',
    'javascript:': '',
  })) {
    const { headers } = await fetch(`${node.url}/oauth2/account?action=${action}`, { redirect: 'manual' })
    expect(headers.get('location'), action).toBe(`${node.url}/ajustes${place}`)
  }
})

test('with the older login off, a password is taken only from the page and from the own web client', async () => {
  const strict = await startTestNode({ legacy_login: 'off' })
  try {
    await strict.ctx.accounts.create({ localpart: 'eva', password: PASSWORD })
    const flows = (await strict.call('GET', '/login')).body['flows'] as { type: string }[]
    expect(flows.map(({ type }) => type)).toEqual(['m.login.sso', 'm.login.token'])
    const refused = await strict.login('eva')
    expect([refused.status, stepOf(refused)]).toEqual([403, undefined])
    expect(await whoamiAt(strict, (await oauthSession(strict, 'eva', 'STRICT0001')).token)).toBe(200)
  } finally {
    await strict.close()
  }
})
const whoamiAt = async (at: TestNode, token: string) =>
  (await at.call('GET', '/account/whoami', { token })).status

test('pages: no script but their own, no frame, no other site, both languages', async () => {
  const { id } = await registerClient(node)
  const { challenge } = newVerifier()
  const browser = pageBrowser(node.url)
  const page = await browser.go(authorizeUrl(node, id, { device: 'PAGES00001', challenge }), undefined, {
    'accept-language': 'en-GB,en;q=0.9,es;q=0.8',
  })
  expect(page.text).toContain('<html lang="en">')
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self' https://app.example.org; frame-ancestors 'none'",
  )
  expect(page.headers.get('x-frame-options')).toBe('DENY')
  expect(page.headers.get('access-control-allow-origin')).toBeNull()
  expect(page.text).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=/)
  await allow(browser, authorizeUrl(node, id, { device: 'PAGES00002', challenge }), 'ana')
})
