import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { institutions } from '../institutions.ts'
import { serviceCategories } from '../words.ts'
import { createSearchIndex } from './directory-search.ts'
import { searchInstitutions } from './institution-search.ts'
import { placeAndAround, places, positionOfPlace } from './places.ts'
import { lettersApart, soundOf } from './spelling.ts'
import { servicePhrases } from './vocabulary.ts'

const index = searchInstitutions(institutions)
const offering = (category: string) =>
  institutions.filter(({ services }) => services.includes(category)).map(({ key }) => key)

describe('the words people use', () => {
  it.each([
    ['partida de nacimiento', 'civil_registration'],
    ['Partida  nacimiento', 'civil_registration'],
    ['comida', 'food'],
    ['dónde puedo comer', 'food'],
    ['abogado', 'legal'],
    ['abogadas', 'legal'],
    ['doctor', 'medical'],
    ['Dra.', 'medical'],
    ['psicologa', 'psychosocial'],
    ['ropa', 'hygiene_clothing'],
    ['pasaje de bus', 'transport'],
    ['menores no acompañados', 'child_protection'],
    ['buscar a mi familia', 'restoring_family_links'],
    ['deportados', 'return_reception'],
    ['place to sleep', 'shelter'],
    ['birth certificate', 'civil_registration'],
    ['lawyer', 'legal'],
    ['juez', 'judicial'],
  ])('%s is %s', (query, category) => {
    const answer = index.ask(query)
    expect(answer.understood.services).toContain(category)
    expect(answer.results.map(({ id }) => id)).toEqual(expect.arrayContaining(offering(category)))
  })

  it.each([
    ['alvergue', 'shelter'],
    ['albegue', 'shelter'],
    ['partida de nasimiento', 'civil_registration'],
    ['abogdo', 'legal'],
    ['docotr', 'medical'],
    ['sicologo', 'psychosocial'],
    ['konsulado', 'consular'],
    ['transprote', 'transport'],
  ])('%s is misspelt, and %s', (query, category) => {
    const answer = index.ask(query)
    expect(answer.understood.services).toContain(category)
    expect(Object.keys(answer.understood.corrected)).toHaveLength(1)
  })

  it('a phrase is found while it is still being written', () => {
    for (const query of ['aboga', 'partida de naci', 'albergu', 'derechos hum'])
      expect(index.search(query), query).not.toEqual([])
    expect(index.search('partida de naci')).toEqual(expect.arrayContaining(['gt-renap', 'hn-rnp-sps']))
  })

  it.each([
    ['RENAP', 'gt-renap'],
    ['rnp', 'hn-rnp-sps'],
    ['pgn', 'gt-pgn-izabal'],
    ['SENAF', 'hn-senaf-corinto'],
    ['dinaf', 'hn-senaf-corinto'],
    ['IOM', 'hn-oim-corinto'],
    ['sreci', 'hn-sreci'],
  ])('%s is %s, first', (query, key) => {
    expect(index.search(query)[0]).toBe(key)
  })

  it('an acronym is that of one country, also where the name is written in full', () => {
    const named = createSearchIndex([
      { id: 'gt', name: 'Registro Nacional de las Personas', country: 'GT', fields: [] },
      { id: 'hn', name: 'Registro Nacional de las Personas', country: 'HN', fields: [] },
    ])
    expect([named.search('renap'), named.search('rnp')]).toEqual([['gt'], ['hn']])
  })

  it('every category has its own words, its names among them', () => {
    expect(Object.keys(servicePhrases).sort()).toEqual(Object.keys(serviceCategories).sort())
    for (const category of Object.keys(serviceCategories)) {
      const [first] = servicePhrases[category as keyof typeof servicePhrases].split(',')
      expect(index.ask(first!).understood.services, first).toContain(category)
    }
  })
})

describe('what first, where second', () => {
  it('albergue corinto: every shelter, those near Corinto before the others', () => {
    const { results, understood } = index.ask('albergue corinto')
    expect(understood).toMatchObject({ services: ['shelter'], places: ['corinto'] })
    expect(results).toEqual([
      { id: 'gt-casa-del-migrante-entre-rios', where: 'near' },
      { id: 'gt-sbs', where: 'elsewhere' },
    ])
    expect(index.search('albergue corinto')).toEqual(['gt-casa-del-migrante-entre-rios'])
    expect(
      index
        .ask('doctor corinto')
        .results.filter(({ where }) => where === 'here')
        .map(({ id }) => id),
    ).toEqual(['hn-salud-corinto', 'hn-msf-corinto', 'hn-medicos-del-mundo'])
  })

  it('pto barrios: what is there', () => {
    const { results } = index.ask('pto barrios')
    expect(results.length).toBeGreaterThan(5)
    for (const { id, where } of results) {
      expect(where).toBe('here')
      expect(institutions.find(({ key }) => key === id)?.municipality).toContain('Puerto Barrios')
    }
    expect(index.search('puerto barios')).toEqual(index.search('Puerto Barrios'))
  })

  it('a village is part of its municipality, and that of its department', () => {
    expect(index.search('omoa')).toEqual(expect.arrayContaining(['hn-oim-corinto', 'hn-camr-omoa']))
    expect(index.search('comida cortes').sort()).toEqual(['hn-camr-omoa', 'hn-camr-sps', 'hn-copeco-corinto'])
    expect(index.ask('abogado san pedro sula').results.every(({ where }) => where !== 'here')).toBe(true)
  })

  it('where nothing is, what is near', () => {
    const { results } = index.ask('cuyamel')
    expect(results.length).toBeGreaterThan(0)
    for (const { where } of results) expect(where).toBe('near')
  })

  it('places lead to a country, and those without coordinates to a neighbour', () => {
    for (const { key } of places) {
      const around = placeAndAround(key)
      expect(['honduras', 'guatemala']).toContain(around.at(-1))
      if (around.length > 1) expect(positionOfPlace(key), key).toBeDefined()
    }
  })
})

describe('words', () => {
  it.each([
    ['niñez', 'gt-juzgado-ninez-puerto-barrios'],
    ['NINEZ juzgado barrios', 'gt-juzgado-ninez-puerto-barrios'],
    ['renap', 'gt-renap'],
    ['registro de las personas', 'hn-rnp-sps'],
    ['albergues', 'gt-casa-del-migrante-entre-rios'],
    ['shelter', 'gt-sbs'],
    ['búsqueda familiar', 'hn-cruz-roja'],
    ['migr corinto', 'gt-igm-el-corinto'],
    ['gt-pgn-izabal', 'gt-pgn-izabal'],
    ['consulados', 'gt-consulado-hn-puerto-barrios'],
  ])('%s finds %s', (query, key) => {
    expect(index.search(query)).toContain(key)
  })

  it('all have to be there, those of a place aside; nothing is found for nothing', () => {
    expect(index.search('renap scalabrinianas')).toEqual([])
    expect(index.ask('renap corinto').results).toEqual([{ id: 'gt-renap', where: 'elsewhere' }])
    expect(index.search('')).toEqual([])
    expect(index.search('!!!')).toEqual([])
    expect(index.search('xyzzyqwrt')).toEqual([])
  })

  it('that are nowhere are said to be so', () => {
    const { results, understood } = index.ask('quiero comida xyzzyqwrt')
    expect(results.length).toBe(offering('food').length)
    expect(understood.ignored).toContain('xyzzyqwrt')
  })

  it('put the name before the rest', () => {
    expect(index.search('cruz roja')[0]).toMatch(/^hn-c(ruz-roja|amr-omoa)$/)
    expect(index.search('consulado')[0]).toBe('gt-consulado-hn-puerto-barrios')
  })

  it('rank by weight, then the whole word before a beginning, and keep the order of equals', () => {
    const found = createSearchIndex([
      { id: 'beginning', fields: [{ text: 'marinaciones', weight: 4 }] },
      { id: 'first', fields: [{ text: 'marina brisa', weight: 1 }] },
      { id: 'second', fields: [{ text: 'marina brisa', weight: 1 }] },
      {
        id: 'name',
        fields: [
          { text: 'marina brisa', weight: 4 },
          { text: 'otro', weight: 1 },
        ],
      },
    ])
    expect(found.search('marina brisa')).toEqual(['name', 'first', 'second'])
    expect(found.search('marina')[0]).toBe('name')
    expect(found.search('marina', 2)).toHaveLength(2)
    expect([...found.search('marinacion'), ...found.search('marinacione')]).toEqual([
      'beginning',
      'beginning',
    ])
  })

  it('are not made slow or broad by a long query', () => {
    expect(index.search('renap '.repeat(5_000))).toEqual(index.search('renap'))
    expect(index.search('de la')).not.toEqual([])
  })

  it('find every document by each of its words, whatever the case and accents', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zñáéíóú]{1,8}( [a-zñáéíóú]{1,8}){0,3}$/), {
          minLength: 1,
          maxLength: 10,
        }),
        (texts) => {
          const found = createSearchIndex(texts.map((text, id) => ({ id, fields: [{ text, weight: 1 }] })))
          for (const [id, text] of texts.entries())
            for (const word of text.split(' ')) {
              const plain = word.normalize('NFKD').replace(/\p{M}/gu, '')
              expect(found.search(plain.toUpperCase())).toContain(id)
            }
        },
      ),
    )
  })

  it('may be anything', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (query) => void index.ask(query)))
  })
})

it('letters apart, as they are counted', () => {
  expect(
    ['abogado', 'abogdo', 'aboagdo', 'avogado', 'xyz'].map((word) => lettersApart('abogado', word, 2)),
  ).toEqual([0, 1, 1, 1, 3])
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      const apart = lettersApart(a, b, 16)
      expect(apart).toBe(lettersApart(b, a, 16))
      expect(apart === 0).toBe(a === b)
      expect(lettersApart(a, b, 2)).toBe(Math.min(apart, 3))
    }),
  )
  expect([soundOf('vicencia'), soundOf('quinse'), soundOf('llanto')]).toEqual([
    soundOf('bisensia'),
    soundOf('kince'),
    soundOf('yanto'),
  ])
})
