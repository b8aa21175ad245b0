import { describe, expect, it } from 'vitest'
import { exampleEntries, exampleInstitutions } from '../examples.ts'
import type { Row } from '../hsds/tables.ts'
import { institutions } from '../institutions.ts'
import { areaContains } from './area.ts'
import { Catalogue, type CatalogueEntry } from './catalogue.ts'
import { directoryCopy, readDirectoryCopy } from './copy.ts'

const now = Date.parse('2026-11-27T12:00:00-06:00')
const lastModified = '2026-11-01T00:00:00.000Z'
const entries: CatalogueEntry[] = [
  ...institutions.map((institution) => ({ institution, lastModified })),
  ...exampleInstitutions.map((institution, at) => ({
    institution,
    lastModified,
    entry: exampleEntries[at]!,
  })),
]

describe('a catalogue with entries', () => {
  it('has what the entry says, and of the list what only the list decides', () => {
    const catalogue = new Catalogue(entries, now)
    const [office] = catalogue.organizations({ search: 'registro civil de ejemplo' })
    const whole = catalogue.fullOrganization(office!, { fullServices: true }) as Row & {
      attributes: Row[]
      services: Row[]
      organization_identifiers: Row[]
    }
    const marks = whole.attributes.map(({ link_type, value }) => `${link_type}=${value}`)
    expect(marks).toEqual(
      expect.arrayContaining([
        'institution_kind=civil_registry',
        'country=GT',
        'example=true',
        'freshness=overdue',
      ]),
    )
    expect(whole.organization_identifiers[0]).toMatchObject({ identifier: 'gt-ejemplo-registro' })
    expect(whole.services).toHaveLength(1)
    expect(whole.services[0]).toMatchObject({
      name: 'Registro civil y documentación',
      last_modified: lastModified,
    })
    expect(whole.services[0]).not.toHaveProperty('assured_date')
    expect((whole.services[0]!['required_documents'] as Row[]).map(({ document }) => document)).toHaveLength(
      2,
    )
  })

  it('shows the network what the public does not see', () => {
    const numbers = (view: 'public' | 'network') =>
      JSON.stringify(new Catalogue(entries, now, view).organizations().map((row) => row.id)).length > 0 &&
      [...(new Catalogue(entries, now, view).tables.phones?.values() ?? [])].map(({ number }) => number)
    expect(numbers('public')).not.toContain('+50400000102')
    expect(numbers('network')).toContain('+50400000102')
  })

  it('says how a question was understood, with every answer', () => {
    const { results, understood } = new Catalogue(entries, now).ask('alvergue corinto')
    expect(understood).toMatchObject({
      services: ['shelter'],
      places: ['corinto'],
      corrected: { alvergue: 'albergue' },
    })
    expect(results.length).toBeGreaterThan(2)
    expect(results[0]?.id).toHaveProperty('atLocation')
  })

  it('is read from a copy as it was, and a copy that is none is refused', () => {
    for (const view of ['public', 'network'] as const) {
      const copy = JSON.parse(JSON.stringify(directoryCopy(entries, view))) as unknown
      const read = readDirectoryCopy(copy)
      expect(read?.view).toBe(view)
      const again = new Catalogue(read!.entries, now, view)
      expect(again.tables).toEqual(new Catalogue(entries, now, view).tables)
    }
    for (const none of [
      null,
      {},
      { view: 'all', institutions: [] },
      { view: 'public', institutions: [{ institution: {} }] },
    ])
      expect(readDirectoryCopy(none)).toBeUndefined()
    const [, other] = exampleEntries
    const forged = {
      view: 'public',
      institutions: [{ institution: exampleInstitutions[0], last_modified: lastModified, entry: other }],
    }
    expect(readDirectoryCopy(forged)?.entries[0]).not.toHaveProperty('entry')
  })
})

it('areas are drawn with holes and in parts', () => {
  const square = (from: number, to: number) => [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
    [from, from],
  ]
  const polygon = { type: 'Polygon', coordinates: [square(0, 10), square(4, 6)] }
  const at = (latitude: number, longitude: number, shape: unknown = polygon) =>
    areaContains(JSON.stringify(shape), { latitude, longitude })
  expect([at(1, 1), at(5, 5), at(11, 1)]).toEqual([true, false, false])
  const parts = {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        geometry: { type: 'MultiPolygon', coordinates: [[square(20, 30)], [square(40, 50)]] },
      },
    ],
  }
  expect([at(45, 45, parts), at(35, 35, parts)]).toEqual([true, false])
  for (const none of ['extent', '{}', '[]', '{"type":"Polygon","coordinates":"x"}', undefined, 3])
    expect(areaContains(none, { latitude: 1, longitude: 1 })).toBeUndefined()
})
