/** One's second device, let in by the code it shows from a session that is open. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { askTokens, formsOf, pageBrowser, registerClient, scopeOf, send } from '../testing/oauth.ts'
import { addTotp, codeOf, type Person } from '../testing/sign-in.ts'

let node: TestNode
let ana: Person
let count = 0
beforeAll(async () => {
  node = await startTestNode()
  for (const localpart of ['ana', 'beto']) await node.ctx.accounts.create({ localpart, password: PASSWORD })
  ana = await signIn('ana')
})
afterAll(() => node?.close())

async function signIn(user: string): Promise<Person> {
  const { body } = await node.call('POST', '/login', {
    body: { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password: PASSWORD },
  })
  return {
    userId: `@${user}:hn.example`,
    token: String(body['access_token']),
    deviceId: String(body['device_id']),
  }
}

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** Enlace's own client on another computer, unless it is said whose it is. */
async function asks(more: { home?: string; device?: string } = {}) {
  const home = more.home ?? node.url
  const device = more.device ?? `SEGUNDO${++count}00`
  const registered = await registerClient(node, {
    client_name: 'Enlace, Chrome (Linux)',
    client_uri: home,
    redirect_uris: [],
    response_types: [],
    grant_types: ['refresh_token', GRANT],
  })
  const begun = await fetch(`${node.url}/oauth2/device/begin`, {
    method: 'POST',
    headers: { 'user-agent': 'Computadora' },
    body: new URLSearchParams({ client_id: registered.id, scope: scopeOf(device) }),
  })
  const code = (await begun.json()) as Record<string, string>
  return {
    device,
    userCode: code['user_code']!,
    link: code['verification_uri_complete']!,
    poll: (origin: string | undefined = node.url) =>
      askTokens(
        node,
        { grant_type: GRANT, device_code: code['device_code']!, client_id: registered.id },
        origin,
      ),
  }
}
const path = (code: string) => `/_enlace/client/v1/sign-in/device/${code}`
const look = (code: string, token = ana.token) => node.call('GET', path(code), { token })
const decide = (code: string, body: object, token = ana.token) =>
  node.call('POST', path(code), { token, body: { ...body } })
const proof = (user: string, session: unknown) => ({
  type: 'm.login.password',
  session,
  identifier: { type: 'm.id.user', user },
  password: PASSWORD,
})
async function admit(code: string, user = 'ana', token = ana.token) {
  const asked = await decide(code, { allow: true }, token)
  return decide(code, { allow: true, auth: proof(user, asked.body['session']) }, token)
}
const rule = ({ status, body }: { status: number; body: Record<string, unknown> }) => [
  status,
  body['org.enlace.rule'],
]

test('it is shown what asks, gives nothing without a proof, and has a session that may confirm things itself', async () => {
  const one = await asks()
  const seen = await look(one.userCode.toLowerCase().replace('-', ''))
  expect(seen.body).toMatchObject({
    user_code: one.userCode,
    client: { name: 'Enlace, Chrome (Linux)', host: new URL(node.url).host },
    device_id: one.device,
    same_network: true,
    user_agent: 'Computadora',
  })
  // Neither looking at it nor pressing "yes" lets anybody in.
  expect((await decide(one.userCode, { allow: true })).status).toBe(401)
  expect((await decide(one.userCode, { allow: true, auth: proof('beto', undefined) })).status).toBe(401)
  expect((await one.poll()).body).toMatchObject({ error: 'authorization_pending' })
  expect((await admit(one.userCode)).body).toEqual(expect.objectContaining({ device_id: one.device }))
  expect(rule(await look(one.userCode))).toEqual([403, 'device_code.used'])
  const { body } = await one.poll()
  expect(body['org.enlace.user_id']).toBe('@ana:hn.example')
  const token = String(body['access_token'])
  const session = (await node.call('GET', '/_enlace/client/v1/sessions', { token })).body
  expect(session['sessions']).toContainEqual(
    expect.objectContaining({ device_id: one.device, signed_in_with: 'other_device', current: true }),
  )
  // A session of Enlace's own client, renewed like any other and asked for a proof itself.
  const renewed = await node.call('POST', '/refresh', { body: { refresh_token: body['refresh_token'] } })
  expect(renewed.status).toBe(200)
  const own = String(renewed.body['access_token'])
  const ending = await node.call('DELETE', `/devices/${ana.deviceId}`, { token: own, body: {} })
  expect([ending.status, ending.body['flows']]).toEqual([401, expect.anything()])
  // The code a second time was seen by somebody else: what it opened is shut.
  expect((await one.poll()).body).toMatchObject({ error: 'invalid_grant' })
  await expect.poll(() => node.ctx.devices.exists('@ana:hn.example', one.device)).toBe(false)
})

test('the person is told of the new device by every channel, also where the node’s pages let it in from a known browser', async () => {
  const told = async (device: string) =>
    (await node.ctx.alerts.own.list('@ana:hn.example')).some(
      ({ kind, reference }) => kind === 'new_device' && reference === device,
    )
  const one = await asks()
  await admit(one.userCode)
  expect((await one.poll()).status).toBe(200)
  expect(await told(one.device)).toBe(true)
  const two = await asks()
  const browser = pageBrowser(node.url)
  for (const asking of [two, await asks()]) {
    const input = await browser.go(asking.link)
    const confirm = await browser.go('/oauth2/device', formsOf(input)[0]!.fields)
    const { abort: _, ...fields } = { ...formsOf(confirm)[0]!.fields, abort: undefined }
    const first = await browser.go('/oauth2/device', { ...fields, confirm: 'yes' })
    const asked = await send(browser, first, 'password', { user: 'ana', password: PASSWORD })
    await send(browser, asked, 'allow')
    expect((await asking.poll()).status).toBe(200)
    expect(await told(asking.device)).toBe(true)
  }
})

test('hostile: let in, and the person shut out before the device asks again: it gets nothing', async () => {
  const who = '@carla:hn.example'
  await node.ctx.accounts.create({ localpart: 'carla', password: PASSWORD })
  const newPassword = async ({ token }: Person) => {
    const change = (auth?: object) =>
      node.call('POST', '/account/password', {
        token,
        body: { new_password: `${PASSWORD} nueva`, ...(auth ? { auth } : {}) },
      })
    const asked = await change()
    const changed = await change(proof('carla', asked.body['session']))
    expect(changed.status).toBe(200)
    await node.ctx.accounts.setPassword(who, PASSWORD)
  }
  const shutOut: [string, (carla: Person) => Promise<unknown>][] = [
    ['sessions ended', () => node.ctx.accounts.endSessions(who)],
    ['password changed', newPassword],
    ['suspended', () => node.ctx.accounts.suspend(who, '@beto:hn.example', 'perdió el teléfono')],
    ['closed', () => node.ctx.accounts.deactivate(who)],
  ]
  for (const [how, shut] of shutOut) {
    const carla = await signIn('carla')
    const one = await asks()
    expect([how, (await admit(one.userCode, 'carla', carla.token)).status]).toEqual([how, 200])
    await shut(carla)
    const told = await one.poll()
    expect([how, told.status, told.body['error']]).toEqual([how, 400, 'invalid_grant'])
    expect([how, await node.ctx.devices.exists(who, one.device)]).toEqual([how, false])
    if (how === 'suspended') await node.ctx.accounts.restore(who)
  }
})

test('refused, unknown, run out and already another’s: each says so, to both', async () => {
  const refused = await asks()
  expect((await decide(refused.userCode, { allow: false })).status).toBe(200)
  expect((await refused.poll()).body).toMatchObject({ error: 'access_denied' })
  expect(rule(await admit(refused.userCode))).toEqual([403, 'device_code.used'])
  expect(rule(await look('BBBB-BBBB'))).toEqual([403, 'device_code.unknown'])
  const named = await asks({ device: ana.deviceId })
  expect(rule(await admit(named.userCode))).toEqual([403, 'device_code.taken'])
  expect((await named.poll()).body).toMatchObject({ error: 'authorization_pending' })
  expect((await node.call('GET', path('BBBB-BBBB'))).status).toBe(401)
})

test('a device whose session is over goes on as itself, once it has shown a token of it; another’s token shows nothing', async () => {
  const before = await signIn('ana')
  const sessions = async () =>
    (await node.ctx.devices.list('@ana:hn.example')).map(({ deviceId }) => deviceId).sort()
  const all = await sessions()
  const one = await asks({ device: before.deviceId })
  const show = (token: string) => node.call('POST', `${path(one.userCode)}/own`, { body: { token } })
  for (const token of [ana.token, (await signIn('beto')).token, 'nada'])
    expect(rule(await show(token))).toEqual([403, 'device_code.taken'])
  expect(rule(await admit(one.userCode))).toEqual([403, 'device_code.taken'])
  expect((await show(before.token)).status).toBe(200)
  // Nobody is in by it.
  expect((await one.poll()).body).toMatchObject({ error: 'authorization_pending' })
  expect((await admit(one.userCode)).status).toBe(200)
  expect((await one.poll()).body).toMatchObject({ 'org.enlace.user_id': '@ana:hn.example' })
  expect(await sessions()).toEqual(all)
  expect((await node.call('GET', '/account/whoami', { token: before.token })).status).toBe(401)
  // What it has shown counts for its own person.
  const beto = await signIn('beto')
  await node.ctx.devices.remove('@beto:hn.example', [beto.deviceId])
  const two = await asks({ device: ana.deviceId })
  const shown = await node.call('POST', `${path(two.userCode)}/own`, { body: { token: beto.token } })
  expect(rule(shown)).toEqual([403, 'device_code.taken'])
})

test('another site’s client, or one that only says it is ours, gets the session of an OAuth client', async () => {
  for (const [home, origin] of [
    ['https://app.example.org/', 'https://app.example.org'],
    [undefined, 'https://app.example.org'],
  ] as const) {
    const one = await asks(home === undefined ? {} : { home })
    await admit(one.userCode)
    const { body } = await one.poll(origin)
    const answer = await node.call('DELETE', `/devices/${ana.deviceId}`, {
      token: String(body['access_token']),
      body: {},
    })
    expect(rule(answer)).toEqual([403, 'oauth.account_page'])
  }
})

test('who has a second step gives it as well; a session of an OAuth client lets nobody in', async () => {
  const beto = await signIn('beto')
  const { secret } = await addTotp(node, beto)
  await node.ctx.db.connection.collection('devices').updateMany({}, { $unset: { proved_ts: 1 } })
  const one = await asks()
  const asked = await decide(one.userCode, { allow: true }, beto.token)
  const half = await decide(
    one.userCode,
    { allow: true, auth: proof('beto', asked.body['session']) },
    beto.token,
  )
  expect([half.status, half.body['completed']]).toEqual([401, ['m.login.password']])
  expect((await one.poll()).body).toMatchObject({ error: 'authorization_pending' })
  const whole = await decide(
    one.userCode,
    {
      allow: true,
      auth: {
        type: 'org.enlace.second_factor',
        session: half.body['session'],
        code: codeOf(secret, node.ctx.clock.now() + 30_000),
      },
    },
    beto.token,
  )
  expect(whole.status).toBe(200)
  const foreign = await asks({ home: 'https://app.example.org/' })
  await admit(foreign.userCode)
  const other = String((await foreign.poll('https://app.example.org')).body['access_token'])
  const next = await asks()
  expect(rule(await decide(next.userCode, { allow: true }, other))).toEqual([403, 'oauth.account_page'])
})
