import { compileRecurrence } from '../hours/recurrence.ts'
import { scheduleSchema } from '../hsds/objects.ts'
import {
  columnType,
  foreignKeys,
  objectNames,
  ownerKeys,
  type Row,
  rowFaults,
  type TableName,
  type Tables,
} from '../hsds/tables.ts'
import { organizationIdOf } from '../ids.ts'
import type { BilingualText } from '../text.ts'
import { serviceCategories } from '../words.ts'
import { departmentOf, departments, isPostalCode } from './address.ts'
import { type DirectoryEntry, directoryEntrySchema, entryTables, tablesOfEntry } from './entry.ts'
import { isLanguageTag } from './language.ts'
import { isManyMark, isMark, isMarkType } from './marks.ts'
import { isDialable, isUndialable, phoneTypes } from './phone.ts'
import { metresBetween, positionOfPlusCode } from './plus-code.ts'

/** Whether an entry may be published: what the standard asks, and what an office near a border can rely on. */

export const entryFaults = {
  not_standard: { es: 'no tiene la forma que pide HSDS', en: 'is not as HSDS wants it' },
  unreadable: { es: 'no se puede leer', en: 'cannot be read' },
  too_long: { es: 'es demasiado largo', en: 'is too long' },
  twice: { es: 'aparece dos veces', en: 'appears twice' },
  not_its_organization: { es: 'no es de esta institución', en: 'is not of this institution' },
  leads_nowhere: { es: 'nombra un registro que no existe', en: 'names a record that does not exist' },
  belongs_to_nothing: { es: 'no pertenece a ningún registro', en: 'belongs to no record' },
  no_category: {
    es: 'necesita al menos una categoría de servicio',
    en: 'needs at least one service category',
  },
  no_such_number: {
    es: 'no es un número que exista; escríbalo con el código del país',
    en: 'is no number that exists; write it with its country code',
  },
  must_not_dial: {
    es: 'es de ejemplo: use un número que no se pueda marcar',
    en: 'is an example: use a number that cannot be dialled',
  },
  no_such_type: { es: 'no es un tipo conocido', en: 'is no known kind' },
  no_such_language: { es: 'no es un código de idioma', en: 'is no language code' },
  no_such_department: { es: 'no es un departamento de ese país', en: 'is no department of that country' },
  no_postal_code: {
    es: 'no es un código postal de ese país; déjelo vacío si no lo sabe',
    en: 'is no postal code of that country; leave it empty if you do not know it',
  },
  no_place: {
    es: 'está vacío; escriba el barrio o una referencia',
    en: 'is empty; write the neighbourhood or a landmark',
  },
  not_a_place: { es: 'no es un lugar de la Tierra', en: 'is no place on Earth' },
  far_from_place: {
    es: 'queda lejos de las coordenadas del lugar',
    en: 'is far from the coordinates of the place',
  },
  no_hours: { es: 'necesita hora de apertura y de cierre', en: 'needs an hour to open and one to close' },
  no_days: { es: 'no dice qué días', en: 'does not say which days' },
  no_zone: { es: 'necesita la zona horaria', en: 'needs its time zone' },
  wrong_order: { es: 'es menor que el valor que debería superar', en: 'is less than what it should exceed' },
  not_allowed_here: { es: 'no se admite en este registro', en: 'is not allowed on this record' },
  cannot_be_hidden: { es: 'no puede ocultarse', en: 'cannot be hidden' },
} as const satisfies Record<string, BilingualText>

export type EntryFaultCode = keyof typeof entryFaults

export interface EntryFault {
  table: TableName | ''
  id: string
  field: string
  fault: EntryFaultCode
}

export type EntryCheck = { ok: true; entry: DirectoryEntry } | { ok: false; faults: EntryFault[] }

const longTexts = new Set([
  'description',
  'details',
  'note',
  'notes',
  'application_process',
  'eligibility_description',
  'alert',
  'amount_description',
  'fees_description',
  'document',
  'transportation',
  'interpretation_services',
  'accreditations',
  'url',
  'uri',
])
const maxText = 300
const maxLongText = 2_000
const maxExtent = 20_000
const maxPlusCodeMetres = 1_000

/** Reads an entry from anywhere. Every fault is named by its record and field; a sentence for it is in `entryFaults`. */
export function checkEntry(raw: unknown): EntryCheck {
  const parsed = directoryEntrySchema.safeParse(raw)
  if (!parsed.success)
    return {
      ok: false,
      faults: parsed.error.issues.map(({ path }) => ({
        table: '',
        id: '',
        field: path.map(String).join('.'),
        fault: 'unreadable',
      })),
    }
  const entry = raw as DirectoryEntry
  const faults: EntryFault[] = []
  const tables = tablesOfEntry(entry)
  for (const table of entryTables) {
    const rows = entry.records[table] ?? []
    const ids = new Set<string>()
    for (const row of rows) {
      const add = (field: string, fault: EntryFaultCode) =>
        void faults.push({ table, id: row.id, field, fault })
      if (ids.has(row.id)) add('id', 'twice')
      ids.add(row.id)
      for (const { path } of rowFaults(table, row)) add(path.map(String).join('.'), 'not_standard')
      checkTexts(table, row, add)
      checkKeys(table, row, tables, add)
      ownRules[table]?.(row, add, { entry, tables })
    }
  }
  const organizations = entry.records.organizations ?? []
  if (organizations.length !== 1 || organizations[0]?.id !== organizationIdOf(entry.key))
    faults.push({
      table: 'organizations',
      id: organizations[0]?.id ?? '',
      field: 'id',
      fault: 'not_its_organization',
    })
  return faults.length > 0 ? { ok: false, faults } : { ok: true, entry }
}

type AddFault = (field: string, fault: EntryFaultCode) => void

function checkTexts(table: TableName, row: Row, add: AddFault): void {
  for (const [field, value] of Object.entries(row)) {
    const limit = field === 'extent' ? maxExtent : longTexts.has(field) ? maxLongText : maxText
    if (typeof value === 'string') {
      if (value.length > limit) add(field, 'too_long')
    } else if (columnType(table, field) === undefined) {
      // What the standard does not name is kept, as long as it is a plain value.
      if (typeof value === 'object' && value !== null && JSON.stringify(value).length > maxLongText)
        add(field, 'too_long')
    }
  }
}

function checkKeys(table: TableName, row: Row, tables: Tables, add: AddFault): void {
  let owners = 0
  for (const [key, target] of foreignKeys[table]) {
    const id = row[key]
    if (id === undefined) continue
    // A term is of a vocabulary, which no entry carries.
    if (target !== 'taxonomy_terms' && !tables[target]?.has(String(id))) add(key, 'leads_nowhere')
    else if (ownerKeys[table].has(key)) owners += 1
  }
  if (table === 'attributes') {
    const target = entryTables.find((name) => objectNames[name] === row['link_entity'])
    if (!target || !tables[target]?.has(String(row['link_id']))) add('link_id', 'leads_nowhere')
  } else if (table === 'service_at_location') {
    if (row['service_id'] === undefined) add('service_id', 'belongs_to_nothing')
    if (row['location_id'] === undefined) add('location_id', 'belongs_to_nothing')
  } else if (!['organizations', 'units'].includes(table) && owners === 0) add('id', 'belongs_to_nothing')
}

interface Around {
  entry: DirectoryEntry
  tables: Tables
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

const ownRules: Partial<Record<TableName, (row: Row, add: AddFault, around: Around) => void>> = {
  services(row, add, { tables }) {
    const categories = [...(tables.attributes?.values() ?? [])].filter(
      (each) => each['link_id'] === row.id && each['link_type'] === 'service_category',
    )
    if (!categories.some((each) => Object.hasOwn(serviceCategories, text(each['value']))))
      add('attributes', 'no_category')
    if (Number(row['maximum_age'] ?? 200) < Number(row['minimum_age'] ?? 0)) add('maximum_age', 'wrong_order')
  },
  phones(row, add, { entry }) {
    const number = text(row['number'])
    if (entry.example ? !isUndialable(number) : !isDialable(number))
      add('number', entry.example ? 'must_not_dial' : 'no_such_number')
    if (row['type'] !== undefined && !(phoneTypes as readonly unknown[]).includes(row['type']))
      add('type', 'no_such_type')
  },
  languages(row, add) {
    if (!isLanguageTag(text(row['code']))) add('code', 'no_such_language')
  },
  addresses(row, add) {
    const country = text(row['country'])
    if (!/^[A-Z]{2}$/.test(country)) add('country', 'no_such_type')
    if (text(row['address_1']).trim() === '') add('address_1', 'no_place')
    if (text(row['city']).trim() === '') add('city', 'no_place')
    const department = text(row['state_province'])
    if (country in departments && departmentOf(country, department) !== department)
      add('state_province', 'no_such_department')
    if (!isPostalCode(country, text(row['postal_code']))) add('postal_code', 'no_postal_code')
  },
  locations(row, add) {
    const { latitude, longitude } = row as { latitude?: number; longitude?: number }
    if ((latitude === undefined) !== (longitude === undefined))
      add(latitude === undefined ? 'latitude' : 'longitude', 'not_a_place')
    if (Math.abs(latitude ?? 0) > 90) add('latitude', 'not_a_place')
    if (Math.abs(longitude ?? 0) > 180) add('longitude', 'not_a_place')
  },
  schedules(row, add, { tables }) {
    const closed = [...(tables.attributes?.values() ?? [])].some(
      (each) => each['link_id'] === row.id && each['link_type'] === 'exception' && each['value'] === 'closed',
    )
    const clock = /^(?:[01]\d|2[0-3]):[0-5]\d(?::00)?$|^24:00(?::00)?$/
    for (const field of ['opens_at', 'closes_at']) {
      if (
        row[field] === undefined
          ? !closed || row['opens_at'] !== row['closes_at']
          : !clock.test(text(row[field]))
      )
        add(field, 'no_hours')
    }
    if (typeof row['timezone'] !== 'number' || Math.abs(row['timezone']) > 14) add('timezone', 'no_zone')
    const rule = compileRecurrence(scheduleSchema.safeParse(row).data ?? {})
    const start = Date.parse(text(row['dtstart']) || text(row['valid_from']) || '2024-01-01') / 86_400_000
    const days = Array.from({ length: 800 }, (_, day) => Math.floor(start) + day)
    if (!days.some((day) => rule(day))) add('byday', 'no_days')
  },
  service_capacity(row, add) {
    if (Number(row['available']) < 0) add('available', 'wrong_order')
    if (Number(row['available']) > Number(row['maximum'] ?? Infinity)) add('maximum', 'wrong_order')
  },
  cost_options(row, add) {
    if (row['currency'] !== undefined && !/^[A-Z]{3}$/.test(text(row['currency'])))
      add('currency', 'no_such_type')
    if (Number(row['amount'] ?? 0) < 0) add('amount', 'wrong_order')
  },
  attributes(row, add, { entry, tables }) {
    const type = text(row['link_type'])
    if (!isMarkType(type)) return
    const table = entryTables.find((name) => objectNames[name] === row['link_entity'])
    const value = text(row['value'])
    if (!table || !isMark(table, type, value)) {
      add('value', 'not_allowed_here')
      return
    }
    const others = (entry.records.attributes ?? []).filter(
      (each) =>
        each['link_id'] === row['link_id'] &&
        each['link_type'] === type &&
        (!isManyMark(type) || each['value'] === value),
    )
    if (others.length > 1 && others[0] !== row) add('value', 'twice')
    if (type === 'network_only' && table === 'organizations' && /^\*$|\bname\b|\bid\b/.test(value))
      add('value', 'cannot_be_hidden')
    if (type === 'example' && !entry.example) add('value', 'not_allowed_here')
    if (type === 'plus_code') {
      const location =
        table === 'locations'
          ? tables.locations?.get(text(row['link_id']))
          : tables.locations?.get(text(tables.addresses?.get(text(row['link_id']))?.['location_id']))
      const named = positionOfPlusCode(value)
      const { latitude, longitude } = (location ?? {}) as { latitude?: unknown; longitude?: unknown }
      if (!named) add('value', 'not_a_place')
      else if (
        typeof latitude === 'number' &&
        typeof longitude === 'number' &&
        metresBetween(named, { latitude, longitude }) > maxPlusCodeMetres
      )
        add('value', 'far_from_place')
    }
  },
}
