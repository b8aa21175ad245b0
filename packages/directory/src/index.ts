export { type Freshness, freshnessLabels, freshnessOf } from './freshness.ts'
export {
  type Institution,
  type InstitutionSummary,
  institutionSchema,
  institutionSummarySchema,
  institutionsFileSchema,
  maxInstitutions,
} from './institution.ts'
export {
  createSearchIndex,
  maxQueryLength,
  type SearchAnswer,
  type SearchDocument,
  type SearchIndex,
} from './search/directory-search.ts'
export { type SearchableInstitution, searchInstitutions } from './search/institution-search.ts'
export { type BilingualText, choicesText, foldText } from './text.ts'
export {
  countryName,
  type InstitutionKind,
  institutionKinds,
  kindLabel,
  type ServiceCategory,
  serviceCategories,
  serviceLabel,
} from './words.ts'
