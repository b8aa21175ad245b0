/** Sign-in with an institution's own provider: a real one, for people of a signed roster. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../../config.ts'
import { directoryOf, PASSWORD, startTestNode, type TestNode } from '../../testing/node.ts'
import {
  askTokens,
  authorizeUrl,
  CLIENT,
  codeIn,
  formsOf,
  newVerifier,
  type Page,
  pageBrowser,
  registerClient,
  send,
} from '../../testing/oauth.ts'
import { SECRET, startProvider, type TestProvider } from '../../testing/providers.ts'
import { RosterRegistry } from '../../testing/rosters.ts'
import { addTotp, codeOf } from '../../testing/sign-in.ts'

const institutions = {
  'hn-rnp': { kind: 'civil_registry', country: 'HN' },
  'hn-cr': { kind: 'ngo', country: 'HN' },
}
let folder: string
let registry: RosterRegistry
/** Says who people are in the ID token, and in userinfo alone. */
let provider: TestProvider
let terse: TestProvider
let node: TestNode
let now = Date.now()

const userId = (localpart: string) => `@${localpart}:hn.example`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-providers-'))
  registry = new RosterRegistry(institutions)
  const port = await freePort()
  const back = (id: string) => `http://127.0.0.1:${port}/oauth2/back/${id}`
  provider = await startProvider([back('rnp'), back('rnp-mfa'), back('rnp-mail')])
  terse = await startProvider([back('terse')], { inUserinfo: true })
  const common = { institution: 'hn-rnp', issuer: provider.url, client_id: 'enlace', client_secret: SECRET }
  const federation = await registry.open({ folder })
  await registry.list([{ server_name: 'hn.example', institutions: Object.keys(institutions) }])
  node = await startTestNode(
    {
      listeners: [{ port, serves: ['client'] }],
      federation: { ...federation, allow_private_addresses: true },
      institutions: Object.keys(institutions),
      sign_in: { second_factor: { coordinator: 'required', staff: 'optional', official: 'asked' } },
      identity_providers: [
        {
          ...common,
          id: 'rnp',
          name: { es: 'Cuenta del RNP', en: 'RNP account' },
          scopes: ['openid', 'profile', 'email'],
          roles: { claim: 'groups', values: { jefatura: 'coordinator', guardia: 'official' } },
        },
        {
          ...common,
          id: 'rnp-mfa',
          name: 'RNP con dos pasos',
          second_factor: 'provider',
          sufficient: { amr: ['otp'] },
        },
        { ...common, id: 'rnp-mail', name: 'Correo', person: { claim: 'email', domains: ['rnp.hn'] } },
        { ...common, id: 'terse', name: 'Terse', issuer: terse.url },
      ],
    },
    {
      overrides: {
        directory: () => directoryOf(institutions),
        clock: () => ({ now: () => Math.max(now, Date.now()), monotonic: () => performance.now() }),
      },
    },
  )
  registry.nodes.push(node)
  for (const localpart of ['con.clave', 'con.codigo', 'suspendida', 'cerrada', 'ajena', 'solo.nota'])
    await node.ctx.accounts.create({
      localpart,
      password: PASSWORD,
      institution: localpart === 'ajena' ? 'hn-cr' : 'hn-rnp',
    })
  await registry.roster(
    'hn-rnp',
    [
      'nueva',
      'nueva.web',
      'jefa',
      'degradada',
      'guardia',
      'con.clave',
      'solo.proveedor',
      'con.codigo',
      'suspendida',
      'cerrada',
      'por.correo',
      'callada',
      'caida',
    ].map((localpart) => ({
      userId: userId(localpart),
      role: /jefa|degradada/.test(localpart) ? 'coordinator' : localpart === 'guardia' ? 'official' : 'staff',
    })),
  )
  await registry.roster('hn-cr', [
    { userId: userId('ajena'), role: 'staff' },
    { userId: userId('vecina'), role: 'staff' },
  ])
})
afterAll(async () => {
  await node?.close()
  await provider?.close()
  await terse?.close()
  await registry?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Somebody of the provider. */
const person = (user: string, more: Record<string, unknown> = {}, at = provider) =>
  at.people.set(user, { preferred_username: user, name: `Nombre de ${user}`, ...more })

const ssoUrl = (id: string, redirect = `${node.url}/?ingreso=abc`) =>
  `/_matrix/client/v3/login/sso/redirect/${id}?redirectUrl=${encodeURIComponent(redirect)}`

const newBrowser = () => pageBrowser(node.url, provider.url, terse.url)
type Browser = ReturnType<typeof newBrowser>

/** Types a name on the provider's page. */
const atProvider = (browser: Browser, page: Page, user: string) =>
  browser.go(new URL(formsOf(page)[0]!.action, page.url).href, { user })

async function enter(id: string, user: string, browser = newBrowser(), redirect?: string) {
  const there = await browser.go(ssoUrl(id, redirect))
  return { browser, page: await atProvider(browser, there, user) }
}

const loginWith = (page: Page, more: Record<string, unknown> = {}) =>
  node.call('POST', '/login', {
    body: { type: 'm.login.token', token: new URL(page.url).searchParams.get('loginToken'), ...more },
  })
const cameBack = (page: Page) => new URL(page.url).searchParams.has('loginToken')

async function acts(person: string) {
  const { entries } = await node.ctx.audit.find({ person: userId(person), institution: 'hn-rnp' })
  return entries
}

test('providers are listed for clients; one that is not there is said to be away', async () => {
  const { body } = await node.call('GET', '/login')
  const sso = (body['flows'] as Record<string, unknown>[]).find(({ type }) => type === 'm.login.sso')
  expect((sso!['identity_providers'] as unknown[])[0]).toEqual({
    id: 'rnp',
    name: 'Cuenta del RNP',
    'org.enlace.name': { es: 'Cuenta del RNP', en: 'RNP account' },
  })
  expect((await node.call('GET', ssoUrl('nadie'))).body['errcode']).toBe('M_NOT_FOUND')
})

test('somebody of the roster comes in the first time, in our own client, and has an account', async () => {
  person('nueva.web', { name: 'Rosa  <b>Amaya</b>\u202e' })
  const { page } = await enter('rnp', 'nueva.web')
  expect(page.url.startsWith(`${node.url}/?ingreso=abc&loginToken=`)).toBe(true)
  const { status, body } = await loginWith(page, { refresh_token: true })
  expect([status, body['user_id']]).toEqual([200, userId('nueva.web')])
  expect((await loginWith(page)).status).toBe(403)
  expect(await node.ctx.accounts.get(userId('nueva.web'))).toMatchObject({
    institution: 'hn-rnp',
    role: 'staff',
    hasPassword: false,
  })
  const profile = await node.call('GET', `/profile/${encodeURIComponent(userId('nueva.web'))}`, {
    token: String(body['access_token']),
  })
  expect(profile.body['displayname']).toBe('Rosa <b>Amaya</b>')
  const device = await node.ctx.devices.get(userId('nueva.web'), body['device_id'] as string)
  expect(device?.signedInWith).toBe('provider')
  const found = (await acts('nueva.web')).map(({ act }) => act)
  for (const act of ['account.create', 'account.link', 'session.provider', 'session.start'])
    expect(found, act).toContain(act)
  // The second time it is the same account, also under another name there.
  provider.people.set('nueva.web', { preferred_username: 'guardia', name: 'Otra' })
  const again = await enter('rnp', 'nueva.web')
  expect((await loginWith(again.page)).body['user_id']).toBe(userId('nueva.web'))
})

test('an OAuth client sends people through the node’s page to the provider and gets a session', async () => {
  person('nueva')
  const { id } = await registerClient(node)
  const { verifier, challenge } = newVerifier()
  const browser = newBrowser()
  const first = await browser.go(authorizeUrl(node, id, { device: 'PROVIDER01', challenge }))
  expect(first.text).toContain('Entrar con Cuenta del RNP')
  const link = /href="([^"]*\/with\/rnp[^"]*)"/.exec(first.text)![1]!
  const there = await browser.go(link.replaceAll('&amp;', '&'))
  const asked = await atProvider(browser, there, 'nueva')
  // Another application: the word that gives access is asked for.
  expect(asked.text).toContain('quiere entrar en su cuenta')
  const back = await send(browser, asked, 'allow')
  const { status, body } = await askTokens(node, {
    grant_type: 'authorization_code',
    code: codeIn(back),
    client_id: id,
    redirect_uri: CLIENT.redirect_uris[0]!,
    code_verifier: verifier,
  })
  expect(status).toBe(200)
  const who = await node.call('GET', '/account/whoami', { token: String(body['access_token']) })
  expect(who.body['user_id']).toBe(userId('nueva'))
  // And so does a client of the older kind elsewhere: it is not our own.
  const { page } = await enter('rnp', 'nueva', newBrowser(), 'https://app.example.org/back')
  expect([cameBack(page), page.text.includes('app.example.org')]).toEqual([false, true])
})

test('who is on no roster, or on another institution’s, is told what to do; no account is made', async () => {
  for (const user of ['desconocida', 'vecina', 'ajena', 'solo.nota']) {
    person(user)
    const { page } = await enter('rnp', user)
    expect([user, page.status, page.text.includes('lista firmada')]).toEqual([user, 403, true])
  }
  expect(await node.ctx.accounts.get(userId('vecina'))).toBeUndefined()
  expect(await node.ctx.accounts.get(userId('desconocida'))).toBeUndefined()
  // Once the coordinator has signed her name, nothing else is needed.
  const { page, browser } = await enter('rnp', 'desconocida')
  const refused = await send(browser, page, 'other')
  expect(refused.text).toContain('Entrar con Cuenta del RNP')
})

test('an account that is there already is linked by its own word, once', async () => {
  person('con.clave')
  const { page, browser } = await enter('rnp', 'con.clave')
  expect(page.text).toContain('Confirme una sola vez')
  const wrong = await send(browser, page, 'password', { user: 'con.clave', password: 'otra cosa' })
  expect([wrong.status, wrong.text.includes('Confirme una sola vez')]).toEqual([400, true])
  // Another account's password does not link that account, nor this one.
  const other = await send(browser, wrong, 'password', { user: 'solo.nota', password: PASSWORD })
  expect(other.text).toContain('Esa no es la cuenta')
  expect(await node.ctx.oauth.providers.linksOf(userId('solo.nota'))).toEqual([])
  const right = await send(browser, wrong, 'password', { user: 'con.clave', password: PASSWORD })
  expect(cameBack(right)).toBe(true)
  expect(await node.ctx.oauth.providers.linksOf(userId('con.clave'))).toMatchObject([{ provider: 'rnp' }])
  const again = await enter('rnp', 'con.clave')
  expect(cameBack(again.page)).toBe(true)
  // What was promised counts once, and in this browser alone.
  expect((await send(browser, wrong, 'password', { user: 'con.clave', password: PASSWORD })).text).toContain(
    'Esa no es la cuenta',
  )
})

test('a link that was taken off is confirmed anew', async () => {
  const [link] = await node.ctx.oauth.providers.linksOf(userId('con.clave'))
  expect(await node.ctx.oauth.providers.unlink(userId('nueva'), link!.id)).toBe(false)
  expect(await node.ctx.oauth.providers.unlink(userId('con.clave'), link!.id)).toBe(true)
  expect((await enter('rnp', 'con.clave')).page.text).toContain('Confirme una sola vez')
  // Also where the account was made for whom the provider showed.
  const [made] = await node.ctx.oauth.providers.linksOf(userId('nueva.web'))
  await node.ctx.oauth.providers.unlink(userId('nueva.web'), made!.id)
  provider.people.set('nueva.web', { preferred_username: 'nueva.web' })
  expect((await enter('rnp', 'nueva.web')).page.text).toContain('Su coordinación le da un enlace')
})

const LINKS = '/_enlace/client/v1/sign-in/providers'

test('people see what is linked, link one, and take it off with a proof', async () => {
  person('con.clave')
  const { body } = await node.login('con.clave')
  const token = String(body['access_token'])
  const seen = () => node.call('GET', LINKS, { token })
  const linkedNow = async () => ((await seen()).body['linked'] as { id: string }[]).length
  for (const one of await node.ctx.oauth.providers.linksOf(userId('con.clave')))
    await node.ctx.oauth.providers.unlink(userId('con.clave'), one.id)
  const before = (await seen()).body as { linked: unknown[]; offered: { id: string }[] }
  expect(before.linked).toEqual([])
  expect(before.offered.map(({ id }) => id)).toContain('rnp')

  const browser = newBrowser()
  const there = await browser.go('/oauth2/account?action=org.enlace.link&provider=rnp')
  const back = await atProvider(browser, there, 'con.clave')
  expect(back.text).toContain('Confirme una sola vez')
  const wrong = await send(browser, back, 'password', { user: 'con.clave', password: 'adivinada' })
  expect([wrong.status, await linkedNow()]).toEqual([400, 0])
  const devices = (await node.ctx.devices.list(userId('con.clave'))).length
  const end = await send(browser, wrong, 'password', { user: 'con.clave', password: PASSWORD })
  // Back in Settings, and nobody is signed in by it.
  expect([new URL(end.url).pathname, new URL(end.url).searchParams.has('loginToken')]).toEqual([
    '/ajustes',
    false,
  ])
  expect((await node.ctx.devices.list(userId('con.clave'))).length).toBe(devices)

  const [linked] = (await seen()).body['linked'] as { id: string; only_way: boolean }[]
  expect(linked).toMatchObject({ name: { es: 'Cuenta del RNP' }, only_way: false })
  const path = `${LINKS}/${linked!.id}/unlink`
  expect((await node.call('POST', path, { token, body: {} })).status).toBe(401)
  expect(await linkedNow()).toBe(1)
  const auth = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'con.clave' },
    password: PASSWORD,
  }
  expect((await node.call('POST', path, { token, body: { auth } })).status).toBe(200)
  expect(await linkedNow()).toBe(0)
  // Of nobody else's, and not twice.
  expect((await node.call('POST', path, { token, body: { auth } })).status).toBe(404)
})

test('the only way into an account is not taken off, and it is said what to do first', async () => {
  person('solo.proveedor')
  const { page } = await enter('rnp', 'solo.proveedor')
  const { body } = await loginWith(page)
  const token = String(body['access_token'])
  const { body: seen } = await node.call('GET', LINKS, { token })
  const [link] = seen['linked'] as { id: string; only_way: boolean }[]
  expect(link?.only_way).toBe(true)
  const refused = await node.call('POST', `${LINKS}/${link!.id}/unlink`, { token, body: {} })
  expect([refused.status, refused.body['org.enlace.rule']]).toEqual([403, 'provider.only_way'])
  expect(await node.ctx.oauth.providers.linksOf(userId('solo.proveedor'))).toHaveLength(1)
})

test('a second step is asked for after the provider, and its own counts where the node was told so', async () => {
  person('con.codigo')
  const { body } = await node.login('con.codigo')
  const { secret } = await addTotp(node, {
    userId: userId('con.codigo'),
    token: String(body['access_token']),
    deviceId: String(body['device_id']),
  })
  const { page, browser } = await enter('rnp', 'con.codigo')
  now = Date.now() + 60_000
  const second = await send(browser, page, 'password', { user: 'con.codigo', password: PASSWORD })
  expect(second.text).toContain('Segundo paso')
  const linked = await send(browser, second, 'factor', { code: codeOf(secret, now) })
  expect(cameBack(linked)).toBe(true)
  const again = await enter('rnp', 'con.codigo')
  expect(again.page.text).toContain('Segundo paso')
  now += 60_000
  const inside = await send(again.browser, again.page, 'factor', { code: codeOf(secret, now) })
  const session = await loginWith(inside)
  const device = await node.ctx.devices.get(userId('con.codigo'), String(session.body['device_id']))
  expect(device?.signedInWith).toBe('provider_and_code')
  // The same person by the provider that may vouch for it: not without its word, and with it at once.
  const weak = await enter('rnp-mfa', 'con.codigo')
  expect(weak.page.text).toContain('Segundo paso')
  provider.people.get('con.codigo')!.amr = ['pwd', 'otp']
  const strong = await enter('rnp-mfa', 'con.codigo')
  expect(cameBack(strong.page)).toBe(true)
})

test('who must have a second step has none: their own institution’s counts, or nothing opens', async () => {
  person('jefa', { groups: ['jefatura'] })
  const weak = await loginWith((await enter('rnp', 'jefa')).page)
  expect(weak.body['org.enlace.second_factor_due']).toBe(true)
  const token = String(weak.body['access_token'])
  expect((await node.call('GET', '/joined_rooms', { token })).body['org.enlace.rule']).toBe(
    'second_factor.required',
  )
  provider.people.get('jefa')!.amr = ['otp']
  const strong = await loginWith((await enter('rnp-mfa', 'jefa')).page)
  expect(strong.body['org.enlace.second_factor_due']).toBeUndefined()
  const { status } = await node.call('GET', '/joined_rooms', { token: String(strong.body['access_token']) })
  expect(status).toBe(200)
  const { body: factors } = await node.call('GET', '/_enlace/client/v1/factors', {
    token: String(strong.body['access_token']),
  })
  expect(factors['overdue']).toBe(false)
})

test('roles that the provider leaves take away from the roster, and add nothing', async () => {
  // The roster says coordinator, the provider does not; then it does.
  person('degradada', { groups: ['otro grupo'] })
  await enter('rnp', 'degradada')
  const place = () => node.ctx.policy.placeOf(userId('degradada'))
  const standing = async () => {
    const found = await node.ctx.policy.standingOf(userId('degradada'))
    return found.known ? found.member.role : undefined
  }
  expect([(await place()).role, await standing()]).toEqual(['staff', 'staff'])
  provider.people.get('degradada')!['groups'] = ['jefatura']
  await enter('rnp', 'degradada')
  expect([(await place()).role, await standing()]).toEqual(['coordinator', 'coordinator'])
  // The roster says official; the provider would like a coordinator.
  person('guardia', { groups: ['jefatura'] })
  await enter('rnp', 'guardia')
  expect((await node.ctx.policy.placeOf(userId('guardia'))).role).toBe('staff')
  expect((await node.ctx.accounts.get(userId('guardia')))?.role).toBe('staff')
  // The institution's newest word counts.
  await node.ctx.accounts.setPosition(userId('guardia'), { role: 'official' })
  expect((await node.ctx.policy.placeOf(userId('guardia'))).role).toBe('official')
})

test('suspended, closed and struck people do not come in', async () => {
  for (const user of ['suspendida', 'cerrada']) {
    person(user)
    const { page, browser } = await enter('rnp', user)
    await send(browser, page, 'password', { user, password: PASSWORD })
  }
  await node.ctx.accounts.suspend(userId('suspendida'), 'operator', 'perdió el teléfono')
  expect((await enter('rnp', 'suspendida')).page.text).toContain('está suspendida')
  await node.ctx.accounts.setLeaving(userId('cerrada'), 'salida')
  expect((await enter('rnp', 'cerrada')).page.text).toContain('se cerró')
  await node.ctx.accounts.deactivate(userId('cerrada'))
  expect((await enter('rnp', 'cerrada')).page.text).toContain('se cerró')
  expect(await node.ctx.oauth.providers.linksOf(userId('cerrada'))).toEqual([])
  const refusals = (await acts('suspendida')).filter(({ act }) => act === 'session.refused')
  expect(refusals[0]?.facts).toMatchObject({ why: 'provider-suspended' })
})

test('a mail address counts when the provider has looked at it, and is of the institution', async () => {
  person('m1', { email: 'por.correo@rnp.hn', email_verified: false })
  expect((await enter('rnp-mail', 'm1')).page.text).toContain('todavía no comprobó su correo')
  person('m2', { email: 'por.correo@otra.hn', email_verified: true })
  expect((await enter('rnp-mail', 'm2')).page.text).toContain('no es de')
  person('m3', { email: 'por.correo@rnp.hn' })
  expect((await enter('rnp-mail', 'm3')).page.text).toContain('todavía no comprobó su correo')
  expect(await node.ctx.accounts.get(userId('por.correo'))).toBeUndefined()
  person('m4', { email: 'Por.Correo@RNP.hn', email_verified: true })
  expect((await loginWith((await enter('rnp-mail', 'm4')).page)).body['user_id']).toBe(userId('por.correo'))
  // Whoever could choose that address at the same provider is somebody else, and the account is not theirs.
  person('m5', { email: 'por.correo@rnp.hn', email_verified: true })
  expect((await enter('rnp-mail', 'm5')).page.text).toContain('Su coordinación le da un enlace')
})

test('what stands in userinfo alone is read there', async () => {
  person('callada', {}, terse)
  expect((await loginWith((await enter('terse', 'callada')).page)).body['user_id']).toBe(userId('callada'))
})

test('who says no at the provider comes back to the page, and a crash between account and link is mended', async () => {
  const { page } = await enter('rnp', 'no está')
  expect([page.status, page.text.includes('No se dio acceso en Cuenta del RNP')]).toEqual([400, true])
  person('caida')
  expect(cameBack((await enter('rnp', 'caida')).page)).toBe(true)
  // As it is after a kill between the two: the account says by itself for whom it was made.
  await node.ctx.oauth.providers.forget(userId('caida'))
  expect((await loginWith((await enter('rnp', 'caida')).page)).body['user_id']).toBe(userId('caida'))
  expect(await node.ctx.oauth.providers.linksOf(userId('caida'))).toHaveLength(1)
})

test('who has nothing else to confirm with does so by having signed in a moment ago', async () => {
  const signIn = async () =>
    String((await loginWith((await enter('terse', 'callada')).page)).body['access_token'])
  const add = (token: string) => node.call('POST', '/_enlace/client/v1/factors/totp', { token, body: {} })
  const token = await signIn()
  expect((await add(token)).status).toBe(200)
  now = Math.max(now, Date.now()) + 11 * 60_000
  const later = await add(await signIn())
  expect(later.status).toBe(200)
  const device = await node.login('con.clave')
  // With a password it is the password.
  expect((await add(String(device.body['access_token']))).status).toBe(401)
  const fresh = await signIn()
  now += 11 * 60_000
  expect((await add(fresh)).body['org.enlace.rule']).toBe('provider.sign_in_again')
})

test('a configuration that would let in the wrong people is refused, with the key named', () => {
  const base = {
    id: 'x',
    name: 'X',
    institution: 'hn-rnp',
    issuer: 'https://sso.example.org',
    client_id: 'enlace',
  }
  const fault = (more: Record<string, unknown>, institutions = ['hn-rnp']) => {
    try {
      parseConfig({
        server_name: 'hn.example',
        data_dir: folder,
        listeners: [{ port: 0, serves: ['client'] }],
        institutions,
        identity_providers: [{ ...base, ...more }],
      })
      return 'accepted'
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(fault({})).toBe('accepted')
  expect(fault({}, [])).toContain('identity_providers.0.institution')
  for (const [key, more] of Object.entries({
    issuer: { issuer: 'http://sso.example.org' },
    id: { id: 'a/b' },
    name: { name: '<b>' },
    client_secret: { client_secret: 'a', client_secret_file: 'b' },
    person: { person: { claim: 'email' } },
    sufficient: { second_factor: 'provider' },
    scopes: { scopes: ['profile'] },
    otherwise: { roles: { claim: 'groups', values: {}, otherwise: 'official' } },
    roel: { roel: 1 },
  }))
    expect(fault(more), key).toContain(key)
})
