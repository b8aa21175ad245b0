import { countryName, kindLabel, serviceLabel } from '../words.ts'
import {
  createSearchIndex,
  type SearchDocument,
  type SearchField,
  type SearchIndex,
} from './directory-search.ts'

/** The parts of an institution that can be searched; both `Institution` and `InstitutionSummary` have them. */
export interface SearchableInstitution {
  key: string
  name: string
  country: string
  department: string | null
  municipality: string | null
  kind: string
  services: readonly string[]
}

/** Texts of an institution, its services aside. */
export function institutionSearchFields(institution: SearchableInstitution): SearchField[] {
  const kind = kindLabel(institution.kind)
  const country = countryName(institution.country)
  return [
    { text: institution.name, weight: 4 },
    { text: institution.key, weight: 3 },
    { text: `${institution.municipality ?? ''} ${institution.department ?? ''}`, weight: 2 },
    { text: `${kind.es} ${kind.en} ${country.es} ${country.en} ${institution.country}`, weight: 1 },
  ]
}

/** Where an institution is. An office abroad is where it stands, not where it comes from. */
export function institutionPlaces({ municipality, department, country }: SearchableInstitution): string[] {
  const named = [municipality, department].flatMap((text) => (text ? [text] : []))
  return named.some((text) => /\([A-Z]{2}\)$/.test(text)) ? named : [...named, country]
}

export function institutionDocument<Id>(id: Id, institution: SearchableInstitution): SearchDocument<Id> {
  return {
    id,
    fields: [
      ...institutionSearchFields(institution),
      ...institution.services.map((service) => {
        const label = serviceLabel(service)
        return { text: `${label.es} ${label.en}`, weight: 2 }
      }),
    ],
    categories: institution.services,
    places: institutionPlaces(institution),
    name: institution.name,
    country: institution.country,
  }
}

/** Search over institutions and their services. Answers registry keys. */
export function searchInstitutions(institutions: readonly SearchableInstitution[]): SearchIndex<string> {
  return createSearchIndex(
    institutions.map((institution) => institutionDocument(institution.key, institution)),
  )
}
