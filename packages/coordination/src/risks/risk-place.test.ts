import { placeByKey } from '@enlace/directory/places'
import type { Position } from '@enlace/directory/plus-code'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  boundsOf,
  cellSizes,
  clusterKm,
  coarsened,
  coarsenessRank,
  createPlaceGuard,
  municipalities,
  placeAt,
  placeKey,
  positionOf,
  type RiskPlace,
  riskArea,
  riskPlaceSchema,
} from './risk-place.ts'
import { coarsenesses } from './risk-words.ts'

const positions = fc.record({
  latitude: fc.double({ min: riskArea.south, max: riskArea.north, noNaN: true }),
  longitude: fc.double({ min: riskArea.west, max: riskArea.east, noNaN: true }),
})
/** Around Puerto Barrios, so that squares are shared. */
const near = fc.record({
  latitude: fc.double({ min: 15.4, max: 16, noNaN: true }),
  longitude: fc.double({ min: -89, max: -88, noNaN: true }),
})
const coarse = fc.constantFrom(...coarsenesses)

const within = ({ latitude, longitude }: Position, place: RiskPlace) => {
  const { south, north, west, east } = boundsOf(place)!
  return (
    latitude >= south - 1e-6 &&
    latitude <= north + 1e-6 &&
    longitude >= west - 1e-6 &&
    longitude <= east + 1e-6
  )
}

test('a square is nowhere smaller than it says, holds the spot, and all spots in it are one place', () => {
  fc.assert(
    fc.property(
      positions,
      fc.constantFrom('cell_5', 'cell_10', 'cell_25'),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (at, size, part) => {
        const place = placeAt(at, size as keyof typeof cellSizes)!
        expect(riskPlaceSchema.parse(place)).toEqual(place)
        expect(within(at, place)).toBe(true)
        const { south, north, west, east } = boundsOf(place)!
        const km = cellSizes[size as keyof typeof cellSizes] * 5
        expect((north - south) * 110.57).toBeGreaterThan(km)
        // At the side nearer to the pole, inside the area.
        const top = Math.min(north, riskArea.north)
        expect((east - west) * 111.32 * Math.cos((top * Math.PI) / 180)).toBeGreaterThan(km)
        const other = { latitude: south + (north - south) * part, longitude: west + (east - west) * part }
        if (other.latitude < riskArea.north && other.longitude < riskArea.east)
          expect(placeAt(other, size as keyof typeof cellSizes)).toEqual(place)
      },
    ),
    { numRuns: 300 },
  )
})

test('coarsening never makes finer, and once is as good as twice', () => {
  fc.assert(
    fc.property(positions, coarse, coarse, (at, one, other) => {
      const place = placeAt(at, one)
      if (!place) return
      const next = coarsened(place, other)
      if (!next) return
      expect(coarsenessRank(next.coarse)).toBeGreaterThanOrEqual(
        Math.max(coarsenessRank(one), coarsenessRank(other)),
      )
      expect(coarsened(next, other)).toEqual(next)
      expect(coarsened(next, one)).toEqual(next)
    }),
    { numRuns: 300 },
  )
})

test('nothing outside the area, of no number, or finer than a square is a place', () => {
  for (const at of [
    { latitude: 40, longitude: -88 },
    { latitude: 15, longitude: 88 },
    { latitude: Number.NaN, longitude: -88 },
    { latitude: 15, longitude: Number.NEGATIVE_INFINITY },
  ])
    expect(placeAt(at, 'cell_5')).toBeUndefined()
  for (const bad of [
    { coarse: 'cell_5', row: 1.5, column: 1 },
    { coarse: 'cell_5', row: -1, column: 1 },
    { coarse: 'cell_25', row: 100, column: 1 },
    { coarse: 'cell_1', row: 1, column: 1 },
    { coarse: 'cell_5', row: 1, column: 1, address: 'x' },
    { coarse: 'municipality', key: 'puerto-barrios', latitude: 15.7 },
    { coarse: 'municipality', key: 'izabal' },
  ])
    expect(riskPlaceSchema.safeParse(bad).success, JSON.stringify(bad)).toBe(false)
})

test('municipalities are towns of the directory’s list: no village, no department, each with its own position', () => {
  const keys = municipalities.map((one) => one.key)
  expect(keys).toContain('puerto-barrios')
  expect(keys).toContain('puerto-cortes')
  for (const key of ['corinto', 'cuyamel', 'izabal', 'cortes', 'honduras', 'rio-dulce'])
    expect(keys).not.toContain(key)
  for (const { key, name, position } of municipalities) {
    expect(name).toMatch(/^\p{Lu}/u)
    expect(placeByKey(key)?.position).toEqual(position)
  }
})

test('a square that holds a hidden place and no known one is never shown, at any coarseness or size', () => {
  const most = { maxLength: 6 }
  fc.assert(
    fc.property(
      fc.array(near, most),
      fc.array(near, most),
      near,
      coarse,
      coarse,
      (hidden, known, at, one, least) => {
        const guard = createPlaceGuard(hidden, known)
        const open = [...known, ...municipalities.map((each) => each.position)]
        // Where it is worst: at a hidden place itself.
        for (const spot of [at, ...hidden]) {
          const place = placeAt(spot, one)
          const shown = place && guard.settle(place, least)
          if (!shown) continue
          expect(coarsenessRank(shown.coarse)).toBeGreaterThanOrEqual(
            Math.max(coarsenessRank(one), coarsenessRank(least)),
          )
          expect(guard.settle(shown, least)).toEqual(shown)
          if (shown.coarse !== 'municipality') {
            const holds = (each: Position) => placeKey(placeAt(each, shown.coarse)!) === placeKey(shown)
            expect(hidden.some(holds) && !open.some(holds)).toBe(false)
          }
          for (const km of clusterKm) {
            const cluster = guard.cluster(shown, km)
            if (!cluster?.bounds) continue
            const { south, north, west, east } = cluster.bounds
            const inside = ({ latitude, longitude }: Position) =>
              latitude > south + 1e-5 &&
              latitude < north - 1e-5 &&
              longitude > west + 1e-5 &&
              longitude < east - 1e-5
            const around = ({ latitude, longitude }: Position) =>
              latitude > south - 1e-5 &&
              latitude < north + 1e-5 &&
              longitude > west - 1e-5 &&
              longitude < east + 1e-5
            expect(hidden.some(inside) && !open.some(around)).toBe(false)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('a shelter alone in the bush: the square grows until a town is in it, or a municipality is named, or nothing is', () => {
  const shelter = { latitude: 15.6, longitude: -88.42 }
  const place = placeAt(shelter, 'cell_5')!
  const shown = createPlaceGuard([shelter], []).settle(place)!
  expect(coarsenessRank(shown.coarse)).toBeGreaterThan(0)
  expect(positionOf(shown)).not.toEqual(shelter)
  expect(createPlaceGuard([shelter], [shelter]).settle(place)).toEqual(place)
  // Petén has no town of the list within 35 km there.
  const far = { latitude: 17.5, longitude: -90.5 }
  expect(createPlaceGuard([far], []).settle(placeAt(far, 'cell_5')!)).toBeUndefined()
})
