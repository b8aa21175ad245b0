/** Words of the map of risks: kinds, who told, how sure; and how coarse the place and the day of each kind are in public. */
import type { BilingualText } from '@enlace/directory/text'

/** From the finest to the coarsest. A municipality counts as the coarsest: it names a town, never a spot. */
export const coarsenesses = ['cell_5', 'cell_10', 'cell_25', 'municipality'] as const
export type Coarseness = (typeof coarsenesses)[number]

export const coarsenessLabels: Readonly<Record<Coarseness, BilingualText>> = {
  cell_5: { es: 'Cuadro de 5 km', en: 'Square of 5 km' },
  cell_10: { es: 'Cuadro de 10 km', en: 'Square of 10 km' },
  cell_25: { es: 'Cuadro de 25 km', en: 'Square of 25 km' },
  municipality: { es: 'Municipio', en: 'Municipality' },
}

interface RiskKindEntry {
  label: BilingualText
  /** no finer than this in public */
  publicAtLeast: Coarseness
  /** what the public learns of when: with somebody harmed, the month alone */
  publicTime: 'day' | 'month'
  /** days a report of it is offered to be valid for */
  days: number
}

export const riskKinds = {
  extortion: {
    label: { es: 'Extorsión', en: 'Extortion' },
    publicAtLeast: 'cell_10',
    publicTime: 'month',
    days: 60,
  },
  assault: {
    label: { es: 'Asalto o agresión', en: 'Assault' },
    publicAtLeast: 'cell_10',
    publicTime: 'month',
    days: 60,
  },
  trafficking: {
    label: { es: 'Trata y reclutamiento', en: 'Trafficking and recruitment' },
    publicAtLeast: 'cell_10',
    publicTime: 'month',
    days: 90,
  },
  accident: {
    label: { es: 'Accidente', en: 'Accident' },
    publicAtLeast: 'cell_10',
    publicTime: 'month',
    days: 30,
  },
  weather: {
    label: { es: 'Clima', en: 'Weather' },
    publicAtLeast: 'cell_5',
    publicTime: 'day',
    days: 7,
  },
  closed_crossing: {
    label: { es: 'Paso cerrado', en: 'Closed crossing' },
    publicAtLeast: 'cell_5',
    publicTime: 'day',
    days: 7,
  },
  health: {
    label: { es: 'Salud', en: 'Health' },
    publicAtLeast: 'cell_10',
    publicTime: 'month',
    days: 30,
  },
  false_guides: {
    label: { es: 'Fraude de falsos guías', en: 'Fraud by false guides' },
    publicAtLeast: 'cell_10',
    publicTime: 'month',
    days: 60,
  },
  detention: {
    label: { es: 'Detención', en: 'Detention' },
    publicAtLeast: 'cell_10',
    publicTime: 'month',
    days: 30,
  },
} as const satisfies Record<string, RiskKindEntry>
export type RiskKind = keyof typeof riskKinds

export const riskSources = {
  own_staff: { es: 'Personal propio', en: 'Own staff' },
  institution: { es: 'Otra institución', en: 'Another institution' },
  migrant: { es: 'Persona migrante', en: 'A migrant' },
  community: { es: 'Comunidad', en: 'Community' },
  authority: { es: 'Autoridad', en: 'An authority' },
  press: { es: 'Prensa', en: 'Press' },
} as const satisfies Record<string, BilingualText>
export type RiskSource = keyof typeof riskSources

/** From the least to the most. */
export const reliabilities = {
  unconfirmed: { es: 'Sin confirmar', en: 'Unconfirmed' },
  probable: { es: 'Probable', en: 'Probable' },
  confirmed: { es: 'Confirmado', en: 'Confirmed' },
} as const satisfies Record<string, BilingualText>
export type Reliability = keyof typeof reliabilities

const keysOf = <T extends object>(record: T) =>
  Object.keys(record) as [keyof T & string, ...(keyof T & string)[]]

export const riskKindKeys = keysOf(riskKinds)
export const riskSourceKeys = keysOf(riskSources)
export const reliabilityKeys = keysOf(reliabilities)
