/** The pages of the device code (RFC 8628): which device asks, from where and when, so that nobody lets a stranger in. */
import type { KoaContextWithOIDC } from 'oidc-provider'
import { facts, html, notice, otherLanguage, pageHeaders, pageText } from './html.ts'
import { type Language, languageOf, WORDS } from './words.ts'

const DEVICE = '/oauth2/device'

const languageIn = (koa: KoaContextWithOIDC): Language => {
  const { lang } = koa.query
  const body = (koa.oidc.body ?? {}) as { lang?: unknown }
  const asked = typeof body.lang === 'string' ? body.lang : typeof lang === 'string' ? lang : undefined
  const uiLocales = koa.oidc.params?.['ui_locales']
  return languageOf(
    koa.get('accept-language'),
    asked ?? (typeof uiLocales === 'string' ? uiLocales.slice(0, 2) : undefined),
  )
}

function show(koa: KoaContextWithOIDC, title: string, body: ReturnType<typeof html>, language: Language) {
  pageHeaders(koa.res)
  koa.type = 'text/html; charset=utf-8'
  koa.body = pageText(language, title, body)
}

const secretOf = (koa: KoaContextWithOIDC): string => {
  const state = (koa.oidc.session as unknown as { state?: { secret?: string } } | undefined)?.state
  return state?.secret ?? ''
}

export function deviceInputPage(
  koa: KoaContextWithOIDC,
  error: (Error & { userCode?: string }) | undefined,
): void {
  const language = languageIn(koa)
  const words = WORDS[language]
  const shown = koa.query['shown_code']
  const code = typeof shown === 'string' && /^[A-Za-z-]{1,12}$/.test(shown) ? shown : ''
  if (error?.name === 'AbortedError') {
    show(koa, words.canceledTitle, html`<p>${words.deviceStopped}</p>`, language)
    return
  }
  const problem = !error
    ? undefined
    : error.name === 'AlreadyUsedError'
      ? words.deviceUsed
      : error.name === 'NotFoundError' || error.name === 'ExpiredError' || error.name === 'NoCodeError'
        ? words.deviceWrong
        : words.failed
  show(
    koa,
    words.deviceTitle,
    html`${notice(problem)}
<p>${words.deviceIntro}</p>
<form method="post" action="${DEVICE}"${code !== '' && !error ? html` data-code="${code}"` : undefined}>
<input type="hidden" name="xsrf" value="${secretOf(koa)}"><input type="hidden" name="lang" value="${language}">
<label>${words.deviceCode}<input name="user_code" value="${code}" required maxlength="12" autocomplete="off" autocapitalize="characters" spellcheck="false" class="code"${code === '' ? html` autofocus` : undefined}></label>
<p class="warn">${words.deviceWarn}</p>
<button>${words.go}</button>
</form>
${otherLanguage(language, DEVICE)}`,
    language,
  )
}

type Asker = { clientName?: string | undefined; clientUri?: string | undefined }

/** The name is the client's own text; the host beside it is what was looked at. */
export function askerName({ clientName, clientUri }: Asker): string {
  const host = clientUri === undefined ? undefined : URL.parse(clientUri)?.hostname
  return clientName === undefined ? (host ?? '?') : `«${clientName}» (${host ?? '?'})`
}

/** Where and when a device asked, as its sign-in begins. */
export function deviceFacts(info: unknown, now: number, language: Language): [string, string | undefined][] {
  const { ip, ua, at } = (info ?? {}) as { ip?: string; ua?: string; at?: number }
  const words = WORDS[language]
  return [
    [
      words.from,
      [ip, ua === '' ? undefined : ua].filter((one) => one !== undefined).join(' · ') || undefined,
    ],
    [words.at, at === undefined ? undefined : words.minutesAgo(Math.floor(Math.max(0, now - at) / 60_000))],
  ]
}

export function deviceConfirmPage(
  koa: KoaContextWithOIDC,
  args: { client: Asker; deviceInfo: unknown; userCode: string; now: number },
): void {
  const language = languageIn(koa)
  const words = WORDS[language]
  show(
    koa,
    words.deviceConfirmTitle,
    html`<p>${words.deviceConfirm}</p>
<p class="code big" translate="no">${args.userCode}</p>
${facts([[words.application, askerName(args.client)], ...deviceFacts(args.deviceInfo, args.now, language)])}
<p class="warn">${words.deviceWarn}</p>
<form method="post" action="${DEVICE}">
<input type="hidden" name="xsrf" value="${secretOf(koa)}"><input type="hidden" name="lang" value="${language}"><input type="hidden" name="user_code" value="${args.userCode}">
<button name="confirm" value="yes">${words.deviceYes}</button>
<button name="abort" value="yes" class="quiet">${words.deviceNo}</button>
</form>`,
    language,
  )
}

export function deviceDonePage(koa: KoaContextWithOIDC): void {
  const language = languageIn(koa)
  const words = WORDS[language]
  show(koa, words.doneTitle, html`<p>${words.deviceDone}</p>`, language)
}

export function errorPage(koa: KoaContextWithOIDC, out: { error: string; error_description?: string }): void {
  const language = languageIn(koa)
  const words = WORDS[language]
  const lost = out.error === 'invalid_request' && /session|expired/.test(out.error_description ?? '')
  show(
    koa,
    lost ? words.expiredTitle : words.errorTitle,
    html`<p>${lost ? words.expired : words.error}</p>
${lost ? undefined : facts([[words.errorCode, [out.error, out.error_description].filter(Boolean).join(': ').slice(0, 300)]])}`,
    language,
  )
}
