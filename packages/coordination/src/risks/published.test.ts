import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type PublishedRisk,
  publishedRisk,
  publishedRiskSchema,
  type RiskFile,
  readRiskFile,
  riskFileFault,
  says,
  shownRisks,
} from './published.ts'
import { mergedRisks } from './risk.ts'
import { risksCsv, risksGeoJson } from './risk-exports.ts'
import {
  boundsOf,
  coarsenessRank,
  createPlaceGuard,
  municipalities,
  placeAt,
  placeKey,
  type RiskPlace,
} from './risk-place.ts'
import type { RiskRecord } from './risk-records.ts'
import { filteredRisks, publicRisks, riskClusters } from './risk-view.ts'
import { coarsenesses, reliabilityKeys, riskKindKeys, riskKinds } from './risk-words.ts'
import { clerk, consulate, coordinatorGt, countryOf, record, Side } from './testing.ts'

const NOW = Date.parse('2026-03-20T12:00:00Z')
const institution = 'hn-consulado-puerto-barrios'
const both = [institution, 'gt-sbs']
const none = createPlaceGuard([], [])
const asks = { countryOf, guard: none, now: NOW }
const id = 'a'.repeat(32)
const place = placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_10')!
const risk = (more: Partial<PublishedRisk> = {}): PublishedRisk => ({
  institution,
  id,
  number: 1,
  kind: 'extortion',
  place,
  when: '2026-03',
  until: '2026-05',
  source: 'migrant',
  reliability: 'probable',
  reports: 1,
  ...more,
})
const file = (
  items: PublishedRisk[],
  withdrawn: RiskFile['withdrawn'] = [],
  approvedBy = both,
): RiskFile => ({
  institution,
  items: items.map((content) => ({ content, approvedBy })),
  withdrawn,
})
const fault = (before: RiskFile | undefined, next: RiskFile, more: Partial<typeof asks> = {}) =>
  riskFileFault(before, next, { ...asks, ...more })?.reason
const isTaken = (more: object) => publishedRiskSchema.safeParse({ ...risk(), ...more }).success

test('the public form takes nothing finer than its kind allows, and no field more', () => {
  expect(isTaken({})).toBe(true)
  const weather = { kind: 'weather', when: '2026-03-09', until: '2026-03-12' }
  expect(isTaken(weather)).toBe(true)
  const fine = placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_5')!
  expect(isTaken({ ...weather, place: fine })).toBe(true)
  for (const more of [
    { place: fine },
    { place: { ...place, row: 30.5 } },
    { place: { coarse: 'point', latitude: 15.7, longitude: -88.6 } },
    { when: '2026-03-09' },
    { until: '2026-05-01' },
    { when: '2026-13' },
    { ...weather, when: '2026-03' },
    { ...weather, when: '2026-02-30' },
    { until: '2026-02' },
    { until: '2028-01' },
    { reports: 0 },
    { reports: 501 },
    { id: '$event' },
    { note: 'Fulana' },
    { day: '2026-03-09' },
    { roomId: '!room' },
    { reported_by: 'hn-rnp-sps' },
  ])
    expect([more, isTaken(more)]).toEqual([more, false])
  const { place: _, ...withheld } = risk()
  expect(publishedRiskSchema.safeParse(withheld).success).toBe(true)
})

test('a file takes what both countries approved, nothing that tells of a hidden place, and only goes forward', () => {
  expect(fault(undefined, file([risk()]))).toBeUndefined()
  expect(fault(undefined, file([risk()], [], [institution]))).toBe('not-approved')
  expect(fault(undefined, file([risk()], [], ['gt-sbs', 'xx-otra']))).toBe('not-approved')
  expect(fault(undefined, file([risk({ institution: 'gt-sbs' })]))).toBe('malformed')
  expect(fault(undefined, file([risk(), risk()]))).toBe('malformed')
  expect(fault(undefined, file([risk({ when: '2025-11', until: '2026-02' })]))).toBe('expired')
  expect(fault(undefined, file([risk({ when: '2027-12', until: '2028-06' })]))).toBe('lives-too-long')
  // A square of the sea with nothing known in it.
  const lonely = placeAt({ latitude: 16.6, longitude: -87.3 }, 'cell_10')!
  const guard = createPlaceGuard([{ latitude: 16.6, longitude: -87.3 }], [])
  expect(fault(undefined, file([risk({ place: lonely })]))).toBeUndefined()
  expect(fault(undefined, file([risk({ place: lonely })]), { guard })).toBe('too-fine')

  const before = file([risk({ number: 3 })])
  expect(fault(before, file([]))).toBe('rollback')
  expect(fault(before, file([risk({ number: 2 })]))).toBe('rollback')
  expect(fault(before, file([risk({ number: 3, reports: 2 })]))).toBe('rollback')
  expect(fault(before, file([risk({ number: 4, reports: 2 })]))).toBeUndefined()
  const gone = file([], [{ institution, id, number: 3 }])
  expect(fault(before, gone)).toBeUndefined()
  expect(fault(gone, file([]))).toBe('rollback')
  expect(fault(gone, file([risk({ number: 3 })], gone.withdrawn))).toBe('rollback')
})

test('shown until its end, or until whoever published or approved it takes that back', () => {
  const shown = (files: RiskFile[], more: Partial<typeof asks> = {}) =>
    shownRisks(files, { ...asks, ...more }).length
  expect(shown([file([risk()])])).toBe(1)
  const end = Date.parse('2026-06-01T06:00:00Z')
  expect(shown([file([risk()])], { now: end - 1 })).toBe(1)
  expect(shown([file([risk()])], { now: end })).toBe(0)
  expect(shown([file([risk()], [], [institution])])).toBe(0)
  expect(shown([file([risk()])], { countryOf: () => undefined as never })).toBe(0)
  const back = [{ institution, id, number: 1 }]
  expect(shown([file([risk()], back)])).toBe(0)
  expect(shown([file([risk()]), { institution: 'gt-sbs', items: [], withdrawn: back }])).toBe(0)
  expect(shown([file([risk()]), { institution: 'gt-otra', items: [], withdrawn: back }])).toBe(1)
  // Nobody shows another's as their own, and a row says nothing of who published.
  expect(shown([{ ...file([risk()]), institution: 'gt-sbs' }])).toBe(0)
  const [row] = shownRisks([file([risk()])], asks)
  expect(JSON.stringify(row)).not.toMatch(/hn-|gt-|aaaa/)
})

test('what is not of the form is left out, and named', () => {
  const read = readRiskFile(
    { institution, risks: [{ risk: risk() }, { risk: { ...risk(), note: 'x' } }], withdrawn: [] },
    () => both,
  )
  expect(read.file).toEqual(file([risk()]))
  expect(read.faults).toMatchObject([expect.stringContaining('risks.1.')])
})

test('the same words may be signed by another: as coarse or coarser, never otherwise', () => {
  const [row] = publicRisks(groupsOf(told([record({ place })])), none, countryOf)
  const signed = publishedRisk(row!, { institution, id, number: 1 })
  expect(says(signed, row!, none)).toBe(true)
  expect(
    says({ ...signed, place: placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_25') }, row!, none),
  ).toBe(true)
  const { place: _, ...withheld } = signed
  expect(says(withheld, row!, none)).toBe(true)
  expect(says({ ...signed, place: { coarse: 'cell_10', row: 1, column: 1 } }, row!, none)).toBe(false)
  expect(says({ ...signed, reports: 2 }, row!, none)).toBe(false)
  expect(says(signed, { ...row!, place: undefined }, none)).toBe(false)
})

function told(records: readonly RiskRecord[]): Side {
  const side = new Side('a')
  for (const one of records) {
    const report = side.report(clerk, one)
    const version = side.states.get(report)!.versions[0]?.eventId
    if (version)
      for (const who of [consulate, coordinatorGt]) side.step(report, who, { step: 'approve', version })
  }
  return side
}
const groupsOf = (side: Side) => mergedRisks(side.states.values())

const near = fc.record({
  latitude: fc.double({ min: 15.4, max: 16.8, noNaN: true }),
  longitude: fc.double({ min: -89, max: -87, noNaN: true }),
})
const records = fc
  .record({
    kind: fc.constantFrom(...riskKindKeys),
    at: near,
    coarse: fc.constantFrom(...coarsenesses),
    indoors: fc.boolean(),
    day: fc.constantFrom('2026-02-14', '2026-03-09'),
  })
  .map(({ at, coarse, indoors, ...more }): RiskRecord => {
    const where = placeAt(at, indoors ? 'cell_25' : coarse)
    return {
      ...record(more),
      place: where ?? { coarse: 'municipality', key: 'puerto-barrios' },
      ...(indoors ? { indoors } : {}),
      note: 'Fulana de Tal, 3312-0000',
    }
  })

test('from channel to public JSON, rows, GeoJSON and CSV, over zooms, filters and hidden places: never finer than allowed', () => {
  fc.assert(
    fc.property(
      fc.array(records, { maxLength: 4 }),
      fc.array(near, { maxLength: 4 }),
      fc.constantFrom(...reliabilityKeys),
      fc.double({ min: -3, max: 25, noNaN: true }),
      (all, hidden, reliability, zoom) => {
        const guard = createPlaceGuard(hidden, [])
        const signed = publicRisks(groupsOf(told(all)), guard, countryOf).map((row, at) =>
          publishedRisk(row, { institution, id: at.toString(16).padStart(32, '0'), number: 1 }),
        )
        // What devices sign the registry takes, as long as both know the same hidden places.
        const said = file(signed)
        expect(riskFileFault(undefined, said, { ...asks, guard })).toBeUndefined()
        const rows = shownRisks([said], asks)
        const shown = filteredRisks(rows, { reliability }, NOW)
        const allowed = (where: RiskPlace | undefined, kind: keyof typeof riskKinds) => {
          if (!where) return
          expect(coarsenessRank(where.coarse)).toBeGreaterThanOrEqual(
            coarsenessRank(riskKinds[kind].publicAtLeast),
          )
          expect(placeKey(guard.settle(where)!)).toBe(placeKey(where))
        }
        for (const one of signed) allowed(one.place, one.kind)
        for (const one of rows) allowed(one.place, one.kind)
        const squares = new Set(rows.flatMap((one) => JSON.stringify(one.place && boundsOf(one.place)) ?? []))
        for (const { geometry, properties } of risksGeoJson(shown, guard).features) {
          if (geometry?.type === 'Point')
            expect(
              municipalities.map((one) => [one.position.longitude, one.position.latitude]),
            ).toContainEqual(geometry.coordinates)
          if (geometry?.type === 'Polygon') {
            const [[west, south], , [east, north]] = geometry.coordinates[0] as [
              [number, number],
              [number, number],
              [number, number],
            ]
            expect(squares).toContain(JSON.stringify({ south, north, west, east }))
          }
          expect(Object.keys(properties)).not.toContain('institutions')
        }
        for (const { bounds } of riskClusters(shown, zoom, guard))
          if (bounds) expect(bounds.north - bounds.south).toBeGreaterThan(0.0452)
        const out = JSON.stringify([signed, rows, risksGeoJson(shown, guard)]) + risksCsv(shown, guard, 'es')
        for (const secret of ['Fulana', '3312', clerk.institution, '$a', '!room', '@staff'])
          expect(out).not.toContain(secret)
        // No coordinate of a hidden place, however it is written.
        for (const at of hidden) expect(out).not.toContain(String(at.latitude))
      },
    ),
    { numRuns: 80 },
  )
})
