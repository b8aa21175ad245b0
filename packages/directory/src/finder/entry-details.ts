import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { positionOfLocation } from '../catalogue/catalogue-search.ts'
import type { CatalogueOptions } from '../catalogue/records.ts'
import { tablesOfEntry } from '../entry/entry.ts'
import {
  answersAtNight,
  type Eligibility,
  eligibilityOf,
  hasWhatsapp,
  type MarkSource,
  markValues,
  scheduleFacts,
} from '../entry/marks.ts'
import type { Position } from '../entry/plus-code.ts'
import { publicView } from '../entry/visibility.ts'
import { type Freshness, freshnessOf } from '../freshness.ts'
import { type Opening, openingOf, type ScheduleFacts } from '../hours/opening.ts'
import { nest, type Ownership } from '../hsds/nesting.ts'
import { type Row, tableNames } from '../hsds/tables.ts'
import { townPosition } from '../search/directory-search.ts'
import { assuredDates, entryFreshness, groupFreshness } from '../upkeep/assurance.ts'
import type { FieldGroup } from '../upkeep/field-groups.ts'

/** Something that only the network sees says so wherever it is shown. */
interface Seen {
  networkOnly: boolean
}

export interface PhoneDetails extends Seen {
  number: string
  extension?: string
  description?: string
  /** undefined: nobody said */
  whatsapp?: boolean
  atNight?: boolean
  languages: string[]
}

export interface ContactDetails extends Seen {
  id: string
  name?: string
  title?: string
  department?: string
  email?: string
  phones: PhoneDetails[]
}

export interface PlaceDetails extends Seen {
  id: string
  /** where it is only the network sees, though the public may know that it is there */
  addressNetworkOnly: boolean
  name?: string
  description?: string
  /** line by line, as people say it */
  address: string[]
  city?: string
  department?: string
  country?: string
  plusCode?: string
  position?: Position
  /** the town's position only */
  townOnly: boolean
  transportation?: string
  accessibility: string[]
  phones: PhoneDetails[]
  schedules: ScheduleFacts[]
  opening: Opening
}

export interface ServiceDetails extends Seen {
  id: string
  name: string
  nameInEnglish?: string
  description?: string
  status?: string
  categories: string[]
  /** the locations it is given at */
  places: string[]
  schedules: ScheduleFacts[]
  opening: Opening
  phones: PhoneDetails[]
  documents: string[]
  eligibility: Eligibility
  eligibilityText?: string
  application?: string
  wait?: string
  interpretation?: string
  fees?: string
  costs: Array<{ option?: string; amount?: number; currency?: string; text?: string }>
  capacity: Array<{ available?: number; maximum?: number; unit?: string; updated?: string }>
  languages: string[]
  areas: string[]
  contacts: ContactDetails[]
  url?: string
  email?: string
}

export interface EntryDetails {
  key: string
  name: string
  alternateName?: string
  description?: string
  kind: string
  country: string
  municipality?: string
  department?: string
  email?: string
  website?: string
  /** the public page the list was gathered from */
  source?: string
  example: boolean
  confirmed: boolean
  /** whether the institution has an entry of its own, or the list alone names it */
  own: boolean
  lastModified: string
  freshness: Freshness
  assuredDate?: string
  groups: Partial<Record<FieldGroup, { freshness: Freshness; date?: string }>>
  phones: PhoneDetails[]
  contacts: ContactDetails[]
  places: PlaceDetails[]
  services: ServiceDetails[]
}

interface DetailOptions {
  now: number
  view: CatalogueOptions['view']
}

const rows = (value: unknown): Row[] => (Array.isArray(value) ? (value as Row[]) : [])
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== ''
    ? value.trim()
    : typeof value === 'number'
      ? String(value)
      : undefined
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** Keeps what is said, drops what is not: an empty field is no answer. */
function said<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

const marksOf = (row: Row): MarkSource => rows(row['attributes'])

/** All of one institution in the groups a page shows, from its nested HSDS object. */
export function entryDetails(
  known: CatalogueEntry,
  organization: Row,
  ownership: Ownership,
  { now, view }: DetailOptions,
): EntryDetails {
  const { institution, entry, lastModified } = known
  const { isHidden, isAddressHidden } = hiddenRecords(known, view)
  const country = institution.country

  const phone = (row: Row): PhoneDetails[] => {
    const value = text(row['number'])
    if (!value) return []
    return [
      {
        number: value,
        networkOnly: isHidden(row.id),
        languages: rows(row['languages']).flatMap(({ code }) => text(code) ?? []),
        ...said({
          extension: text(row['extension']),
          description: text(row['description']),
          whatsapp: hasWhatsapp(marksOf(row)),
          atNight: answersAtNight(marksOf(row)),
        }),
      },
    ]
  }
  const contact = (row: Row): ContactDetails => ({
    id: row.id,
    networkOnly: isHidden(row.id),
    phones: rows(row['phones']).flatMap(phone),
    ...said({
      name: text(row['name']),
      title: text(row['title']),
      department: text(row['department']),
      email: text(row['email']),
    }),
  })
  const schedules = (row: Row): ScheduleFacts[] =>
    rows(row['schedules']).map((one) => scheduleFacts(one as unknown as ScheduleFacts, marksOf(one)))

  const place = (row: Row): PlaceDetails => {
    const [address] = rows(row['addresses'])
    const exact = positionOfLocation(row, ownership)
    const hours = schedules(row)
    const city = text(address?.['city']) ?? institution.municipality ?? undefined
    const department = text(address?.['state_province']) ?? institution.department ?? undefined
    const position = exact ?? townPosition([city, department].flatMap((one) => one ?? []))
    return {
      id: row.id,
      networkOnly: isHidden(row.id),
      addressNetworkOnly: isAddressHidden(row.id),
      address: ['address_1', 'address_2'].flatMap((field) => text(address?.[field]) ?? []),
      townOnly: exact === undefined,
      accessibility: rows(row['accessibility']).flatMap(({ description }) => text(description) ?? []),
      phones: rows(row['phones']).flatMap(phone),
      schedules: hours,
      opening: openingOf(hours, { now, country: text(address?.['country']) ?? country }),
      ...said({
        name: text(row['name']),
        description: text(row['description']),
        city,
        department,
        country: text(address?.['country']),
        plusCode: [row, ...(address ? [address] : [])].flatMap((one) =>
          markValues(marksOf(one), 'plus_code'),
        )[0],
        position,
        transportation: text(row['transportation']),
      }),
    }
  }

  const service = (row: Row): ServiceDetails => {
    const at = ownership.owned('service_at_location', 'service_id', row.id)
    const own = schedules(row)
    const atPlace = at.flatMap(({ id }) =>
      ownership
        .owned('schedules', 'service_at_location_id', id)
        .map((one) =>
          scheduleFacts(one as unknown as ScheduleFacts, ownership.owned('attributes', 'link_id', one.id)),
        ),
    )
    const hours = atPlace.length > 0 ? atPlace : own
    const attributes = marksOf(row)
    return {
      id: row.id,
      networkOnly: isHidden(row.id),
      name: text(row['name']) ?? '',
      categories: attributes.flatMap(({ link_type, value }) =>
        link_type === 'service_category' ? [String(value)] : [],
      ),
      places: at.flatMap(({ location_id }) => text(location_id) ?? []),
      schedules: hours,
      opening: openingOf(hours, { now, country }),
      phones: rows(row['phones']).flatMap(phone),
      documents: rows(row['required_documents']).flatMap(({ document }) => text(document) ?? []),
      eligibility: eligibilityOf(row as { minimum_age?: unknown }, attributes),
      costs: rows(row['cost_options']).map((one) =>
        said({
          option: text(one['option']),
          amount: number(one['amount']),
          currency: text(one['currency']),
          text: text(one['amount_description']),
        }),
      ),
      capacity: rows(row['service_capacity'] ?? row['capacities']).map((one) =>
        said({
          available: number(one['available']),
          maximum: number(one['maximum']),
          unit: text((one['unit'] as Row | undefined)?.['name']),
          updated: text(one['updated']),
        }),
      ),
      languages: rows(row['languages']).flatMap(({ code, name }) => text(code) ?? text(name) ?? []),
      areas: rows(row['service_areas']).flatMap(
        ({ name, description }) => text(name) ?? text(description) ?? [],
      ),
      contacts: rows(row['contacts']).map(contact),
      ...said({
        nameInEnglish: text(row['alternate_name']),
        description: text(row['description']),
        status: text(row['status']),
        eligibilityText: text(row['eligibility_description']),
        application: text(row['application_process']),
        wait: text(row['wait_time']),
        interpretation: text(row['interpretation_services']),
        fees: text(row['fees_description']),
        url: webAddress(row['url']),
        email: text(row['email']),
      }),
    }
  }

  const kept = entry ? entryFreshness(entry, now) : undefined
  const assured = kept ? kept.assuredDate : institution.assured_date
  const dates = entry ? assuredDates(entry) : {}
  const groups = Object.fromEntries(
    Object.entries(entry ? groupFreshness(entry, now) : {}).map(([group, freshness]) => {
      const date = dates[group as FieldGroup]
      return [group, { freshness, ...(date ? { date } : {}) }]
    }),
  )
  const locations = ownership.owned('locations', 'organization_id', organization.id)
  const served = ownership.owned('services', 'organization_id', organization.id)
  const placeIds = new Set([
    ...locations.map(({ id }) => id),
    ...served.flatMap(({ id }) =>
      ownership
        .owned('service_at_location', 'service_id', id)
        .flatMap((one) => text(one['location_id']) ?? []),
    ),
  ])
  return {
    key: institution.key,
    name: text(organization['name']) ?? institution.name,
    kind: institution.kind,
    country,
    example: institution.example === true,
    confirmed: institution.confirmed,
    own: entry !== undefined,
    lastModified,
    freshness: kept?.freshness ?? freshnessOf(institution.assured_date, now),
    groups,
    phones: rows(organization['phones'])
      .filter((one) => !one['location_id'])
      .flatMap(phone),
    contacts: rows(organization['contacts']).map(contact),
    places: [...placeIds].flatMap((id) => {
      const row = ownership.row('locations', id)
      return row ? [place(nested(ownership, row))] : []
    }),
    services: rows(organization['services']).map(service),
    ...said({
      alternateName: text(organization['alternate_name']),
      description: text(organization['description']),
      municipality: institution.municipality ?? undefined,
      department: institution.department ?? undefined,
      email: text(organization['email']),
      website: webAddress(organization['website'] ?? organization['url']),
      source: webAddress(institution.source),
      assuredDate: assured,
    }),
  }
}

const nested = (ownership: Ownership, row: Row): Row => nest(ownership, 'locations', row, { keys: 'keyed' })

/** A web address that may be a link; anything else is no address. */
function webAddress(value: unknown): string | undefined {
  const written = text(value)
  return written !== undefined && /^https?:\/\/\S+$/i.test(written) ? written : undefined
}

/** Which records of an entry anybody outside the network does not see. */
function hiddenRecords(
  { entry }: CatalogueEntry,
  view: DetailOptions['view'],
): { isHidden(id: string): boolean; isAddressHidden(locationId: string): boolean } {
  if (!entry || view === 'public') return { isHidden: () => false, isAddressHidden: () => false }
  const all = tablesOfEntry(entry)
  const shown = tablesOfEntry(publicView(entry))
  const isHidden = (id: string) =>
    tableNames.some((table) => all[table]?.has(id) === true && shown[table]?.has(id) !== true)
  const isKept = (row: Row, seen: Row | undefined, fields: readonly string[]) =>
    fields.some((field) => row[field] !== undefined && seen?.[field] === undefined)
  return {
    isHidden,
    isAddressHidden(locationId) {
      const location = all.locations?.get(locationId)
      const addresses = [...(all.addresses?.values() ?? [])].filter(
        (one) => one['location_id'] === locationId,
      )
      return (
        isHidden(locationId) ||
        (location !== undefined &&
          isKept(location, shown.locations?.get(locationId), ['latitude', 'longitude'])) ||
        addresses.some((one) => isKept(one, shown.addresses?.get(one.id), ['address_1', 'address_2']))
      )
    },
  }
}
