import {
  boundsOf,
  municipalities,
  placeKey,
  positionOf,
  type RiskPlace,
  riskArea,
} from '@enlace/coordination/risks'
import { html, type Markup } from '../html.ts'
import outline from './corridor-outline.json' with { type: 'json' }

/** The map of risks as a drawing of the page itself: squares, and towns for municipalities, over coast and borders. */

/** Thousandths of a degree, east of the grid's west and south of its north: a square's sides are whole numbers of some hundred metres. */
const UNITS = 1_000
/** Of the outline. */
const OUTLINE_UNITS = 100
/** A degree of longitude is so much shorter here than one of latitude: at 15.5°. */
const NARROW = 0.9636
/** Towns named on one map. */
const maxTowns = 14
/** Around what is drawn, and the least that is shown, degrees. */
const [MARGIN, LEAST] = [0.25, 1.5]
/** Places drawn on one map: each takes some 80 bytes of the page. */
export const maxMarks = 250
/** How far a town's mark reaches, degrees. */
const TOWN = 0.045

const across = (longitude: number) => Math.round((longitude - riskArea.west) * UNITS)
const down = (latitude: number) => Math.round((riskArea.north - latitude) * UNITS)

interface Mark {
  place: RiskPlace
  risks: number
}

/**
 * The first `maxMarks` places in the order given.
 *
 * @returns undefined where nothing has a place; `isWhole`: all places are drawn
 */
export function riskMap(
  places: Iterable<RiskPlace | undefined>,
  name: string,
): { drawing: Markup; isWhole: boolean } | undefined {
  const marks = new Map<string, Mark>()
  for (const place of places) {
    if (!place) continue
    const mark = marks.get(placeKey(place)) ?? { place, risks: 0 }
    mark.risks += 1
    marks.set(placeKey(place), mark)
  }
  if (marks.size === 0) return undefined
  const isWhole = marks.size <= maxMarks
  // The largest lie below the others; of one size in one order everywhere.
  const drawn = [...marks]
    .slice(0, maxMarks)
    .sort(([a, one], [b, other]) => sizeOf(other.place) - sizeOf(one.place) || (a < b ? -1 : 1))
    .map(([, mark]) => mark)
  const frame = frameOf(drawn.map(({ place }) => place))
  const { x, y, width, height } = frame
  const scale = UNITS / OUTLINE_UNITS
  const drawing = html`<svg class="map" viewBox="${Math.round(x * NARROW)} ${y} ${Math.round(width * NARROW)} ${height}" role="img" aria-label="${name}"><g transform="scale(${NARROW} 1)"><g transform="scale(${scale})"><path class="around" d="${outline.around}"/><path class="land" d="${outline.land}"/><path class="border" d="${outline.borders}"/></g>${drawn.map(shape)}${townNames(frame)}</g></svg>`
  return { drawing, isWhole }
}

const sizeOf = (place: RiskPlace) => {
  const bounds = boundsOf(place)
  return bounds ? bounds.north - bounds.south : 0
}

/** More risks are drawn stronger, in three steps. */
const strength = (risks: number) => (risks >= 5 ? 3 : risks >= 2 ? 2 : 1)

function shape({ place, risks }: Mark): Markup {
  const bounds = boundsOf(place)
  if (!bounds) {
    const { latitude, longitude } = positionOf(place)
    return html`<circle data-s="${strength(risks)}" cx="${across(longitude)}" cy="${down(latitude)}" r="${TOWN * UNITS}"/>`
  }
  const [left, top] = [across(bounds.west), down(bounds.north)]
  return html`<rect data-s="${strength(risks)}" x="${left}" y="${top}" width="${across(bounds.east) - left}" height="${down(bounds.south) - top}"/>`
}

/** Names of municipalities of the list, none over another, so that people find their way: which, no risk says. */
function townNames({ x, y, width, height }: ReturnType<typeof frameOf>): Markup {
  const size = Math.round(width / 30)
  const drawn: { name: string; middle: number; half: number; at: number }[] = []
  for (const { name, position } of municipalities) {
    const [middle, at] = [across(position.longitude), down(position.latitude)]
    const half = (name.length * size * 0.6) / 2
    const isInside = middle - half > x && middle + half < x + width && at - 2 * size > y && at < y + height
    const isFree = drawn.every(
      (one) => Math.abs(one.at - at) > 1.3 * size || Math.abs(one.middle - middle) > one.half + half,
    )
    if (isInside && isFree && drawn.length < maxTowns) drawn.push({ name, middle, half, at })
  }
  return html`<g font-size="${size}">${drawn.map(
    ({ name, middle, at }) => html`<text x="${middle}" y="${at - Math.round(size / 2)}">${name}</text>`,
  )}</g>`
}

/** What all of it lies in, with a margin, in units of the drawing. */
function frameOf(places: readonly RiskPlace[]) {
  const bounds = places.map((place) => {
    const { latitude, longitude } = positionOf(place)
    return boundsOf(place) ?? { south: latitude, north: latitude, west: longitude, east: longitude }
  })
  const side = (low: number, high: number): [number, number] => {
    const more = Math.max(MARGIN, (LEAST - (high - low)) / 2)
    return [low - more, high + more]
  }
  const [south, north] = side(
    Math.min(...bounds.map((one) => one.south)),
    Math.max(...bounds.map((one) => one.north)),
  )
  const [west, east] = side(
    Math.min(...bounds.map((one) => one.west)),
    Math.max(...bounds.map((one) => one.east)),
  )
  const [x, y] = [across(west), down(north)]
  return { x, y, width: across(east) - x, height: down(south) - y }
}
