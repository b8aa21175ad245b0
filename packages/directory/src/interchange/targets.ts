import { answersAtNight, hasWhatsapp, markValues } from '../entry/marks.ts'
import { bedUnit } from '../entry/units.ts'
import type { Row } from '../hsds/tables.ts'
import { organizationIdOf, stableId } from '../ids.ts'
import type { EntryRows } from './entry-rows.ts'
import { canonical } from './hours-text.ts'
import { isWritable, phoneOrder } from './phone-cells.ts'
import type { ContactValue, CostValue, HoursValue, PhoneValue, RowValues } from './types.ts'

/** What a row of a table stands for: a service at a place, or a service without one. And what an entry says of it. */
export interface Target {
  /** of the service at its place, else of the service */
  id: string
  service: string
  location?: string
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** Where an entry names no service at a location, each service is at each of its locations, as the catalogue has it. */
export function targetsOf(rows: EntryRows): Target[] {
  const pairs = rows.all('service_at_location')
  return rows.all('services').flatMap((service): Target[] => {
    const own = pairs.filter((pair) => pair['service_id'] === service.id)
    if (own.length > 0)
      return own.map(({ id, location_id }) => ({ id, service: service.id, location: String(location_id) }))
    const locations = pairs.length === 0 ? rows.all('locations') : []
    if (locations.length === 0) return [{ id: service.id, service: service.id }]
    return locations.map(({ id }) => ({
      id: atLocationId(service.id, id),
      service: service.id,
      location: id,
    }))
  })
}

export const atLocationId = (service: string, location: string) =>
  stableId(`service-at-location/${service}/${location}`)

/** Whether a record that may hang on several kinds of owner is about a target. */
export function covers(row: Row, target: Target): boolean {
  if (row['contact_id'] !== undefined) return false
  const said = [
    [row['service_at_location_id'], target.id],
    [row['service_id'], target.service],
    [row['location_id'], target.location],
  ].filter(([named]) => named !== undefined)
  // What only the institution owns is about all it does.
  return said.length === 0
    ? row['organization_id'] !== undefined
    : said.every(([named, own]) => named === own)
}

export function phoneValue(rows: EntryRows, row: Row): PhoneValue {
  const marks = rows.marks(row.id)
  const whatsapp = hasWhatsapp(marks)
  const night = answersAtNight(marks)
  const description = text(row['description'])
  return {
    number: String(row['number']),
    ...(typeof row['extension'] === 'number' ? { extension: row['extension'] } : {}),
    ...(text(row['type']) ? { type: text(row['type'])! } : {}),
    ...(whatsapp === undefined ? {} : { whatsapp }),
    ...(night === undefined ? {} : { night }),
    ...(description && isWritable(description) ? { description } : {}),
  }
}

const simpleSchedule = new Set([
  'id',
  'service_id',
  'location_id',
  'service_at_location_id',
  'freq',
  'byday',
  'opens_at',
  'closes_at',
  'timezone',
  'description',
  'notes',
  'wkst',
  'interval',
])

/** Hours that a cell can say: weekly, here. Others (once a month, exceptions, seasons) stay untouched in the entry. */
export function hoursValue(rows: EntryRows, row: Row): HoursValue | undefined {
  const clock = /^(\d{2}:\d{2})(?::00)?$/
  const opens = clock.exec(String(row['opens_at']))?.[1]
  const closes = clock.exec(String(row['closes_at']))?.[1]
  const byday = text(row['byday'])
  if (!opens || !closes || !byday || !/^(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*$/.test(byday))
    return undefined
  if (row['freq'] !== undefined && row['freq'] !== 'WEEKLY') return undefined
  if (row['timezone'] !== undefined && row['timezone'] !== -6) return undefined
  if (row['interval'] !== undefined && row['interval'] !== 1) return undefined
  if (Object.keys(row).some((field) => !simpleSchedule.has(field))) return undefined
  if (rows.mark(row.id, 'exception')) return undefined
  return canonical([{ byday, opens, closes }])[0]
}

export function costValue(row: Row): CostValue | undefined {
  const amount = row['amount']
  const currency = text(row['currency'])
  if (typeof amount !== 'number' || !currency) return undefined
  const option = text(row['option'])
  const note = text(row['amount_description'])
  // "Gratuito" is what an amount of nothing says by itself.
  const said = amount === 0 && option && /^(?:gratuito|gratis|free)$/i.test(option) ? undefined : option
  return { ...(said ? { option: said } : {}), amount, currency, ...(note ? { note } : {}) }
}

/** The contact of a target that the table has: of the service at its place before those of the whole institution. */
export function contactOf(rows: EntryRows, target: Target): Row | undefined {
  const rank = (row: Row) =>
    row['service_at_location_id'] ? 0 : row['service_id'] ? 1 : row['location_id'] ? 2 : 3
  return rows
    .all('contacts')
    .filter((row) => covers(row, target))
    .sort((a, b) => rank(a) - rank(b))[0]
}

export function contactValue(rows: EntryRows, row: Row): ContactValue {
  const phone = rows.of('phones', 'contact_id', row.id)[0]
  return {
    ...(text(row['title']) ? { title: text(row['title'])! } : {}),
    ...(text(row['name']) ? { name: text(row['name'])! } : {}),
    ...(text(row['email']) ? { email: text(row['email'])! } : {}),
    ...(phone ? { phone: phoneValue(rows, phone) } : {}),
  }
}

export const capacityOf = (rows: EntryRows, service: string): Row | undefined =>
  rows.of('service_capacity', 'service_id', service).find((row) => row['unit_id'] === bedUnit.id)

const texts = (rows: readonly Row[], field: string): string[] => rows.flatMap((row) => text(row[field]) ?? [])

export function holidaysOf(rows: EntryRows, schedules: readonly Row[]): 'as_usual' | 'closed' | undefined {
  const said = new Set(schedules.map(({ id }) => rows.mark(id, 'holidays')))
  const [only] = said
  return said.size === 1 && (only === 'as_usual' || only === 'closed') ? only : undefined
}

export const schedulesOf = (rows: EntryRows, target: Target): Row[] =>
  rows.all('schedules').filter((row) => covers(row, target) && hoursValue(rows, row) !== undefined)

/** Everything an entry says of a target in the table's columns; absent where it says nothing. */
export function valuesOf(rows: EntryRows, target: Target): RowValues {
  const organization = rows.row('organizations', organizationIdOf(rows.key))
  const values: RowValues = { id: target.id }
  const put = <K extends keyof RowValues>(column: K, value: RowValues[K] | undefined) => {
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) values[column] = value
  }
  put('website', text(organization?.['website']))
  put('institution_email', text(organization?.['email']))
  serviceValues(rows, target, put)
  if (target.location !== undefined) placeValues(rows, target.location, put)
  put(
    'phone',
    phoneOrder(
      rows
        .all('phones')
        .filter((row) => covers(row, target))
        .map((row) => phoneValue(rows, row)),
    ),
  )
  const schedules = schedulesOf(rows, target)
  put('hours', canonical(schedules.map((row) => hoursValue(rows, row)!)))
  put('holidays', holidaysOf(rows, schedules))
  const contact = contactOf(rows, target)
  const value = contact ? contactValue(rows, contact) : undefined
  put('contact', value && Object.keys(value).length > 0 ? value : undefined)
  return values
}

type Put = <K extends keyof RowValues>(column: K, value: RowValues[K] | undefined) => void

function serviceValues(rows: EntryRows, target: Target, put: Put): void {
  const service = rows.row('services', target.service)
  if (!service) return
  const marks = rows.marks(service.id)
  put('service', text(service['name']))
  put(
    'category',
    texts(
      marks.filter((each) => each['link_type'] === 'service_category'),
      'value',
    ).sort(),
  )
  put('description', text(service['description']))
  put('status', text(service['status']))
  put('application', text(service['application_process']))
  put('wait_time', text(service['wait_time']))
  put('eligibility', text(service['eligibility_description']))
  for (const age of ['minimum_age', 'maximum_age'] as const)
    if (typeof service[age] === 'number') put(age, service[age])
  put('sexes', markValues(marks, 'eligible_sex').sort())
  put('nationalities', markValues(marks, 'eligible_nationality').sort())
  put('situations', markValues(marks, 'eligible_situation').sort())
  put('documents', texts(rows.of('required_documents', 'service_id', service.id), 'document'))
  put('languages', texts(rows.of('languages', 'service_id', service.id), 'code').sort())
  put('service_area', texts(rows.of('service_areas', 'service_id', service.id), 'name'))
  const costs = rows.of('cost_options', 'service_id', service.id).flatMap((row) => costValue(row) ?? [])
  put('cost', costOrder(costs))
  const capacity = capacityOf(rows, service.id)
  if (typeof capacity?.['available'] === 'number') put('beds_free', capacity['available'])
  if (typeof capacity?.['maximum'] === 'number') put('beds_total', capacity['maximum'])
  put('beds_updated', text(capacity?.['updated']))
}

export const costOrder = (costs: readonly CostValue[]): CostValue[] =>
  [...costs].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))

export const addressOf = (rows: EntryRows, location: string): Row | undefined => {
  const all = rows.of('addresses', 'location_id', location)
  return all.find((row) => row['address_type'] === 'physical') ?? all[0]
}

function placeValues(rows: EntryRows, id: string, put: Put): void {
  const location = rows.row('locations', id)
  if (!location) return
  const address = addressOf(rows, id)
  put('place', text(location['name']))
  put('transport', text(location['transportation']))
  if (typeof location['latitude'] === 'number') put('latitude', location['latitude'])
  if (typeof location['longitude'] === 'number') put('longitude', location['longitude'])
  put('address', text(address?.['address_1']))
  put('landmark', text(address?.['address_2']))
  put('city', text(address?.['city']) ?? rows.mark(id, 'municipality'))
  put('department', text(address?.['state_province']) ?? rows.mark(id, 'department'))
  put('country', text(address?.['country']) ?? rows.mark(id, 'country'))
  put('postal_code', text(address?.['postal_code']))
  put('plus_code', rows.mark(id, 'plus_code') ?? (address ? rows.mark(address.id, 'plus_code') : undefined))
  put('accessibility', texts(rows.of('accessibility', 'location_id', id), 'description'))
}
