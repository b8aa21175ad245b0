import type { z } from 'zod'
import {
  accessibilitySchema,
  addressSchema,
  attributeSchema,
  contactSchema,
  costOptionSchema,
  fundingSchema,
  languageSchema,
  locationSchema,
  metadataSchema,
  metaTableDescriptionSchema,
  organizationIdentifierSchema,
  organizationSchema,
  phoneSchema,
  programSchema,
  requiredDocumentSchema,
  scheduleSchema,
  serviceAreaSchema,
  serviceAtLocationSchema,
  serviceCapacitySchema,
  serviceSchema,
  taxonomySchema,
  taxonomyTermSchema,
  unitSchema,
  urlSchema,
} from './objects.ts'

/** HSDS as tables: each object is a row of its own and names what it belongs to by ID (the standard's tabular form). */
const schemas = {
  organizations: organizationSchema,
  programs: programSchema,
  services: serviceSchema,
  attributes: attributeSchema,
  service_at_location: serviceAtLocationSchema,
  locations: locationSchema,
  phones: phoneSchema,
  contacts: contactSchema,
  addresses: addressSchema,
  schedules: scheduleSchema,
  funding: fundingSchema,
  service_areas: serviceAreaSchema,
  required_documents: requiredDocumentSchema,
  languages: languageSchema,
  accessibility: accessibilitySchema,
  taxonomy_terms: taxonomyTermSchema,
  metadata: metadataSchema,
  meta_table_descriptions: metaTableDescriptionSchema,
  cost_options: costOptionSchema,
  organization_identifiers: organizationIdentifierSchema,
  taxonomies: taxonomySchema,
  service_capacity: serviceCapacitySchema,
  units: unitSchema,
  url: urlSchema,
} as const

/** Table names are those of the standard's CSV files, in the standard's order. */
export type TableName = keyof typeof schemas

export const tableNames = Object.keys(schemas) as TableName[]

/** A row: scalar fields, keys of what it belongs to, and whatever else its source has. */
export type Row = { id: string } & Record<string, unknown>

/** All rows of a directory by table and ID. */
export type Tables = Partial<Record<TableName, Map<string, Row>>>

/** What a row is called in `link_entity` and `resource_type`. */
export const objectNames: Record<TableName, string> = {
  organizations: 'organization',
  programs: 'program',
  services: 'service',
  attributes: 'attribute',
  service_at_location: 'service_at_location',
  locations: 'location',
  phones: 'phone',
  contacts: 'contact',
  addresses: 'address',
  schedules: 'schedule',
  funding: 'funding',
  service_areas: 'service_area',
  required_documents: 'required_document',
  languages: 'language',
  accessibility: 'accessibility',
  taxonomy_terms: 'taxonomy_term',
  metadata: 'metadata',
  meta_table_descriptions: 'meta_table_description',
  cost_options: 'cost_option',
  organization_identifiers: 'organization_identifier',
  taxonomies: 'taxonomy',
  service_capacity: 'service_capacity',
  units: 'unit',
  url: 'url',
}

/** A list field of an object, its rows' table, and the column in them that names the owner. */
interface ListRelation {
  field: string
  table: TableName
  key: string
}

/** An object inside another, and the column that names it in the outer one's row. */
type OneRelation = ListRelation

const annotations: ListRelation[] = [
  { field: 'attributes', table: 'attributes', key: 'link_id' },
  { field: 'metadata', table: 'metadata', key: 'resource_id' },
]

const many = (key: string, ...fields: Array<[field: string, table?: TableName]>): ListRelation[] => [
  ...fields.map(([field, table]) => ({ field, table: table ?? (field as TableName), key })),
  ...annotations,
]

/** What an object has many of. */
export const lists: Record<TableName, ListRelation[]> = {
  organizations: many(
    'organization_id',
    ['additional_websites', 'url'],
    ['funding'],
    ['contacts'],
    ['phones'],
    ['locations'],
    ['programs'],
    ['organization_identifiers'],
    ['services'],
  ),
  services: many(
    'service_id',
    ['additional_urls', 'url'],
    ['phones'],
    ['schedules'],
    ['service_areas'],
    ['service_at_locations', 'service_at_location'],
    ['languages'],
    ['funding'],
    ['cost_options'],
    ['required_documents'],
    ['contacts'],
    ['capacities', 'service_capacity'],
  ),
  service_at_location: many(
    'service_at_location_id',
    ['service_areas'],
    ['contacts'],
    ['phones'],
    ['schedules'],
  ),
  locations: many(
    'location_id',
    ['languages'],
    ['addresses'],
    ['contacts'],
    ['accessibility'],
    ['phones'],
    ['schedules'],
  ),
  contacts: many('contact_id', ['phones']),
  phones: many('phone_id', ['languages']),
  programs: annotations,
  addresses: annotations,
  schedules: annotations,
  funding: annotations,
  service_areas: annotations,
  required_documents: annotations,
  languages: annotations,
  accessibility: annotations,
  meta_table_descriptions: annotations,
  cost_options: annotations,
  organization_identifiers: annotations,
  service_capacity: annotations,
  units: annotations,
  url: annotations,
  attributes: [annotations[1]!],
  taxonomy_terms: [annotations[1]!],
  taxonomies: [annotations[1]!],
  metadata: [],
}

/** What an object has one of. */
export const ones: Partial<Record<TableName, OneRelation[]>> = {
  services: [
    { field: 'organization', table: 'organizations', key: 'organization_id' },
    { field: 'program', table: 'programs', key: 'program_id' },
  ],
  service_at_location: [
    { field: 'location', table: 'locations', key: 'location_id' },
    { field: 'service', table: 'services', key: 'service_id' },
  ],
  attributes: [{ field: 'taxonomy_term', table: 'taxonomy_terms', key: 'taxonomy_term_id' }],
  taxonomy_terms: [{ field: 'taxonomy_detail', table: 'taxonomies', key: 'taxonomy_id' }],
  service_capacity: [{ field: 'unit', table: 'units', key: 'unit_id' }],
}

/** Columns that name a row of another table, by table: from both kinds of relation. */
export const foreignKeys: Record<TableName, ReadonlyMap<string, TableName>> = (() => {
  const keys = Object.fromEntries(tableNames.map((name) => [name, new Map<string, TableName>()])) as Record<
    TableName,
    Map<string, TableName>
  >
  for (const parent of tableNames) {
    for (const { table, key } of lists[parent])
      if (key !== 'link_id' && key !== 'resource_id') keys[table].set(key, parent)
    for (const { table, key } of ones[parent] ?? []) keys[parent].set(key, table)
  }
  return keys
})()

/** Of those, the columns that say whose a row is. The others only name something it uses, such as a unit. */
export const ownerKeys: Record<TableName, ReadonlySet<string>> = Object.fromEntries(
  tableNames.map((name) => [
    name,
    new Set(
      tableNames.flatMap((parent) =>
        lists[parent].flatMap(({ table, key }) =>
          table === name && key !== 'link_id' && key !== 'resource_id' ? [key] : [],
        ),
      ),
    ),
  ]),
) as unknown as Record<TableName, ReadonlySet<string>>

const nested = (name: TableName): ReadonlySet<string> =>
  new Set([...lists[name], ...(ones[name] ?? [])].map(({ field }) => field))

/** The scalar columns the standard defines for a table, in its order. */
export const columns: Record<TableName, readonly string[]> = Object.fromEntries(
  tableNames.map((name) => {
    const inside = nested(name)
    return [name, Object.keys(schemas[name].shape).filter((field) => !inside.has(field))]
  }),
) as unknown as Record<TableName, readonly string[]>

export type ColumnType = 'string' | 'number' | 'date' | 'datetime' | 'time'

const typed: Partial<Record<string, ColumnType>> = {
  year_incorporated: 'number',
  minimum_age: 'number',
  maximum_age: 'number',
  latitude: 'number',
  longitude: 'number',
  extension: 'number',
  timezone: 'number',
  count: 'number',
  interval: 'number',
  amount: 'number',
  available: 'number',
  maximum: 'number',
  assured_date: 'date',
  valid_from: 'date',
  valid_to: 'date',
  dtstart: 'date',
  until: 'date',
  last_action_date: 'date',
  last_modified: 'datetime',
  updated: 'datetime',
  opens_at: 'time',
  closes_at: 'time',
}

/** What a column of the standard holds; undefined for a column it does not define. */
export function columnType(table: TableName, column: string): ColumnType | undefined {
  if (!columns[table].includes(column)) return undefined
  return typed[column] ?? 'string'
}

/** The standard's check of a row, nested objects aside: those are rows of their own. */
export function rowFaults(table: TableName, row: Row): z.core.$ZodIssue[] {
  const result = schemas[table].safeParse(row)
  const inside = nested(table)
  return result.success
    ? []
    : result.error.issues.filter(({ path }) => path.length > 0 && !inside.has(String(path[0])))
}

/** A table to write to; made if it is not there yet. */
export function tableOf(tables: Tables, name: TableName): Map<string, Row> {
  const rows = tables[name] ?? new Map<string, Row>()
  tables[name] = rows
  return rows
}
