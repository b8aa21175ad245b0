import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergedRisks } from './risk.ts'
import { risksCsv, risksGeoJson } from './risk-exports.ts'
import {
  boundsOf,
  coarsenessRank,
  createPlaceGuard,
  municipalities,
  placeAt,
  placeKey,
  positionOf,
  type RiskPlace,
} from './risk-place.ts'
import type { RiskRecord } from './risk-records.ts'
import {
  clusterKmAt,
  fadingDays,
  filteredRisks,
  type NetworkRisk,
  networkRisks,
  publicRisks,
  riskClusters,
  risksByMonth,
  strengthOf,
} from './risk-view.ts'
import { coarsenesses, reliabilityKeys, riskKindKeys, riskKinds, riskSourceKeys } from './risk-words.ts'
import { clerk, consulate, coordinatorGt, countryOf, record, Side } from './testing.ts'

const none = createPlaceGuard([], [])
const DAY = 86_400_000
const NOW = Date.parse('2026-03-20T12:00:00Z')
const town = { coarse: 'municipality', key: 'puerto-barrios' } as const

function told(records: readonly RiskRecord[], approved: readonly boolean[] = []): Side {
  const side = new Side('a')
  records.forEach((one, at) => {
    const id = side.report(clerk, one)
    const version = side.states.get(id)!.versions[0]?.eventId
    if (approved[at] && version)
      for (const who of [consulate, coordinatorGt]) side.step(id, who, { step: 'approve', version })
  })
  return side
}
const groupsOf = (side: Side) => mergedRisks(side.states.values())

const near = fc.record({
  latitude: fc.double({ min: 15.4, max: 16, noNaN: true }),
  longitude: fc.double({ min: -89, max: -88, noNaN: true }),
})
const records = fc
  .record({
    kind: fc.constantFrom(...riskKindKeys),
    at: near,
    coarse: fc.constantFrom(...coarsenesses),
    indoors: fc.boolean(),
    source: fc.constantFrom(...riskSourceKeys),
    reliability: fc.constantFrom(...reliabilityKeys),
    day: fc.constantFrom('2026-01-31', '2026-02-14', '2026-03-09'),
  })
  .map(({ at, coarse, indoors, ...more }): RiskRecord => {
    const place = placeAt(at, indoors ? 'cell_25' : coarse) ?? town
    return { ...record(more), place, ...(indoors ? { indoors } : {}), note: 'Fulana de Tal, 3312-0000' }
  })
const filters = fc.record(
  {
    kinds: fc.subarray([...riskKindKeys]),
    from: fc.constantFrom('2026-01-01', '2026-02-20'),
    to: fc.constantFrom('2026-02-28', '2026-12-31'),
    reliability: fc.constantFrom(...reliabilityKeys),
    faded: fc.boolean(),
  },
  { requiredKeys: [] },
)

test('over zooms and filters nothing that comes out is finer than allowed, or says where a hidden place is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(records, fc.boolean()), { maxLength: 5 }),
      fc.array(near, { maxLength: 4 }),
      fc.array(near, { maxLength: 2 }),
      filters,
      fc.oneof(
        fc.double({ min: -3, max: 25, noNaN: true }),
        fc.constantFrom(Number.NaN, Infinity, -Infinity),
      ),
      (all, hidden, known, filter, zoom) => {
        const side = told(
          all.map(([one]) => one),
          all.map(([, approved]) => approved),
        )
        const guard = createPlaceGuard(hidden, known)
        const groups = groupsOf(side)
        const inside = filteredRisks(networkRisks(groups, guard, countryOf), filter, NOW)
        const outside = filteredRisks(publicRisks(groups, guard, countryOf), filter, NOW)
        expect(outside.length).toBeLessThanOrEqual(all.filter(([, approved]) => approved).length)
        const allowed = new Set<string>()
        const say = (place: RiskPlace | undefined, least: (typeof coarsenesses)[number]) => {
          if (!place) return
          expect(coarsenessRank(place.coarse)).toBeGreaterThanOrEqual(coarsenessRank(least))
          expect(guard.settle(place)).toEqual(place)
          allowed.add(JSON.stringify(positionOf(place)))
        }
        for (const row of inside) say(row.place, 'cell_5')
        for (const row of outside) {
          say(row.place, riskKinds[row.kind].publicAtLeast)
          if (riskKinds[row.kind].publicTime === 'month')
            expect(row.when + row.until).toMatch(/^\d{4}-\d{2}\d{4}-\d{2}$/)
        }
        // What a record says finer is not brought back by whoever hands in a finer row.
        const finer = outside.map((row) => ({
          ...row,
          place: placeAt(positionOf(row.place ?? town), 'cell_5'),
        }))
        for (const rows of [inside, outside, finer]) {
          for (const cluster of riskClusters(rows, zoom, guard)) {
            if (!cluster.bounds) continue
            const { south, north, west, east } = cluster.bounds
            expect(north - south).toBeGreaterThan(0.0452)
            expect(east - west).toBeGreaterThan(0.0474)
            expect(cluster.position.latitude).toBeCloseTo((south + north) / 2, 5)
          }
          for (const { geometry, properties } of risksGeoJson(rows, guard).features) {
            expect(coarsenesses.some((one) => one === properties['coarseness']) || geometry === null).toBe(
              true,
            )
            if (geometry?.type === 'Point')
              expect(municipalities.map(({ position: at }) => [at.longitude, at.latitude])).toContainEqual(
                geometry.coordinates,
              )
          }
        }
        for (const { geometry, properties } of risksGeoJson(finer, guard).features)
          if (geometry?.type === 'Polygon') {
            const least = riskKinds[properties['kind'] as keyof typeof riskKinds].publicAtLeast
            const [west, east] = [geometry.coordinates[0]![0]![0], geometry.coordinates[0]![1]![0]]
            expect(east - west).toBeGreaterThan(least === 'cell_5' ? 0.0474 : 0.0949)
          }
        const said =
          JSON.stringify(outside) +
          risksCsv(outside, guard, 'es') +
          JSON.stringify(risksGeoJson(outside, guard))
        for (const secret of ['Fulana', '3312', clerk.institution, '$a', '!room', '@staff'])
          expect(said).not.toContain(secret)
        expect(risksByMonth(outside).reduce((sum, one) => sum + one.rows, 0)).toBe(outside.length)
      },
    ),
    { numRuns: 120 },
  )
})

test('a home makes all its duplicates coarse, and one objection keeps all of them inside', () => {
  const fine = placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_5')!
  const wide = placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_25')!
  const side = told([record({ place: fine }), record({ place: wide, indoors: true })], [true, true])
  const [first, second] = [...side.states.keys()]
  side.step(second!, consulate, { step: 'merge', into: first! })
  expect(publicRisks(groupsOf(side), none, countryOf)).toMatchObject([{ place: wide, reports: 2 }])
  expect(networkRisks(groupsOf(side), none, countryOf)).toMatchObject([{ place: wide, id: first }])
  const version = side.states.get(second!)!.versions[0]!.eventId
  side.step(second!, coordinatorGt, { step: 'object', version })
  expect(publicRisks(groupsOf(side), none, countryOf)).toEqual([])
})

test('reports fade when they are over, and are then off the map unless they are asked for', () => {
  const risk = { until: '2026-03-10' }
  const end = Date.parse('2026-03-11T06:00:00Z')
  expect(strengthOf(risk, end)).toBe(1)
  expect(strengthOf(risk, end + (fadingDays / 2) * DAY)).toBe(0.5)
  expect(strengthOf(risk, end + fadingDays * DAY)).toBe(0)
  // A month lasts until its last day is over at the border.
  expect(strengthOf({ until: '2026-12' }, Date.parse('2027-01-01T06:00:00Z'))).toBe(1)
  expect(strengthOf({ until: '2026-12' }, Date.parse('2027-01-01T06:00:00Z') + DAY)).toBeLessThan(1)
  const rows = publicRisks(groupsOf(told([record()], [true])), none, countryOf)
  expect(filteredRisks(rows, {}, NOW + 200 * DAY)).toEqual([])
  expect(filteredRisks(rows, { faded: true }, NOW + 200 * DAY)).toEqual(rows)
})

test('filters: kind, days (of a month that touches them), reliability and better', () => {
  const side = told([
    record({ day: '2026-01-31', reliability: 'unconfirmed' }),
    record({ kind: 'weather', day: '2026-03-09', until: '2026-03-30', reliability: 'confirmed' }),
  ])
  const rows = networkRisks(groupsOf(side), none, countryOf)
  const kinds = (filter: Parameters<typeof filteredRisks>[1]) =>
    filteredRisks(rows, filter, NOW).map((one) => one.kind)
  expect(kinds({})).toEqual(['weather', 'extortion'])
  expect(kinds({ kinds: ['weather'] })).toEqual(['weather'])
  expect(kinds({ reliability: 'probable' })).toEqual(['weather'])
  expect(kinds({ from: '2026-02-01' })).toEqual(['weather'])
  expect(kinds({ to: '2026-01-31' })).toEqual(['extortion'])
  expect(
    filteredRisks([{ ...rows[1]!, when: '2026-01' }], { from: '2026-01-20', to: '2026-01-25' }, NOW),
  ).toHaveLength(1)
  expect(risksByMonth(rows)).toEqual([
    { month: '2026-01', rows: 1 },
    { month: '2026-02', rows: 0 },
    { month: '2026-03', rows: 1 },
  ])
})

test('clusters: the whole of it from afar, its own squares near, never under 5 km', () => {
  const side = told([
    record({ place: placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_5')! }),
    record({ place: placeAt({ latitude: 15.6, longitude: -88.3 }, 'cell_5')! }),
    record({ place: town, kind: 'weather' }),
  ])
  const rows = networkRisks(groupsOf(side), none, countryOf)
  expect(riskClusters(rows, 20, none)).toHaveLength(3)
  expect(riskClusters(rows, 3, none)).toMatchObject([{ rows: 3, kinds: { extortion: 2, weather: 1 } }])
  expect([20, 10, 8, 3, -5, Number.NaN].map(clusterKmAt)).toEqual([5, 10, 50, 200, 200, 200])
})

test('GeoJSON: longitude first, anticlockwise closed rings, no geometry for what is withheld', () => {
  const place = placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_10')!
  const rows = publicRisks(groupsOf(told([record({ place })], [true])), none, countryOf)
  const { type, features } = risksGeoJson([...rows, { ...rows[0]!, place: undefined }], none)
  expect(type).toBe('FeatureCollection')
  const { south, west, north, east } = boundsOf(place)!
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  expect(features.map((one) => one.geometry)).toEqual([{ type: 'Polygon', coordinates: [ring] }, null])
  expect(features[1]?.properties).toMatchObject({ coarseness: 'withheld', when: '2026-03' })
  expect(placeKey(place)).toMatch(/^cell_10:\d+:\d+$/)
})

test('CSV: no cell begins a formula, numbers stay numbers', () => {
  const notes = ['=HYPERLINK("http://x")', '+1', '-1+1', '@SUM(A1)', 'dice "no"\ny, sí']
  const rows: NetworkRisk[] = notes.map((note) => ({
    id: '$a',
    roomId: '!r',
    kind: 'assault',
    place: town,
    when: '2026-03-09',
    until: '2026-05-01',
    source: 'press',
    reliability: 'confirmed',
    reports: 1,
    institutions: ['hn-rnp-sps'],
    publication: 'in_review',
    note,
  }))
  const text = risksCsv(rows, none, 'es')
  expect(text).toContain('Asalto o agresión,2026-03-09')
  expect(text).toContain(',15.728,-88.594,')
  for (const cell of [`"'=HYPERLINK(""http://x"")"`, "'+1", "'-1+1", "'@SUM(A1)", '"dice ""no""\ny, sí"'])
    expect(text).toContain(`,in_review,${cell}\r\n`)
})
