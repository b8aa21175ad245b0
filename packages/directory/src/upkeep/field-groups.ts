import type { TableName } from '../hsds/tables.ts'
import type { BilingualText } from '../text.ts'

/** What a person confirms at once: nobody checks a list field by field, and a telephone changes more often than a name. */
export const fieldGroups = {
  identity: { es: 'nombre y descripción', en: 'name and description' },
  services: { es: 'servicios y requisitos', en: 'services and requirements' },
  contact: { es: 'teléfonos y contactos', en: 'telephones and contacts' },
  place: { es: 'dirección y acceso', en: 'address and access' },
  hours: { es: 'horarios', en: 'hours' },
  capacity: { es: 'cupo', en: 'capacity' },
} as const satisfies Record<string, BilingualText>

export type FieldGroup = keyof typeof fieldGroups

const groups: Partial<Record<TableName, FieldGroup>> = {
  organizations: 'identity',
  programs: 'identity',
  organization_identifiers: 'identity',
  url: 'identity',
  services: 'services',
  required_documents: 'services',
  cost_options: 'services',
  service_areas: 'services',
  languages: 'services',
  funding: 'services',
  phones: 'contact',
  contacts: 'contact',
  locations: 'place',
  addresses: 'place',
  accessibility: 'place',
  service_at_location: 'place',
  schedules: 'hours',
  service_capacity: 'capacity',
  units: 'capacity',
}

/** The group a table's fields are confirmed with; undefined for what describes other records. */
export function fieldGroupOf(table: TableName): FieldGroup | undefined {
  return groups[table]
}
