import type { BilingualText } from '../text.ts'

/** Languages by their BCP 47 tag. Those of the corridor have names here; browsers do not know all of them. */
const names: Record<string, BilingualText> = {
  es: { es: 'español', en: 'Spanish' },
  en: { es: 'inglés', en: 'English' },
  kek: { es: 'q’eqchi’', en: 'Q’eqchi’' },
  cab: { es: 'garífuna', en: 'Garífuna' },
  miq: { es: 'misquito', en: 'Miskito' },
  ht: { es: 'criollo haitiano', en: 'Haitian Creole' },
}

/** Well formed: an ISO 639 code with the parts BCP 47 allows after it. */
export function isLanguageTag(tag: string): boolean {
  if (tag.length > 35 || !/^[a-z]{2,3}(?:-|$)/i.test(tag)) return false
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

const known = {
  es: new Intl.DisplayNames('es', { type: 'language', fallback: 'none' }),
  en: new Intl.DisplayNames('en', { type: 'language', fallback: 'none' }),
}

export function languageName(tag: string): BilingualText {
  if (!isLanguageTag(tag)) return { es: tag, en: tag }
  const canonical = Intl.getCanonicalLocales(tag)[0]!
  return names[canonical] ?? { es: known.es.of(canonical) ?? tag, en: known.en.of(canonical) ?? tag }
}
