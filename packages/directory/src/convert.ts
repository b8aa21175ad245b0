import { type Freshness, freshnessOf } from './freshness.ts'
import type { Attribute, Location, Organization, Service, ServiceAtLocation } from './hsds/objects.ts'
import { organizationIdOf, stableId } from './ids.ts'
import type { Institution, InstitutionSummary } from './institution.ts'
import { termAttribute } from './taxonomies.ts'
import { countryName, kindLabel, serviceLabel } from './words.ts'

export { organizationIdOf }

/** HSDS records without nesting: each names its relations by ID, `catalogue.ts` puts them together. */
export interface HsdsRecords {
  organization: Organization
  services: Service[]
  /** undefined where the data names no place */
  location?: Location
  serviceAtLocations: ServiceAtLocation[]
}

export interface ConversionContext {
  /** milliseconds since the Unix epoch; decides freshness */
  now: number
  /** how much the entry can be relied on, where that is known of its parts; else by the institution's date */
  freshness?: Freshness
  /** when the institution's entry last changed here, RFC 3339 with milliseconds (HSDS `last_modified`) */
  lastModified: string
}

/**
 * An institution as HSDS: one organization, one service for each category, one location where a place is known.
 * Addresses, phones, contacts and schedules stay absent, because HSDS has no "unknown" and nothing may be made up.
 * An unconfirmed institution's services are `inactive` and marked as placeholders.
 */
export function toHsds(institution: Institution, context: ConversionContext): HsdsRecords {
  const { now, lastModified } = context
  const { key } = institution
  const organizationId = organizationIdOf(key)
  const freshness = context.freshness ?? freshnessOf(institution.assured_date, now)
  const place = placeOf(institution)
  const marks = (entity: 'organization' | 'service', linkId: string): Attribute[] => [
    termAttribute(entity, linkId, 'freshness', freshness),
    ...(institution.confirmed ? [] : [placeholderAttribute(entity, linkId)]),
  ]

  const organization: Organization = {
    id: organizationId,
    name: institution.name,
    description: describe(institution, place, freshness),
    ...(institution.source
      ? {
          additional_websites: [
            {
              id: stableId(`url/${key}/source`),
              organization_id: organizationId,
              label: 'Fuente pública de este registro · Public source of this entry',
              url: institution.source,
            },
          ],
        }
      : {}),
    organization_identifiers: [
      {
        id: stableId(`identifier/${key}`),
        organization_id: organizationId,
        identifier_scheme: 'enlace',
        identifier_type: 'Enlace registry key',
        identifier: key,
      },
    ],
    attributes: [
      termAttribute('organization', organizationId, 'kinds', institution.kind),
      plainAttribute('organization', organizationId, 'country', institution.country, 'País · Country'),
      ...marks('organization', organizationId),
    ],
  }

  const services = institution.services.map((category): Service => {
    const serviceId = stableId(`service/${key}/${category}`)
    const label = serviceLabel(category)
    return {
      id: serviceId,
      organization_id: organizationId,
      name: label.es,
      alternate_name: label.en,
      status: institution.confirmed ? 'active' : 'inactive',
      ...(institution.assured_date ? { assured_date: institution.assured_date } : {}),
      last_modified: lastModified,
      attributes: [termAttribute('service', serviceId, 'services', category), ...marks('service', serviceId)],
    }
  })

  if (!place) return { organization, services, serviceAtLocations: [] }
  const locationId = stableId(`location/${key}`)
  const location: Location = {
    id: locationId,
    location_type: 'physical',
    organization_id: organizationId,
    name: place.municipality ? `${institution.name}, ${place.municipality}` : institution.name,
    description: place.text,
    attributes: [
      ...(place.municipality
        ? [
            plainAttribute(
              'location',
              locationId,
              'municipality',
              place.municipality,
              'Municipio · Municipality',
            ),
          ]
        : []),
      ...(place.department
        ? [
            plainAttribute(
              'location',
              locationId,
              'department',
              place.department,
              'Departamento · Department',
            ),
          ]
        : []),
      plainAttribute('location', locationId, 'country', place.country, 'País · Country'),
    ],
  }
  return {
    organization,
    services,
    location,
    serviceAtLocations: services.map((service) => ({
      id: stableId(`service-at-location/${service.id}/${locationId}`),
      service_id: service.id,
      location_id: locationId,
    })),
  }
}

/** The short form for clients and nodes. `serverName`: the Matrix server that hosts the institution. */
export function summarise(
  institution: Institution,
  now: number,
  serverName: string | undefined,
): InstitutionSummary {
  return {
    key: institution.key,
    organization_id: organizationIdOf(institution.key),
    name: institution.name,
    country: institution.country,
    department: institution.department,
    municipality: institution.municipality,
    kind: institution.kind,
    services: [...institution.services],
    confirmed: institution.confirmed,
    freshness: freshnessOf(institution.assured_date, now),
    server_name: serverName ?? null,
    ...(institution.example ? { example: true } : {}),
  }
}

interface Place {
  municipality?: string
  department?: string
  country: string
  text: string
}

// An office abroad writes its host country after the place: "Izabal (GT)" for a Honduran consulate.
const hostCountry = /\s*\(([A-Z]{2})\)$/

function placeOf({ municipality, department, country }: Institution): Place | undefined {
  if (!municipality && !department) return undefined
  const host = hostCountry.exec(municipality ?? department ?? '')?.[1] ?? country
  const bare = (value: string | null) => value?.replace(hostCountry, '')
  const parts = { municipality: bare(municipality), department: bare(department), country: host }
  return {
    ...(parts.municipality ? { municipality: parts.municipality } : {}),
    ...(parts.department ? { department: parts.department } : {}),
    country: host,
    text: [parts.municipality, parts.department, countryName(host).es].filter(Boolean).join(', '),
  }
}

function describe(institution: Institution, place: Place | undefined, freshness: Freshness): string {
  const kind = kindLabel(institution.kind)
  const where = place?.text ?? countryName(institution.country).es
  const state = {
    verified: { es: 'Datos verificados.', en: 'Verified.' },
    due: { es: 'Datos por verificar.', en: 'To be verified.' },
    overdue: { es: 'Verificación vencida.', en: 'Verification overdue.' },
  }[freshness]
  const placeholder = institution.confirmed
    ? { es: '', en: '' }
    : { es: ' Existencia sin confirmar.', en: ' Existence not confirmed.' }
  return [
    `Tipo: ${kind.es}. ${where}. ${state.es}${placeholder.es}`,
    `Kind: ${kind.en}. ${where}. ${state.en}${placeholder.en}`,
  ].join('\n')
}

function plainAttribute(
  entity: 'organization' | 'service' | 'location',
  linkId: string,
  type: string,
  value: string,
  label: string,
): Attribute {
  return {
    id: stableId(`attribute/${linkId}/${type}`),
    link_id: linkId,
    link_entity: entity,
    link_type: type,
    value,
    label,
  }
}

/** Marks what is shown as a placeholder only: no public page confirms that the office exists. */
function placeholderAttribute(entity: 'organization' | 'service', linkId: string): Attribute {
  return plainAttribute(entity, linkId, 'placeholder', 'true', 'Sin confirmar · Not confirmed')
}
