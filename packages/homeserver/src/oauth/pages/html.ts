/** Pages as text. Whatever is put into one is escaped, unless it is a piece of a page itself. */
import type { ServerResponse } from 'node:http'
import { type Language, WORDS } from './words.ts'

export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (one) => ESCAPES[one]!)

type Piece = Html | string | number | undefined | false | readonly Html[]

function textOf(piece: Piece): string {
  if (piece instanceof Html) return piece.text
  if (piece === undefined || piece === false) return ''
  if (typeof piece === 'object') return piece.map((one) => one.text).join('')
  return escaped(String(piece))
}

export function html(strings: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(strings.reduce((text, part, at) => text + textOf(pieces[at - 1]) + part))
}

export const ASSETS = '/oauth2/assets'

export function pageText(language: Language, title: string, body: Html): string {
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title} · Enlace</title>
<link rel="stylesheet" href="${ASSETS}/pages.css">
<script src="${ASSETS}/pages.js" defer></script>
</head>
<body>
<header><p class="mark">Enlace</p></header>
<main><h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text
}

/**
 * No script but ours, no frame around it, and forms go here alone. Browsers apply `form-action` to where an answer leads as
 * well, so the place to which a person returns is named.
 */
export function pageHeaders(res: ServerResponse, returnsTo?: string): void {
  const back = returnsTo === undefined ? '' : ` ${formTarget(returnsTo)}`
  res.removeHeader('Access-Control-Allow-Origin')
  res.setHeader('Content-Type', 'text/html; charset=utf-8')
  res.setHeader('Cache-Control', 'no-store')
  // With `no-referrer` a browser would not say that a form came from here.
  res.setHeader('Referrer-Policy', 'same-origin')
  res.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'${back}; frame-ancestors 'none'`,
  )
  res.setHeader(
    'Permissions-Policy',
    'camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self)',
  )
}

function formTarget(address: string): string {
  const url = new URL(address)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : url.protocol
}

export function sendPage(
  res: ServerResponse,
  args: { language: Language; title: string; body: Html; status?: number; returnsTo?: string | undefined },
): void {
  pageHeaders(res, args.returnsTo)
  res.statusCode = args.status ?? 200
  res.end(pageText(args.language, args.title, args.body))
}

export const notice = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<p class="notice" role="alert">${text}</p>`

/** Facts one under the other. */
export const facts = (rows: readonly (readonly [string, string | undefined])[]): Html =>
  html`<dl>${rows.flatMap(([name, value]) => (value === undefined ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`]))}</dl>`

export const otherLanguage = (language: Language, address: string): Html => {
  const other = language === 'es' ? 'en' : 'es'
  return html`<p class="aside"><a href="${address}${address.includes('?') ? '&' : '?'}lang=${other}" lang="${other}" hreflang="${other}">${WORDS[language].other}</a></p>`
}
