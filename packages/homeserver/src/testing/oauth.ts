/** For tests: a browser without a screen, and a client that signs in with it. */
import { createHash, randomBytes } from 'node:crypto'
import { PASSWORD, type TestNode } from './node.ts'

/** What GET /login offers beside, where the node has pages to sign in. */
export const BROWSER_FLOWS = [
  {
    type: 'm.login.sso',
    oauth_aware_preferred: true,
    'org.matrix.msc3824.delegated_oidc_compatibility': true,
  },
  { type: 'm.login.token' },
]

export const CLIENT = {
  client_name: 'Cliente de prueba',
  client_uri: 'https://app.example.org/',
  redirect_uris: ['https://app.example.org/back'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  application_type: 'web',
}

export type Page = { status: number; text: string; url: string; headers: Headers }

/** Keeps cookies by host and path, follows links within these places, and stops where it would leave them. */
export function pageBrowser(home: string, ...others: string[]) {
  const cookies = new Map<string, { value: string; path: string }>()
  const jars = new Map(others.map((one) => [one, new Map<string, { value: string; path: string }>()]))
  jars.set(home, cookies)

  async function go(
    url: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const at = new URL(url, home)
    const jar = jars.get(at.origin)
    if (!jar) return { status: 0, text: '', url: at.href, headers: new Headers() }
    const sent = [...jar].flatMap(([key, { value, path: under }]) =>
      at.pathname.startsWith(under) ? [`${key.split(' ')[0]}=${value}`] : [],
    )
    const answer = await fetch(at, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        cookie: sent.join('; '),
        accept: 'text/html',
        ...(form ? { origin: at.origin, 'sec-fetch-site': 'same-origin' } : {}),
        ...headers,
      },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    })
    for (const one of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? []
      const path = /path=([^;]+)/i.exec(one)?.[1] ?? '/'
      if (/expires=Thu, 01 Jan 1970/i.test(one) || value === '') jar.delete(`${name} ${path}`)
      else jar.set(`${name} ${path}`, { value, path })
    }
    const where = answer.headers.get('location')
    if (where !== null) return go(new URL(where, at).href, undefined, headers)
    return { status: answer.status, text: await answer.text(), url: at.href, headers: answer.headers }
  }
  return { go, cookies }
}
export type PageBrowser = ReturnType<typeof pageBrowser>

/** Forms of a page, in order, with their fields. */
export function formsOf(page: Page): { action: string; fields: Record<string, string> }[] {
  const plain = (text: string) =>
    text
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  return [...page.text.matchAll(/<form [^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].map((form) => ({
    action: plain(form[1]!),
    fields: Object.fromEntries(
      [...form[2]!.matchAll(/<input ([^>]*)>/g)].map((input) => [
        plain(/name="([^"]*)"/.exec(input[1]!)?.[1] ?? ''),
        plain(/value="([^"]*)"/.exec(input[1]!)?.[1] ?? ''),
      ]),
    ),
  }))
}

/** Sends the form of a step with these fields filled in. */
export function send(browser: PageBrowser, page: Page, step: string, more: Record<string, string> = {}) {
  const form = formsOf(page).find(
    ({ fields }) => fields['step'] === step && Object.keys(more).every((name) => name in fields),
  )
  if (!form) throw new Error(`no form for "${step}": ${page.status} ${page.url}\n${page.text}`)
  return browser.go(new URL(form.action, page.url).href, { ...form.fields, ...more })
}

export async function registerClient(node: TestNode, more: Record<string, unknown> = {}) {
  const answer = await node.call('POST', '/oauth2/register', { body: { ...CLIENT, ...more } })
  return { status: answer.status, id: answer.body['client_id'] as string, body: answer.body }
}

export const newVerifier = () => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export const scopeOf = (device: string) => `urn:matrix:client:api:* urn:matrix:client:device:${device}`

export function authorizeUrl(
  node: TestNode,
  client: string,
  args: { device: string; challenge: string; state?: string },
  more: Record<string, string> = {},
): string {
  const url = new URL('/oauth2/auth', node.url)
  url.search = new URLSearchParams({
    response_type: 'code',
    response_mode: 'query',
    client_id: client,
    redirect_uri: CLIENT.redirect_uris[0]!,
    scope: scopeOf(args.device),
    state: args.state ?? 'xyz',
    code_challenge: args.challenge,
    code_challenge_method: 'S256',
    ...more,
  }).toString()
  return url.href
}

export async function askTokens(node: TestNode, form: Record<string, string>, origin?: string) {
  const answer = await fetch(`${node.url}/oauth2/token`, {
    method: 'POST',
    headers: origin === undefined ? {} : { origin },
    body: new URLSearchParams(form),
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  }
}

/** The code with which a browser came back to the client. */
export const codeIn = (page: Page) => new URL(page.url).searchParams.get('code') ?? ''

/** Password and word, up to the code. */
export async function allow(browser: PageBrowser, url: string, user: string): Promise<Page> {
  const first = await browser.go(url)
  const asked = await send(browser, first, 'password', { user, password: PASSWORD })
  return send(browser, asked, 'allow')
}

export async function oauthSession(node: TestNode, user: string, device: string, client?: string) {
  const id = client ?? (await registerClient(node)).id
  const { verifier, challenge } = newVerifier()
  const browser = pageBrowser(node.url)
  const back = await allow(browser, authorizeUrl(node, id, { device, challenge }), user)
  const code = codeIn(back)
  const form = {
    grant_type: 'authorization_code',
    code,
    client_id: id,
    redirect_uri: CLIENT.redirect_uris[0]!,
    code_verifier: verifier,
  }
  const { status, body } = await askTokens(node, form)
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)} ${back.url} ${back.text}`)
  return {
    client: id,
    browser,
    form,
    token: body['access_token'] as string,
    refresh: body['refresh_token'] as string,
    body,
  }
}
