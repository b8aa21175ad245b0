import { createSearchIndex, type SearchField, type SearchIndex } from './search.ts'
import { countryName, kindLabel, serviceLabel } from './words.ts'

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

export function institutionSearchFields(institution: SearchableInstitution): SearchField[] {
  const kind = kindLabel(institution.kind)
  const country = countryName(institution.country)
  return [
    { text: institution.name, weight: 4 },
    { text: institution.key, weight: 3 },
    { text: `${institution.municipality ?? ''} ${institution.department ?? ''}`, weight: 2 },
    ...institution.services.map((service) => {
      const label = serviceLabel(service)
      return { text: `${label.es} ${label.en}`, weight: 2 }
    }),
    { text: `${kind.es} ${kind.en} ${country.es} ${country.en} ${institution.country}`, weight: 1 },
  ]
}

/** Search over institutions and their services in Spanish or English, accents or none. Answers registry keys. */
export function searchInstitutions(institutions: readonly SearchableInstitution[]): SearchIndex<string> {
  return createSearchIndex(
    institutions.map((institution) => ({
      id: institution.key,
      fields: institutionSearchFields(institution),
    })),
  )
}
