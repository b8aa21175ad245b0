/**
 * How long what is written in the network stays: the one table of defaults, in words with the reason, and the rule by which
 * institutions shorten it and a law lengthens it. Cases count from their end, messages outside of cases from when they were sent.
 */
import type { BilingualText } from '@enlace/directory/text'
import type { CaseFamily } from '../cases/case-families.ts'
import { type CaseKind, caseKindKeys, caseKinds, familyOf } from '../cases/case-kinds.ts'

export const DAY_MS = 86_400_000
/** Nothing is kept less: a mistaken end of a case can be seen and undone. */
export const MIN_DAYS = 7
/** No rule of law that a page can enter goes further. */
export const MAX_DAYS = 30 * 366

/** What a rule is about: a kind of case, or messages of channels that belong to no case. */
export type RetentionSubject = CaseKind | 'messages'
export const retentionSubjects = [...caseKindKeys, 'messages'] as [RetentionSubject, ...RetentionSubject[]]

export const subjectLabel = (subject: RetentionSubject): BilingualText =>
  subject === 'messages'
    ? { es: 'Mensajes de los canales fuera de los casos', en: 'Messages of channels outside of cases' }
    : caseKinds[subject].label

type Default = { days: number; why: BilingualText }

const families: Record<CaseFamily, Default> = {
  documentation: {
    days: 365,
    why: {
      es: 'Un año: alcanza para corregir un documento que salió con un error. El documento mismo queda en el registro que lo emitió.',
      en: 'One year: enough to correct a document that was issued with a mistake. The document itself stays with the registry that issued it.',
    },
  },
  return: {
    days: 90,
    why: {
      es: 'Tres meses: después del retorno, cada institución lleva su propio expediente de las personas que recibió.',
      en: 'Three months: after the return, each institution keeps its own file of the people it received.',
    },
  },
  child: {
    days: 730,
    why: {
      es: 'Dos años: el seguimiento después de la repatriación de una niña o un niño puede pedirse más tarde. No más, porque son datos de niñez.',
      en: 'Two years: follow-up after a child’s return may be asked for later. No longer, because these are data of children.',
    },
  },
  referral: {
    days: 180,
    why: {
      es: 'Seis meses: para responder si la persona llegó al servicio al que se refirió.',
      en: 'Six months: to answer whether the person reached the service they were referred to.',
    },
  },
  transfer: {
    days: 180,
    why: {
      es: 'Seis meses: para aclarar quién tomó la responsabilidad. Después la lleva el expediente de esa institución.',
      en: 'Six months: to clear up who took the responsibility. After that it is in that institution’s file.',
    },
  },
}

const messages: Default = {
  days: 365,
  why: {
    es: 'Un año desde que se envió: son avisos de coordinación; lo que importa de una persona va en su caso.',
    en: 'One year from when it was sent: these are notes of coordination; what matters about a person is in their case.',
  },
}

export const networkDefault = (subject: RetentionSubject): Default =>
  subject === 'messages' ? messages : families[familyOf(subject)]

/** A rule of law: it lengthens, and says on what it rests. */
export type LawRule = { subject: RetentionSubject; days: number; basis: string }
/** What one institution has set in a channel. */
export type InstitutionRules = {
  institution: string
  shorter: Partial<Record<RetentionSubject, number>>
  law: readonly LawRule[]
}

export type EffectivePeriod = {
  days: number
  from: 'network' | 'institution' | 'law'
  /** whose rule decided */
  institution?: string
  basis?: string
}

/**
 * What counts for a subject, of the rules of the institutions concerned: the shortest of what they set, unless a law that binds
 * one of them asks for longer. An institution's number above the network's changes nothing.
 */
export function effectivePeriod(
  subject: RetentionSubject,
  rules: readonly InstitutionRules[],
): EffectivePeriod {
  let period: EffectivePeriod = { days: networkDefault(subject).days, from: 'network' }
  const sorted = [...rules].sort((a, b) => (a.institution < b.institution ? -1 : 1))
  for (const { institution, shorter } of sorted) {
    const days = shorter[subject]
    if (days !== undefined && days < period.days)
      period = { days: Math.max(days, MIN_DAYS), from: 'institution', institution }
  }
  for (const { institution, law } of sorted)
    for (const rule of law)
      if (rule.subject === subject && rule.days > period.days)
        period = { days: rule.days, from: 'law', institution, basis: rule.basis }
  return period
}

export const dueAfter = (from: number, period: Pick<EffectivePeriod, 'days'>): number =>
  from + period.days * DAY_MS
