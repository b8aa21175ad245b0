import type { EntryDetails, PhoneDetails, ServiceDetails } from '@enlace/directory/details'
import { languageName } from '@enlace/directory/language'
import { phoneLink, showPhone, whatsappLink } from '@enlace/directory/phone'
import { countryName } from '@enlace/directory/words'
import type { Spot } from '../content.ts'
import { html, type Markup, type Piece, plain, slug, written } from '../html.ts'
import { type Language, words } from '../words.ts'
import { linkTo } from './layout.ts'

/** Parts of pages. What institutions wrote is Spanish, or nobody said what it is. */

const maxPhones = 8

export const institutionPath = ({ key }: Pick<EntryDetails, 'key'>) => `institucion/${slug(key)}/`

export const institutionLink = (one: EntryDetails, lang: Language) =>
  html`<a href="${linkTo(lang, institutionPath(one))}">${written(one.name, { lang: 'es', most: 200 })}</a>`

/** "Omoa, Cortés, Honduras" */
export function spotText({ town, department, country }: Spot, lang: Language): string {
  return [town, department, countryName(country)[lang]]
    .flatMap((part) => (part ? [plain(part, 100)] : []))
    .join(', ')
}

/** A number somebody can be called by is a link; one of an example, or of no known form, is text. */
function phone(one: PhoneDetails, lang: Language): Markup {
  const say = words[lang]
  const extension = /^\d{1,10}$/.test(one.extension ?? '') ? Number(one.extension) : undefined
  const target = phoneLink({ number: one.number, ...(extension === undefined ? {} : { extension }) })
  const shown = [
    plain(showPhone(one.number), 40),
    extension === undefined ? '' : say.extension(String(extension)),
  ]
    .filter(Boolean)
    .join(' ')
  const chat = one.whatsapp === true ? whatsappLink(one.number) : undefined
  const notes: Piece[] = [
    one.description ? written(one.description, { lang: 'es', most: 120 }) : undefined,
    one.atNight === true ? say.night : undefined,
    one.languages.length > 0 ? languagesText(one.languages, lang) : undefined,
  ].filter((note) => note !== undefined)
  return html`<li>${target ? html`<a href="${target}">${shown}</a>` : html`<span class="number">${shown}</span>`}${
    chat && html` · <a href="${chat}" rel="noreferrer nofollow">${say.whatsapp}</a>`
  }${notes.map((note) => html` · ${note}`)}</li>`
}

export function phones(list: readonly PhoneDetails[], lang: Language, most = maxPhones): Markup | undefined {
  const once = new Map(list.map((one) => [`${one.number} ${one.extension ?? ''}`, one]))
  if (once.size === 0) return undefined
  return html`<ul class="phones" aria-label="${words[lang].phone}">${[...once.values()]
    .slice(0, most)
    .map((one) => phone(one, lang))}</ul>`
}

export const languagesText = (codes: readonly string[], lang: Language) =>
  [...new Set(codes)]
    .slice(0, 20)
    .map((code) => plain(languageName(code)[lang], 60))
    .join(', ')

/** A web page of an institution: only what is certainly an address of the web. */
export function webLink(address: string | undefined): Markup | undefined {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.href.length > 500) return undefined
  return html`<a href="${url.href}" rel="noreferrer nofollow">${plain(url.host, 80)}</a>`
}

export function mailLink(address: string | undefined): Markup | undefined {
  if (!/^[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+){1,6}$/i.test(address ?? '')) return undefined
  return html`<a href="mailto:${address}">${address}</a>`
}

/** A line of a description list, where there is something to say. */
export const line = (name: string, what: Piece) =>
  what === undefined || what === '' || what === false
    ? undefined
    : html`<div><dt>${name}</dt><dd>${what}</dd></div>`

export const free = (text: string | undefined, most?: number) =>
  text === undefined ? undefined : written(text, { lang: 'es', ...(most === undefined ? {} : { most }) })

export const serviceName = ({ name, nameInEnglish }: ServiceDetails, lang: Language) =>
  lang === 'en' && nameInEnglish
    ? written(nameInEnglish, { most: 160 })
    : written(name, { lang: 'es', most: 160 })
