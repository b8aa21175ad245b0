import type { EntryDetails, PlaceDetails, ServiceDetails } from '@enlace/directory/details'
import { sexes, situations } from '@enlace/directory/marks'
import type { BilingualText } from '@enlace/directory/text'
import { countryName, kindLabel } from '@enlace/directory/words'
import { type Offer, spotOf } from '../content.ts'
import { html, type Markup, type Piece, plain, written } from '../html.ts'
import { type Language, words } from '../words.ts'
import { dayText, hoursTable, openNow } from './hours.ts'
import type { PageContent } from './layout.ts'
import { type Block, parts } from './parts.ts'
import {
  free,
  institutionPath,
  languagesText,
  line,
  mailLink,
  phones,
  serviceName,
  spotText,
  webLink,
} from './pieces.ts'

const maxItems = 30

/** Everything an institution lets anybody see, on one page or a few. */
export function institutionPages(
  one: EntryDetails,
  offers: readonly Offer[],
  lang: Language,
): Array<Omit<PageContent, 'lang'>> {
  const say = words[lang]
  const services = [...new Set(offers.map(({ service }) => service))]
  const blocks: Block[] = [
    ...one.places.map((place) => ({ group: say.places, item: placeBlock(one, place, lang) })),
    ...services.map((service) => ({
      group: say.services,
      item: serviceBlock(
        service,
        offers.filter((offer) => offer.service === service),
        lang,
      ),
    })),
  ]
  return parts(lang, institutionPath(one), plain(one.name, 200), blocks, about(one, lang))
}

function about(one: EntryDetails, lang: Language): Markup {
  const say = words[lang]
  const checked = one.freshness === 'verified' && one.assuredDate !== undefined
  return html`<p class="lead">${kindLabel(one.kind)[lang]}, ${countryName(one.country)[lang]}</p>${
    one.example && html`<p class="example">${say.example}</p>`
  }<p class="checked">${checked ? say.verified(dayText(one.assuredDate!, lang)) : say.notVerified}</p>${
    one.own && one.description !== undefined && html`<p>${free(one.description)}</p>`
  }${phones(one.phones, lang) ?? ''}<dl>${[
    line(say.email, mailLink(one.email)),
    line(say.website, webLink(one.website) ?? webLink(one.source)),
  ]}</dl>`
}

function placeBlock(one: EntryDetails, place: PlaceDetails, lang: Language): Markup {
  const say = words[lang]
  const spot = spotOf(one, place)
  const where = spotText(spot, lang)
  return html`<li><h3>${place.name ? written(place.name, { lang: 'es', most: 200 }) : where}</h3>${
    place.address.length > 0
      ? html`<address>${place.address.slice(0, 3).map((text) => html`${free(text, 300)}<br>`)}${where}</address>`
      : html`<p>${where}. ${say.noAddress}</p>`
  }${place.plusCode !== undefined && html`<p>Plus code: ${plain(place.plusCode, 20)}</p>`}${
    place.schedules.length > 0 && [
      openNow(place.schedules, spot.country) ?? '',
      hoursTable(place.schedules, lang),
    ]
  }${phones(place.phones, lang) ?? ''}<dl>${[
    line(say.gettingThere, free(place.transportation, 600)),
    line(say.accessibility, joined(place.accessibility)),
  ]}</dl></li>`
}

function serviceBlock(service: ServiceDetails, offers: readonly Offer[], lang: Language): Markup {
  const say = words[lang]
  const [offer] = offers
  const paused = service.status === 'temporarily closed'
  const own = service.schedules
  return html`<li><h3>${serviceName(service, lang)}</h3>${paused && html`<p class="closed">${say.paused}</p>`}${
    service.description !== undefined && html`<p>${free(service.description)}</p>`
  }${
    own.length > 0 && [(!paused && openNow(own, offer?.spot.country ?? 'HN')) || '', hoursTable(own, lang)]
  }${phones(service.phones, lang) ?? ''}<dl>${[
    line(say.documents, joined(service.documents)),
    line(say.whoFor, eligibility(service, lang)),
    line(say.howToAsk, free(service.application, 800)),
    line(say.spoken, service.languages.length > 0 ? languagesText(service.languages, lang) : undefined),
    line(say.interpretation, free(service.interpretation, 400)),
    line(say.wait, free(service.wait, 200)),
    line(say.cost, cost(service, lang)),
    line(say.email, mailLink(service.email)),
    line(say.website, webLink(service.url)),
  ]}</dl></li>`
}

const joined = (texts: readonly string[]): Piece =>
  texts.length === 0
    ? undefined
    : html`<ul class="plain">${texts.slice(0, maxItems).map((text) => html`<li>${free(text, 300)}</li>`)}</ul>`

function eligibility({ eligibility: who, eligibilityText }: ServiceDetails, lang: Language): Piece {
  const say = words[lang]
  const named = (values: readonly string[], labels: Record<string, BilingualText>) =>
    values.flatMap((value) => (Object.hasOwn(labels, value) ? [labels[value]![lang]] : []))
  const said = [
    ...named(who.sexes, sexes),
    ...named(who.situations, situations),
    ...who.nationalities.slice(0, maxItems).map((code) => plain(countryName(code)[lang], 60)),
    ...(who.minimumAge !== undefined && who.minimumAge > 0 ? [say.fromAge(who.minimumAge)] : []),
    ...(who.maximumAge !== undefined ? [say.toAge(who.maximumAge)] : []),
  ].join(', ')
  if (said === '' && eligibilityText === undefined) return undefined
  return [said, said && eligibilityText ? '. ' : '', eligibilityText ? free(eligibilityText, 600)! : '']
}

function cost({ costs, fees }: ServiceDetails, lang: Language): Piece {
  if (costs.length > 0 && costs.every(({ amount }) => amount === 0)) return words[lang].free
  const told = costs
    .slice(0, maxItems)
    .map(({ option, amount, currency, text }) =>
      [option, amount === undefined ? undefined : `${amount} ${currency ?? ''}`, text]
        .flatMap((part) => (part ? [part] : []))
        .join(' '),
    )
  return joined([...told, ...(fees ? [fees] : [])].filter((text) => text.trim() !== ''))
}
