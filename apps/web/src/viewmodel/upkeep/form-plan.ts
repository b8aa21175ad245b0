import { departments } from '@enlace/directory/address'
import { sexes, situations } from '@enlace/directory/marks'
import type { TableName } from '@enlace/directory/tables'
import type { BilingualText } from '@enlace/directory/text'
import type { FieldGroup } from '@enlace/directory/upkeep'
import { serviceCategories } from '@enlace/directory/words'

/** What of an entry a person edits, in the order a page asks for it. Words for each are in `words/es/upkeep.ts`. */

export type Kind =
  | 'text'
  | 'long'
  | 'number'
  | 'phone'
  | 'email'
  | 'url'
  | 'time'
  | 'date'
  | 'days'
  | 'language'
  | 'department'
  | 'country'

export interface FieldPlan {
  field: string
  kind: Kind
  needed?: true
}

/** A mark of a record: one of few values, several of them, or a text. */
export interface MarkPlan {
  mark: string
  kind: 'one' | 'many' | 'text'
  values?: Readonly<Record<string, BilingualText>>
  needed?: true
}

export interface RecordPlan {
  table: TableName
  fields: readonly FieldPlan[]
  marks?: readonly MarkPlan[]
  /** what it can belong to, the usual first; none: there is exactly one */
  owners?: readonly { key: string; table: TableName }[]
  /** what goes into a new one */
  start?: Readonly<Record<string, unknown>>
  /** whether each field is shown or hidden by itself, or all of it together */
  visibility: 'field' | 'record'
}

const yesNo = { yes: { es: 'Sí', en: 'Yes' }, no: { es: 'No', en: 'No' } }
const service = [{ key: 'service_id', table: 'services' }] as const
const location = [{ key: 'location_id', table: 'locations' }] as const
const organization = { key: 'organization_id', table: 'organizations' } as const

export const formPlan: Record<FieldGroup, readonly RecordPlan[]> = {
  identity: [
    {
      table: 'organizations',
      fields: [
        { field: 'name', kind: 'text', needed: true },
        { field: 'alternate_name', kind: 'text' },
        { field: 'description', kind: 'long', needed: true },
        { field: 'website', kind: 'url' },
        { field: 'email', kind: 'email' },
      ],
      visibility: 'field',
    },
  ],
  services: [
    {
      table: 'services',
      fields: [
        { field: 'name', kind: 'text', needed: true },
        { field: 'description', kind: 'long' },
        { field: 'application_process', kind: 'long' },
        { field: 'eligibility_description', kind: 'long' },
        { field: 'minimum_age', kind: 'number' },
        { field: 'maximum_age', kind: 'number' },
      ],
      marks: [
        { mark: 'service_category', kind: 'many', values: serviceCategories, needed: true },
        { mark: 'eligible_sex', kind: 'many', values: sexes },
        { mark: 'eligible_situation', kind: 'many', values: situations },
      ],
      owners: [organization],
      start: { status: 'active' },
      visibility: 'field',
    },
    {
      table: 'required_documents',
      fields: [{ field: 'document', kind: 'text', needed: true }],
      owners: service,
      visibility: 'record',
    },
    {
      table: 'cost_options',
      fields: [
        { field: 'option', kind: 'text' },
        { field: 'amount', kind: 'number' },
        { field: 'amount_description', kind: 'text' },
      ],
      owners: service,
      visibility: 'record',
    },
    {
      table: 'languages',
      fields: [{ field: 'code', kind: 'language', needed: true }],
      owners: service,
      start: { code: 'es' },
      visibility: 'record',
    },
  ],
  contact: [
    {
      table: 'phones',
      fields: [
        { field: 'number', kind: 'phone', needed: true },
        { field: 'extension', kind: 'number' },
        { field: 'description', kind: 'text' },
      ],
      marks: [
        { mark: 'whatsapp', kind: 'one', values: yesNo },
        { mark: 'answers_at_night', kind: 'one', values: yesNo },
      ],
      owners: [organization, { key: 'contact_id', table: 'contacts' }, ...service, ...location],
      start: { type: 'voice' },
      visibility: 'record',
    },
    {
      table: 'contacts',
      fields: [
        { field: 'title', kind: 'text' },
        { field: 'department', kind: 'text' },
        { field: 'name', kind: 'text' },
        { field: 'email', kind: 'email' },
      ],
      owners: [organization],
      visibility: 'field',
    },
  ],
  place: [
    {
      table: 'locations',
      fields: [
        { field: 'name', kind: 'text' },
        { field: 'transportation', kind: 'long' },
      ],
      owners: [organization],
      start: { location_type: 'physical' },
      visibility: 'field',
    },
    {
      table: 'addresses',
      fields: [
        { field: 'address_1', kind: 'text', needed: true },
        { field: 'address_2', kind: 'text' },
        { field: 'city', kind: 'text', needed: true },
        { field: 'country', kind: 'country', needed: true },
        { field: 'state_province', kind: 'department', needed: true },
        { field: 'postal_code', kind: 'text' },
      ],
      marks: [{ mark: 'plus_code', kind: 'text' }],
      owners: location,
      start: { address_type: 'physical', postal_code: '' },
      visibility: 'record',
    },
    {
      table: 'accessibility',
      fields: [{ field: 'description', kind: 'long' }],
      owners: location,
      visibility: 'record',
    },
  ],
  hours: [
    {
      table: 'schedules',
      fields: [
        { field: 'byday', kind: 'days' },
        { field: 'opens_at', kind: 'time' },
        { field: 'closes_at', kind: 'time' },
        { field: 'valid_from', kind: 'date' },
        { field: 'valid_to', kind: 'date' },
      ],
      marks: [
        {
          mark: 'holidays',
          kind: 'one',
          values: {
            as_usual: { es: 'Abre en feriados', en: 'Open on holidays' },
            closed: { es: 'Cierra en feriados', en: 'Closed on holidays' },
          },
        },
        {
          mark: 'exception',
          kind: 'one',
          values: {
            hours: {
              es: 'Solo en esas fechas, en lugar del horario usual',
              en: 'On those dates only, instead of the usual',
            },
            closed: { es: 'Cerrado en esas fechas', en: 'Closed on those dates' },
          },
        },
      ],
      owners: [...service, ...location],
      start: { freq: 'WEEKLY', byday: 'MO,TU,WE,TH,FR', opens_at: '08:00', closes_at: '16:00', timezone: -6 },
      visibility: 'record',
    },
  ],
  capacity: [
    {
      table: 'service_capacity',
      fields: [
        { field: 'available', kind: 'number', needed: true },
        { field: 'maximum', kind: 'number' },
      ],
      owners: service,
      start: { available: 0 },
      visibility: 'record',
    },
  ],
}

export const groupOrder = Object.keys(formPlan) as FieldGroup[]

const plans = new Map(Object.values(formPlan).flatMap((list) => list.map((one) => [one.table, one] as const)))
export const planOf = (table: TableName): RecordPlan | undefined => plans.get(table)

export const countriesOfForm = Object.keys(departments)
export const departmentsIn = (country: unknown): readonly string[] => departments[String(country)] ?? []
