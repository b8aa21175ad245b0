import type { BilingualText } from '@enlace/directory/words'

/** The network's topics. A policy may name another; these have labels. */
export const topics = {
  documentation: { es: 'Documentación', en: 'Documentation' },
  minors: { es: 'Niñez y adolescencia migrante', en: 'Migrant children' },
  returns: { es: 'Repatriación y retorno', en: 'Repatriation and return' },
  transit: { es: 'Tránsito', en: 'Transit' },
  international_protection: { es: 'Protección internacional', en: 'International protection' },
  trafficking: { es: 'Trata y tráfico', en: 'Trafficking and smuggling' },
  operational_alert: { es: 'Alerta operativa', en: 'Operational alert' },
  information: { es: 'Información y riesgos', en: 'Information and risks' },
  directory: { es: 'Directorio', en: 'Directory' },
  meetings: { es: 'Reuniones y compromisos', en: 'Meetings and commitments' },
} as const satisfies Record<string, BilingualText>

export type Topic = keyof typeof topics

/** A topic's label; one this version does not know is shown by its key. */
export function topicLabel(topic: string): BilingualText {
  return Object.hasOwn(topics, topic) ? topics[topic as Topic] : { es: topic, en: topic }
}
