/** What strangers, wrong clients and unlucky moments try at the node as OAuth provider. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
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

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
  for (const localpart of ['ana', 'beto', 'carla'])
    await node.ctx.accounts.create({ localpart, password: PASSWORD })
})
afterAll(() => node?.close())

const BACK = CLIENT.redirect_uris[0]!
const whoami = async (token: unknown) =>
  (await node.call('GET', '/account/whoami', { token: String(token) })).status
const codeForm = (client: string, code: string, verifier: string) => ({
  grant_type: 'authorization_code',
  code,
  client_id: client,
  redirect_uri: BACK,
  code_verifier: verifier,
})

test('registration: addresses that are not the client’s own are not accepted', async () => {
  const web = (uri: string) => ({ redirect_uris: [uri] })
  const native = (uri: string) => ({ application_type: 'native', redirect_uris: [uri] })
  for (const bad of [
    web('https://evil.example/back'),
    web('https://app.example.org.evil.example/'),
    web('https://evilapp.example.org/'),
    web('http://app.example.org/back'),
    web('https://app.example.org/back#here'),
    web('https://app.example.org/back#'),
    web('https://user@app.example.org/'),
    web('https://@app.example.org/'),
    web('https://app.example.org\\@evil.example/'),
    web('https://app.example.org/\tback'),
    web('https://*.app.example.org/'),
    web('org.example.app:/back'),
    web('javascript:alert(1)'),
    native('javascript:alert(1)'),
    native('data:text/html,x'),
    native('example:/back'),
    native('org.example.app.x://host/back'),
    native('org.example.appx:/back'),
    native('http://localhost:1234/back'),
    native('http://app.example.org/'),
    native('https://localhost/back'),
    native('http://127.0.0.1.evil.example/'),
    { redirect_uris: [] },
    { client_uri: 'http://app.example.org/' },
    { client_uri: 'https://u:p@app.example.org/' },
    { client_uri: 'https://org/', redirect_uris: ['https://example.org/'] },
    { logo_uri: 'https://evil.example/logo.png' },
    { policy_uri: 'javascript:alert(1)' },
    { token_endpoint_auth_method: 'client_secret_basic' },
    { grant_types: ['implicit', 'refresh_token'] },
    { response_types: ['token'] },
    { client_name: 'x'.repeat(101) },
  ]) {
    const { status, body } = await registerClient(node, bad)
    expect([status, body['error']], JSON.stringify(bad)).toEqual([
      400,
      expect.stringMatching(/^invalid_(client_metadata|redirect_uri)$/),
    ])
  }
  for (const good of [
    web('https://sub.app.example.org:5173/?q=1'),
    native('org.example.app:/back'),
    native('org.example.app.x:back'),
    native('http://127.0.0.1/back'),
    native('http://[::1]/back'),
    { 'client_name#fr': 'Essai', software_id: 'x', client_name: undefined },
  ])
    expect((await registerClient(node, good)).status, JSON.stringify(good)).toBe(201)
})

test('the same client has one id; unused ones go, used ones stay', async () => {
  const [one, two] = [await registerClient(node), await registerClient(node)]
  expect(one.id).toBe(two.id)
  const other = await registerClient(node, { client_name: 'Nadie' })
  await oauthSession(node, 'ana', 'KEPTKEPT01', one.id)
  const far = vi.spyOn(node.ctx.clock, 'now').mockReturnValue(Date.now() + 3 * 24 * 3_600_000)
  try {
    await node.ctx.oauth.trim()
  } finally {
    far.mockRestore()
  }
  expect(await node.ctx.oauth.clients.find(one.id)).toBeDefined()
  expect(await node.ctx.oauth.clients.find(other.id)).toBeUndefined()
})

test('the request: redirects, PKCE, scopes and response types are not bargained over', async () => {
  const { id } = await registerClient(node)
  const { challenge } = newVerifier()
  const browser = pageBrowser(node.url)
  const ask = (more: Record<string, string>, device = 'TRICKS0001') =>
    browser.go(authorizeUrl(node, id, { device, challenge }, more))
  // To a place that is not registered nobody is sent, whatever else is wrong.
  for (const redirect_uri of [
    'https://evil.example/',
    `${BACK}/`,
    `${BACK}?x=1`,
    `${BACK}/../other`,
    'https://app.example.org:444/back',
    'https://APP.example.org/back ',
  ]) {
    const page = await ask({ redirect_uri, scope: 'nothing' })
    expect([page.status, new URL(page.url).origin], redirect_uri).toEqual([400, node.url])
  }
  const unknown = await browser.go(authorizeUrl(node, 'nobody', { device: 'TRICKS0001', challenge }))
  expect([unknown.status, new URL(unknown.url).origin]).toEqual([400, node.url])
  const errorOf = async (more: Record<string, string>) =>
    new URL((await ask(more)).url).searchParams.get('error')
  expect(await errorOf({ code_challenge_method: 'plain' })).toBe('invalid_request')
  expect(await errorOf({ code_challenge: '', code_challenge_method: '' })).toBe('invalid_request')
  expect(await errorOf({ prompt: 'none' })).toBe('login_required')
  expect(await errorOf({ response_type: 'token' })).toMatch(/unsupported_response_type|invalid_request/)
  for (const scope of [
    'openid',
    'urn:matrix:client:api:*',
    'urn:matrix:client:device:ABCDEFGHIJ',
    `${scopeOf('ONEDEVICE1')} urn:matrix:client:device:ANOTHERONE`,
    scopeOf('*'),
    scopeOf('short'),
    scopeOf('@beto:hn.example|X'),
    scopeOf('x'.repeat(65)),
    'urn:matrix:client:api:read urn:matrix:client:device:ABCDEFGHIJ',
  ])
    expect(await errorOf({ scope }), scope).toBe('invalid_scope')
})

test('a code counts once, for its client, its address and its verifier; seen twice, its session ends', async () => {
  const { id } = await registerClient(node)
  const { id: mixed } = await registerClient(node, { client_name: 'Otro cliente' })
  const begin = async (device: string) => {
    const pair = newVerifier()
    const browser = pageBrowser(node.url)
    const back = await allow(browser, authorizeUrl(node, id, { device, challenge: pair.challenge }), 'ana')
    return { code: codeIn(back), verifier: pair.verifier }
  }
  const one = await begin('CODECODE01')
  const wrongs = [
    { client_id: mixed },
    { redirect_uri: 'https://app.example.org/other' },
    { code_verifier: newVerifier().verifier },
    { code_verifier: '' },
    { code: `${one.code}x` },
  ]
  for (const wrong of wrongs) {
    const { status } = await askTokens(node, { ...codeForm(id, one.code, one.verifier), ...wrong })
    expect(status, JSON.stringify(wrong)).toBe(400)
  }
  const both = await Promise.all([
    askTokens(node, codeForm(id, one.code, one.verifier)),
    askTokens(node, codeForm(id, one.code, one.verifier)),
  ])
  expect(both.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
  const two = await begin('CODECODE02')
  const { body } = await askTokens(node, codeForm(id, two.code, two.verifier))
  expect(await whoami(body['access_token'])).toBe(200)
  expect((await askTokens(node, codeForm(id, two.code, two.verifier))).body['error']).toBe('invalid_grant')
  await vi.waitFor(async () => expect(await whoami(body['access_token'])).toBe(401))
})

test('a session is refreshed by its own client alone, and never by the older way; nor does the older token pass here', async () => {
  const session = await oauthSession(node, 'ana', 'MIXEDUP001')
  const { id: mixed } = await registerClient(node, { client_name: 'Otro cliente' })
  const refresh = (client: string, token: string) =>
    askTokens(node, { grant_type: 'refresh_token', refresh_token: token, client_id: client })
  expect((await refresh(mixed, session.refresh)).status).toBe(400)
  expect((await refresh('nobody', session.refresh)).status).toBe(401)
  expect((await refresh(session.client, session.token)).status).toBe(400)
  const older = await node.call('POST', '/refresh', { body: { refresh_token: session.refresh } })
  expect(older.status).toBe(401)
  const legacy = await node.login('beto', { refresh_token: true })
  expect((await refresh(session.client, legacy.body['refresh_token'] as string)).status).toBe(400)
  expect(await whoami(session.token)).toBe(200)
})

test('a device of another session, or of another client, is not taken by naming it', async () => {
  const { body } = await node.login('beto')
  const own = body['device_id'] as string
  const { id } = await registerClient(node)
  const { challenge } = newVerifier()
  const browser = pageBrowser(node.url)
  const first = await browser.go(authorizeUrl(node, id, { device: own, challenge }))
  const barred = await send(browser, first, 'password', { user: 'beto', password: PASSWORD })
  expect([barred.status, barred.text.includes('ya es de otra sesión')]).toEqual([403, true])
  expect(formsOf(barred).some(({ fields }) => fields['step'] === 'allow')).toBe(false)
  expect(await whoami(body['access_token'])).toBe(200)
  // The same client signs in on its own device again, as after a soft logout.
  const mine = await oauthSession(node, 'beto', 'SAMEDEVICE')
  const again = await oauthSession(node, 'beto', 'SAMEDEVICE')
  expect([await whoami(mine.token), await whoami(again.token)]).toEqual([401, 200])
})

test('forms from elsewhere, words of other people, other sign-ins and yesterday count for nothing', async () => {
  const { id } = await registerClient(node)
  const { challenge } = newVerifier()
  const url = (device: string) => authorizeUrl(node, id, { device, challenge })
  const browser = pageBrowser(node.url)
  const first = await browser.go(url('FORMS00001'))
  const asked = await send(browser, first, 'password', { user: 'ana', password: PASSWORD })
  const yes = formsOf(asked).find(({ fields }) => fields['step'] === 'allow')!
  const elsewhere: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'null' },
  ]
  for (const headers of elsewhere) {
    const page = await browser.go(yes.action, yes.fields, headers)
    expect([page.status, page.text.includes('ya no está abierto')], JSON.stringify(headers)).toEqual([
      400,
      true,
    ])
  }
  // Without the cookie of this browser there is no such sign-in.
  expect((await pageBrowser(node.url).go(yes.action, yes.fields)).status).toBe(400)
  const stranger = pageBrowser(node.url)
  const other = await stranger.go(url('FORMS00002'))
  const crossed = await stranger.go(formsOf(other)[0]!.action, yes.fields)
  expect(crossed.text).toContain('Pasó demasiado tiempo')
  const forged = await browser.go(yes.action, {
    ...yes.fields,
    who: `${yes.fields['who']!.split('.')[0]}.AAAA`,
  })
  expect(forged.status).toBe(400)
  const later = vi.spyOn(node.ctx.clock, 'now').mockReturnValue(Date.now() + 11 * 60_000)
  try {
    expect((await browser.go(yes.action, yes.fields)).text).toContain('Pasó demasiado tiempo')
  } finally {
    later.mockRestore()
  }
  expect(new URL((await browser.go(yes.action, yes.fields)).url).origin).toBe('https://app.example.org')
})

test('whoever is shut out meanwhile gets no tokens: closed, sessions ended, password changed', async () => {
  const { id } = await registerClient(node)
  const begin = async (user: string, device: string) => {
    const pair = newVerifier()
    const url = authorizeUrl(node, id, { device, challenge: pair.challenge })
    return { code: codeIn(await allow(pageBrowser(node.url), url, user)), verifier: pair.verifier }
  }
  const ended = await begin('beto', 'MEANWHILE1')
  await node.ctx.accounts.endSessions('@beto:hn.example')
  expect((await askTokens(node, codeForm(id, ended.code, ended.verifier))).status).toBe(400)
  const waiting = pageBrowser(node.url)
  const { challenge } = newVerifier()
  const first = await waiting.go(authorizeUrl(node, id, { device: 'MEANWHILE2', challenge }))
  const asked = await send(waiting, first, 'password', { user: 'beto', password: PASSWORD })
  await node.ctx.accounts.setPassword('@beto:hn.example', 'otra contraseña bastante larga')
  expect((await send(waiting, asked, 'allow')).text).toContain('Pasó demasiado tiempo')
  const paused = await begin('ana', 'MEANWHILE5')
  const live = await oauthSession(node, 'ana', 'MEANWHILE6')
  await node.ctx.accounts.suspend('@ana:hn.example', '@beto:hn.example', 'perdió el teléfono')
  expect((await askTokens(node, codeForm(id, paused.code, paused.verifier))).status).toBe(400)
  expect(await whoami(live.token)).toBe(403)
  const renewed = await askTokens(node, {
    grant_type: 'refresh_token',
    refresh_token: live.refresh,
    client_id: live.client,
  })
  expect(await whoami(String(renewed.body['access_token']))).not.toBe(200)
  const barred = pageBrowser(node.url)
  const page = await barred.go(authorizeUrl(node, id, { device: 'MEANWHILE7', challenge }))
  const told = await send(barred, page, 'password', { user: 'ana', password: PASSWORD })
  expect(told.text).toContain('suspendida')
  await node.ctx.accounts.restore('@ana:hn.example')
  const session = await oauthSession(node, 'carla', 'MEANWHILE3')
  const closed = await begin('carla', 'MEANWHILE4')
  await node.ctx.accounts.deactivate('@carla:hn.example')
  expect((await askTokens(node, codeForm(id, closed.code, closed.verifier))).status).toBe(400)
  expect(await whoami(session.token)).toBe(401)
  const refreshed = await askTokens(node, {
    grant_type: 'refresh_token',
    refresh_token: session.refresh,
    client_id: session.client,
  })
  expect(refreshed.status).toBe(400)
})

test('a host that a request merely names is in no link and no issuer', async () => {
  const { base } = node.ctx.oauth.providerFor({
    headers: { host: `127.0.0.1:${new URL(node.url).port}` },
    socket: { localPort: Number(new URL(node.url).port) },
  } as never)
  expect(base).toBe(node.url)
  for (const host of ['evil.example', `evil.example:${new URL(node.url).port}`, '127.0.0.1:1'])
    expect(
      node.ctx.oauth.baseOf({
        headers: { host },
        socket: { localPort: Number(new URL(node.url).port) },
      } as never),
      host,
    ).toBeUndefined()
})

test('names of clients are text, not markup', async () => {
  const { id } = await registerClient(node, { client_name: '<img src=x onerror=alert(1)>"\'' })
  const { challenge } = newVerifier()
  const page = await pageBrowser(node.url).go(authorizeUrl(node, id, { device: 'MARKUP0001', challenge }))
  expect(page.text).not.toContain('<img')
  expect(page.text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;')
})

test('nothing of a code, a device code or a token is in the database', async () => {
  const session = await oauthSession(node, 'ana', 'DUMPED0001')
  const begun = await fetch(`${node.url}/oauth2/device/begin`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: session.client, scope: scopeOf('DUMPED0002') }),
  })
  const device = (await begun.json()) as Record<string, string>
  const { connection } = node.ctx.db
  const all = await Promise.all(
    ['oauth_artifacts', 'oauth_consents', 'oauth_clients', 'oauth_approvals', 'devices'].map((name) =>
      connection.collection(name).find({}).toArray(),
    ),
  )
  const dump = JSON.stringify(all)
  const secrets = [
    session.form.code,
    session.token,
    session.refresh,
    device['device_code']!,
    device['user_code']!,
    device['user_code']!.replace('-', ''),
  ]
  for (const secret of secrets) expect(dump).not.toContain(secret)
})

const hasLimits = { rate_limits: 'on' }
let limited: TestNode
beforeEach(async ({ task }) => {
  if (task.name.startsWith('limits')) limited = await startTestNode(hasLimits)
})
afterEach(async ({ task }) => {
  if (task.name.startsWith('limits')) await limited.close()
})

test('limits: a flood of registrations is slowed, known clients are not', async () => {
  const first = await registerClient(limited)
  const statuses: number[] = []
  for (let index = 0; index < 12; index++)
    statuses.push((await registerClient(limited, { client_name: `Nuevo ${index}` })).status)
  expect(statuses).toContain(429)
  expect((await registerClient(limited)).id).toBe(first.id)
})

test('limits: codes of devices are not guessed, and not piled up', async () => {
  const { id } = await registerClient(limited)
  const browser = pageBrowser(limited.url)
  const input = await browser.go('/oauth2/device')
  const statuses: number[] = []
  for (let index = 0; index < 14; index++) {
    const fields = { ...formsOf(input)[0]!.fields, user_code: `BBBB-BBB${'BCDFGHJKLMNPQR'[index]}` }
    statuses.push((await browser.go('/oauth2/device', fields)).status)
  }
  expect(statuses.at(-1)).toBe(429)
  const begun = await fetch(`${limited.url}/oauth2/device/begin`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: id, scope: scopeOf('PILEDUP001') }),
  })
  expect(begun.status).toBe(429)
})
