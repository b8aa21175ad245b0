import {
  coarsened,
  coarsenessLabels,
  municipalityOf,
  type RiskKind,
  type RiskPlace,
  reliabilities,
  riskKindKeys,
  riskKinds,
  riskSources,
} from '@enlace/coordination/risks'
import type { ShownRisk } from '@enlace/coordination/risks/published'
import { html, type Markup, slug } from '../html.ts'
import { type Language, words } from '../words.ts'
import { dayText, monthText } from './hours.ts'
import { linkTo, type PageContent } from './layout.ts'
import { type Block, parts } from './parts.ts'
import { maxMarks, riskMap } from './risk-map.ts'

/** Risks of the route: a map, and lists by kind, by municipality and by month. What is here is as coarse as the map. */

export const risksPath = 'riesgo/'
const kindPath = (kind: RiskKind) => `${risksPath}${slug(kind)}/`
const townPath = (key: string) => `${risksPath}lugar-${slug(key)}/`
const monthPath = (month: string) => `${risksPath}mes-${month}/`

type Made = Omit<PageContent, 'lang'>

/** One way to a list: its address, its name, and what is in it. */
interface Way {
  path: string
  name: string
  of: (one: ShownRisk) => boolean
}

export function riskPages(risks: readonly ShownRisk[], lang: Language): Made[] {
  const say = words[lang]
  const list = (path: string, title: string, shown: readonly ShownRisk[], before: Markup) =>
    parts(
      lang,
      path,
      title,
      shown.map((one): Block => ({ group: monthText(monthOf(one), lang), item: card(one, lang) })),
      before,
    ).map((made): Made => ({ ...made, list: true }))
  const map = (shown: readonly ShownRisk[]) => {
    const drawn = riskMap(
      shown.map(({ place }) => place),
      say.riskMap,
    )
    return (
      drawn &&
      html`<figure>${drawn.drawing}<figcaption>${say.riskMapHow}${!drawn.isWhole && ` ${say.riskMapPart(maxMarks)}`}</figcaption></figure>`
    )
  }
  return [
    ...list(
      risksPath,
      say.risks,
      risks,
      html`<p class="lead">${say.riskLead}</p>${map(risks)}${riskWays(risks, lang)}<section><h2>${say.riskRules}</h2>${say.riskRulesText.map((text) => html`<p>${text}</p>`)}</section>`,
    ),
    ...waysOf(risks, lang)
      .flat()
      .flatMap(({ path, name, of }) => {
        const shown = risks.filter(of)
        const back = html`<p><a href="${linkTo(lang, risksPath)}">${say.riskAll}</a></p>`
        return list(path, `${say.risks}: ${name}`, shown, html`${back}${map(shown)}`)
      }),
  ]
}

const monthOf = ({ when }: ShownRisk) => when.slice(0, 7)
/** The municipality a place is in or nearest to; undefined: withheld, or none of the list is near. */
function townOf(place: RiskPlace | undefined): string | undefined {
  const town = place && coarsened(place, 'municipality')
  return town?.coarse === 'municipality' ? town.key : undefined
}

/** By kind, by municipality, by month: of each what there is something of. */
function waysOf(risks: readonly ShownRisk[], lang: Language): [Way[], Way[], Way[]] {
  const towns = [...new Set(risks.flatMap(({ place }) => townOf(place) ?? []))].sort()
  const months = [...new Set(risks.map(monthOf))].sort().reverse()
  return [
    riskKindKeys
      .filter((kind) => risks.some((one) => one.kind === kind))
      .map((kind) => ({
        path: kindPath(kind),
        name: riskKinds[kind].label[lang],
        of: (one) => one.kind === kind,
      })),
    towns.map((key) => ({
      path: townPath(key),
      name: municipalityOf(key)!.name,
      of: ({ place }) => townOf(place) === key,
    })),
    months.map((month) => ({
      path: monthPath(month),
      name: monthText(month, lang),
      of: (one) => monthOf(one) === month,
    })),
  ]
}

/** Lists there is something in; undefined without any risk. */
function riskWays(risks: readonly ShownRisk[], lang: Language): Markup | undefined {
  if (risks.length === 0) return undefined
  const say = words[lang]
  const names = [say.riskByKind, say.riskByPlace, say.riskByMonth]
  return html`${waysOf(risks, lang).map(
    (ways, at) =>
      ways.length > 0 &&
      html`<section><h2>${names[at]}</h2><ul class="tiles">${ways.map(
        ({ path, name, of }) =>
          html`<li><a href="${linkTo(lang, path)}">${name}</a> <span>${say.riskCount(risks.filter(of).length)}</span></li>`,
      )}</ul></section>`,
  )}`
}

function placeText(place: RiskPlace | undefined, lang: Language): string {
  const say = words[lang]
  if (!place) return say.riskWithheld
  const town = townOf(place)
  const name = town === undefined ? undefined : municipalityOf(town)!.name
  if (place.coarse === 'municipality') return say.riskTown(name!)
  const square = coarsenessLabels[place.coarse][lang]
  return name === undefined ? say.riskFar(square) : say.riskNear(square, name)
}

/** "March 2026", or the day where a kind has one. */
const timeText = (time: string, lang: Language) =>
  time.length === 7 ? monthText(time, lang) : dayText(time, lang)

function card(one: ShownRisk, lang: Language): Markup {
  const say = words[lang]
  const about = [
    reliabilities[one.reliability][lang],
    riskSources[one.source][lang],
    ...(one.reports > 1 ? [say.riskReports(one.reports)] : []),
  ]
  return html`<li><h3>${riskKinds[one.kind].label[lang]}</h3><p>${placeText(one.place, lang)}</p><p>${say.riskWhen(timeText(one.when, lang), timeText(one.until, lang))}</p><p>${about.join(' · ')}</p></li>`
}
