import type { MaterialContent } from '@enlace/coordination/materials/published'
import type { ShownRisk } from '@enlace/coordination/risks/published'
import { countryName, kindLabel } from '@enlace/directory/words'
import type { Area, Content, Offer } from '../content.ts'
import { html, type Markup, plain, written } from '../html.ts'
import { type Language, words } from '../words.ts'
import { hoursLine, openNow } from './hours.ts'
import { institutionPages } from './institution.ts'
import { type Assets, linkTo, type PageContent, page } from './layout.ts'
import { materialPages, ways } from './materials.ts'
import { type Block, parts } from './parts.ts'
import { institutionLink, phones, serviceName, spotText } from './pieces.ts'
import { riskPages, risksPath } from './risks.ts'

/** What institutions published and is public at this moment. */
export interface Published {
  materials: readonly MaterialContent[]
  risks: readonly ShownRisk[]
}

/** All pages of one language: path below the language, text. */
export function* pagesOf(
  content: Content,
  published: Published,
  lang: Language,
  assets: Assets,
): Generator<[string, string]> {
  const make = (one: Omit<PageContent, 'lang'>): [string, string] => [
    one.path,
    page({ lang, ...one }, assets),
  ]
  const say = words[lang]
  yield make({ path: '', title: say.site, body: home(content, published, lang) })
  yield make({ path: 'servicio/', title: say.byService, body: services(content, lang) })
  yield make({ path: 'lugar/', title: say.byPlace, body: places(content, lang) })
  yield make({
    path: 'sobre/',
    title: say.about,
    body: html`${say.aboutText.map((text) => html`<p>${text}</p>`)}`,
  })
  const list = (path: string, title: string, blocks: readonly Block[], before?: Markup) =>
    parts(lang, path, title, blocks, before).map((one) => make({ ...one, list: true }))
  yield* list(
    'institucion/',
    say.all,
    content.institutions
      .map((one) => ({
        group: countryName(one.country)[lang],
        item: html`<li><h3>${institutionLink(one, lang)}</h3><p>${kindLabel(one.kind)[lang]}</p></li>`,
      }))
      .sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0)),
  )
  for (const { slug, label, offers } of content.categories)
    yield* list(
      `servicio/${slug}/`,
      plain(label[lang], 100),
      offers.map((offer) => ({ group: spotText(offer.spot, lang), item: offerCard(offer, lang) })),
    )
  for (const area of content.areas) {
    const inside = content.areas.filter(({ within }) => within === area.slug)
    yield* list(
      `lugar/${area.slug}/`,
      plain(area.name[lang], 100),
      [...area.institutions].map(([one, offers]) => ({
        group: say.whoHelps,
        item: institutionCard(one, offers, lang),
      })),
      inside.length > 0 ? areaList(inside, lang) : undefined,
    )
  }
  for (const one of content.institutions)
    for (const made of institutionPages(one, content.offersOf(one), lang)) yield make(made)
  const byKey = new Map(content.institutions.map((one) => [one.key, one]))
  const linkOf = (key: string) => {
    const one = byKey.get(key)
    return one && institutionLink(one, lang)
  }
  for (const made of materialPages(published.materials, lang, linkOf)) yield make(made)
  for (const made of riskPages(published.risks, lang)) yield make(made)
}

function home(content: Content, { materials, risks }: Published, lang: Language): Markup {
  const say = words[lang]
  const read = ways(materials, lang)
  return html`<p class="lead">${say.tagline}</p>
<section><h2>${say.needTitle}</h2>${serviceList(content, lang)}</section>
<section><h2>${say.whereTitle}</h2>${placeTree(content, lang)}</section>${
    read &&
    html`
<section><h2>${say.materials}</h2>${read}</section>`
  }${
    risks.length > 0 &&
    html`
<section><h2>${say.risks}</h2><ul class="tiles"><li><a href="${linkTo(lang, risksPath)}">${say.riskAll}</a> <span>${say.riskCount(risks.length)}</span></li></ul></section>`
  }`
}

const services = (content: Content, lang: Language) => serviceList(content, lang)
const places = (content: Content, lang: Language) => placeTree(content, lang)

function serviceList({ categories }: Content, lang: Language): Markup {
  const say = words[lang]
  if (categories.length === 0) return html`<p>${say.empty}</p>`
  return html`<ul class="tiles">${categories.map(
    ({ slug, label, offers }) =>
      html`<li><a href="${linkTo(lang, `servicio/${slug}/`)}">${plain(label[lang], 100)}</a> <span>${say.offers(offers.length)}</span></li>`,
  )}</ul>`
}

const maxAreas = 300

function placeTree({ areas }: Content, lang: Language): Markup {
  const countries = areas.filter(({ within }) => within === undefined)
  if (countries.length === 0) return html`<p>${words[lang].empty}</p>`
  const inside = (area: Area) => areas.filter(({ within }) => within === area.slug)
  return html`${countries.map(
    (country) =>
      html`<h3><a href="${linkTo(lang, `lugar/${country.slug}/`)}">${words[lang].wholeCountry(country.name[lang])}</a></h3>${areaList(
        inside(country).flatMap((one) => [one, ...inside(one)]),
        lang,
      )}`,
  )}`
}

function areaList(areas: readonly Area[], lang: Language): Markup | undefined {
  if (areas.length === 0) return undefined
  return html`<ul class="tiles">${areas
    .slice(0, maxAreas)
    .map(
      ({ slug, name, institutions }) =>
        html`<li><a href="${linkTo(lang, `lugar/${slug}/`)}">${written(name[lang], { most: 100 })}</a> <span>${words[lang].institutions(institutions.size)}</span></li>`,
    )}</ul>`
}

function offerCard(offer: Offer, lang: Language): Markup {
  const { institution, service, schedules, spot } = offer
  const say = words[lang]
  return html`<li><h3>${institutionLink(institution, lang)}</h3><p>${serviceName(offer.service, lang)}</p>${
    institution.example && html`<p class="example">${say.example}</p>`
  }${service.status === 'temporarily closed' && html`<p class="closed">${say.paused}</p>`}${
    service.status !== 'temporarily closed' && openNow(schedules, spot.country)
  }<p>${hoursLine(schedules, lang) ?? say.noHours}</p>${phones(offer.phones, lang, 3) ?? html`<p>${say.noPhone}</p>`}</li>`
}

const maxOffersOnCard = 12

function institutionCard(
  one: Parameters<typeof institutionLink>[0],
  offers: readonly Offer[],
  lang: Language,
): Markup {
  const [offer] = offers
  const list = offer && (phones(one.phones, lang, 3) ?? phones(offer.phones, lang, 3))
  return html`<li><h3>${institutionLink(one, lang)}</h3><p>${kindLabel(one.kind)[lang]}</p>${
    one.example && html`<p class="example">${words[lang].example}</p>`
  }${
    offers.length > 0 &&
    html`<ul class="plain">${offers
      .slice(0, maxOffersOnCard)
      .map((each) => html`<li>${serviceName(each.service, lang)}${hoursPart(each, lang)}</li>`)}</ul>`
  }${list ?? ''}</li>`
}

function hoursPart({ schedules }: Offer, lang: Language) {
  const hours = hoursLine(schedules, lang)
  return hours === undefined ? undefined : html`: ${hours}`
}
