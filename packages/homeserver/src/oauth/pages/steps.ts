/** The steps of signing in on the node's own page: password or passkey, second step, and the word that gives access. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { givenProof } from '../../accounts/factors/schemas.ts'
import type { SignInWay } from '../../accounts/models.ts'
import {
  ALONE,
  type Identified,
  noteBrowser,
  SECOND_FACTOR,
  type SignInGiven,
  withPasskey,
  withPassword,
  withSecondFactor,
} from '../../accounts/sign-in.ts'
import { checkNotSuspended } from '../../accounts/suspension.ts'
import type { Context } from '../../context.ts'
import { MatrixError } from '../../errors.ts'
import { browserOf } from '../providers/browser.ts'
import type { PageCall } from '../types.ts'
import type { Flow, LastPage } from './flow.ts'
import { type Html, html, notice, otherLanguage, sendPage } from './html.ts'
import { PROVIDER_WORDS } from './provider-words.ts'
import { WORDS } from './words.ts'

const WHO_MS = 10 * 60_000
const whoSchema = z.object({ flow: z.string(), user: z.string(), way: z.string(), until: z.number() })

async function whoMac(ctx: Context, payload: string, userId: string): Promise<Buffer> {
  const mark = await ctx.accounts.passwordMark(userId)
  return createHmac('sha256', ctx.tokens.macSecret)
    .update(JSON.stringify(['page sign-in', payload, mark]))
    .digest()
}

async function whoToken(ctx: Context, flow: Flow, { userId, way }: Identified): Promise<string> {
  const until = ctx.clock.now() + WHO_MS
  const payload = Buffer.from(JSON.stringify({ flow: flow.id, user: userId, way, until })).toString(
    'base64url',
  )
  return `${payload}.${(await whoMac(ctx, payload, userId)).toString('base64url')}`
}

/** Who had shown on a page before who they are; not when their password has changed since. */
async function whoOf(ctx: Context, flow: Flow, token: string): Promise<Identified | undefined> {
  const [payload = '', mac = ''] = token.split('.')
  let claims: z.output<typeof whoSchema>
  try {
    claims = whoSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  } catch {
    return undefined
  }
  const given = Buffer.from(mac, 'base64url')
  const right = await whoMac(ctx, payload, claims.user)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  if (claims.flow !== flow.id || claims.until <= ctx.clock.now()) return undefined
  const account = await ctx.accounts.get(claims.user)
  return account && !account.deactivated && !account.suspended
    ? { userId: claims.user, way: claims.way as SignInWay }
    : undefined
}

/** Carried while somebody confirms that the account is theirs which a provider means. */
const promised = ({ form }: PageCall): Record<string, string> =>
  form['link'] === undefined ? {} : { link: form['link'] }

const withoutPromise = (call: PageCall): PageCall => {
  const { link: _, ...form } = call.form
  return { ...call, form }
}

export const hidden = (flow: Flow, call: PageCall, more: Record<string, string>): Html =>
  html`${Object.entries({ ...flow.hidden, ...promised(call), lang: call.language, ...more }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}`

/** First page, for whoever comes with no form. */
export async function signInPage(ctx: Context, flow: Flow, call: PageCall, problem?: string): Promise<void> {
  const words = WORDS[call.language]
  const passkeys = ctx.factors.passkeysOffered ? await ctx.factors.challenge(ALONE) : undefined
  sendPage(call.res, {
    language: call.language,
    title: words.signInTo(ctx.serverName),
    status: problem === undefined ? 200 : 400,
    returnsTo: flow.returnsTo,
    body: html`${notice(problem)}
<p>${call.form['link'] === undefined ? flow.intro(words) : PROVIDER_WORDS[call.language].confirm}</p>
<form method="post" action="${flow.action}">
${hidden(flow, call, { step: 'password' })}
<label>${words.user}<input name="user" value="${call.form['user']?.slice(0, 255) ?? ''}" required autocomplete="username" autocapitalize="none" spellcheck="false"></label>
<label>${words.password}<input name="password" type="password" required autocomplete="current-password"></label>
<button>${words.go}</button>
</form>
${passkeys ? passkeyForm(flow, call, { step: 'passkey' }, passkeys, words.passkey) : undefined}
${call.form['link'] === undefined ? providerLinks(ctx, flow, call) : undefined}
<form method="post" action="${flow.action}">${hidden(flow, call, { step: 'deny' })}<button class="quiet">${words.cancel}</button></form>
${otherLanguage(call.language, flow.action + queryOf(flow.hidden))}`,
  })
}

/** Links, not forms: a provider may send people on to others, and `form-action` would have to name them all. */
function providerLinks(ctx: Context, flow: Flow, { language }: PageCall): Html | undefined {
  const all = ctx.oauth.providers.offered()
  if (all.length === 0) return undefined
  const words = PROVIDER_WORDS[language]
  const query = queryOf({ ...flow.hidden, lang: language })
  return html`<p class="or">${WORDS[language].providers}</p>
${all.map(({ id, name, away }) =>
  away
    ? html`<p class="hint">${words.awayHint(name[language])}</p>`
    : html`<p><a class="button quiet" href="${`${flow.action}/with/${id}${query}`}">${words.enterWith(name[language])}</a></p>`,
)}`
}

const queryOf = (fields: Readonly<Record<string, string>>): string => {
  const query = new URLSearchParams(fields).toString()
  return query === '' ? '' : `?${query}`
}

function passkeyForm(
  flow: Flow,
  call: PageCall,
  fields: Record<string, string>,
  challenge: unknown,
  label: string,
): Html {
  const words = WORDS[call.language]
  return html`<form method="post" action="${flow.action}" data-passkey="${JSON.stringify(challenge)}" hidden>
${hidden(flow, call, { ...fields, passkey: '' })}
<p class="notice" role="alert" hidden>${words.passkeyWrong}</p>
<button class="quiet">${label}</button>
</form>`
}

export type Step = { session?: string; methods?: string[]; problem?: string; passkey?: unknown }

export function secondPage(flow: Flow, call: PageCall, step: Step): void {
  const words = WORDS[call.language]
  const { session = '', methods = [], problem } = step
  const fields = { step: 'factor', session }
  const field = (
    name: string,
    label: string,
    more: Html,
    hint?: string,
  ) => html`<form method="post" action="${flow.action}">
${hidden(flow, call, fields)}
<label>${label}<input name="${name}" required autocomplete="${name === 'code' ? 'one-time-code' : 'off'}" ${more}></label>
${hint === undefined ? undefined : html`<p class="hint">${hint}</p>`}
<button>${words.go}</button>
</form>`
  sendPage(call.res, {
    language: call.language,
    title: words.secondTitle,
    status: problem === undefined ? 200 : 400,
    returnsTo: flow.returnsTo,
    body: html`${notice(problem === undefined ? undefined : problem === 'used' ? words.codeUsed : words.codeWrong)}
<p>${words.secondIntro}</p>
${step.passkey ? passkeyForm(flow, call, fields, step.passkey, words.secondPasskey) : undefined}
${methods.includes('totp') ? field('code', words.code, html`inputmode="numeric" maxlength="10"`) : undefined}
${methods.includes('recovery_code') ? field('recovery_code', words.recovery, html`autocapitalize="none" spellcheck="false" maxlength="40"`, words.recoveryHint) : undefined}
<form method="post" action="${flow.action}">${hidden(flow, call, { step: 'deny' })}<button class="quiet">${words.cancel}</button></form>`,
  })
}

async function consentPage(ctx: Context, flow: Flow, call: PageCall, who: Identified): Promise<void> {
  const words = WORDS[call.language]
  const overdue = await isOverdue(ctx, flow, who)
  const obstacle = overdue ? dueNotice(ctx, call) : await flow.obstacle?.(words, who.userId)
  const { title, body, allow } = flow.consent(words, who.userId)
  const deny = html`<form method="post" action="${flow.action}">${hidden(flow, call, { step: 'deny' })}<button class="quiet">${words.cancel}</button></form>`
  if (obstacle) {
    sendPage(call.res, {
      language: call.language,
      title: words.errorTitle,
      status: 403,
      returnsTo: flow.returnsTo,
      body: html`${obstacle}${deny}`,
    })
    return
  }
  sendPage(call.res, {
    language: call.language,
    title,
    returnsTo: flow.returnsTo,
    body: html`${body}
<form method="post" action="${flow.action}">${hidden(flow, call, { step: 'allow', who: await whoToken(ctx, flow, who) })}<button>${allow}</button></form>
${deny}
<form method="post" action="${flow.action}">${hidden(flow, call, { step: 'other' })}<button class="quiet">${words.notMe}</button></form>`,
  })
}

/** Our own client asks for it itself; a second factor at the institution's provider counts as one. */
async function isOverdue(ctx: Context, flow: Flow, { userId, way }: Identified): Promise<boolean> {
  if (flow.direct || way === 'provider_and_factor') return false
  const account = await ctx.accounts.get(userId)
  return account !== undefined && (await ctx.factors.duty(account)).overdue
}

/** It is certain who it is: the word that gives access, unless nobody but this node's own client gets any. */
export async function identified(
  ctx: Context,
  flow: Flow,
  call: PageCall,
  who: Identified,
  byProvider: boolean,
): Promise<void> {
  if (!flow.direct || !byProvider) return consentPage(ctx, flow, call, who)
  const known = await noteBrowser(ctx, call.req, call.res, who.userId)
  return goOn(call, await flow.allow({ ...who, known }))
}

function dueNotice(ctx: Context, call: PageCall): Html {
  const words = WORDS[call.language]
  const home = ctx.config.alerts.public_url
  return html`<p class="warn">${words.due}</p>${home === undefined ? undefined : html`<p><a class="button" href="${home}">${words.openEnlace}</a></p>`}`
}

function goOn(call: PageCall, where: string | LastPage): void {
  if (typeof where === 'string') {
    call.res.statusCode = 303
    call.res.setHeader('Location', where)
    call.res.setHeader('Cache-Control', 'no-store')
    call.res.removeHeader('Access-Control-Allow-Origin')
    call.res.end()
    return
  }
  const words = WORDS[call.language]
  sendPage(call.res, {
    language: call.language,
    title: where.title(words),
    body: html`<p>${where.text(words)}</p>`,
  })
}

/** A form counts only when it came from a page of this node. */
export function isOwnForm(call: PageCall, base: string): boolean {
  const { origin, 'sec-fetch-site': site } = call.req.headers
  return (origin === undefined || origin === base) && (site === undefined || site === 'same-origin')
}

const passkeyIn = (form: PageCall['form']) => {
  try {
    return givenProof.passkey.parse(JSON.parse(form['passkey'] ?? ''))
  } catch {
    return undefined
  }
}

function identify(ctx: Context, { req, signal, form }: PageCall): Promise<Identified> {
  const text = (name: string) =>
    form[name] === undefined || form[name] === '' ? undefined : form[name].trim()
  const given: SignInGiven =
    form['step'] === 'password'
      ? { user: text('user') ?? '', password: form['password'] ?? '' }
      : {
          session: form['session'],
          code: text('code')?.replaceAll(' ', ''),
          recovery_code: text('recovery_code'),
          passkey: passkeyIn(form),
        }
  const call = { ctx, req, signal, body: given }
  if (form['step'] === 'password') return withPassword(call)
  return form['step'] === 'factor' ? withSecondFactor(call) : withPasskey(call)
}

export async function answerStep(ctx: Context, flow: Flow, call: PageCall): Promise<void> {
  const words = WORDS[call.language]
  switch (call.form['step']) {
    case 'deny':
      return goOn(call, await flow.deny())
    case 'allow': {
      const who = await whoOf(ctx, flow, call.form['who'] ?? '')
      if (!who) return signInPage(ctx, flow, call, words.again)
      const barred =
        (await isOverdue(ctx, flow, who)) || (await flow.obstacle?.(words, who.userId)) !== undefined
      if (barred) return consentPage(ctx, flow, call, who)
      const known = await noteBrowser(ctx, call.req, call.res, who.userId)
      return goOn(call, await flow.allow({ ...who, known }))
    }
    case 'password':
    case 'factor':
    case 'passkey':
      return identifyStep(ctx, flow, call)
    default:
      return signInPage(ctx, flow, withoutPromise(call))
  }
}

async function identifyStep(ctx: Context, flow: Flow, call: PageCall): Promise<void> {
  const words = WORDS[call.language]
  let who: Identified
  try {
    who = await identify(ctx, call)
    checkNotSuspended(await ctx.accounts.get(who.userId))
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error
    const step = error.extra[SECOND_FACTOR] as Step | undefined
    if (step?.session !== undefined) return secondPage(flow, call, step)
    if (step?.problem === 'expired') return signInPage(ctx, flow, call, words.again)
    const problem =
      error.status === 429
        ? words.tooMany
        : error.errcode === 'M_USER_SUSPENDED'
          ? words.suspended
          : call.form['step'] === 'password'
            ? words.wrong
            : words.passkeyWrong
    return signInPage(ctx, flow, call, problem)
  }
  const { link } = call.form
  if (link === undefined) return identified(ctx, flow, call, who, who.way.startsWith('provider'))
  // The account's own word: from now on it is known at the provider.
  if (!(await ctx.oauth.providers.keepPromise(link, browserOf(call.req), flow.id, who.userId)))
    return signInPage(ctx, flow, withoutPromise(call), PROVIDER_WORDS[call.language].notThatAccount)
  return identified(ctx, flow, withoutPromise(call), who, true)
}
