import { beforeAll, describe, expect, it } from 'vitest'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { exampleEntries, exampleInstitutions } from '../examples.ts'
import { institutions } from '../institutions.ts'
import { runInSlices, runSteps } from '../steps.ts'
import { anything, Finder, type FindQuery } from './finder.ts'

// A Friday at ten in the morning at the border.
const now = Date.parse('2026-11-27T10:00:00-06:00')
const lastModified = '2026-11-01T00:00:00.000Z'
const entries: CatalogueEntry[] = [
  ...institutions.map((institution) => ({ institution, lastModified })),
  ...exampleInstitutions.map((institution, at) => ({
    institution,
    lastModified,
    entry: exampleEntries[at]!,
  })),
]
let finder: Finder
beforeAll(() => {
  finder = runSteps(Finder.inSteps(entries, now, 'network'))
})

const find = (query: Partial<FindQuery>, at = now) => {
  const answer = finder.find({ ...anything, ...query }, at)
  return finder.rows(answer.found, at, query.near)
}

describe('what people look for', () => {
  it('is found in their own words, and nothing asked shows everything', () => {
    for (const text of [
      'partida de nacimiento',
      'comida',
      'abogado',
      'doctor',
      'albergue corinto',
      'pto barrios',
      'RENAP',
      'RNP',
      'PGN',
      'SENAF',
    ])
      expect([text, find({ text }).length > 0]).toEqual([text, true])
    expect(find({})).toHaveLength(finder.size)
    expect(find({ text: 'xyzzyqwrt' })).toEqual([])
  })

  it('says who, what, where, when it is open, and how far that can be relied on', () => {
    const [shelter] = find({ text: 'albergue corinto' })
    expect(shelter).toMatchObject({
      key: 'hn-ejemplo-albergue',
      service: { name: 'Albergue', nameInEnglish: 'Shelter' },
      place: 'Omoa, Cortés',
      country: 'HN',
      example: true,
      freshness: 'due',
      opening: { state: 'open' },
      townOnly: true,
    })
  })

  it('is narrowed by service, country, language, whom it is for and hours, all at once', () => {
    const shelters = find({ services: ['shelter'], country: 'HN' })
    expect(shelters.length).toBeGreaterThan(0)
    for (const row of shelters) expect([row.country, row.categories]).toEqual(['HN', ['shelter']])
    expect(find({ language: 'kek' }).map(({ key }) => key)).toEqual(['gt-ejemplo-registro'])
    const registry = { services: ['civil_registration'], language: 'kek', openNow: true }
    expect(find(registry)).toHaveLength(1)
    // Between the two shifts, on a Saturday, and the day the office counts its stock.
    for (const closed of [
      '2026-11-27T12:30:00-06:00',
      '2026-11-28T10:00:00-06:00',
      '2026-12-18T10:00:00-06:00',
    ])
      expect(find(registry, Date.parse(closed))).toEqual([])
    expect(find({ services: ['shelter'], person: { situation: 'unaccompanied_child' } })).not.toContainEqual(
      expect.objectContaining({ key: 'hn-ejemplo-albergue' }),
    )
    expect(find({ services: ['shelter'], person: { situation: 'returned' } })).toContainEqual(
      expect.objectContaining({ key: 'hn-ejemplo-albergue' }),
    )
  })

  it('stands nearest first where a place is chosen, and what has no known place last', () => {
    const near = { latitude: 15.728, longitude: -88.594 }
    const rows = find({ services: ['medical'], near })
    expect(rows[0]).toMatchObject({ key: 'gt-ejemplo-clinica', metres: 0 })
    const away = rows.map(({ metres }) => metres ?? Number.POSITIVE_INFINITY)
    expect(away).toEqual([...away].sort((a, b) => a - b))
  })

  it('has a position for the map wherever a town is known', () => {
    const answer = finder.find({ ...anything, text: 'pto barrios' }, now)
    expect(answer.positions).toHaveLength(answer.found.length * 2)
    expect([...answer.positions].some((value) => !Number.isNaN(value))).toBe(true)
  })

  it('names the languages and categories there are', () => {
    expect(finder.languages()).toEqual(expect.arrayContaining(['es', 'cab', 'kek', 'en']))
    expect(finder.categories()['shelter']).toBeGreaterThan(0)
  })
})

describe('an entry', () => {
  it('has everything in its groups, and says what only the network sees', () => {
    const shelter = finder.entry('hn-ejemplo-albergue', now)
    expect(shelter).toMatchObject({
      own: true,
      example: true,
      groups: { contact: { freshness: 'verified', date: '2026-11-02' }, hours: { freshness: 'due' } },
      places: [{ city: 'Omoa', accessibility: ['Rampa en la entrada; un baño accesible.'], townOnly: true }],
      contacts: [
        {
          title: 'Persona de turno',
          networkOnly: false,
          phones: [{ number: '+50400000102', whatsapp: true, atNight: true, networkOnly: true }],
        },
      ],
    })
    const [beds] = shelter!.services
    expect(beds).toMatchObject({
      capacity: [{ available: 6, maximum: 24 }],
      costs: [{ option: 'Gratuito', amount: 0, currency: 'HNL' }],
      languages: ['es', 'en', 'cab'],
      opening: { state: 'open' },
      eligibility: { situations: ['in_transit', 'returned', 'family'] },
    })
    expect(finder.entry('gt-ejemplo-registro', now)!.services[0]!.documents).toHaveLength(2)
  })

  it('of an institution that the list alone names says what the list says', () => {
    const listed = finder.entry(institutions[0]!.key, now)
    expect(listed).toMatchObject({ own: false, name: institutions[0]!.name, phones: [], contacts: [] })
    expect(finder.entry('hn-nadie', now)).toBeUndefined()
  })

  it('shows the public neither telephones of persons nor that there are any', () => {
    const outside = runSteps(Finder.inSteps(entries, now, 'public')).entry('hn-ejemplo-albergue', now)
    expect(JSON.stringify(outside)).not.toContain('+50400000102')
    expect(JSON.stringify(outside)).not.toContain('"networkOnly":true')
  })
})

it('is the same made at once and in slices, between which others work', async () => {
  let pauses = 0
  const made = await runInSlices(Finder.inSteps(entries, now, 'network'), async () => {
    pauses += 1
  })
  expect(made.find({ ...anything, text: 'comida' }, now)).toEqual(
    finder.find({ ...anything, text: 'comida' }, now),
  )
  expect(pauses).toBeGreaterThanOrEqual(0)
})
