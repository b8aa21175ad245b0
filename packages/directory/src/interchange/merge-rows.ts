import type { DirectoryEntry } from '../entry/entry.ts'
import { bedUnit } from '../entry/units.ts'
import type { Row, TableName } from '../hsds/tables.ts'
import { organizationIdOf, stableId } from '../ids.ts'
import { termAttribute } from '../taxonomies.ts'
import { serviceLabel } from '../words.ts'
import { EntryRows } from './entry-rows.ts'
import { type MatchedRow, sameValue } from './match-rows.ts'
import { writeShared } from './merge-shared.ts'
import { addressOf, capacityOf, costValue, type Target, targetsOf } from './targets.ts'
import type { CostValue, KnownInstitution, RowValues } from './types.ts'

/** Puts rows into an entry: what a row does not say stays, what it says is there once, and the same rows again change nothing. */

export interface MergeOptions {
  /** services at places, by ID, that the person wants gone */
  remove?: ReadonlySet<string>
  /** milliseconds since the Unix epoch */
  now: number
}

export function mergeRows(
  institution: KnownInstitution,
  matched: readonly MatchedRow[],
  options: MergeOptions,
): DirectoryEntry {
  const rows = new EntryRows(institution.entry)
  const organization = organizationIdOf(institution.key)
  const implied = new Map(targetsOf(rows).map((target) => [target.id, target]))
  for (const { values, target } of matched) {
    writeInstitution(rows, organization, values)
    writeService(rows, organization, target.service, values, options)
    if (target.location !== undefined) {
      writePlace(rows, organization, target.location, values, institution.country)
      if (!implied.has(target.id)) addPair(rows, target)
    }
  }
  // A pair that was only implied has to be said once others are.
  if (rows.all('service_at_location').length > 0)
    for (const target of implied.values()) if (target.location !== undefined) addPair(rows, target)
  for (const id of options.remove ?? []) removeTarget(rows, id, implied.get(id))
  writeShared(rows, matched)
  return rows.entry()
}

const addPair = (rows: EntryRows, { id, service, location }: Target) => {
  if (!rows.row('service_at_location', id))
    rows.add('service_at_location', { id, service_id: service, location_id: location })
}

function removeTarget(rows: EntryRows, id: string, target: Target | undefined): void {
  if (!target) return
  if (target.location === undefined) {
    rows.remove('services', target.service)
    return
  }
  // Implied pairs have to be said before one of them can be taken away.
  if (rows.all('service_at_location').length === 0)
    for (const each of targetsOf(rows)) if (each.location !== undefined) addPair(rows, each)
  rows.remove('service_at_location', id)
  if (rows.of('service_at_location', 'service_id', target.service).length === 0)
    rows.remove('services', target.service)
  if (rows.of('service_at_location', 'location_id', target.location).length === 0)
    rows.remove('locations', target.location)
}

function writeInstitution(
  rows: EntryRows,
  organization: string,
  { website, institution_email }: RowValues,
): void {
  if (website !== undefined) rows.set('organizations', organization, 'website', website)
  if (institution_email !== undefined) rows.set('organizations', organization, 'email', institution_email)
}

function writeService(
  rows: EntryRows,
  organization: string,
  id: string,
  values: RowValues,
  { now }: MergeOptions,
): void {
  if (!rows.row('services', id)) {
    const category = values.category?.[0]
    const label = category ? serviceLabel(category) : undefined
    rows.add('services', {
      id,
      organization_id: organization,
      name: values.service ?? label?.es ?? '',
      ...(label && values.service === undefined ? { alternate_name: label.en } : {}),
      status: 'active',
    })
  }
  const set = (field: string, value: unknown) => {
    if (value !== undefined) rows.set('services', id, field, value)
  }
  set('name', values.service)
  set('status', values.status)
  set('description', values.description)
  set('application_process', values.application)
  set('wait_time', values.wait_time)
  set('eligibility_description', values.eligibility)
  set('minimum_age', values.minimum_age)
  set('maximum_age', values.maximum_age)
  if (values.category) writeCategories(rows, id, values.category)
  for (const [column, type] of [
    ['sexes', 'eligible_sex'],
    ['nationalities', 'eligible_nationality'],
    ['situations', 'eligible_situation'],
  ] as const)
    if (values[column]) rows.setMarks('services', id, type, values[column])
  if (values.documents) writeList(rows, 'required_documents', 'service_id', id, 'document', values.documents)
  if (values.languages) writeList(rows, 'languages', 'service_id', id, 'code', values.languages)
  if (values.service_area) writeList(rows, 'service_areas', 'service_id', id, 'name', values.service_area)
  if (values.cost) writeCosts(rows, id, values.cost)
  writeCapacity(rows, id, values, now)
}

function writeCategories(rows: EntryRows, id: string, categories: readonly string[]): void {
  const before = rows.marks(id).filter((each) => each['link_type'] === 'service_category')
  for (const each of before)
    if (!categories.includes(String(each['value']))) rows.remove('attributes', each.id)
  for (const category of categories) {
    if (before.some((each) => each['value'] === category)) continue
    const {
      taxonomy_term: _term,
      taxonomy_term_id: _id,
      ...attribute
    } = termAttribute('service', id, 'services', category)
    rows.add('attributes', { ...attribute })
  }
}

/** Records of one owner that are one text each. */
function writeList(
  rows: EntryRows,
  table: TableName,
  key: string,
  owner: string,
  field: string,
  values: readonly string[],
): void {
  const before = rows
    .of(table, key, owner)
    .filter((row) => typeof row[field] === 'string' && row[field] !== '')
  const leaving = before.filter((row) => !values.includes(String(row[field])))
  const coming = values.filter((value) => !before.some((row) => row[field] === value))
  // One for one is a correction, and stays the same record.
  if (leaving.length === 1 && coming.length === 1 && table !== 'languages') {
    rows.set(table, leaving[0]!.id, field, coming[0])
    return
  }
  for (const row of leaving) rows.remove(table, row.id)
  for (const value of coming) {
    const id = rows.freeId(table, (suffix) => stableId(`import/${owner}/${table}/${value}${suffix}`))
    rows.add(table, { id, [key]: owner, [field]: value })
  }
}

function writeCosts(rows: EntryRows, service: string, costs: readonly CostValue[]): void {
  const before = rows.of('cost_options', 'service_id', service).flatMap((row) => {
    const value = costValue(row)
    return value ? [{ row, value }] : []
  })
  const fields = ({ option, amount, currency, note }: CostValue) => ({
    ...(option ? { option } : {}),
    amount,
    currency,
    ...(note ? { amount_description: note } : {}),
  })
  const leaving = before.filter(({ value }) => !costs.some((cost) => sameValue(cost, value)))
  const coming = costs.filter((cost) => !before.some(({ value }) => sameValue(cost, value)))
  if (leaving.length === 1 && coming.length === 1) {
    const { id } = leaving[0]!.row
    const { option, amount, currency, note } = coming[0]!
    rows.set('cost_options', id, 'option', option)
    rows.set('cost_options', id, 'amount', amount)
    rows.set('cost_options', id, 'currency', currency)
    rows.set('cost_options', id, 'amount_description', note)
    return
  }
  for (const { row } of leaving) rows.remove('cost_options', row.id)
  for (const cost of coming) {
    const name = `${cost.option ?? ''}/${cost.amount}/${cost.currency}`
    const id = rows.freeId('cost_options', (suffix) =>
      stableId(`import/${service}/cost_options/${name}${suffix}`),
    )
    rows.add('cost_options', { id, service_id: service, ...fields(cost) })
  }
}

function writeCapacity(rows: EntryRows, service: string, values: RowValues, now: number): void {
  const { beds_free: free, beds_total: total, beds_updated: updated } = values
  const before = capacityOf(rows, service)
  if (!before) {
    if (free === undefined) return
    if (!rows.row('units', bedUnit.id)) rows.add('units', { ...bedUnit })
    rows.add('service_capacity', {
      id: stableId(`import/${service}/service_capacity/bed`),
      service_id: service,
      unit_id: bedUnit.id,
      available: free,
      ...(typeof total === 'number' ? { maximum: total } : {}),
      updated: updated ?? new Date(now).toISOString(),
    })
    return
  }
  const changed =
    (free !== undefined && before['available'] !== free) ||
    (total !== undefined && (before['maximum'] ?? null) !== total)
  if (free !== undefined) rows.set('service_capacity', before.id, 'available', free)
  if (total !== undefined) rows.set('service_capacity', before.id, 'maximum', total)
  // A number of beds that changes is as of now, unless the row says of when.
  const when = updated ?? (changed ? new Date(now).toISOString() : undefined)
  if (when !== undefined && Date.parse(when) !== Date.parse(String(before['updated'])))
    rows.set('service_capacity', before.id, 'updated', when)
}

function writePlace(
  rows: EntryRows,
  organization: string,
  id: string,
  values: RowValues,
  home: string,
): void {
  if (!rows.row('locations', id))
    rows.add('locations', { id, location_type: 'physical', organization_id: organization })
  const set = (field: string, value: unknown) => {
    if (value !== undefined) rows.set('locations', id, field, value)
  }
  set('name', values.place)
  set('transportation', values.transport)
  set('latitude', values.latitude)
  set('longitude', values.longitude)
  if (values.plus_code !== undefined) writePlusCode(rows, id, values.plus_code ?? undefined)
  if (values.accessibility)
    writeList(rows, 'accessibility', 'location_id', id, 'description', values.accessibility)
  writeAddress(rows, id, values, home)
}

function writePlusCode(rows: EntryRows, location: string, code: string | undefined): void {
  const address = addressOf(rows, location)
  if (
    address &&
    rows.mark(address.id, 'plus_code') !== undefined &&
    rows.mark(location, 'plus_code') === undefined
  )
    rows.setMark('addresses', address.id, 'plus_code', code)
  else rows.setMark('locations', location, 'plus_code', code)
}

/** What is known of a place without an address: attributes, as the list has them. */
const placeLabels = {
  municipality: 'Municipio · Municipality',
  department: 'Departamento · Department',
  country: 'País · Country',
} as const

function writeAddress(rows: EntryRows, location: string, values: RowValues, home: string): void {
  const before = addressOf(rows, location)
  const known = {
    city: values.city ?? rows.mark(location, 'municipality'),
    department: values.department ?? rows.mark(location, 'department'),
    country: values.country ?? rows.mark(location, 'country') ?? home,
  }
  if (!before && values.address && known.city && known.department) {
    rows.add('addresses', {
      id: stableId(`import/${location}/address`),
      location_id: location,
      address_1: values.address,
      ...(values.landmark ? { address_2: values.landmark } : {}),
      city: known.city,
      state_province: known.department,
      postal_code: values.postal_code ?? '',
      country: known.country,
      address_type: 'physical',
    })
    return
  }
  if (before) {
    const set = (field: string, value: unknown, empty: '' | null) => {
      if (value !== undefined)
        rows.set('addresses', before.id, field, value === null && empty === '' ? '' : value)
    }
    // The standard demands these; an address that is to be empty keeps them.
    if (values.address) set('address_1', values.address, null)
    if (values.city) set('city', values.city, null)
    if (values.department) set('state_province', values.department, null)
    set('address_2', values.landmark, null)
    set('postal_code', values.postal_code, '')
    set('country', values.country, null)
    return
  }
  for (const [type, value] of [
    ['municipality', values.city],
    ['department', values.department],
    ['country', values.country],
  ] as const) {
    if (!value) continue
    const id = stableId(`attribute/${location}/${type}`)
    const row: Row = {
      id,
      link_id: location,
      link_entity: 'location',
      link_type: type,
      value,
      label: placeLabels[type],
    }
    const same = rows.marks(location).find((each) => each['link_type'] === type)
    if (same) rows.set('attributes', same.id, 'value', value)
    else rows.add('attributes', row)
  }
}
