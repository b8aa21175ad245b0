/** The steps of somebody whom their institution's provider showed: who it is, then what follows a right password. */
import { afterProvider, type Identified, SECOND_FACTOR } from '../../accounts/sign-in.ts'
import type { Context } from '../../context.ts'
import { MatrixError } from '../../errors.ts'
import { networkKey } from '../../http/rate-limit.ts'
import { browserOf } from '../providers/browser.ts'
import type { IdentityProvider } from '../providers/config.ts'
import type { Decided } from '../providers/types.ts'
import type { PageCall } from '../types.ts'
import type { Flow } from './flow.ts'
import { html, sendPage } from './html.ts'
import { PROVIDER_WORDS } from './provider-words.ts'
import { hidden, identified, type Step, secondPage, signInPage } from './steps.ts'
import { WORDS } from './words.ts'

/** @param token with which the browser came back */
export async function shownStep(ctx: Context, flow: Flow, call: PageCall, token: string): Promise<void> {
  const { providers } = ctx.oauth
  const words = PROVIDER_WORDS[call.language]
  const browser = browserOf(call.req)
  const back = await providers.taken(token, browser, flow.id)
  const provider = back && providers.find(back.provider)
  if (!back || !provider || browser === undefined) return signInPage(ctx, flow, call, words.expired)
  if ('problem' in back)
    return signInPage(ctx, flow, call, words.problem[back.problem](provider.name[call.language]))
  const { shown } = back
  const decided = await providers.decide(provider, shown, networkKey(call.req.ip))
  if (decided.kind === 'refused') return refusedPage(ctx, flow, call, provider, decided)
  const { userId } = decided
  if (decided.kind === 'confirm') {
    const link = await providers.promise(provider.id, shown, userId, browser, flow.id)
    const user = userId.slice(1, userId.indexOf(':'))
    return signInPage(ctx, flow, { ...call, form: { ...call.form, link, user } })
  }
  let who: Identified
  try {
    who = shown.factor ? { userId, way: 'provider_and_factor' } : await afterProvider(ctx, userId)
  } catch (error) {
    const step = error instanceof MatrixError ? (error.extra[SECOND_FACTOR] as Step | undefined) : undefined
    if (!step) throw error
    return secondPage(flow, call, step)
  }
  return identified(ctx, flow, call, who, true)
}

function refusedPage(
  ctx: Context,
  flow: Flow,
  call: PageCall,
  provider: IdentityProvider,
  { why, localpart = '' }: Extract<Decided, { kind: 'refused' }>,
): void {
  const words = PROVIDER_WORDS[call.language]
  const institution = ctx.directory.institution(provider.institution)?.name ?? provider.institution
  const names = { provider: provider.name[call.language], institution, user: localpart }
  sendPage(call.res, {
    language: call.language,
    title: words.refusedTitle,
    status: 403,
    returnsTo: flow.returnsTo,
    body: html`<p class="warn" role="alert">${words.refused[why](names)}</p>
<form method="post" action="${flow.action}">${hidden(flow, call, { step: 'other' })}<button>${words.back}</button></form>
<form method="post" action="${flow.action}">${hidden(flow, call, { step: 'deny' })}<button class="quiet">${WORDS[call.language].cancel}</button></form>`,
  })
}
