/** Providers that lie, and people who try with somebody else's sign-in. */

import { freePort } from '@enlace/embedded-mongo/free-ports'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../../testing/node.ts'
import { formsOf, type Page, pageBrowser, send } from '../../testing/oauth.ts'
import { type BentProvider, SECRET, startBentProvider } from '../../testing/providers.ts'

let node: TestNode
let good: BentProvider
let bad: BentProvider
const logged: string[] = []
const INSIDE = 'https://app.example.org/back'
const userId = (localpart: string) => `@${localpart}:hn.example`

beforeAll(async () => {
  good = await startBentProvider()
  bad = await startBentProvider()
  const port = await freePort()
  const common = { client_id: 'enlace', client_secret: SECRET }
  node = await startTestNode(
    {
      listeners: [{ port, serves: ['client'] }],
      institutions: ['hn-a', 'hn-b'],
      // As an app of a telephone is named for passkeys.
      sign_in: { origins: ['android:apk-key-hash:c2luLW9yaWdlbg'] },
      identity_providers: [
        { ...common, id: 'good', name: 'Bueno', institution: 'hn-a', issuer: good.url },
        { ...common, id: 'bad', name: 'Malo', institution: 'hn-b', issuer: bad.url },
      ],
    },
    {
      overrides: {
        // What is logged, read as an operator would.
        log: async (_ctx, standard) => {
          const log = await standard()
          const write = (...what: unknown[]) => void logged.push(JSON.stringify(what))
          return Object.assign(log, { warn: write, error: write, info: write, debug: write })
        },
      },
    },
  )
  for (const [localpart, institution] of [
    ['ana', 'hn-a'],
    ['bea', 'hn-a'],
    ['carla', 'hn-b'],
  ] as const)
    await node.ctx.accounts.create({ localpart, password: PASSWORD, institution })
  good.person = { sub: 'ana', preferred_username: 'ana' }
  const { browser, page } = await goTo('good')
  await send(browser, page, 'password', { user: 'ana', password: PASSWORD })
})
afterAll(async () => {
  await node?.close()
  await good?.stop()
  await bad?.stop()
})
beforeEach(() => {
  for (const one of [good, bad]) one.bent = {}
  good.person = { sub: 'ana', preferred_username: 'ana' }
  bad.person = { sub: 'x' }
})

const ssoUrl = (id: string, redirect = INSIDE) =>
  `/_matrix/client/v3/login/sso/redirect/${id}?redirectUrl=${encodeURIComponent(redirect)}`
async function goTo(id: string, browser = pageBrowser(node.url, good.url, bad.url)) {
  return { browser, page: await browser.go(ssoUrl(id)) }
}
/** Stops where the provider would send the person back. */
async function upToBack(id: string) {
  const browser = pageBrowser(node.url)
  const away = await browser.go(ssoUrl(id))
  const answer = await fetch(away.url, { redirect: 'manual' })
  return { browser, back: answer.headers.get('location')! }
}
const entered = (page: Page) => page.text.includes('quiere entrar en su cuenta')
const problem = (page: Page) => page.text.includes('respondió algo que este servidor no acepta')
const expired = (page: Page) => page.status === 400 && page.text.includes('ya no está abierto')

test('what it says is right: in; every lie about it: out', async () => {
  expect(entered((await goTo('good')).page)).toBe(true)
  const lies: [string, BentProvider['bent']][] = [
    ['another key', { signature: 'other' }],
    ['no signature', { signature: 'none' }],
    ['another nonce', { idToken: { nonce: 'otro' } }],
    ['no nonce', { idToken: { nonce: undefined } }],
    ['for another client', { idToken: { aud: 'otro-cliente' } }],
    ['for several, and another of them', { idToken: { aud: ['enlace', 'otro'], azp: 'otro' } }],
    ['another issuer in the token', { idToken: { iss: 'https://accounts.example.org' } }],
    ['run out', { idToken: { exp: Math.floor(Date.now() / 1000) - 3_600 } }],
    ['of the future', { idToken: { nbf: Math.floor(Date.now() / 1000) + 3_600 } }],
    ['nobody', { idToken: { sub: undefined } }],
    ['a name that is no text', { idToken: { sub: 7 } }],
    ['a sub without end', { idToken: { sub: 'x'.repeat(300) } }],
    ['another issuer in the address', { answer: { iss: 'https://accounts.example.org' } }],
    ['no issuer in the address', { answer: { iss: undefined } }],
    ['a code it did not give', { answer: { code: 'inventado' } }],
    ['no code', { answer: { code: undefined } }],
    ['no JSON', { tokens: '<html>' }],
    ['an answer without end', { tokens: `{"a":"${'x'.repeat(2_000_000)}"}` }],
    ['no ID token', { tokens: '{"access_token":"x","token_type":"Bearer"}' }],
  ]
  for (const [what, bent] of lies) {
    good.bent = bent
    const { page } = await goTo('good')
    expect([what, entered(page), problem(page)]).toEqual([what, false, true])
  }
  // Within the tolerance, clocks may differ.
  good.bent = { idToken: { exp: Math.floor(Date.now() / 1000) - 5 } }
  expect(entered((await goTo('good')).page)).toBe(true)
})

test('another state, or none, opens nothing', async () => {
  for (const state of [undefined, 'inventado', 'x'.repeat(5_000)]) {
    good.bent = { answer: { state } }
    expect(expired((await goTo('good')).page)).toBe(true)
  }
})

test('keys that it signs with from now on count at once', async () => {
  good.rotate()
  expect(entered((await goTo('good')).page)).toBe(true)
})

test('an answer counts once, in the browser that asked, and for the provider that was asked', async () => {
  const stolen = await upToBack('good')
  // Login CSRF: the attacker's own answer, opened by somebody else, who has begun a sign-in of their own or none.
  const victim = pageBrowser(node.url)
  expect(expired(await victim.go(stolen.back))).toBe(true)
  await victim.go(ssoUrl('good'))
  expect(expired(await victim.go(stolen.back))).toBe(true)
  // That took it: nor does it count for the one who asked.
  expect(expired(await stolen.browser.go(stolen.back))).toBe(true)

  const twice = await upToBack('good')
  expect(entered(await twice.browser.go(twice.back))).toBe(true)
  expect(expired(await twice.browser.go(twice.back))).toBe(true)

  // Mix-up: what one provider answered is brought to the address of the other.
  const mixed = await upToBack('good')
  expect(expired(await mixed.browser.go(mixed.back.replace('/back/good', '/back/bad')))).toBe(true)
  const other = await upToBack('good')
  expect(expired(await other.browser.go(other.back.replace('/back/good', '/back/nadie')))).toBe(true)
})

test('the page after it belongs to that browser and that sign-in, and counts once', async () => {
  const { browser, back } = await upToBack('good')
  const answer = await fetch(back, {
    redirect: 'manual',
    headers: {
      cookie: [...browser.cookies].map(([key, { value }]) => `${key.split(' ')[0]}=${value}`).join('; '),
    },
  })
  const shown = answer.headers.get('location')!
  const stranger = pageBrowser(node.url)
  await stranger.go(ssoUrl('good'))
  expect(entered(await stranger.go(shown))).toBe(false)
  const again = await upToBack('good')
  const once = await again.browser.go(again.back)
  expect(entered(once)).toBe(true)
  expect((await again.browser.go(once.url)).text).toContain('Empiece de nuevo')
})

test('a provider speaks for its own institution alone, whatever it says', async () => {
  // The same `sub` at another issuer, the same name, an account of another institution.
  bad.person = { sub: 'ana', preferred_username: 'ana' }
  const { page } = await goTo('bad')
  expect([page.status, page.text.includes('lista firmada')]).toEqual([403, true])
  // Nobody who is there and nobody who is not: one answer.
  bad.person = { sub: 'nadie', preferred_username: 'nadie' }
  const nobody = await goTo('bad')
  expect(nobody.page.text.replaceAll('nadie', 'ana').replaceAll(/flow" value="[^"]*"/g, '')).toBe(
    page.text.replaceAll(/flow" value="[^"]*"/g, ''),
  )
  // With a linked account of its own, the institution of which changed since.
  bad.person = { sub: 'carla', preferred_username: 'carla' }
  const first = await goTo('bad')
  expect(
    entered(await send(first.browser, first.page, 'password', { user: 'carla', password: PASSWORD })),
  ).toBe(true)
  await node.ctx.accounts.setPosition(userId('carla'), { institution: 'hn-a' })
  expect((await goTo('bad')).page.status).toBe(403)
  // And no accounts are made where no signed roster says who people are.
  good.person = { sub: 'nueva', preferred_username: 'nueva' }
  expect((await goTo('good')).page.status).toBe(403)
  expect(await node.ctx.accounts.get(userId('nueva'))).toBeUndefined()
})

test('whoever calls themselves as somebody else there does not get that account', async () => {
  good.person = { sub: 'intrusa', preferred_username: 'ana', email: 'ana@hn.example', email_verified: true }
  const { browser, page } = await goTo('good')
  expect([entered(page), page.text.includes('Confirme una sola vez')]).toEqual([false, true])
  // Their own password confirms their own account, and is not what was promised.
  const own = await send(browser, page, 'password', { user: 'bea', password: PASSWORD })
  expect([entered(own), own.text.includes('Esa no es la cuenta')]).toEqual([false, true])
  expect((await node.ctx.oauth.providers.linksOf(userId('ana'))).length).toBe(1)
  // What was promised in one browser is nothing in another one.
  const link = formsOf(page).find(({ fields }) => fields['link'])!.fields['link']!
  const victim = await goTo('good', pageBrowser(node.url, good.url))
  const form = formsOf(await victim.browser.go(ssoUrl('good').replace('/good', ''))).find(
    ({ fields }) => fields['step'] === 'password',
  )!
  const lured = await victim.browser.go(new URL(form.action, node.url).href, {
    ...form.fields,
    user: 'ana',
    password: PASSWORD,
    link,
  })
  expect([entered(lured), lured.text.includes('Esa no es la cuenta')]).toEqual([false, true])
})

test('names and claims are a stranger’s text', async () => {
  good.person = {
    sub: 'rara',
    preferred_username: '<script>alert(1)</script>',
    name: '"><img src=x onerror=alert(1)>',
  }
  const { page } = await goTo('good')
  expect([page.status, /<script>alert|<img/.test(page.text)]).toEqual([403, false])
  for (const name of [
    '__proto__',
    'ana:otra.hn',
    '@ana:hn.example',
    '../ana',
    'ana\u0000',
    'аna',
    '',
    7,
    ['ana'],
  ]) {
    good.person = { sub: 'rara', preferred_username: name }
    expect([name, entered((await goTo('good')).page)]).toEqual([name, false])
  }
  good.person = {
    sub: 'ana',
    preferred_username: 'ana',
    name: 'x'.repeat(100_000),
    groups: Array(50_000).fill('g'),
  }
  // Large, and all of it ignored.
  expect(entered((await goTo('good')).page)).toBe(true)
})

test('nobody is sent where the request says', async () => {
  for (const redirect of [
    'http://evil.example/',
    'javascript:alert(1)',
    'https://a@evil.example/',
    'data:text/html,x',
  ])
    expect((await node.call('GET', ssoUrl('good', redirect))).status, redirect).toBe(400)
  // What is not the node's own client is named to the person before it gets anything.
  for (const redirect of ['com.mala.app:/ingreso', 'https://evil.example/']) {
    const page = await pageBrowser(node.url, good.url).go(ssoUrl('good', redirect))
    expect(entered(page), redirect).toBe(true)
  }
  await goTo('good')
  const asked = good.asked.at(-1)!
  expect(asked.get('redirect_uri')).toBe(`${node.url}/oauth2/back/good`)
  expect([asked.get('code_challenge_method'), asked.get('prompt')]).toEqual(['S256', 'login'])
  // A host of somebody's own making is not the node's.
  const elsewhere = await fetch(`${node.url}/_matrix/client/v3/login`, { headers: { host: 'evil.example' } })
  expect(elsewhere.status).toBe(200)
})

test('one that does not answer is said to be away, keeps nobody from anything, and comes back', async () => {
  await bad.stop()
  const ways = async () => {
    const { body } = await node.call('GET', '/login')
    const sso = (body['flows'] as Record<string, unknown>[]).find(({ type }) => type === 'm.login.sso')!
    return (sso['identity_providers'] as Record<string, unknown>[]).map(
      (one) => one['org.enlace.away'] ?? false,
    )
  }
  const fresh = await startTestNode({
    institutions: ['hn-b'],
    identity_providers: [
      {
        id: 'gone',
        name: 'Ido',
        institution: 'hn-b',
        issuer: bad.url,
        client_id: 'enlace',
        client_secret: SECRET,
      },
    ],
  })
  const page = await pageBrowser(fresh.url).go(ssoUrl('gone'))
  expect([page.status, page.text.includes('Ido no responde ahora')]).toEqual([200, true])
  await fresh.close()
  await bad.start()
  expect(await ways()).toEqual([false, false])
})

test('secrets, codes and what was answered are in no line of the log', () => {
  expect(logged.length).toBeGreaterThan(10)
  const text = logged.join('\n')
  for (const secret of [SECRET, 'inventado', 'xxxxx', 'eyJ', '<html>']) expect(text).not.toContain(secret)
})
