/** What materials for migrants are about and how hard they are to read: keys of the public form, and their words. */
import type { BilingualText } from '@enlace/directory/text'

/** By key, in the order in which they are offered. A key stays: it is in what institutions signed. */
export const materialTopics = {
  rights: { es: 'Derechos', en: 'Rights' },
  documents: { es: 'Documentos', en: 'Documents' },
  services: { es: 'Servicios', en: 'Services' },
  risks: { es: 'Riesgos', en: 'Risks' },
  return: { es: 'Retorno', en: 'Return' },
} as const satisfies Record<string, BilingualText>
export type MaterialTopic = keyof typeof materialTopics

/** `easy`: easy to read, with short sentences and one idea in each; `plain`: plain language; `full`: whole, as the law says it. */
export const readingLevels = {
  easy: { es: 'Lectura fácil', en: 'Easy to read' },
  plain: { es: 'Lenguaje claro', en: 'Plain language' },
  full: { es: 'Texto completo', en: 'Full text' },
} as const satisfies Record<string, BilingualText>
export type ReadingLevel = keyof typeof readingLevels
