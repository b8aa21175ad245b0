/** For tests: OpenID Connect providers of institutions, one as it should be, one whose answers a test bends. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import jwt from 'jsonwebtoken'
import { Provider } from 'oidc-provider'

export const SECRET = 'secreto de prueba, de nadie'

type Claims = Record<string, unknown>

async function listen(answer: (req: IncomingMessage, res: ServerResponse) => void, port = 0) {
  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}` }
}

async function shut(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
}

async function formOf(req: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const part of req) text += part
  return new URLSearchParams(text)
}

export type TestProvider = {
  url: string
  /** What it says of people, by what they type on its page. `sub` is that name, unless given. */
  people: Map<string, Claims & { sub?: string; amr?: string[] }>
  close(): Promise<void>
}

/**
 * The library's own provider, with a page of one field on which anybody of `people` signs in. `inUserinfo`: what it says stands
 * there, and not in the ID token.
 */
export async function startProvider(redirects: string[], { inUserinfo = false } = {}): Promise<TestProvider> {
  const people: TestProvider['people'] = new Map()
  // Its address is known once it listens.
  let answer = (_req: IncomingMessage, res: ServerResponse): void => void res.writeHead(503).end()
  const { server, url } = await listen((req, res) => answer(req, res))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'enlace',
        client_secret: SECRET,
        redirect_uris: redirects,
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' } as never],
    },
    claims: {
      openid: ['sub', 'amr', 'acr'],
      profile: ['name', 'preferred_username', 'groups'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: inUserinfo,
    pkce: { required: () => true },
    cookies: { keys: ['cookie key of a test'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
    features: { devInteractions: { enabled: false } },
    findAccount: (_ctx, id) => {
      const person = people.get(id)
      if (!person) return undefined
      return {
        accountId: String(person.sub ?? id),
        claims: async () => ({ sub: person.sub ?? id, ...person }) as never,
      }
    },
  })
  async function signIn(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { params } = await provider.interactionDetails(req, res)
    if (req.method !== 'POST') {
      res.setHeader('Content-Type', 'text/html; charset=utf-8')
      res.end(`<!doctype html><html lang="es"><title>Cuenta de la institución</title><h1>Cuenta de la institución</h1>
<form method="post" action="${req.url}"><label>Usuario <input name="user" value=""></label><button>Entrar</button></form></html>`)
      return
    }
    const user = (await formOf(req)).get('user') ?? ''
    const person = people.get(user)
    if (!person) {
      await provider.interactionFinished(req, res, { error: 'access_denied' })
      return
    }
    const grant = new provider.Grant({ accountId: user, clientId: String(params['client_id']) })
    grant.addOIDCScope(String(params['scope']))
    const amr = person.amr ?? ['pwd']
    await provider.interactionFinished(req, res, {
      login: { accountId: user, amr },
      consent: { grantId: await grant.save() },
    })
  }
  answer = (req, res) => {
    if (req.url?.startsWith('/sign-in/'))
      signIn(req, res).catch((error: unknown) => res.writeHead(500).end(String(error)))
    else void provider.callback()(req, res)
  }
  return { url, people, close: () => shut(server) }
}

type Bent = {
  /** What discovery says otherwise. */
  discovery?: Claims
  /** What the address it sends people back to says otherwise; `undefined` takes it away. */
  answer?: Record<string, string | undefined>
  idToken?: Claims
  /** Signed with another key than the one it shows, or with none. */
  signature?: 'other' | 'none'
  /** The body of the token answer, instead of tokens. */
  tokens?: string
}

export type BentProvider = {
  url: string
  /** Who signs in there next, and what is wrong with it. */
  person: Claims
  bent: Bent
  /** What it was asked. */
  asked: URLSearchParams[]
  /** It signs with a new key from now on. */
  rotate(): void
  stop(): Promise<void>
  start(): Promise<void>
}

/** Asks nothing on any page, and says whatever the test wants. */
export async function startBentProvider(): Promise<BentProvider> {
  const newKeys = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return { privateKey, publicKey, kid: randomBytes(6).toString('hex') }
  }
  let keys = newKeys()
  const stranger = newKeys()
  const codes = new Map<string, { nonce: string; challenge: string; redirect: string }>()
  let server: Server
  const it: BentProvider = {
    url: '',
    person: {},
    bent: {},
    asked: [],
    rotate: () => {
      keys = newKeys()
    },
    stop: () => shut(server),
    async start() {
      const begun = await listen(answer, Number(new URL(it.url).port))
      server = begun.server
    },
  }

  const json = (res: ServerResponse, body: unknown, status = 200) => {
    res.writeHead(status, { 'Content-Type': 'application/json' })
    res.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

  function idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: it.url,
      aud: 'enlace',
      iat: now,
      exp: now + 300,
      nonce,
      ...it.person,
      ...it.bent.idToken,
    }
    const { kid } = keys
    if (it.bent.signature === 'none') return jwt.sign(claims, null as never, { algorithm: 'none' })
    const key: KeyObject = it.bent.signature === 'other' ? stranger.privateKey : keys.privateKey
    return jwt.sign(claims, key, { algorithm: 'ES256', keyid: kid })
  }

  async function answerToken(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const form = await formOf(req)
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!code || code.challenge !== challenge || code.redirect !== form.get('redirect_uri'))
      return json(res, { error: 'invalid_grant' }, 400)
    if (it.bent.tokens !== undefined) return json(res, it.bent.tokens)
    json(res, { access_token: 'x', token_type: 'Bearer', expires_in: 60, id_token: idToken(code.nonce) })
  }

  function answer(req: IncomingMessage, res: ServerResponse): void {
    const url = new URL(req.url ?? '', it.url)
    if (url.pathname === '/.well-known/openid-configuration')
      json(res, {
        issuer: it.url,
        authorization_endpoint: `${it.url}/auth`,
        token_endpoint: `${it.url}/token`,
        jwks_uri: `${it.url}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        authorization_response_iss_parameter_supported: true,
        ...it.bent.discovery,
      })
    else if (url.pathname === '/keys')
      json(res, {
        keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: keys.kid, use: 'sig', alg: 'ES256' }],
      })
    else if (url.pathname === '/token') void answerToken(req, res)
    else if (url.pathname === '/auth') {
      it.asked.push(url.searchParams)
      const redirect = url.searchParams.get('redirect_uri') ?? ''
      const code = randomBytes(9).toString('hex')
      codes.set(code, {
        nonce: url.searchParams.get('nonce') ?? '',
        challenge: url.searchParams.get('code_challenge') ?? '',
        redirect,
      })
      const back = new URL(redirect)
      const params = { code, state: url.searchParams.get('state') ?? '', iss: it.url, ...it.bent.answer }
      for (const [name, value] of Object.entries(params))
        if (value !== undefined) back.searchParams.set(name, value)
      res.writeHead(302, { Location: back.href }).end()
    } else res.writeHead(404).end()
  }
  const begun = await listen(answer)
  server = begun.server
  it.url = begun.url
  return it
}
