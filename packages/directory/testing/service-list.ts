import { organizationIdOf } from '../src/ids.ts'
import type { ColumnKey } from '../src/interchange/columns.ts'
import type { CellFaultCode } from '../src/interchange/faults.ts'
import type { KnownInstitution } from '../src/interchange/types.ts'

/** A list of services as an office would keep it, of invented institutions, and faults planted in it. */

export const listColumns: readonly ColumnKey[] = [
  'institution',
  'service',
  'category',
  'description',
  'place',
  'address',
  'landmark',
  'city',
  'department',
  'country',
  'postal_code',
  'latitude',
  'longitude',
  'plus_code',
  'phone',
  'hours',
  'holidays',
  'languages',
  'documents',
  'cost',
  'minimum_age',
  'maximum_age',
  'sexes',
  'situations',
  'beds_free',
  'beds_total',
  'beds_updated',
  'contact',
  'contact_email',
  'website',
]

const institutionCount = 50
const servicesEach = 100
const perPlace = 5

const isHonduran = (institution: number) => institution % 2 === 0
const nameOf = (institution: number) => `Oficina inventada número ${institution + 1}`

export const listInstitutions: readonly KnownInstitution[] = Array.from(
  { length: institutionCount },
  (_, at) => {
    const country = isHonduran(at) ? 'HN' : 'GT'
    const key = `${country.toLowerCase()}-inventada-${at + 1}`
    return {
      key,
      name: nameOf(at),
      country,
      example: true,
      entry: {
        key,
        example: true,
        records: {
          organizations: [{ id: organizationIdOf(key), name: nameOf(at), description: 'De ejemplo.' }],
        },
      },
    }
  },
)

const kinds = ['Albergue', 'Alimentación', 'Médico', 'Legal', 'Psicosocial'] as const

function serviceRow(institution: number, service: number): Partial<Record<ColumnKey, string>> {
  const honduran = isHonduran(institution)
  const place = Math.floor(service / perPlace)
  const digits = String((institution * 20 + place) % 1000).padStart(3, '0')
  const category = kinds[service % kinds.length]!
  const shelter = category === 'Albergue'
  return {
    institution: nameOf(institution),
    service: `${category} ${service + 1} "de ejemplo"`,
    category,
    description:
      service % 3 === 0
        ? `Atención a niñez, señoras y jóvenes; turno ${service}.\nSegunda línea, con coma`
        : 'Atención diaria',
    place: `Sede ${place + 1} de ejemplo`,
    address: `Barrio de ejemplo, casa ${place + 1}`,
    landmark: 'frente al parque de ejemplo',
    city: honduran ? 'Omoa' : 'Puerto Barrios',
    department: honduran ? 'Cortés' : 'Izabal',
    country: honduran ? 'Honduras' : 'Guatemala',
    postal_code: honduran ? '21101' : '18001',
    latitude: honduran ? '15.774' : '15.728',
    longitude: honduran ? '-88.037' : '-88.594',
    plus_code: '',
    phone: `Recepción: +${honduran ? '504' : '502'} 0000 0${digits} ext. ${place + 1} (WhatsApp)`,
    hours: service % 2 === 0 ? 'L-V 8:00-12:00, 13:00-16:00; S 8:00-12:00' : 'L-D 24 horas',
    holidays: service % 4 === 0 ? 'cierra' : 'abre',
    languages: 'garífuna; español; q’eqchi’',
    documents: 'Documento de identidad; Constancia',
    cost: service % 2 === 0 ? 'gratuito' : `Trámite: ${honduran ? 'L' : 'Q'} 25.5`,
    minimum_age: service % 2 === 0 ? '0' : '18',
    maximum_age: service % 2 === 0 ? '17' : '',
    sexes: service % 5 === 1 ? 'mujeres' : '',
    situations: 'personas en tránsito; personas retornadas',
    beds_free: shelter ? String(service % 10) : '',
    beds_total: shelter ? '24' : '',
    beds_updated: shelter ? '2026-11-20' : '',
    contact: 'Coordinación',
    contact_email: `sede${place + 1}@ejemplo.org`,
    website: 'https://ejemplo.org/oficina',
  }
}

export type ListRow = Partial<Record<ColumnKey, string>>

export const serviceList = (): ListRow[] =>
  Array.from({ length: institutionCount * servicesEach }, (_, at) =>
    serviceRow(Math.floor(at / servicesEach), at % servicesEach),
  )

export interface Planted {
  /** as a spreadsheet counts, the headings being row 1 */
  row: number
  column: ColumnKey
  code: CellFaultCode
}

type Plant = [column: ColumnKey, code: CellFaultCode, text: string | ((row: ListRow) => string)]

const plants: readonly Plant[] = [
  ['institution', 'unknown_institution', 'Oficina que no existe'],
  ['institution', 'required', ''],
  ['category', 'unknown_category', 'Alberge'],
  ['category', 'unknown_category', 'xyzzy'],
  ['category', 'unclear_category', 'asilo'],
  ['description', 'too_long', 'x'.repeat(2_001)],
  ['description', 'unreadable_letters', 'AtenciÃ³n a niÃ±ez'],
  ['department', 'unknown_department', 'Cortez del Norte'],
  ['department', 'unknown_department', 'Izaval'],
  ['country', 'unknown_country', 'Hondras'],
  ['postal_code', 'no_postal_code', '1101'],
  ['latitude', 'no_coordinate', 'norte'],
  ['latitude', 'off_the_earth', '157.74'],
  ['longitude', 'no_minus', (row) => row['longitude']!.slice(1)],
  ['longitude', 'one_coordinate', ''],
  ['plus_code', 'no_plus_code', 'junto al parque'],
  ['plus_code', 'far_from_place', '76CRPCH4+4Q'],
  ['phone', 'no_such_number', '2234-567'],
  ['phone', 'no_number', 'llamar a la oficina'],
  ['phone', 'must_not_dial', (row) => (row['country'] === 'Honduras' ? '2234-5678' : '7948-1234')],
  ['phone', 'no_extension', (row) => `${row['phone']!.split(': ')[1]!.slice(0, 14)} ext. dos`],
  ['hours', 'no_hours', 'preguntar antes'],
  ['hours', 'no_days', '8:00-16:00'],
  ['hours', 'no_times', 'lunes a viernes'],
  ['hours', 'no_such_time', 'L-V 8:00-26:00'],
  ['hours', 'unclear_times', 'L-V 08:00-04:00'],
  ['holidays', 'not_holidays', 'a veces'],
  ['languages', 'unknown_language', 'español; klingón'],
  ['cost', 'no_cost', 'depende'],
  ['minimum_age', 'no_age', 'adultos'],
  ['minimum_age', 'no_age', '130'],
  ['maximum_age', 'ages_swapped', '-'],
  ['sexes', 'unknown_choice', 'otros'],
  ['situations', 'unknown_choice', 'turistas'],
  ['beds_free', 'no_count', 'varias'],
  ['beds_free', 'more_than_all', '25'],
  ['beds_updated', 'no_date', 'ayer'],
  ['beds_updated', 'no_such_date', '31/02/2026'],
  ['beds_updated', 'future_date', '2027-12-01'],
  ['contact_email', 'no_email', 'sede arroba ejemplo'],
  ['website', 'no_website', 'no tiene'],
  ['address', 'disagrees', 'Otra dirección de ejemplo'],
  ['city', 'disagrees', 'La Ceiba'],
  ['service', 'twice', '='],
]

/** Plants a fault in every 25th row; the row before one is always whole. */
export function withPlanted(list: readonly ListRow[]): { rows: ListRow[]; planted: Planted[] } {
  const rows = list.map((row) => ({ ...row }))
  const planted: Planted[] = []
  for (let at = 24; at < rows.length; at += 25) {
    const [column, code, text] = plants[planted.length % plants.length]!
    const row = rows[at]!
    if (code === 'twice') Object.assign(row, rows[at - 1])
    else if (code === 'ages_swapped') Object.assign(row, { minimum_age: '18', maximum_age: '12' })
    else if (code === 'more_than_all')
      Object.assign(row, { beds_free: '25', beds_total: '24', beds_updated: '2026-11-20' })
    else row[column] = typeof text === 'string' ? text : text(row)
    planted.push({ row: at + 2, column, code })
  }
  return { rows, planted }
}
