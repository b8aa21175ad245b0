/** What people sign in for on the node's pages: an OAuth client, a client of the older kind (SSO), a new identity. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { isOwnOrigin } from '../own-origin.ts'
import { API_RESOURCE, askedScope } from '../scopes.ts'
import type { Incoming } from '../types.ts'
import { askerName, deviceFacts } from './device-pages.ts'
import type { Flow } from './flow.ts'
import { facts, html } from './html.ts'
import type { Language } from './words.ts'

/** @returns undefined when there is no such sign-in in this browser */
export async function oauthFlow(
  ctx: Context,
  req: Incoming,
  res: import('node:http').ServerResponse,
  language: Language,
): Promise<Flow | undefined> {
  const { provider } = ctx.oauth.providerFor(req)
  const details = await provider.interactionDetails(req, res).catch(() => undefined)
  const { client_id: clientId, redirect_uri: redirect, scope } = details?.params ?? {}
  const asked = askedScope(scope)
  const client = typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined
  if (!details || !asked || !client) return undefined
  const asker = askerName(client)
  const returnsTo = typeof redirect === 'string' ? redirect : undefined
  const byDevice =
    details.deviceCode === undefined ? undefined : await provider.DeviceCode.find(details.deviceCode)
  return {
    id: `oauth|${details.uid}`,
    action: `/oauth2/interaction/${details.uid}`,
    hidden: {},
    returnsTo,
    intro: (words) => words.intro(asker),
    consent: (words, userId) => ({
      title: words.consentTitle,
      allow: words.allow,
      body: html`<p>${words.consent(asker)}</p>
${facts([
  [words.account, userId],
  [words.application, asker],
  [words.site, returnsTo === undefined ? undefined : placeOf(returnsTo)],
  [words.device, asked.deviceId],
  ...(byDevice ? deviceFacts(byDevice.deviceInfo, ctx.clock.now(), language) : []),
])}
<p>${words.consentCan}</p>
<p class="warn">${words.consentWarn}</p>`,
    }),
    async obstacle(words, userId) {
      const device = await ctx.devices.get(userId, asked.deviceId)
      // A device has keys: another client does not get it by naming it.
      const taken = device !== undefined && device.oauthClient !== clientId
      return taken ? html`<p class="warn">${words.taken}</p>` : undefined
    },
    async allow({ userId, way, known }) {
      const grant = new provider.Grant({ accountId: userId, clientId: client.clientId })
      grant.addOIDCScope('openid')
      grant.addResourceScope(API_RESOURCE, asked.scope)
      const id = await grant.save()
      await ctx.audit.record({
        act: 'session.authorize',
        by: userId,
        facts: { client: client.clientId, device: asked.deviceId, by_code: byDevice !== undefined },
      })
      await ctx.oauth.allow({
        grant: id,
        userId,
        deviceId: asked.deviceId,
        client: client.clientId,
        clientName: client.clientName ?? placeOf(client.clientUri ?? ''),
        way,
        // This browser may be known; the device that shows the code is another one.
        known: known && byDevice === undefined,
      })
      return provider.interactionResult(
        req,
        res,
        { login: { accountId: userId, remember: false }, consent: { grantId: id } },
        { mergeWithLastSubmission: false },
      )
    },
    deny: () =>
      provider.interactionResult(
        req,
        res,
        { error: 'access_denied', error_description: 'The person did not give access.' },
        { mergeWithLastSubmission: false },
      ),
  }
}

/** A host, or the scheme of an app of the telephone's own. */
function placeOf(address: string): string {
  const url = URL.parse(address)
  if (!url) return address.slice(0, 100)
  return url.host === '' ? url.protocol : url.host
}

export const PAGE = '/oauth2/page'
export const pageFlowId = (token: string): string => `page|${token}`

const COOKIE = 'enlace_flow'
const FLOW_MS = 30 * 60_000
const flowSchema = z.object({
  kind: z.enum(['sso', 'reset', 'link']),
  redirect: z.string().optional(),
  device: z.string().optional(),
  until: z.number(),
})
type FlowClaims = z.output<typeof flowSchema>

const cookieIn = (req: Incoming): string | undefined =>
  new RegExp(`(?:^|; )${COOKIE}=([\\w-]{20,60})(?:;|$)`).exec(req.headers.cookie ?? '')?.[1]

const macOf = (ctx: Context, payload: string, cookie: string) =>
  createHmac('sha256', ctx.tokens.macSecret)
    .update(JSON.stringify(['page flow', payload, cookie]))
    .digest()

/** Begins a sign-in in this browser. What it is for cannot be changed, nor carried to another browser. */
export function beginFlow(
  ctx: Context,
  req: Incoming,
  res: import('node:http').ServerResponse,
  claims: Omit<FlowClaims, 'until'>,
): string {
  const cookie = cookieIn(req) ?? randomBytes(24).toString('base64url')
  const secure = req.secure || ctx.oauth.baseOf(req)?.startsWith('https:') ? '; Secure' : ''
  res.appendHeader(
    'Set-Cookie',
    `${COOKIE}=${cookie}; Path=/oauth2; Max-Age=${FLOW_MS / 1000}; HttpOnly; SameSite=Lax${secure}`,
  )
  const until = ctx.clock.now() + FLOW_MS
  const payload = Buffer.from(JSON.stringify({ ...claims, until })).toString('base64url')
  return `${payload}.${macOf(ctx, payload, cookie).toString('base64url')}`
}

function claimsOf(ctx: Context, req: Incoming, token: string): FlowClaims | undefined {
  const cookie = cookieIn(req)
  const [payload = '', mac = ''] = token.split('.')
  if (cookie === undefined) return undefined
  const given = Buffer.from(mac, 'base64url')
  const right = macOf(ctx, payload, cookie)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  const claims = flowSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  return claims.until > ctx.clock.now() ? claims : undefined
}

/** @returns undefined when it was begun in another browser, or too long ago */
export function pageFlow(ctx: Context, req: Incoming, token: string): Flow | undefined {
  const claims = claimsOf(ctx, req, token)
  if (!claims) return undefined
  const common = {
    id: pageFlowId(token),
    action: PAGE,
    hidden: { flow: token },
    deny: async () => ({
      title: (words: import('./words.ts').Words) => words.canceledTitle,
      text: (words: import('./words.ts').Words) => words.canceled,
    }),
  }
  const { redirect } = claims
  if (claims.kind === 'sso' && redirect !== undefined) {
    const place = placeOf(redirect)
    return {
      ...common,
      returnsTo: redirect,
      ...(isOwnOrigin(ctx, req, redirect) ? { direct: true, deny: async () => redirect } : {}),
      intro: (words) => words.intro(place),
      consent: (words, userId) => ({
        title: words.consentTitle,
        allow: words.allow,
        body: html`<p>${words.consent(place)}</p>
${facts([
  [words.account, userId],
  [words.site, place],
])}
<p>${words.consentCan}</p>
<p class="warn">${words.consentWarn}</p>`,
      }),
      async allow(who) {
        await ctx.audit.record({ act: 'session.authorize', by: who.userId, facts: { sso: true } })
        const url = new URL(redirect)
        url.searchParams.delete('loginToken')
        url.searchParams.append('loginToken', await ctx.oauth.issueLoginToken(who))
        return url.href
      },
    }
  }
  // Nobody is signed in by it: the account that the provider means is confirmed with its own password or passkey, and linked.
  if (claims.kind === 'link' && redirect !== undefined)
    return {
      ...common,
      returnsTo: redirect,
      direct: true,
      deny: async () => redirect,
      intro: (words) => words.introLink,
      consent: (words) => ({
        title: words.linkTitle,
        allow: words.linkBack,
        body: html`<p>${words.linkNothing}</p>`,
      }),
      allow: async () => redirect,
    }
  return {
    ...common,
    intro: (words) => words.introReset,
    consent: (words, userId) => ({
      title: words.resetTitle,
      allow: words.resetAllow,
      body: html`${facts([[words.account, userId]])}<p class="warn">${words.resetConsent}</p>`,
    }),
    async allow({ userId }) {
      await ctx.audit.record({ act: 'session.authorize', by: userId, facts: { reset: true } })
      await ctx.oauth.approveReset(userId)
      return { title: (words) => words.doneTitle, text: (words) => words.resetDone }
    },
  }
}
