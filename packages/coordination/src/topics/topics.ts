/**
 * The one table of topics. Policies, channels, the kinds of case offered, the demo and the node's refusals read it; a new topic
 * is one entry here, an icon and a colour in the web client. Functions that read it take another table as their last
 * parameter.
 */
import { type BilingualText, choicesText } from '@enlace/directory/text'
import type { CaseFamily } from '../cases/case-families.ts'
import { type CaseKind, caseKindKeys, kindsOfFamily } from '../cases/case-kinds.ts'
import type { TopicEntry, TopicTable } from './types.ts'

export const topics = {
  documentation: {
    label: { es: 'Documentación', en: 'Documentation' },
    admits: [
      'civil_registry',
      'consular',
      'child_protection',
      'judicial',
      'migration',
      'reception',
      'ngo',
      'municipal',
      'un',
    ],
    cases: ['documentation'],
    inEveryCorridor: true,
  },
  returns: {
    label: { es: 'Repatriación y retorno', en: 'Repatriation and return' },
    admits: [
      'consular',
      'migration',
      'reception',
      'child_protection',
      'judicial',
      'health',
      'ngo',
      'municipal',
      'un',
      'government',
      'ombudsman',
    ],
    cases: ['return', 'referral'],
    inEveryCorridor: true,
  },
  minors: {
    label: { es: 'Niñez y adolescencia migrante', en: 'Migrant children' },
    admits: ['child_protection', 'judicial', 'consular', 'civil_registry'],
    cases: ['child', 'documentation'],
    guarded: true,
    inEveryCorridor: true,
  },
  transit: { label: { es: 'Tránsito', en: 'Transit' }, cases: ['referral', 'transfer'] },
  international_protection: {
    label: { es: 'Protección internacional', en: 'International protection' },
    cases: ['referral', 'transfer'],
  },
  trafficking: {
    label: { es: 'Trata y tráfico', en: 'Trafficking and smuggling' },
    cases: ['referral', 'transfer'],
  },
  operational_alert: {
    label: { es: 'Alerta operativa', en: 'Operational alert' },
    cases: ['referral', 'transfer'],
  },
  information: {
    label: { es: 'Información y riesgos', en: 'Information and risks' },
    cases: ['referral', 'transfer'],
  },
  directory: { label: { es: 'Directorio', en: 'Directory' }, cases: ['referral', 'transfer'] },
  meetings: {
    label: { es: 'Reuniones y compromisos', en: 'Meetings and commitments' },
    cases: ['referral', 'transfer'],
  },
} as const satisfies TopicTable

export type Topic = keyof typeof topics

/** Topics of a table that have a default policy. */
export type TopicWithPolicy<Table extends TopicTable = typeof topics> = {
  [T in keyof Table]: Table[T] extends { admits: readonly string[] } ? T : never
}[keyof Table] &
  string

const entryOf = (topic: string, table: TopicTable): TopicEntry | undefined =>
  Object.hasOwn(table, topic) ? table[topic] : undefined

/** A topic's label; one this version does not know is shown by its key. */
export const topicLabel = (topic: string, table: TopicTable = topics): BilingualText =>
  entryOf(topic, table)?.label ?? { es: topic, en: topic }

/** Whether a channel hides its past from newcomers. A topic this version does not know is not guarded. */
export const isGuarded = (topic: string, table: TopicTable = topics): boolean =>
  entryOf(topic, table)?.guarded ?? false

/** What is offered first where the table names nothing. */
const usualFamilies: readonly CaseFamily[] = ['referral', 'transfer']

/** Kinds of case that fit a topic, in the order they are offered, and all others. */
export function caseKindsFor(
  topic: string,
  table: TopicTable = topics,
): { fits: CaseKind[]; others: CaseKind[] } {
  const families = entryOf(topic, table)?.cases ?? usualFamilies
  const fits = families.flatMap(kindsOfFamily)
  return { fits, others: caseKindKeys.filter((kind) => !fits.includes(kind)) }
}

/** Topics of the channels that every corridor starts with, in order. */
export function corridorTopics<Table extends TopicTable = typeof topics>(
  table?: Table,
): TopicWithPolicy<Table>[] {
  return Object.entries<TopicEntry>(table ?? topics)
    .filter(([, entry]) => entry.inEveryCorridor && entry.admits)
    .map(([topic]) => topic as TopicWithPolicy<Table>)
}

/** "Documentación, Repatriación y retorno o ...": the channels every corridor has, for a sentence that sends somebody there. */
export const corridorTopicsText = (table: TopicTable = topics): BilingualText =>
  choicesText(corridorTopics(table).map((topic) => topicLabel(topic, table)))
