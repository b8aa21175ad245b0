/**
 * The directory's vocabulary: kinds of institution and categories of service, each with its Spanish and English label.
 * Keys are stable: they are stored in records, topic policies and account profiles.
 */

import type { BilingualText } from './text.ts'

export const institutionKinds = {
  civil_registry: { es: 'registro civil', en: 'civil registry' },
  consular: { es: 'consulado o cancillería', en: 'consulate or foreign ministry' },
  child_protection: { es: 'protección de niñez', en: 'child protection' },
  judicial: { es: 'juzgado', en: 'court' },
  migration: { es: 'migración', en: 'migration authority' },
  reception: { es: 'centro de recepción', en: 'reception centre' },
  health: { es: 'salud', en: 'health' },
  ngo: { es: 'organización de la sociedad civil', en: 'non-governmental organisation' },
  un: { es: 'agencia de las Naciones Unidas', en: 'United Nations agency' },
  ombudsman: { es: 'derechos humanos', en: 'human rights ombudsman' },
  municipal: { es: 'municipalidad', en: 'municipality' },
  government: { es: 'gobierno', en: 'government' },
  police: { es: 'policía', en: 'police' },
} as const satisfies Record<string, BilingualText>

export type InstitutionKind = keyof typeof institutionKinds

export const serviceCategories = {
  migration: { es: 'Migratorio', en: 'Migration' },
  civil_registration: { es: 'Registro civil y documentación', en: 'Civil registration' },
  consular: { es: 'Consular', en: 'Consular' },
  legal: { es: 'Legal', en: 'Legal' },
  judicial: { es: 'Judicial', en: 'Judicial' },
  medical: { es: 'Médico', en: 'Medical' },
  psychosocial: { es: 'Psicosocial', en: 'Psychosocial' },
  shelter: { es: 'Albergue', en: 'Shelter' },
  food: { es: 'Alimentación', en: 'Food' },
  hygiene_clothing: { es: 'Higiene y vestuario', en: 'Hygiene and clothing' },
  transport: { es: 'Transporte', en: 'Transport' },
  child_protection: { es: 'Protección de niñez', en: 'Child protection' },
  restoring_family_links: { es: 'Búsqueda y contacto familiar (RCF)', en: 'Restoring family links' },
  return_reception: { es: 'Retorno y recepción', en: 'Return and reception' },
  reintegration: { es: 'Reintegración', en: 'Reintegration' },
  human_rights: { es: 'Derechos humanos', en: 'Human rights' },
  information: { es: 'Información', en: 'Information' },
} as const satisfies Record<string, BilingualText>

export type ServiceCategory = keyof typeof serviceCategories

/** The label of a kind; a kind this version does not know is shown by its key. */
export function kindLabel(kind: string): BilingualText {
  return Object.hasOwn(institutionKinds, kind)
    ? institutionKinds[kind as InstitutionKind]
    : { es: kind, en: kind }
}

/** The label of a service category; one this version does not know is shown by its key. */
export function serviceLabel(category: string): BilingualText {
  return Object.hasOwn(serviceCategories, category)
    ? serviceCategories[category as ServiceCategory]
    : { es: category, en: category }
}

const countryNames: Record<string, BilingualText> = {
  GT: { es: 'Guatemala', en: 'Guatemala' },
  HN: { es: 'Honduras', en: 'Honduras' },
  SV: { es: 'El Salvador', en: 'El Salvador' },
  MX: { es: 'México', en: 'Mexico' },
  NI: { es: 'Nicaragua', en: 'Nicaragua' },
}

/** The name of a country by its ISO 3166-1 alpha-2 code; the code itself where this version has no name for it. */
export function countryName(code: string): BilingualText {
  return Object.hasOwn(countryNames, code) ? countryNames[code]! : { es: code, en: code }
}
