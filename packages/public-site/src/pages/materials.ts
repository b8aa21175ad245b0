import { type Inline, type MarkdownBlock, readMarkdown } from '@enlace/coordination/materials/markdown'
import type { MaterialBlock, MaterialContent } from '@enlace/coordination/materials/published'
import { materialTopics, readingLevels } from '@enlace/coordination/materials/words'
import { languageName } from '@enlace/directory/language'
import { countryName } from '@enlace/directory/words'
import { encode } from 'uqr'
import { compare } from '../content.ts'
import { html, Markup, plain, slug, written } from '../html.ts'
import { type Language, words } from '../words.ts'
import { linkTo, type PageContent } from './layout.ts'
import { type Block, parts } from './parts.ts'

/** Materials for migrants: lists by topic and by language, and one page for each, which is printed as it is. */

export const materialsPath = 'material/'
const topicPath = (topic: string) => `${materialsPath}${topic}/`
const languagePath = (tag: string) => `${materialsPath}idioma-${tag.toLowerCase()}/`
const materialPath = ({ institution, slug: name, language }: MaterialContent) =>
  `${materialsPath}${slug(institution)}/${name}/${language.toLowerCase()}/`

/** Where it is below the origin of whoever serves the pages. */
export const publicPath = (one: MaterialContent) => linkTo(around(one.language), materialPath(one))

/** The words around a text are in the language nearest to it. */
const around = (language: string): Language => (/^en(?:-|$)/.test(language) ? 'en' : 'es')

type Made = Omit<PageContent, 'lang'>

export function materialPages(
  materials: readonly MaterialContent[],
  lang: Language,
  /** pages of institutions that are there */
  institutionLinkOf: (key: string) => Markup | undefined,
): Made[] {
  const say = words[lang]
  const list = (
    path: string,
    title: string,
    shown: readonly MaterialContent[],
    group: (one: MaterialContent) => string,
    before?: Markup,
  ) => {
    const blocks: Block[] = shown
      .map((one) => ({ group: group(one), title: one.title, item: card(one, lang) }))
      .sort((a, b) => compare(a.group, b.group) || compare(a.title, b.title))
    return parts(lang, path, title, blocks, before).map((made): Made => ({ ...made, list: true }))
  }
  const byTopic = ({ topic }: MaterialContent) => materialTopics[topic][lang]
  const byLanguage = ({ language }: MaterialContent) => nameOf(language, lang)
  const topics = Object.keys(materialTopics) as (keyof typeof materialTopics)[]
  return [
    ...list(materialsPath, say.materials, materials, byTopic, ways(materials, lang)),
    ...topics.flatMap((topic) =>
      materials.some((one) => one.topic === topic)
        ? list(
            topicPath(topic),
            materialTopics[topic][lang],
            materials.filter((one) => one.topic === topic),
            byLanguage,
          )
        : [],
    ),
    ...languagesOf(materials).flatMap((tag) =>
      list(
        languagePath(tag),
        nameOf(tag, lang),
        materials.filter(({ language }) => language === tag),
        byTopic,
      ),
    ),
    ...materials.map((one) => materialPage(one, materials, lang, institutionLinkOf)),
  ]
}

const nameOf = (tag: string, lang: Language) => {
  const name = plain(languageName(tag)[lang], 60)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

const languagesOf = (materials: readonly MaterialContent[]) =>
  [...new Set(materials.map(({ language }) => language))].sort()

/** Topics and languages there is something of. */
export function ways(materials: readonly MaterialContent[], lang: Language): Markup | undefined {
  if (materials.length === 0) return undefined
  const count = (of: (one: MaterialContent) => boolean) =>
    words[lang].materialCount(materials.filter(of).length)
  const tile = (path: string, name: string, number: string) =>
    html`<li><a href="${linkTo(lang, path)}">${name}</a> <span>${number}</span></li>`
  return html`<ul class="tiles">${Object.entries(materialTopics).map(
    ([topic, name]) =>
      materials.some((one) => one.topic === topic) &&
      tile(
        topicPath(topic),
        name[lang],
        count((one) => one.topic === topic),
      ),
  )}${languagesOf(materials).map((tag) =>
    tile(
      languagePath(tag),
      nameOf(tag, lang),
      count(({ language }) => language === tag),
    ),
  )}</ul>`
}

function card(one: MaterialContent, lang: Language): Markup {
  const about = [nameOf(one.language, lang), readingLevels[one.level][lang], placeText(one, lang)].filter(
    Boolean,
  )
  return html`<li><h3><a href="${linkTo(lang, materialPath(one))}">${written(one.title, { lang: one.language, most: 120 })}</a></h3><p>${written(one.summary, { lang: one.language, most: 300 })}</p><p>${about.join(' · ')}</p></li>`
}

function placeText({ place }: MaterialContent, lang: Language): string {
  if (!place) return ''
  const { municipality, department, country } = place
  return [municipality, department, countryName(country)[lang]]
    .flatMap((part) => (part ? [plain(part, 80)] : []))
    .join(', ')
}

export const papers = ['a4', 'a5', 'a6'] as const

/** What a page and a print say around a material's text, in the language of the words around it. */
export function factsOf(one: MaterialContent, lang: Language) {
  const say = words[lang]
  return {
    about: [nameOf(one.language, lang), readingLevels[one.level][lang], placeText(one, lang)]
      .filter(Boolean)
      .join(' · '),
    until: say.materialUntil(dayOf(one.valid_until, lang)),
    from: say.materialFrom,
    version: say.materialVersion(one.number),
    named: say.named,
    live: say.live,
    picture: say.picture,
    transcript: say.transcript,
    /** of the live page; undefined: the material does not say */
    address: one.live_at && `${one.live_at}${publicPath(one)}`,
  }
}

/** One material as its page has it; `all`: those that are public, of which its other languages are named. */
export function materialPage(
  one: MaterialContent,
  all: readonly MaterialContent[],
  lang: Language,
  institutionLinkOf: (key: string) => Markup | undefined,
): Made {
  const say = words[lang]
  const editions = all.filter(
    ({ institution, slug: name }) => institution === one.institution && name === one.slug,
  )
  const others = editions.filter(({ language }) => language !== one.language)
  const named = [...new Set(one.names.map(({ institution }) => institution))].flatMap((key) => {
    const link = institutionLinkOf(key)
    return link ? [html`<li>${link}</li>`] : []
  })
  const facts = factsOf(one, lang)
  const live = facts.address
  return {
    path: materialPath(one),
    title: plain(one.title, 120),
    titleLang: one.language,
    alternates: editions.map((each) => ({
      hreflang: each.language,
      href: publicPath(each),
    })),
    body: html`<p>${facts.about}</p>${
      others.length > 0 &&
      html`<ul class="plain editions" aria-label="${say.otherLanguages}">${others.map(
        (each) =>
          html`<li><a href="${linkTo(lang, materialPath(each))}" hreflang="${each.language}">${nameOf(each.language, lang)}</a></li>`,
      )}</ul>`
    }
<p class="lead">${written(one.summary, { lang: one.language, most: 300 })}</p>
<article lang="${one.language}">${one.blocks.map((block) => blockOf(block, lang))}</article>
${named.length > 0 && html`<section><h2>${facts.named}</h2><ul class="plain">${named}</ul></section>`}
${live && html`<div class="live">${squareCode(live, say.liveCode)}<p>${say.live} <a href="${live}">${live}</a></p></div>`}
<p class="checked">${facts.until} ${facts.from} ${institutionLinkOf(one.institution) ?? plain(one.institution, 64)}. ${facts.version}</p>
<p class="papers">${say.paper} ${papers.map((paper) => html`<a id="${paper}" href="#${paper}">${paper.toUpperCase()}</a> `)}</p>`,
  }
}

/** The day by the border's clock, UTC-6. */
function dayOf(at: number, lang: Language): string {
  return new Intl.DateTimeFormat(lang === 'es' ? 'es' : 'en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'America/Tegucigalpa',
  }).format(at)
}

/** A square code of the address, black on white whatever the colours of the page; each row's runs are one stroke. */
function squareCode(address: string, name: string): Markup {
  const { data, size } = encode(address, { ecc: 'M', border: 4 })
  const runs = data.flatMap((row, y) =>
    row.flatMap((dark, x) => {
      if (!dark || row[x - 1]) return []
      const end = row.findIndex((one, at) => at > x && !one)
      const width = (end === -1 ? size : end) - x
      return [`M${x} ${y}h${width}v1h-${width}z`]
    }),
  )
  return html`<svg class="code" viewBox="0 0 ${size} ${size}" role="img" aria-label="${name}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}h-${size}z"/><path fill="#000" d="${runs.join('')}"/></svg>`
}

function blockOf(block: MaterialBlock, lang: Language): Markup {
  const say = words[lang]
  switch (block.kind) {
    case 'text':
      return markdown(block.markdown)
    case 'notice':
      return html`<div class="notice" data-tone="${block.tone}">${markdown(block.markdown)}</div>`
    case 'picture':
      return html`<p class="picture"><strong lang="${lang}">${say.picture}</strong> ${text(block.alt)}</p>`
    case 'audio':
      return html`<section class="transcript"><p><strong lang="${lang}">${say.transcript}</strong></p>${block.transcript
        .split(/\n+/)
        .map((line) => html`<p>${text(line)}</p>`)}</section>`
  }
}

/** What the registry took is of the form; what is not is text, whoever let it through. */
function markdown(source: string): Markup {
  const read = readMarkdown(source)
  return read.ok ? html`${read.blocks.map(markdownBlock)}` : html`<p>${text(source)}</p>`
}

function markdownBlock(block: MarkdownBlock): Markup {
  switch (block.type) {
    case 'heading': {
      // Below the page's own heading.
      const name = new Markup(`h${block.level + 1}`)
      return html`<${name}>${block.children.map(inline)}</${name}>`
    }
    case 'paragraph':
      return html`<p>${block.children.map(inline)}</p>`
    case 'list': {
      const name = new Markup(block.ordered ? 'ol' : 'ul')
      return html`<${name}>${block.items.map((item) => html`<li>${item.map(markdownBlock)}</li>`)}</${name}>`
    }
    case 'quote':
      return html`<blockquote>${block.children.map(markdownBlock)}</blockquote>`
    case 'rule':
      return html`<hr>`
  }
}

function inline(one: Inline): Markup {
  switch (one.type) {
    case 'text':
      return html`${text(one.text)}`
    case 'strong':
      return html`<strong>${one.children.map(inline)}</strong>`
    case 'emphasis':
      return html`<em>${one.children.map(inline)}</em>`
    case 'break':
      return html`<br>`
    case 'link':
      return html`<a href="${one.href}" rel="noreferrer nofollow">${one.children.map(inline)}</a>`
  }
}

/** Spaces at its ends stay: they stand between words that are marked. */
const text = (given: string): string => {
  const before = /^\s/.test(given) ? ' ' : ''
  const after = /\s$/.test(given) ? ' ' : ''
  const shown = plain(given, 6_000).trim()
  return shown === '' ? before : `${before}${shown}${after}`
}
