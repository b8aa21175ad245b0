import { freshnessLabels } from './freshness.ts'
import type { Attribute, Taxonomy, TaxonomyTerm } from './hsds/objects.ts'
import { stableId } from './ids.ts'
import type { BilingualText } from './text.ts'
import { institutionKinds, kindLabel, serviceCategories, serviceLabel } from './words.ts'

export type TaxonomyKey = 'services' | 'kinds' | 'freshness'

const version = '1'

function taxonomy(key: TaxonomyKey, name: string, description: string): Taxonomy {
  return { id: stableId(`taxonomy/${key}`), name, description, version }
}

const byKey: Record<TaxonomyKey, Taxonomy> = {
  services: taxonomy(
    'services',
    'Categorías de servicio · Service categories',
    'Servicios para personas migrantes en el corredor. Services for migrants in the corridor.',
  ),
  kinds: taxonomy(
    'kinds',
    'Tipos de institución · Institution kinds',
    'Lo que una institución es; las políticas de los canales admiten por tipo. What an institution is; channel policies admit by kind.',
  ),
  freshness: taxonomy(
    'freshness',
    'Vigencia de los datos · Freshness',
    'Cuándo una persona verificó el registro por última vez. When a person last verified the entry.',
  ),
}

const labels: Record<TaxonomyKey, Record<string, BilingualText>> = {
  services: serviceCategories,
  kinds: institutionKinds,
  freshness: freshnessLabels,
}

const known = new Map<string, TaxonomyTerm>()

/** Codes come from outside: what is remembered of them has an end. */
const maxTermsKept = 2_000

/** A term by its code. One the vocabulary does not have yet still gets a stable ID, and its code for a name. */
function taxonomyTerm(taxonomyKey: TaxonomyKey, code: string): TaxonomyTerm {
  const at = `${taxonomyKey}/${code}`
  const made = known.get(at)
  if (made) return made
  const detail = byKey[taxonomyKey]
  const label =
    taxonomyKey === 'services'
      ? serviceLabel(code)
      : taxonomyKey === 'kinds'
        ? kindLabel(code)
        : (labels.freshness[code] ?? { es: code, en: code })
  const term: TaxonomyTerm = {
    id: stableId(`term/${at}`),
    code,
    name: label.es,
    description: label.en,
    taxonomy: detail.name,
    taxonomy_detail: detail,
    taxonomy_id: detail.id,
    language: 'spa',
  }
  if (known.size < maxTermsKept) known.set(at, term)
  return term
}

export const taxonomyTerms: readonly TaxonomyTerm[] = (Object.keys(byKey) as TaxonomyKey[]).flatMap((key) =>
  Object.keys(labels[key]).map((code) => taxonomyTerm(key, code)),
)

/** An attribute that places a record in a taxonomy. */
export function termAttribute(
  entity: 'organization' | 'service',
  linkId: string,
  taxonomyKey: TaxonomyKey,
  code: string,
): Attribute {
  const term = taxonomyTerm(taxonomyKey, code)
  return {
    id: stableId(`attribute/${linkId}/${taxonomyKey}/${code}`),
    link_id: linkId,
    link_entity: entity,
    link_type: { services: 'service_category', kinds: 'institution_kind', freshness: 'freshness' }[
      taxonomyKey
    ],
    value: code,
    taxonomy_term_id: term.id,
    taxonomy_term: term,
    label: byKey[taxonomyKey].name,
  }
}
