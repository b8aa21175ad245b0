/**
 * Where a risk is: a square of a fixed grid or a municipality, never a point. A place is written as the numbers of its square,
 * so that no event has room for anything finer. Degrees are WGS 84, distances kilometres.
 */
import { placeByKey, places, type Place as Town } from '@enlace/directory/places'
import type { Position } from '@enlace/directory/plus-code'
import { z } from 'zod'
import { type Coarseness, coarsenesses } from './risk-words.ts'

/** What the grid covers: Guatemala and Honduras. */
export const riskArea = { south: 12.9, north: 18, west: -93, east: -82.5 } as const

/** Sides of a square of 5 km, in millionths of a degree: nowhere in the area is one shorter than that. */
const ROW_STEP = 45_300
const COLUMN_STEP = 47_500
const MILLION = 1_000_000
const SOUTH = Math.round(riskArea.south * MILLION)
const WEST = Math.round(riskArea.west * MILLION)
const HEIGHT = Math.round(riskArea.north * MILLION) - SOUTH
const WIDTH = Math.round(riskArea.east * MILLION) - WEST
/** Beyond this a square is not named after a town. */
const NEAREST_TOWN_KM = 35
const DEGREE_KM = 111.32

export const cellSizes = { cell_5: 1, cell_10: 2, cell_25: 5 } as const
type CellCoarseness = keyof typeof cellSizes

const cellSchema = <C extends CellCoarseness>(coarse: C) =>
  z.strictObject({
    coarse: z.literal(coarse),
    row: z
      .int()
      .min(0)
      .max(Math.floor(HEIGHT / (ROW_STEP * cellSizes[coarse]))),
    column: z
      .int()
      .min(0)
      .max(Math.floor(WIDTH / (COLUMN_STEP * cellSizes[coarse]))),
  })

const isDepartment = ({ names }: Town) => names.some((name) => name.startsWith('departamento de '))
const isMunicipality = (town: Town): boolean => {
  const around = placeByKey(town.within ?? '')
  if (!around || !town.position || isDepartment(town)) return false
  return around.within === undefined || isDepartment(around)
}
const capital = (word: string) => (word === 'de' ? word : word.charAt(0).toUpperCase() + word.slice(1))

export interface Municipality {
  key: string
  name: string
  country: 'HN' | 'GT'
  /** of its town, as the directory's list of places has it */
  position: Position
}
/** Those of the corridor, by name. */
export const municipalities: readonly Municipality[] = places
  .filter(isMunicipality)
  .map((one) => ({
    key: one.key,
    name: one.names[0]!.split(' ').map(capital).join(' '),
    country: one.country,
    position: one.position!,
  }))
  .sort((a, b) => a.name.localeCompare(b.name, 'es'))
const byKey = new Map(municipalities.map((one) => [one.key, one]))
export const municipalityOf = (key: string): Municipality | undefined => byKey.get(key)

/** Strict: a field more, a fraction or a number outside the grid makes it malformed. */
export const riskPlaceSchema = z.discriminatedUnion('coarse', [
  cellSchema('cell_5'),
  cellSchema('cell_10'),
  cellSchema('cell_25'),
  z.strictObject({
    coarse: z.literal('municipality'),
    key: z
      .string()
      .max(64)
      .refine((key) => byKey.has(key), 'is no municipality of the list'),
  }),
])
export type RiskPlace = z.output<typeof riskPlaceSchema>

export const coarsenessRank = (coarse: Coarseness): number => coarsenesses.indexOf(coarse)

/** The key of a square of any size, in fives of kilometres. */
function squareAt({ latitude, longitude }: Position, size: number): { row: number; column: number } {
  return {
    row: Math.floor((Math.round(latitude * MILLION) - SOUTH) / (ROW_STEP * size)),
    column: Math.floor((Math.round(longitude * MILLION) - WEST) / (COLUMN_STEP * size)),
  }
}

export interface Bounds {
  south: number
  west: number
  north: number
  east: number
}

export function squareBounds(row: number, column: number, size: number): Bounds {
  const degrees = (start: number, step: number, at: number) => (start + step * size * at) / MILLION
  return {
    south: degrees(SOUTH, ROW_STEP, row),
    north: degrees(SOUTH, ROW_STEP, row + 1),
    west: degrees(WEST, COLUMN_STEP, column),
    east: degrees(WEST, COLUMN_STEP, column + 1),
  }
}

const middle = ({ south, west, north, east }: Bounds): Position => ({
  latitude: Math.round(((south + north) / 2) * MILLION) / MILLION,
  longitude: Math.round(((west + east) / 2) * MILLION) / MILLION,
})

/** The square, or undefined for a municipality. */
export const boundsOf = (place: RiskPlace): Bounds | undefined =>
  place.coarse === 'municipality' ? undefined : squareBounds(place.row, place.column, cellSizes[place.coarse])

/** The middle of the square, or the municipality's town: all that is ever drawn or given away. */
export function positionOf(place: RiskPlace): Position {
  const bounds = boundsOf(place)
  return bounds ? middle(bounds) : byKey.get((place as { key: string }).key)!.position
}

export const placeKey = (place: RiskPlace): string =>
  place.coarse === 'municipality'
    ? `municipality:${place.key}`
    : `${place.coarse}:${place.row}:${place.column}`

const isInArea = ({ latitude, longitude }: Position) =>
  latitude >= riskArea.south &&
  latitude <= riskArea.north &&
  longitude >= riskArea.west &&
  longitude <= riskArea.east

function kmBetween(a: Position, b: Position): number {
  const east = (a.longitude - b.longitude) * Math.cos((a.latitude * Math.PI) / 180)
  return Math.hypot(a.latitude - b.latitude, east) * DEGREE_KM
}

/** @returns undefined if no town of the list is within 35 km */
function nearestMunicipality(at: Position): RiskPlace | undefined {
  let best: { key: string; km: number } | undefined
  for (const { key, position } of municipalities) {
    const km = kmBetween(at, position)
    if (km <= NEAREST_TOWN_KM && (!best || km < best.km)) best = { key, km }
  }
  return best && { coarse: 'municipality', key: best.key }
}

/**
 * A chosen spot, at once as coarse as asked for: the spot itself goes nowhere.
 *
 * @returns undefined outside the area (also for what is no number), or for a municipality with no town of the list near
 */
export function placeAt(at: Position, coarse: Coarseness): RiskPlace | undefined {
  if (!isInArea(at)) return undefined
  return coarse === 'municipality' ? nearestMunicipality(at) : { coarse, ...squareAt(at, cellSizes[coarse]) }
}

/** Never finer than before: a place that is as coarse already stays. A larger square is the one its middle is in. */
export function coarsened(place: RiskPlace, coarse: Coarseness): RiskPlace | undefined {
  return coarsenessRank(place.coarse) >= coarsenessRank(coarse) ? place : placeAt(positionOf(place), coarse)
}

/** Sides of what is counted together, in kilometres: each is whole squares of the one before, and of 25 km from 50 on. */
export const clusterKm = [5, 10, 50, 100, 200] as const
export type ClusterKm = (typeof clusterKm)[number]

/** A square or a municipality that several reports are counted in. */
export interface ClusterPlace {
  key: string
  position: Position
  /** undefined: a municipality */
  bounds?: Bounds
}

/** The place itself where it is as coarse as that; otherwise the square of that size it is in. */
function clusterPlace(place: RiskPlace, km: ClusterKm): ClusterPlace {
  const own = place.coarse === 'municipality' ? 25 : cellSizes[place.coarse] * 5
  const bounds = boundsOf(place)
  if (own >= km) return { key: placeKey(place), position: positionOf(place), ...(bounds ? { bounds } : {}) }
  const { row, column } = squareAt(positionOf(place), km / 5)
  const square = squareBounds(row, column, km / 5)
  return { key: `cell_${km}:${row}:${column}`, position: middle(square), bounds: square }
}

/** What keeps hidden places hidden; made of what this device's directory knows. */
export interface PlaceGuard {
  /**
   * A place as it may be shown: at least as coarse as asked, and never a square that holds a hidden place and no known one.
   *
   * @returns undefined: not to be shown at all
   */
  settle(place: RiskPlace, atLeast?: Coarseness): RiskPlace | undefined
  /** A settled place as it is counted with others. @returns undefined: not to be shown at all */
  cluster(place: RiskPlace, km: ClusterKm): ClusterPlace | undefined
}

/**
 * @param hidden shelters and homes whose address is not for everybody
 * @param known towns and places anybody may find
 */
export function createPlaceGuard(hidden: Iterable<Position>, known: Iterable<Position>): PlaceGuard {
  const keysOf = (positions: Iterable<Position>) => {
    const keys = new Set<string>()
    for (const at of positions) {
      if (!isInArea(at)) continue
      for (const km of [25, ...clusterKm]) {
        const { row, column } = squareAt(at, km / 5)
        keys.add(`cell_${km}:${row}:${column}`)
      }
    }
    return keys
  }
  const secret = keysOf(hidden)
  const open = keysOf([...known, ...municipalities.map((one) => one.position)])
  const tells = (key: string) => secret.has(key) && !open.has(key)
  return {
    settle(place, atLeast = 'cell_5') {
      let at = coarsened(place, atLeast)
      while (at && at.coarse !== 'municipality' && tells(placeKey(at)))
        at = coarsened(at, coarsenesses[coarsenessRank(at.coarse) + 1]!)
      return at
    },
    cluster: (place, km) =>
      clusterKm
        .filter((one) => one >= km)
        .map((one) => clusterPlace(place, one))
        .find(({ key }) => !tells(key)),
  }
}
