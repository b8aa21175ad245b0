import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { standardFolder } from '../testing/standard.ts'
import { Catalogue } from './catalogue/catalogue.ts'
import { summarise, toHsds } from './convert.ts'
import { freshnessOf } from './freshness.ts'
import * as hsds from './hsds/objects.ts'
import { organizationIdOf, stableId } from './ids.ts'
import { type Institution, institutionsFileSchema } from './institution.ts'
import { institutions } from './institutions.ts'
import { choicesText, foldText } from './text.ts'
import { institutionKinds, serviceCategories } from './words.ts'

const now = Date.UTC(2026, 0, 1)
const lastModified = '2026-01-01T00:00:00.000Z'
const context = { now, lastModified }
const byKey = (key: string): Institution => {
  const found = institutions.find((institution) => institution.key === key)
  if (!found) throw new Error(`no ${key}`)
  return found
}
const catalogue = new Catalogue(
  institutions.map((institution) => ({ institution, lastModified })),
  now,
)

describe('the shipped data', () => {
  it('uses only kinds and categories the vocabulary has', () => {
    for (const institution of institutions) {
      expect(Object.keys(institutionKinds)).toContain(institution.kind)
      for (const service of institution.services) expect(Object.keys(serviceCategories)).toContain(service)
    }
  })

  it('has nothing verified, and confirmed entries name their source', () => {
    for (const institution of institutions) {
      expect(institution.assured_date).toBeUndefined()
      expect(institution.confirmed).toBe(institution.source !== null)
    }
  })

  it('refuses a key that appears twice and a field nobody asked for', () => {
    const [first] = institutions
    expect(institutionsFileSchema.safeParse({ institutions: [first, first] }).success).toBe(false)
    expect(institutionsFileSchema.safeParse({ institutions: [{ ...first, phone: '1' }] }).success).toBe(false)
  })
})

describe('ids', () => {
  it('are those of RFC 9562 in this namespace', () => {
    const namespace = Buffer.from('6f1c1f0e9d6b4c0f8f4f6f0b7f0a3d52', 'hex')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
        const hash = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16)
        hash[6] = (hash[6]! & 0x0f) | 0x50
        hash[8] = (hash[8]! & 0x3f) | 0x80
        expect(stableId(name).replaceAll('-', '')).toBe(hash.toString('hex'))
      }),
    )
  })

  it('have not changed since records were first given out', () => {
    expect(stableId('organization/gt-renap')).toBe('c50490c7-f056-5b53-b841-0b34caec600f')
  })

  it('gives UUIDs of version 5, always the same', () => {
    expect(stableId('organization/gt-renap')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(stableId('organization/gt-renap')).toBe(organizationIdOf('gt-renap'))
    expect(stableId('a')).not.toBe(stableId('b'))
  })
})

describe('freshnessOf', () => {
  it.each([
    [undefined, 'due'],
    ['2025-12-31', 'verified'],
    ['2025-10-04', 'verified'],
    ['2025-10-03', 'due'],
    ['2025-07-05', 'due'],
    ['2025-07-04', 'overdue'],
    ['2027-01-01', 'due'],
    ['yesterday', 'due'],
  ])('%s is %s', (date, freshness) => {
    expect(freshnessOf(date, now)).toBe(freshness)
  })
})

describe('toHsds', () => {
  it('gives records HSDS accepts, without a phone, an address or a person', () => {
    for (const institution of institutions) {
      const { organization, services, location, serviceAtLocations } = toHsds(institution, context)
      expect(hsds.organizationSchema.parse(organization)).toEqual(organization)
      for (const service of services) expect(hsds.serviceSchema.parse(service)).toEqual(service)
      if (location) expect(hsds.locationSchema.parse(location)).toEqual(location)
      for (const each of serviceAtLocations) expect(hsds.serviceAtLocationSchema.parse(each)).toEqual(each)
      const fields = new Set<string>()
      JSON.stringify({ organization, services, location, serviceAtLocations }, (field, value: unknown) => {
        fields.add(field)
        return value
      })
      for (const invented of ['phones', 'contacts', 'addresses', 'email', 'assured_date', 'latitude'])
        expect(fields).not.toContain(invented)
    }
  })

  it('marks the unconfirmed as placeholders and everything as to be verified', () => {
    const { organization, services } = toHsds(byKey('hn-juzgado-ninez-sps'), context)
    const types = (record: { attributes?: hsds.Attribute[] }) =>
      record.attributes?.map((attribute) => `${attribute.link_type}=${attribute.value}`)
    expect(types(organization)).toEqual(expect.arrayContaining(['placeholder=true', 'freshness=due']))
    expect(services[0]).toMatchObject({ status: 'inactive' })
    expect(types(toHsds(byKey('gt-renap'), context).organization)).not.toContain('placeholder=true')
  })

  it('places an office abroad in its host country', () => {
    const { location } = toHsds(byKey('gt-consulado-hn-puerto-barrios'), context)
    expect(location?.description).toBe('Puerto Barrios, Izabal, Guatemala')
  })

  it('gives no location where no place is known', () => {
    const { location, serviceAtLocations } = toHsds(byKey('gt-sbs'), context)
    expect(location).toBeUndefined()
    expect(serviceAtLocations).toEqual([])
  })

  it('carries a verification once there is one', () => {
    const assured = { ...byKey('gt-renap'), assured_date: '2025-12-01' }
    expect(toHsds(assured, context).services[0]).toMatchObject({ assured_date: '2025-12-01' })
    expect(summarise(assured, now, 'gt.example')).toMatchObject({
      freshness: 'verified',
      server_name: 'gt.example',
    })
  })
})

describe('words', () => {
  it('are compared without accents, case or ligatures', () => {
    expect(foldText('NIÑEZ y adolescencia, Ocotepéque')).toBe('ninez y adolescencia, ocotepeque')
    expect(foldText('ﬁcha Nº 1')).toBe('ficha no 1')
  })

  it('choices are joined as each language does', () => {
    const [a, b, c] = [
      { es: 'Oro', en: 'Gold' },
      { es: 'Plata', en: 'Silver' },
      { es: 'Ocre', en: 'Ochre' },
    ] as const
    expect(choicesText([a!, b!, c!])).toEqual({ es: 'Oro, Plata u Ocre', en: 'Gold, Silver, or Ochre' })
    expect(choicesText([a!])).toEqual(a)
  })
})

describe('Catalogue', () => {
  it('answers basic objects without lists and full ones with them', () => {
    const service = catalogue.services({ organizationId: organizationIdOf('hn-camr-omoa') })[0]!
    const basic = catalogue.basic('services', service)
    expect(basic['attributes']).toBeUndefined()
    expect(basic['organization']).toMatchObject({ id: organizationIdOf('hn-camr-omoa') })
    expect(basic['organization']).not.toHaveProperty('attributes')
    const full = hsds.serviceSchema.parse(catalogue.full('services', service))
    expect(full.service_at_locations?.[0]?.location?.description).toBe('Omoa, Cortés, Honduras')
    const organization = catalogue.row('organizations', organizationIdOf('hn-camr-omoa'))!
    expect(catalogue.fullOrganization(organization)['services']).toHaveLength(4)
    const [whole] = catalogue.fullOrganization(organization, { fullServices: true })['services'] as object[]
    expect(whole).toHaveProperty('attributes')
  })

  it('filters by term, taxonomy, organization, time and text', () => {
    const term = catalogue.taxonomyTerms({ search: 'albergue' })[0]!
    const shelters = catalogue.services({ taxonomyTermId: term.id })
    expect(shelters.length).toBe(institutions.filter(({ services }) => services.includes('shelter')).length)
    expect(catalogue.organizations({ taxonomyTermId: term.id }).length).toBe(shelters.length)
    expect(catalogue.services({ taxonomyId: String(term['taxonomy_id']) }).length).toBe(
      catalogue.services().length,
    )
    expect(catalogue.services({ modifiedAfter: now + 1 })).toEqual([])
    expect(catalogue.services({ modifiedAfter: now }).length).toBeGreaterThan(0)
    expect(catalogue.services({ search: 'psicosocial corinto' }).length).toBe(2)
    expect(catalogue.serviceAtLocations({ search: 'judicial' })[0]).toHaveProperty('location_id')
  })

  it('lists every service once, also one that is given at many places', () => {
    expect(catalogue.services().length).toBe(
      institutions.reduce((sum, { services }) => sum + services.length, 0),
    )
    expect(new Set(catalogue.services({ search: 'corinto' }).map(({ id }) => id)).size).toBe(
      catalogue.services({ search: 'corinto' }).length,
    )
  })
})

const specFolder = `${standardFolder}schema/`

describe.skipIf(!standardFolder)('against the standard’s schemas', () => {
  const schemas: Record<string, z.ZodObject> = {
    accessibility: hsds.accessibilitySchema,
    address: hsds.addressSchema,
    attribute: hsds.attributeSchema,
    contact: hsds.contactSchema,
    cost_option: hsds.costOptionSchema,
    funding: hsds.fundingSchema,
    language: hsds.languageSchema,
    location: hsds.locationSchema,
    meta_table_description: hsds.metaTableDescriptionSchema,
    metadata: hsds.metadataSchema,
    organization: hsds.organizationSchema,
    organization_identifier: hsds.organizationIdentifierSchema,
    phone: hsds.phoneSchema,
    program: hsds.programSchema,
    required_document: hsds.requiredDocumentSchema,
    schedule: hsds.scheduleSchema,
    service: hsds.serviceSchema,
    service_area: hsds.serviceAreaSchema,
    service_at_location: hsds.serviceAtLocationSchema,
    service_capacity: hsds.serviceCapacitySchema,
    taxonomy: hsds.taxonomySchema,
    taxonomy_term: hsds.taxonomyTermSchema,
    unit: hsds.unitSchema,
    url: hsds.urlSchema,
  }

  it.each(Object.keys(schemas))('%s has the same fields and asks for the same ones', (name) => {
    const spec = JSON.parse(readFileSync(`${specFolder}${name}.json`, 'utf8')) as {
      properties: Record<string, unknown>
      required?: string[]
    }
    const { shape } = schemas[name]!
    expect(Object.keys(shape).sort()).toEqual(Object.keys(spec.properties).sort())
    const required = Object.keys(shape).filter(
      (field) => !(shape[field] as z.ZodType).safeParse(undefined).success,
    )
    expect(required.sort()).toEqual([...(spec.required ?? [])].sort())
  })

  const examples = `${standardFolder}examples/`

  it.each([
    ['organization_full', hsds.organizationSchema],
    ['service_full', hsds.serviceSchema],
    ['service_at_location_full', hsds.serviceAtLocationSchema],
    ['location', hsds.locationSchema],
    ['taxonomy_term', hsds.taxonomyTermSchema],
  ] as const)('reads the example %s', (name, schema) => {
    const example: unknown = JSON.parse(readFileSync(`${examples}${name}.json`, 'utf8'))
    const parsed = schema.safeParse(example)
    expect(parsed.error?.issues ?? []).toEqual([])
  })
})
