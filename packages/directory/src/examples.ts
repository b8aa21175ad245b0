/**
 * Invented institutions that show what an entry can hold. Every name says *de ejemplo*; telephones are numbers that no
 * exchange can connect (see `entry/phone.ts`), addresses name no street, and no person is named.
 */
import type { DirectoryEntry } from './entry/entry.ts'
import { type MarkType, markOf } from './entry/marks.ts'
import { bedUnit } from './entry/units.ts'
import type { Row, TableName } from './hsds/tables.ts'
import { organizationIdOf, stableId } from './ids.ts'
import type { Institution } from './institution.ts'
import { termAttribute } from './taxonomies.ts'
import { serviceLabel } from './words.ts'

const invented = { confirmed: true, source: null, example: true } as const

const albergue: Institution = {
  key: 'hn-ejemplo-albergue',
  name: 'Albergue de ejemplo, Corinto',
  country: 'HN',
  department: 'Cortés',
  municipality: 'Omoa',
  kind: 'ngo',
  services: ['shelter', 'food'],
  ...invented,
}
const registro: Institution = {
  key: 'gt-ejemplo-registro',
  name: 'Registro civil de ejemplo, Puerto Barrios',
  country: 'GT',
  department: 'Izabal',
  municipality: 'Puerto Barrios',
  kind: 'civil_registry',
  services: ['civil_registration'],
  ...invented,
}
const clinica: Institution = {
  key: 'gt-ejemplo-clinica',
  name: 'Clínica de ejemplo, Puerto Barrios',
  country: 'GT',
  department: 'Izabal',
  municipality: 'Puerto Barrios',
  kind: 'health',
  services: ['medical', 'psychosocial'],
  ...invented,
}

export const exampleInstitutions: readonly Institution[] = [albergue, registro, clinica]

/** Collects an entry's rows; IDs follow from the key and what a row is. */
class EntryBuilder {
  readonly key: string
  readonly organization: string
  readonly #records: DirectoryEntry['records'] = {}

  constructor({ key }: Institution) {
    this.key = key
    this.organization = organizationIdOf(key)
  }

  add(
    table: TableName,
    name: string,
    fields: Record<string, unknown>,
    marks: Array<[MarkType, string]> = [],
  ): string {
    const id =
      table === 'organizations' ? this.organization : stableId(`example/${this.key}/${table}/${name}`)
    this.#rows(table).push({ id, ...fields })
    for (const [type, value] of marks) this.#rows('attributes').push({ ...markOf(table, id, type, value) })
    return id
  }

  /** A service of a category, and its place. */
  service(
    category: string,
    location: string,
    fields: Record<string, unknown>,
    marks: Array<[MarkType, string]> = [],
  ): string {
    const label = serviceLabel(category)
    const id = this.add(
      'services',
      category,
      {
        organization_id: this.organization,
        name: label.es,
        alternate_name: label.en,
        status: 'active',
        ...fields,
      },
      marks,
    )
    const { taxonomy_term: _term, ...category_ } = termAttribute('service', id, 'services', category)
    this.#rows('attributes').push(category_)
    this.add('service_at_location', category, { service_id: id, location_id: location })
    return id
  }

  #rows(table: TableName): Row[] {
    const rows = this.#records[table] ?? []
    this.#records[table] = rows
    return rows
  }

  /** `units`: what capacities are counted in; the same everywhere */
  entry(units: Row[] = []): DirectoryEntry {
    if (units.length > 0) this.#rows('units').push(...units)
    return { key: this.key, example: true, records: this.#records }
  }
}

const everyDay = 'SU,MO,TU,WE,TH,FR,SA'
const workdays = 'MO,TU,WE,TH,FR'

function shelterEntry(): DirectoryEntry {
  const entry = new EntryBuilder(albergue)
  const { organization } = entry
  entry.add(
    'organizations',
    '',
    {
      name: albergue.name,
      description: 'Institución inventada, de ejemplo. Invented institution, an example.',
    },
    [
      ['example', 'true'],
      ['assured', 'identity:2026-11-02'],
      ['assured', 'contact:2026-11-02'],
      ['assured', 'hours:2026-07-15'],
    ],
  )
  const place = entry.add('locations', 'casa', {
    organization_id: organization,
    location_type: 'physical',
    name: 'Casa de ejemplo',
    transportation: 'A diez minutos a pie del puesto fronterizo (de ejemplo).',
  })
  entry.add('addresses', 'casa', {
    location_id: place,
    address_1: 'Aldea de ejemplo, kilómetro 1, carretera de ejemplo',
    address_2: 'frente a la cancha de ejemplo',
    city: 'Omoa',
    state_province: 'Cortés',
    postal_code: '',
    country: 'HN',
    address_type: 'physical',
  })
  entry.add('accessibility', 'casa', {
    location_id: place,
    description: 'Rampa en la entrada; un baño accesible.',
  })
  entry.add(
    'phones',
    'recepcion',
    {
      organization_id: organization,
      location_id: place,
      number: '+50400000101',
      extension: 2,
      type: 'voice',
      description: 'Recepción',
    },
    [['whatsapp', 'no']],
  )
  const duty = entry.add('contacts', 'turno', {
    organization_id: organization,
    title: 'Persona de turno',
    department: 'Recepción',
  })
  const night = entry.add('phones', 'turno', { contact_id: duty, number: '+50400000102', type: 'cell' }, [
    ['whatsapp', 'yes'],
    ['answers_at_night', 'yes'],
  ])
  entry.add('languages', 'turno-cab', { phone_id: night, code: 'cab', name: 'Garífuna' })
  const shelter = entry.service(
    'shelter',
    place,
    {
      description: 'Cama, baño y resguardo por tres noches.',
      eligibility_description: 'Familias y personas adultas en tránsito o retornadas.',
    },
    [
      ['eligible_situation', 'in_transit'],
      ['eligible_situation', 'returned'],
      ['eligible_situation', 'family'],
    ],
  )
  entry.add(
    'schedules',
    'albergue',
    {
      service_id: shelter,
      freq: 'WEEKLY',
      byday: everyDay,
      opens_at: '00:00',
      closes_at: '24:00',
      timezone: -6,
    },
    [['holidays', 'as_usual']],
  )
  for (const code of ['es', 'en', 'cab'])
    entry.add('languages', `albergue-${code}`, { service_id: shelter, code })
  entry.add('cost_options', 'albergue', {
    service_id: shelter,
    option: 'Gratuito',
    amount: 0,
    currency: 'HNL',
  })
  entry.add('service_areas', 'albergue', { service_id: shelter, name: 'Corredor Puerto Barrios – Corinto' })
  entry.add('service_capacity', 'albergue', {
    service_id: shelter,
    unit_id: bedUnit.id,
    available: 6,
    maximum: 24,
    updated: '2026-11-27T18:00:00-06:00',
  })
  const food = entry.service('food', place, { description: 'Tres tiempos de comida.' })
  entry.add(
    'schedules',
    'comida',
    {
      service_id: food,
      freq: 'WEEKLY',
      byday: everyDay,
      opens_at: '06:00',
      closes_at: '19:00',
      timezone: -6,
    },
    [['holidays', 'as_usual']],
  )
  return entry.entry([{ ...bedUnit }])
}

function registryEntry(): DirectoryEntry {
  const entry = new EntryBuilder(registro)
  const { organization } = entry
  entry.add(
    'organizations',
    '',
    {
      name: registro.name,
      description: 'Institución inventada, de ejemplo. Invented institution, an example.',
    },
    [
      ['example', 'true'],
      ['assured', 'identity:2026-11-20'],
      ['assured', 'hours:2026-11-20'],
      ['assured', 'services:2026-03-01'],
    ],
  )
  const place = entry.add('locations', 'oficina', {
    organization_id: organization,
    location_type: 'physical',
    name: 'Oficina de ejemplo',
  })
  entry.add('addresses', 'oficina', {
    location_id: place,
    address_1: 'Avenida de ejemplo y calle de ejemplo, zona 0',
    address_2: 'segundo nivel del edificio de ejemplo',
    city: 'Puerto Barrios',
    state_province: 'Izabal',
    postal_code: '',
    country: 'GT',
    address_type: 'physical',
  })
  entry.add(
    'phones',
    'ventanilla',
    { organization_id: organization, location_id: place, number: '+50200000201', type: 'voice' },
    [['whatsapp', 'no']],
  )
  const service = entry.service('civil_registration', place, {
    description: 'Certificaciones de nacimiento e inscripción tardía.',
    application_process: 'En ventanilla, o por medio de un caso de otra institución.',
    wait_time: 'El mismo día',
  })
  for (const [position, document] of [
    'Documento de identidad de quien la pide',
    'Nombre completo y fecha de nacimiento',
  ].entries())
    entry.add('required_documents', `documento-${position}`, { service_id: service, document })
  entry.add('cost_options', 'certificacion', {
    service_id: service,
    option: 'Certificación',
    amount: 0,
    currency: 'GTQ',
    amount_description: 'de ejemplo',
  })
  for (const code of ['es', 'kek']) entry.add('languages', `oficina-${code}`, { service_id: service, code })
  for (const [name, opens_at, closes_at] of [
    ['manana', '08:00', '12:00'],
    ['tarde', '13:00', '16:00'],
  ] as const)
    entry.add(
      'schedules',
      name,
      { service_id: service, freq: 'WEEKLY', byday: workdays, opens_at, closes_at, timezone: -6 },
      [['holidays', 'closed']],
    )
  entry.add(
    'schedules',
    'inventario',
    { service_id: service, dtstart: '2026-12-18', timezone: -6, description: 'Inventario' },
    [['exception', 'closed']],
  )
  return entry.entry()
}

function clinicEntry(): DirectoryEntry {
  const entry = new EntryBuilder(clinica)
  const { organization } = entry
  entry.add(
    'organizations',
    '',
    {
      name: clinica.name,
      description: 'Institución inventada, de ejemplo. Invented institution, an example.',
    },
    [['example', 'true']],
  )
  const place = entry.add('locations', 'clinica', {
    organization_id: organization,
    location_type: 'physical',
    name: 'Clínica de ejemplo',
  })
  entry.add('addresses', 'clinica', {
    location_id: place,
    address_1: 'Barrio de ejemplo',
    address_2: 'a un costado del parque de ejemplo',
    city: 'Puerto Barrios',
    state_province: 'Izabal',
    postal_code: '',
    country: 'GT',
    address_type: 'physical',
  })
  const contact = entry.add(
    'contacts',
    'coordinacion',
    { organization_id: organization, title: 'Coordinación médica' },
    [['public', 'name,email']],
  )
  entry.add('phones', 'coordinacion', { contact_id: contact, number: '+50200000301', type: 'cell' }, [
    ['whatsapp', 'yes'],
    ['public', '*'],
  ])
  for (const category of ['medical', 'psychosocial']) {
    const service = entry.service(category, place, { minimum_age: category === 'medical' ? 0 : 12 })
    entry.add('schedules', category, {
      service_id: service,
      freq: 'WEEKLY',
      byday: workdays,
      opens_at: '07:00',
      closes_at: '15:00',
      timezone: -6,
    })
  }
  return entry.entry()
}

export const exampleEntries: readonly DirectoryEntry[] = [shelterEntry(), registryEntry(), clinicEntry()]
