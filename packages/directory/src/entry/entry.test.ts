import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exampleEntries, exampleInstitutions } from '../examples.ts'
import type { Row, TableName } from '../hsds/tables.ts'
import { institutionsFileSchema } from '../institution.ts'
import { addressLines, addressText, departmentOf } from './address.ts'
import { checkEntry, entryFaults } from './check-entry.ts'
import { type DirectoryEntry, tablesOfEntry, withTables } from './entry.ts'
import { isLanguageTag, languageName } from './language.ts'
import { eligibilityOf, isEligible, markOf, markValues } from './marks.ts'
import { publicTables, publicView } from './visibility.ts'

const shelter = exampleEntries[0]!
const clone = (entry: DirectoryEntry) => structuredClone(entry)
const faultsOf = (entry: unknown) => {
  const check = checkEntry(entry)
  return check.ok ? [] : check.faults.map(({ table, field, fault }) => `${table}.${field} ${fault}`)
}
const changed = (table: TableName, fields: Record<string, unknown>, at = 0): DirectoryEntry => {
  const entry = clone(shelter)
  Object.assign(entry.records[table]![at]!, fields)
  return entry
}
const marked = (
  table: TableName,
  type: Parameters<typeof markOf>[2],
  value: string,
  at = 0,
): DirectoryEntry => {
  const entry = clone(shelter)
  entry.records.attributes!.push({ ...markOf(table, entry.records[table]![at]!.id, type, value) })
  return entry
}

describe('the examples', () => {
  it('are entries without fault, and say that they are examples', () => {
    expect(institutionsFileSchema.safeParse({ institutions: exampleInstitutions }).success).toBe(true)
    for (const entry of exampleEntries) {
      expect(faultsOf(entry)).toEqual([])
      expect(withTables(entry, tablesOfEntry(entry))).toMatchObject({ key: entry.key, example: true })
    }
    for (const { name } of exampleInstitutions) expect(name).toContain('de ejemplo')
  })

  it('name no person', () => {
    for (const entry of exampleEntries)
      for (const contact of entry.records.contacts ?? []) expect(contact['name']).toBeUndefined()
  })
})

describe('an entry is refused by record and field', () => {
  it.each<[string, DirectoryEntry, string]>([
    [
      'a number that could be dialled, in an example',
      changed('phones', { number: '+50422345678' }),
      'phones.number must_not_dial',
    ],
    [
      'a number that is none',
      { ...clone(shelter), example: undefined } as DirectoryEntry,
      'phones.number no_such_number',
    ],
    ['a phone’s kind', changed('phones', { type: 'satellite' }), 'phones.type no_such_type'],
    ['a language', changed('languages', { code: 'garífuna' }), 'languages.code no_such_language'],
    [
      'a department',
      changed('addresses', { state_province: 'Cortes' }),
      'addresses.state_province no_such_department',
    ],
    ['a postal code', changed('addresses', { postal_code: '123' }), 'addresses.postal_code no_postal_code'],
    ['an address of nothing', changed('addresses', { address_1: ' ' }), 'addresses.address_1 no_place'],
    ['coordinates', changed('locations', { latitude: 100, longitude: 0 }), 'locations.latitude not_a_place'],
    ['half of a place', changed('locations', { latitude: 15 }), 'locations.longitude not_a_place'],
    ['hours without an end', changed('schedules', { closes_at: undefined }), 'schedules.closes_at no_hours'],
    ['days that never come', changed('schedules', { byday: 'LU' }), 'schedules.byday no_days'],
    ['no time zone', changed('schedules', { timezone: undefined }), 'schedules.timezone no_zone'],
    ['ages', changed('services', { minimum_age: 18, maximum_age: 12 }), 'services.maximum_age wrong_order'],
    [
      'more beds than there are',
      changed('service_capacity', { available: 30 }),
      'service_capacity.maximum wrong_order',
    ],
    ['money', changed('cost_options', { currency: 'lempiras' }), 'cost_options.currency no_such_type'],
    ['a long text', changed('services', { description: 'x'.repeat(2_001) }), 'services.description too_long'],
    [
      'a link to nothing',
      changed('phones', { location_id: shelter.records.services![0]!.id }),
      'phones.location_id leads_nowhere',
    ],
    [
      'a mark on what cannot have it',
      marked('services', 'whatsapp', 'yes'),
      'attributes.value not_allowed_here',
    ],
    ['a mark’s value', marked('services', 'eligible_sex', 'x'), 'attributes.value not_allowed_here'],
    ['a mark said twice', marked('phones', 'whatsapp', 'yes'), 'attributes.value twice'],
    ['a hidden name', marked('organizations', 'network_only', 'name'), 'attributes.value cannot_be_hidden'],
    [
      'another’s organization',
      { ...clone(shelter), key: 'hn-otro' },
      'organizations.id not_its_organization',
    ],
    [
      'what HSDS refuses',
      changed('locations', { location_type: 'casa' }),
      'locations.location_type not_standard',
    ],
  ])('%s', (_what, entry, fault) => {
    expect(faultsOf(entry)).toContain(fault)
  })

  it('a plus code far from its place', () => {
    const entry = changed('locations', { latitude: 15.76667, longitude: -88.03333 })
    const place = entry.records.locations![0]!.id
    entry.records.attributes!.push({ ...markOf('locations', place, 'plus_code', '76CRPCH4+4Q') })
    expect(faultsOf(entry)).toEqual(['attributes.value far_from_place'])
  })

  it('whatever it is, in words', () => {
    for (const { es, en } of Object.values(entryFaults)) expect(es && en).toBeTruthy()
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(checkEntry(value).ok).toBe(false)
        expect(checkEntry({ key: 'hn-x', records: value }).ok).toBe(false)
        expect(checkEntry({ key: 'hn-x', records: { phones: value } }).ok).toBe(false)
      }),
    )
  })

  it('keeps fields and attributes nobody here knows', () => {
    const entry = changed('services', { 'x-folio': 12 })
    entry.records.attributes!.push({
      id: crypto.randomUUID(),
      link_id: entry.records.services![0]!.id,
      link_entity: 'service',
      link_type: 'color',
      value: 'azul',
    })
    expect(faultsOf(entry)).toEqual([])
  })
})

describe('what the public sees', () => {
  const everything = (value: unknown) => JSON.stringify(value)

  it('is no contact’s number, unless it was made public', () => {
    const view = publicView(shelter)
    expect(everything(view)).toContain('+50400000101')
    expect(everything(view)).not.toContain('+50400000102')
    expect(everything(view)).toContain('Persona de turno')
    expect(view.records.languages?.some((each) => each['phone_id'] !== undefined)).toBe(false)
    expect(everything(publicView(exampleEntries[2]!))).toContain('+50200000301')
  })

  it('is less where a field is for the network only, and nothing that hangs on it', () => {
    expect(
      publicView(marked('services', 'network_only', 'description')).records.services![0],
    ).not.toHaveProperty('description')
    const without = publicView(marked('services', 'network_only', '*'))
    const [hidden] = shelter.records.services!
    expect(everything(without)).not.toContain(hidden!.id)
    expect(without.records.service_capacity).toBeUndefined()
    expect(without.records.services).toHaveLength(1)
    expect(publicView(marked('phones', 'network_only', 'number')).records.phones).toBeUndefined()
    expect(publicView(marked('locations', 'network_only', '*')).records.service_at_location).toBeUndefined()
  })

  it('says where a place is in no other form, where one form of it is hidden', () => {
    const hiding = (table: TableName, field: string) => {
      const entry = clone(shelter)
      const location = entry.records.locations![0]!
      const address = entry.records.addresses!.find((one) => one['location_id'] === location.id)!
      Object.assign(location, { latitude: 15.601, longitude: -88.201 })
      const codes = [location, address].map((row, at) =>
        markOf(at === 0 ? 'locations' : 'addresses', row.id, 'plus_code', '76G5JQ2X+CJ'),
      )
      entry.records.attributes!.push(...codes.map((code) => ({ ...code })))
      const row = { locations: location, addresses: address, attributes: codes[1]! }[table as 'locations']
      entry.records.attributes!.push({ ...markOf(table, row.id, 'network_only', field) })
      return everything(publicView(entry))
    }
    for (const [table, field] of [
      ['locations', 'latitude'],
      ['locations', 'latitude,longitude'],
      ['addresses', 'address_1'],
      ['addresses', '*'],
      ['attributes', '*'],
    ] as const) {
      const view = hiding(table, field)
      for (const said of ['15.601', '88.201', '76G5JQ2X'])
        expect(view, `${table} ${field}`).not.toContain(said)
      expect(view.includes('A diez minutos a pie')).toBe(table !== 'addresses')
    }
  })

  it('never says what is hidden, and is seen twice as once', () => {
    for (const entry of exampleEntries) {
      const view = publicView(entry)
      expect(publicView(view)).toEqual(view)
      expect(everything(view)).not.toContain('network_only')
      expect(faultsOf(view)).toEqual([])
    }
  })

  it('has no link to what is gone, whatever is hidden', () => {
    const rows = Object.entries(shelter.records).flatMap(([table, list]) =>
      list!.map((row) => [table as TableName, row.id] as const),
    )
    fc.assert(
      fc.property(
        fc.subarray(rows.filter(([table]) => table !== 'organizations' && table !== 'attributes')),
        (hidden) => {
          const entry = clone(shelter)
          for (const [table, id] of hidden)
            entry.records.attributes!.push({ ...markOf(table, id, 'network_only', '*') })
          const view = publicView(entry)
          for (const [, id] of hidden) expect(everything(view)).not.toContain(id)
          const known = new Set(Object.values(view.records).flatMap((list) => list!.map(({ id }) => id)))
          for (const list of Object.values(view.records))
            for (const row of list!)
              for (const [field, value] of Object.entries(row))
                if (field.endsWith('_id') && field !== 'taxonomy_term_id') expect(known).toContain(value)
        },
      ),
    )
  })

  it('does not say who changed what', () => {
    const metadata: Row = {
      id: crypto.randomUUID(),
      resource_id: shelter.records.services![0]!.id,
      updated_by: '@alguien:hn',
    }
    expect(
      publicTables({ ...tablesOfEntry(shelter), metadata: new Map([[metadata.id, metadata]]) }).metadata,
    ).toBeUndefined()
  })
})

describe('addresses', () => {
  it('are written as each country writes them', () => {
    expect(
      addressLines(
        { avenue: '6a. avenida', plate: '8-45', zone: '1', neighbourhood: 'Colonia Centro' },
        'GT',
      ),
    ).toEqual({ address_1: '6a. avenida 8-45, zona 1, Colonia Centro' })
    expect(
      addressLines(
        {
          neighbourhood: 'Barrio El Centro',
          avenue: '3 avenida',
          street: '5 calle',
          landmark: 'frente al parque',
        },
        'HN',
      ),
    ).toEqual({ address_1: 'Barrio El Centro, 3 avenida, 5 calle', address_2: 'frente al parque' })
    expect(addressLines({ kilometre: '52', road: 'CA-13', neighbourhood: 'Aldea Corinto' }, 'HN')).toEqual({
      address_1: 'Aldea Corinto, kilómetro 52, carretera CA-13',
    })
    expect(addressLines({ landmark: 'junto al puente' }, 'HN')).toEqual({ address_1: 'junto al puente' })
    expect(addressText(shelter.records.addresses![0]!)).toBe(
      'Aldea de ejemplo, kilómetro 1, carretera de ejemplo, frente a la cancha de ejemplo, Omoa, Cortés, Honduras',
    )
  })

  it('have departments however they are typed', () => {
    expect(departmentOf('HN', ' cortes')).toBe('Cortés')
    expect(departmentOf('GT', 'PETEN')).toBe('Petén')
    expect(departmentOf('GT', 'Cortés')).toBeUndefined()
  })
})

it('languages have names in both languages', () => {
  expect(languageName('kek')).toEqual({ es: 'q’eqchi’', en: 'Q’eqchi’' })
  expect(languageName('fr').es).toBe('francés')
  for (const tag of ['es', 'es-HN', 'cab', 'zh-Hant', 'kek-GT']) expect(isLanguageTag(tag)).toBe(true)
  for (const tag of ['', 'e', 'español', 'es_HN', 'x-y', 'es-'.repeat(20)])
    expect(isLanguageTag(tag)).toBe(false)
})

it('whom a service is for', () => {
  const service = shelter.records.services![0]!
  const attributes = shelter.records.attributes!.filter((each) => each['link_id'] === service.id)
  const eligibility = eligibilityOf({ ...service, minimum_age: 18 }, attributes)
  expect(markValues(attributes, 'eligible_situation')).toEqual(['in_transit', 'returned', 'family'])
  expect(isEligible(eligibility, {})).toBe(true)
  expect(isEligible(eligibility, { age: 17 })).toBe(false)
  expect(isEligible(eligibility, { situation: 'protection_seeker' })).toBe(false)
  expect(isEligible(eligibility, { age: 30, sex: 'female', nationality: 'NI', situation: 'returned' })).toBe(
    true,
  )
})
