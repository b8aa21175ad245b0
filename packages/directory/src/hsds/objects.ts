import { z } from 'zod'

/**
 * Open Referral HSDS 3.1 objects. Field names and what is required follow the standard's JSON schemas. Parsing drops
 * fields it does not define; `interchange.ts` checks with these and keeps the fields. Dates without a time are ISO 8601 days, as the standard has them.
 */
const id = z.uuid()
const text = z.string().max(10_000)
const optionalText = text.optional()
const url = z.url().max(2000).optional()
const email = z.email().max(320).optional()
const list = <T extends z.ZodType>(item: T) => z.array(item).max(10_000).optional()

export const metadataSchema = z.object({
  id,
  resource_id: id.optional(),
  resource_type: optionalText,
  last_action_date: text,
  last_action_type: text,
  field_name: text,
  previous_value: text,
  replacement_value: text,
  updated_by: text,
})

export const taxonomySchema = z.object({
  id,
  name: text,
  description: text,
  uri: url,
  version: optionalText,
  metadata: list(metadataSchema),
})

export const taxonomyTermSchema = z.object({
  id,
  code: optionalText,
  name: text,
  description: text,
  parent_id: id.optional(),
  taxonomy: optionalText,
  taxonomy_detail: taxonomySchema.optional(),
  language: optionalText,
  taxonomy_id: id.optional(),
  term_uri: url,
  metadata: list(metadataSchema),
})

export const attributeSchema = z.object({
  id,
  link_id: id.optional(),
  taxonomy_term_id: id.optional(),
  link_type: optionalText,
  link_entity: optionalText,
  value: optionalText,
  taxonomy_term: taxonomyTermSchema.optional(),
  metadata: list(metadataSchema),
  label: optionalText,
})

/** Every object may carry attributes and the record of its changes. */
const annotations = { attributes: list(attributeSchema), metadata: list(metadataSchema) }

export const urlSchema = z.object({
  id,
  label: optionalText,
  url: z.url().max(2000),
  organization_id: id.optional(),
  service_id: id.optional(),
  ...annotations,
})

export const languageSchema = z.object({
  id,
  service_id: id.optional(),
  location_id: id.optional(),
  phone_id: id.optional(),
  name: optionalText,
  code: optionalText,
  note: optionalText,
  ...annotations,
})

export const phoneSchema = z.object({
  id,
  location_id: id.optional(),
  service_id: id.optional(),
  organization_id: id.optional(),
  contact_id: id.optional(),
  service_at_location_id: id.optional(),
  number: text,
  extension: z.number().optional(),
  type: optionalText,
  description: optionalText,
  languages: list(languageSchema),
  ...annotations,
})

export const contactSchema = z.object({
  id,
  organization_id: id.optional(),
  service_id: id.optional(),
  service_at_location_id: id.optional(),
  location_id: id.optional(),
  name: optionalText,
  title: optionalText,
  department: optionalText,
  email,
  phones: list(phoneSchema),
  ...annotations,
})

export const addressSchema = z.object({
  id,
  location_id: id.optional(),
  attention: optionalText,
  address_1: text,
  address_2: optionalText,
  city: text,
  region: optionalText,
  state_province: text,
  postal_code: text,
  country: text,
  address_type: z.enum(['physical', 'postal', 'virtual']),
  ...annotations,
})

export const accessibilitySchema = z.object({
  id,
  location_id: id.optional(),
  description: optionalText,
  details: optionalText,
  url,
  ...annotations,
})

export const scheduleSchema = z.object({
  id,
  service_id: id.optional(),
  location_id: id.optional(),
  service_at_location_id: id.optional(),
  valid_from: optionalText,
  valid_to: optionalText,
  dtstart: optionalText,
  /** the UTC offset in hours */
  timezone: z.number().optional(),
  until: optionalText,
  count: z.number().optional(),
  wkst: z.enum(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']).optional(),
  freq: z.enum(['WEEKLY', 'MONTHLY']).optional(),
  interval: z.number().optional(),
  byday: optionalText,
  byweekno: optionalText,
  bymonthday: optionalText,
  byyearday: optionalText,
  description: optionalText,
  opens_at: optionalText,
  closes_at: optionalText,
  schedule_link: url,
  attending_type: optionalText,
  notes: optionalText,
  ...annotations,
})

export const metaTableDescriptionSchema = z.object({
  id,
  name: optionalText,
  language: optionalText,
  character_set: optionalText,
  ...annotations,
})

export const fundingSchema = z.object({
  id,
  organization_id: id.optional(),
  service_id: id.optional(),
  source: optionalText,
  ...annotations,
})

export const programSchema = z.object({
  id,
  organization_id: id.optional(),
  name: text,
  alternate_name: optionalText,
  description: text,
  ...annotations,
})

export const organizationIdentifierSchema = z.object({
  id,
  organization_id: id.optional(),
  identifier_scheme: optionalText,
  identifier_type: text,
  identifier: text,
  ...annotations,
})

export const serviceAreaSchema = z.object({
  id,
  service_id: id.optional(),
  service_at_location_id: id.optional(),
  name: optionalText,
  description: optionalText,
  extent: optionalText,
  extent_type: optionalText,
  uri: url,
  ...annotations,
})

export const unitSchema = z.object({
  id,
  name: text,
  scheme: optionalText,
  identifier: optionalText,
  uri: url,
  ...annotations,
})

export const serviceCapacitySchema = z.object({
  id,
  service_id: id.optional(),
  unit: unitSchema,
  unit_id: id.optional(),
  available: z.number(),
  maximum: z.number().optional(),
  description: optionalText,
  updated: z.iso.datetime({ offset: true }),
  ...annotations,
})

export const costOptionSchema = z.object({
  id,
  service_id: id.optional(),
  valid_from: optionalText,
  valid_to: optionalText,
  option: optionalText,
  currency: optionalText,
  amount: z.number().optional(),
  amount_description: optionalText,
  ...annotations,
})

export const requiredDocumentSchema = z.object({
  id,
  service_id: id.optional(),
  document: optionalText,
  uri: url,
  ...annotations,
})

export const locationSchema = z.object({
  id,
  location_type: z.enum(['physical', 'postal', 'virtual']),
  url,
  organization_id: id.optional(),
  name: optionalText,
  alternate_name: optionalText,
  description: optionalText,
  transportation: optionalText,
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  external_identifier: optionalText,
  external_identifier_type: optionalText,
  languages: list(languageSchema),
  addresses: list(addressSchema),
  contacts: list(contactSchema),
  accessibility: list(accessibilitySchema),
  phones: list(phoneSchema),
  schedules: list(scheduleSchema),
  ...annotations,
})

export const serviceAtLocationSchema = z.object({
  id,
  service_id: id.optional(),
  location_id: id.optional(),
  description: optionalText,
  service_areas: list(serviceAreaSchema),
  contacts: list(contactSchema),
  phones: list(phoneSchema),
  schedules: list(scheduleSchema),
  location: locationSchema.optional(),
  ...annotations,
})

export const organizationSchema = z.object({
  id,
  name: text,
  alternate_name: optionalText,
  description: text,
  email,
  website: url,
  additional_websites: list(urlSchema),
  tax_status: optionalText,
  tax_id: optionalText,
  year_incorporated: z.number().optional(),
  legal_status: optionalText,
  logo: optionalText,
  uri: url,
  parent_organization_id: id.optional(),
  funding: list(fundingSchema),
  contacts: list(contactSchema),
  phones: list(phoneSchema),
  locations: list(locationSchema),
  programs: list(programSchema),
  organization_identifiers: list(organizationIdentifierSchema),
  ...annotations,
})

export const serviceSchema = z.object({
  id,
  organization_id: id.optional(),
  program_id: id.optional(),
  name: text,
  alternate_name: optionalText,
  description: optionalText,
  url,
  additional_urls: list(urlSchema),
  email,
  status: z.enum(['active', 'inactive', 'defunct', 'temporarily closed']),
  interpretation_services: optionalText,
  application_process: optionalText,
  fees_description: optionalText,
  wait_time: optionalText,
  fees: optionalText,
  accreditations: optionalText,
  eligibility_description: optionalText,
  minimum_age: z.number().optional(),
  maximum_age: z.number().optional(),
  assured_date: z.iso.date().optional(),
  assurer_email: email,
  licenses: optionalText,
  alert: optionalText,
  last_modified: z.iso.datetime({ offset: true }).optional(),
  phones: list(phoneSchema),
  schedules: list(scheduleSchema),
  service_areas: list(serviceAreaSchema),
  service_at_locations: list(serviceAtLocationSchema),
  languages: list(languageSchema),
  organization: organizationSchema.optional(),
  funding: list(fundingSchema),
  cost_options: list(costOptionSchema),
  program: programSchema.optional(),
  required_documents: list(requiredDocumentSchema),
  contacts: list(contactSchema),
  capacities: list(serviceCapacitySchema),
  ...annotations,
})

export type Attribute = z.output<typeof attributeSchema>
export type Taxonomy = z.output<typeof taxonomySchema>
export type TaxonomyTerm = z.output<typeof taxonomyTermSchema>
export type Location = z.output<typeof locationSchema>
export type ServiceAtLocation = z.output<typeof serviceAtLocationSchema>
export type Organization = z.output<typeof organizationSchema>
export type Service = z.output<typeof serviceSchema>
export type Address = z.output<typeof addressSchema>
export type Contact = z.output<typeof contactSchema>
export type CostOption = z.output<typeof costOptionSchema>
export type Language = z.output<typeof languageSchema>
export type Metadata = z.output<typeof metadataSchema>
export type PhoneRow = z.output<typeof phoneSchema>
export type Schedule = z.output<typeof scheduleSchema>
export type ServiceCapacity = z.output<typeof serviceCapacitySchema>
