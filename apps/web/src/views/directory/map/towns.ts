/** Towns of the map by name and by place. Pure. */
import { foldText } from '@enlace/directory/text'
import corridor from './corridor.json' with { type: 'json' }

export interface Town {
  name: string
  latitude: number
  longitude: number
  people: number
  country: string
}

const towns: readonly Town[] = (corridor.towns as [string, number, number, number, string][]).map(
  ([name, latitude, longitude, people, country]) => ({ name, latitude, longitude, people, country }),
)
/** Where the towns of the map are. */
export const townPositions: readonly Position[] = towns
const folded = towns.map((one) => foldText(one.name))
const EARTH_METRES = 6_371_000

interface Position {
  latitude: number
  longitude: number
}

export function metresTo(from: Position, to: Position): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180
  const half =
    Math.sin(rad(to.latitude - from.latitude) / 2) ** 2 +
    Math.cos(rad(from.latitude)) *
      Math.cos(rad(to.latitude)) *
      Math.sin(rad(to.longitude - from.longitude) / 2) ** 2
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** Those whose name has it, the largest first; those that begin with it before all others. */
export function findTowns(text: string, most: number): Town[] {
  const wanted = foldText(text).trim()
  if (wanted === '') return []
  return towns
    .map((town, at) => ({ town, name: folded[at]! }))
    .filter(({ name }) => name.includes(wanted))
    .sort(
      (a, b) =>
        Number(b.name.startsWith(wanted)) - Number(a.name.startsWith(wanted)) ||
        b.town.people - a.town.people,
    )
    .slice(0, most)
    .map(({ town }) => town)
}

export function nearestTown(at: Position): { town: Town; metres: number } {
  let best = { town: towns[0]!, metres: Number.POSITIVE_INFINITY }
  for (const town of towns) {
    const metres = metresTo(at, town)
    if (metres < best.metres) best = { town, metres }
  }
  return best
}

const { frame } = corridor
/** Whether the map shows it. */
export const isOnMap = ({ latitude, longitude }: Position): boolean =>
  latitude <= frame.north && latitude >= frame.south && longitude >= frame.west && longitude <= frame.east
