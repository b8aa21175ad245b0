/** Kinds of case. A new kind is one entry here, its form in `case-forms.ts` and its times in `case-targets.ts`. */
import type { BilingualText } from '@enlace/directory/text'
import {
  type CaseFamily,
  type CaseFamilyEntry,
  type CaseStatus,
  caseFamilies,
  type Priority,
} from './case-families.ts'

export const caseKinds = {
  birth_certificate: {
    family: 'documentation',
    label: { es: 'Certificación (partida) de nacimiento', en: 'Birth certificate' },
  },
  late_registration: {
    family: 'documentation',
    label: { es: 'Inscripción tardía', en: 'Late registration' },
  },
  correction: { family: 'documentation', label: { es: 'Rectificación', en: 'Correction' } },
  nationality_verification: {
    family: 'documentation',
    label: { es: 'Verificación de nacionalidad', en: 'Nationality verification' },
  },
  travel_document: { family: 'documentation', label: { es: 'Salvoconducto', en: 'Travel document' } },
  return_notice: {
    family: 'return',
    label: { es: 'Aviso de retorno de un grupo', en: 'Notice of a group return' },
  },
  child_return: {
    family: 'child',
    label: { es: 'Repatriación de niña, niño o adolescente', en: 'Repatriation of a child' },
  },
  referral: { family: 'referral', label: { es: 'Referencia', en: 'Referral' } },
  transfer: {
    family: 'transfer',
    label: { es: 'Transferencia de responsabilidad', en: 'Transfer of responsibility' },
  },
} as const satisfies Record<string, { family: CaseFamily; label: BilingualText }>

export type CaseKind = keyof typeof caseKinds
export const caseKindKeys = Object.keys(caseKinds) as [CaseKind, ...CaseKind[]]

export const familyOf = (kind: CaseKind): CaseFamily => caseKinds[kind].family
/** What the table of families says of a kind's family. */
export const familyEntry = (kind: CaseKind): CaseFamilyEntry => caseFamilies[familyOf(kind)]

export const kindsOfFamily = (family: CaseFamily): CaseKind[] =>
  caseKindKeys.filter((kind) => familyOf(kind) === family)

/** The status a case has when its event is sent. */
export const firstStatus = (kind: CaseKind): CaseStatus => familyEntry(kind).statuses[0]!

export const defaultPriority = (kind: CaseKind, minor: boolean): Priority =>
  familyEntry(kind).priority[minor ? 'minor' : 'adult']
