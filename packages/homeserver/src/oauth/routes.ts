/** The node as OAuth 2.0 provider (client-server API, "OAuth 2.0 API"), its pages, and SSO for clients of the older kind. */
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { invalidParam, notFound } from '../errors.ts'
import { sendJson } from '../http/answer.ts'
import { readBody } from '../http/body.ts'
import { clientPaths } from '../http/client-paths.ts'
import { networkKey } from '../http/rate-limit.ts'
import { answered, type Route, route } from '../http/route.ts'
import { ClientRefused } from './clients.ts'
import { CSS, JS } from './pages/assets.ts'
import type { Flow } from './pages/flow.ts'
import { beginFlow, oauthFlow, PAGE, pageFlow, pageFlowId } from './pages/flows.ts'
import { ASSETS, html, sendPage } from './pages/html.ts'
import { shownStep } from './pages/provider-steps.ts'
import { PROVIDER_WORDS } from './pages/provider-words.ts'
import { answerStep, isOwnForm, signInPage } from './pages/steps.ts'
import { languageOf, WORDS } from './pages/words.ts'
import { ACCOUNT, INTERACTION, PATHS, REGISTRATION, REVOCATION } from './provider.ts'
import { browserOf, keepBrowser } from './providers/browser.ts'
import { providerLinkRoutes } from './providers/link-routes.ts'
import { CALLBACK } from './providers/providers.ts'
import { mayReturnTo } from './redirects.ts'
import { secondDeviceRoutes } from './second-device-routes.ts'
import type { Incoming, PageCall } from './types.ts'

const MAX_FORM = 64 * 1024

/** What `oidc-provider` answers itself. */
const provided = (
  method: 'GET' | 'POST',
  path: string | string[],
  rateLimit: 'read' | 'write' | 'login',
): Route =>
  route({
    method,
    path,
    auth: 'none',
    rawBody: true,
    rateLimit,
    async handler({ ctx, req, res }) {
      await ctx.oauth.handle(req, res)
      return answered
    },
  })

async function formIn(req: IncomingMessage): Promise<Record<string, string>> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(req.headers['content-type'] ?? '')) return {}
  const text = (await readBody(req, MAX_FORM)).toString('utf8')
  return Object.fromEntries(new URLSearchParams(text))
}

type Handling = { ctx: Context; req: Incoming; res: PageCall['res']; signal: AbortSignal }

function pageCall({ req, res, signal }: Handling, form: Record<string, string>): PageCall {
  const asked = form['lang'] ?? new URL(req.url ?? '', 'http://x').searchParams.get('lang')
  return { req, res, signal, form, language: languageOf(req.headers['accept-language'], asked) }
}

function expired(call: PageCall): void {
  const words = WORDS[call.language]
  sendPage(call.res, {
    language: call.language,
    title: words.expiredTitle,
    status: 400,
    body: html`<p>${words.expired}</p>`,
  })
}

/** One page of a flow: the first for whoever comes by link, the next for whoever sent a form of ours. */
async function page(
  at: Handling,
  flowOf: (call: PageCall, fields: Record<string, string>) => Flow | undefined | Promise<Flow | undefined>,
): Promise<typeof answered> {
  const { ctx, req } = at
  const { base } = ctx.oauth.providerFor(req)
  const posted = req.method === 'POST'
  const fields = posted
    ? await formIn(req)
    : Object.fromEntries(new URL(req.url ?? '', 'http://x').searchParams)
  const call = pageCall(at, posted ? fields : { ...(fields['lang'] ? { lang: fields['lang'] } : {}) })
  const flow = posted && !isOwnForm(call, base) ? undefined : await flowOf(call, fields)
  if (!flow) expired(call)
  else if (posted) await answerStep(ctx, flow, call)
  else if (fields['shown']) await shownStep(ctx, flow, call, fields['shown'])
  else await signInPage(ctx, flow, call)
  return answered
}

const interaction = (method: 'GET' | 'POST'): Route =>
  route({
    method,
    path: `${INTERACTION}/:uid`,
    auth: 'none',
    rawBody: true,
    params: z.object({ uid: z.string().max(100) }),
    rateLimit: method === 'GET' ? 'read' : 'write',
    handler: (call) =>
      page(call, async ({ language }) => {
        const flow = await oauthFlow(call.ctx, call.req, call.res, language)
        return flow?.action === `${INTERACTION}/${call.params.uid}` ? flow : undefined
      }),
  })

const ownPage = (method: 'GET' | 'POST'): Route =>
  route({
    method,
    path: PAGE,
    auth: 'none',
    rawBody: true,
    rateLimit: method === 'GET' ? 'read' : 'write',
    handler: (call) => page(call, (_page, fields) => pageFlow(call.ctx, call.req, fields['flow'] ?? '')),
  })

/** To the provider, and back to where the person was. */
async function goWith(
  at: Handling,
  id: string,
  flowOf: (call: PageCall) => Flow | undefined | Promise<Flow | undefined>,
): Promise<typeof answered> {
  const { ctx, req, res } = at
  const { base } = ctx.oauth.providerFor(req)
  const { searchParams } = new URL(req.url ?? '', 'http://x')
  const call = pageCall(at, { lang: searchParams.get('lang') ?? '' })
  const [flow, provider] = [await flowOf(call), ctx.oauth.providers.find(id)]
  if (!flow || !provider) {
    expired(call)
    return answered
  }
  const address = await ctx.oauth.providers.begin(provider, {
    base,
    browser: keepBrowser(req, res, base),
    language: call.language,
    back: { flow: flow.id, action: flow.action, hidden: flow.hidden },
  })
  if (address !== undefined) return goTo(res, address)
  await signInPage(ctx, flow, call, PROVIDER_WORDS[call.language].problem.away(provider.name[call.language]))
  return answered
}

const withParams = z.object({ provider: z.string().max(100), uid: z.string().max(100).optional() })

const providerRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${INTERACTION}/:uid/with/:provider`,
    auth: 'none',
    params: withParams,
    // Each begins something that is kept for a while.
    rateLimit: 'login',
    handler: (call) =>
      goWith(call, call.params.provider, async ({ language }) => {
        const flow = await oauthFlow(call.ctx, call.req, call.res, language)
        return flow?.action === `${INTERACTION}/${call.params.uid}` ? flow : undefined
      }),
  }),
  route({
    method: 'GET',
    path: `${PAGE}/with/:provider`,
    auth: 'none',
    params: withParams,
    query: z.object({ flow: z.string().max(8_000).default('') }),
    rateLimit: 'login',
    handler: (call) =>
      goWith(call, call.params.provider, () => pageFlow(call.ctx, call.req, call.query.flow)),
  }),
  route({
    method: 'GET',
    path: `${CALLBACK}/:provider`,
    auth: 'none',
    params: withParams,
    rateLimit: 'login',
    async handler(call) {
      const { ctx, req, res, params } = call
      const { base } = ctx.oauth.providerFor(req)
      const to = await ctx.oauth.providers.finish(params.provider, {
        browser: browserOf(req),
        answer: new URL(req.url ?? '', base).searchParams,
        network: networkKey(req.ip),
      })
      if (to !== undefined) return goTo(res, base + to)
      expired(pageCall(call, {}))
      return answered
    },
  }),
]

function goTo(res: PageCall['res'], address: string): typeof answered {
  res.statusCode = 302
  res.setHeader('Location', address)
  res.setHeader('Cache-Control', 'no-store')
  res.end()
  return answered
}

const asset = (name: string, type: string, text: string): Route =>
  route({
    method: 'GET',
    path: `${ASSETS}/${name}`,
    auth: 'none',
    rateLimit: 'none',
    handler({ res }) {
      res.setHeader('Content-Type', type)
      res.setHeader('Cache-Control', 'public, max-age=300')
      res.end(text)
      return answered
    },
  })

/** Pages of the web client where people do what clients send them for. */
const SETTINGS: Record<string, string> = {
  'org.matrix.profile': '/ajustes#perfil',
  'org.matrix.devices_list': '/ajustes#sesiones',
  'org.matrix.device_view': '/ajustes#sesiones',
  'org.matrix.device_delete': '/ajustes#sesiones',
  'org.matrix.account_deactivate': '/ajustes#cerrar-cuenta',
}
/** Enlace's own: the account of one's institution is known here from then on. */
const LINK_ACTION = 'org.enlace.link'
const LINKED = '/ajustes#cuentas-enlazadas'
/** Names of before the actions were stable (MSC2965, MSC4191). */
const OLDER_ACTIONS: Record<string, string> = {
  'org.matrix.sessions_list': 'org.matrix.devices_list',
  'org.matrix.session_view': 'org.matrix.device_view',
  'org.matrix.session_end': 'org.matrix.device_delete',
}

const ssoRedirect = route({
  method: 'GET',
  path: [...clientPaths('/login/sso/redirect'), ...clientPaths('/login/sso/redirect/:idp')],
  auth: 'none',
  rateLimit: 'login',
  params: z.object({ idp: z.string().max(100).optional() }),
  query: z.object({ redirectUrl: z.string().max(2_000), action: z.enum(['login', 'register']).optional() }),
  async handler({ ctx, req, res, query, params }) {
    const { base } = ctx.oauth.providerFor(req)
    const provider = params.idp === undefined ? undefined : ctx.oauth.providers.find(params.idp)
    if (params.idp !== undefined && !provider) throw notFound('There is no such identity provider here.')
    if (!mayReturnTo(query.redirectUrl))
      throw invalidParam('redirectUrl: must be https, the loopback, or an app of its own')
    const flow = beginFlow(ctx, req, res, { kind: 'sso', redirect: query.redirectUrl })
    const address =
      provider &&
      (await ctx.oauth.providers.begin(provider, {
        base,
        browser: keepBrowser(req, res, base),
        language: languageOf(req.headers['accept-language']),
        back: { flow: pageFlowId(flow), action: PAGE, hidden: { flow } },
      }))
    // A provider that does not answer: the page says so, and offers the other ways.
    return goTo(res, address ?? `${base}${PAGE}?flow=${encodeURIComponent(flow)}`)
  },
})

export const oauthRoutes: Route[] = [
  provided('GET', ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'], 'read'),
  provided('GET', PATHS.jwks, 'read'),
  // Each begins something that is kept for a while.
  provided('GET', PATHS.authorization, 'login'),
  provided('POST', PATHS.device_authorization, 'login'),
  provided('GET', `${PATHS.authorization}/:uid`, 'read'),
  provided('POST', PATHS.token, 'write'),
  provided('GET', PATHS.code_verification, 'read'),
  // Where codes of devices could be guessed.
  provided('POST', PATHS.code_verification, 'login'),
  provided('GET', `${PATHS.code_verification}/:uid`, 'read'),
  interaction('GET'),
  interaction('POST'),
  ownPage('GET'),
  ownPage('POST'),
  asset('pages.css', 'text/css; charset=utf-8', CSS),
  asset('pages.js', 'text/javascript; charset=utf-8', JS),
  route({
    method: 'GET',
    path: ['/_matrix/client/v1/auth_metadata', '/_matrix/client/unstable/org.matrix.msc2965/auth_metadata'],
    auth: 'none',
    handler: ({ ctx, req }) => ctx.oauth.metadata(req),
  }),
  route({
    method: 'GET',
    path: '/_matrix/client/unstable/org.matrix.msc2965/auth_issuer',
    auth: 'none',
    handler: ({ ctx, req }) => ({ issuer: ctx.oauth.metadata(req)['issuer'] }),
  }),
  route({
    method: 'POST',
    path: REGISTRATION,
    auth: 'none',
    body: z.looseObject({}),
    async handler({ ctx, req, res, body }) {
      ctx.oauth.providerFor(req)
      try {
        sendJson(res, 201, await ctx.oauth.clients.register(body, req.ip))
      } catch (error) {
        if (!(error instanceof ClientRefused)) throw error
        sendJson(res, 400, { error: error.code, error_description: error.message })
      }
      return answered
    },
  }),
  route({
    method: 'POST',
    path: REVOCATION,
    auth: 'none',
    rawBody: true,
    // RFC 7009. Whoever has a token may end its session, also one who only found it.
    async handler({ ctx, req, res }) {
      ctx.oauth.providerFor(req)
      const { token } = await formIn(req)
      if (token === undefined || token === '') {
        sendJson(res, 400, { error: 'invalid_request', error_description: 'token: is needed' })
        return answered
      }
      const device = await ctx.tokens.sessionOf(token)
      if (device) await ctx.devices.remove(device.userId, [device.deviceId])
      sendJson(res, 200, {})
      return answered
    },
  }),
  route({
    method: 'GET',
    path: ACCOUNT,
    auth: 'none',
    query: z.object({
      action: z.string().max(100).optional(),
      device_id: z.string().max(255).optional(),
      provider: z.string().max(100).optional(),
    }),
    async handler({ ctx, req, res, query }) {
      const { base } = ctx.oauth.providerFor(req)
      const action = OLDER_ACTIONS[query.action ?? ''] ?? query.action ?? ''
      if (action === 'org.matrix.cross_signing_reset') {
        const flow = beginFlow(ctx, req, res, { kind: 'reset' })
        return goTo(res, `${base}${PAGE}?flow=${encodeURIComponent(flow)}`)
      }
      const home = (ctx.config.alerts.public_url ?? base).replace(/\/$/, '')
      if (action === LINK_ACTION) {
        const provider = ctx.oauth.providers.find(query.provider ?? '')
        if (!provider) throw notFound('There is no such identity provider here.')
        const flow = beginFlow(ctx, req, res, { kind: 'link', redirect: `${home}${LINKED}` })
        const address = await ctx.oauth.providers.begin(provider, {
          base,
          browser: keepBrowser(req, res, base),
          language: languageOf(req.headers['accept-language']),
          back: { flow: pageFlowId(flow), action: PAGE, hidden: { flow } },
        })
        return goTo(res, address ?? `${base}${PAGE}?flow=${encodeURIComponent(flow)}`)
      }
      const place = Object.hasOwn(SETTINGS, action) ? SETTINGS[action]! : '/ajustes'
      const one = query.device_id
      const path =
        one !== undefined && place === SETTINGS['org.matrix.devices_list']
          ? `/ajustes#${encodeURIComponent(`sesion-${one}`)}`
          : place
      return goTo(res, home + path)
    },
  }),
  ssoRedirect,
  ...providerRoutes,
  ...secondDeviceRoutes,
  ...providerLinkRoutes,
]
