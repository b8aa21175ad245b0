/** Words that the steps of a case choose from, each with its two labels. Keys travel in events and never change. */
import type { BilingualText } from '@enlace/directory/text'

export const reasons = {
  // rejection
  not_competent: {
    es: 'No es competencia de esta institución',
    en: 'Not within this institution’s competence',
  },
  not_found: { es: 'No se encontró el registro', en: 'No record was found' },
  incomplete: { es: 'Solicitud incompleta', en: 'Incomplete request' },
  identity_doubt: { es: 'Duda sobre la identidad', en: 'Doubt about the identity' },
  no_consent: { es: 'Falta el consentimiento', en: 'Consent is missing' },
  no_capacity: { es: 'Sin cupo o capacidad', en: 'No place or capacity' },
  legal_impediment: { es: 'Impedimento legal', en: 'Legal impediment' },
  duplicate: { es: 'Duplicada', en: 'Duplicate' },
  // waiting
  data_missing: { es: 'Faltan datos', en: 'Data is missing' },
  document_missing: { es: 'Falta un documento', en: 'A document is missing' },
  fee_or_stamp_missing: { es: 'Falta timbre o arancel', en: 'A fee or stamp is missing' },
  waiting_for_court: { es: 'En espera del juzgado', en: 'Waiting for the court' },
  waiting_for_family: { es: 'En espera de la familia', en: 'Waiting for the family' },
  waiting_for_other_institution: {
    es: 'En espera de otra institución',
    en: 'Waiting for another institution',
  },
  // revocation, closing, changes
  no_longer_needed: { es: 'Ya no se necesita', en: 'No longer needed' },
  sent_by_mistake: { es: 'Enviada por error', en: 'Sent by mistake' },
  fulfilled: { es: 'Cumplida', en: 'Fulfilled' },
  person_left: { es: 'La persona ya no está en el lugar', en: 'The person has left' },
  rights_at_risk: { es: 'Derechos en riesgo', en: 'Rights at risk' },
  new_information: { es: 'Información nueva', en: 'New information' },
  workload: { es: 'Carga de trabajo', en: 'Workload' },
  agreed: { es: 'Acordado entre las instituciones', en: 'Agreed between the institutions' },
  other: { es: 'Otro (ver nota cifrada)', en: 'Other (see encrypted note)' },
} as const satisfies Record<string, BilingualText>
export type Reason = keyof typeof reasons
export const reasonKeys = Object.keys(reasons) as [Reason, ...Reason[]]

export const documentTypes = {
  birth_certificate: { es: 'Certificación de nacimiento', en: 'Birth certificate' },
  travel_document: { es: 'Salvoconducto', en: 'Travel document' },
  nationality_record: { es: 'Constancia de nacionalidad', en: 'Record of nationality' },
  court_order: { es: 'Resolución judicial', en: 'Court order' },
  protection_measure: { es: 'Medida de protección', en: 'Protection measure' },
  medical_record: { es: 'Evaluación médica', en: 'Medical record' },
  psychosocial_report: { es: 'Informe psicosocial', en: 'Psychosocial report' },
  handover_record: { es: 'Acta de entrega', en: 'Record of handover' },
  reunification_record: { es: 'Acta de reunificación', en: 'Record of reunification' },
  follow_up_report: { es: 'Informe de seguimiento', en: 'Follow-up report' },
  group_list: { es: 'Lista del grupo', en: 'List of the group' },
  other: { es: 'Otro documento', en: 'Other document' },
} as const satisfies Record<string, BilingualText>
export type DocumentType = keyof typeof documentTypes
export const documentTypeKeys = Object.keys(documentTypes) as [DocumentType, ...DocumentType[]]

/** In what capacity somebody received a document, and how identity was checked: printed is not delivered. */
export const deliveryCapacities = {
  holder: { es: 'titular', en: 'holder' },
  parent: { es: 'madre o padre', en: 'parent' },
  guardian: { es: 'tutor o representante legal', en: 'guardian or legal representative' },
  relative: { es: 'otro familiar', en: 'other relative' },
  requesting_institution: { es: 'institución solicitante', en: 'requesting institution' },
  court: { es: 'juzgado', en: 'court' },
  consulate: { es: 'consulado', en: 'consulate' },
} as const satisfies Record<string, BilingualText>
export type DeliveryCapacity = keyof typeof deliveryCapacities

export const identityChecks = {
  identity_document: { es: 'documento de identidad', en: 'identity document' },
  biometric: { es: 'verificación biométrica', en: 'biometric check' },
  institutional_credential: { es: 'credencial institucional', en: 'institutional credential' },
  known_to_institution: { es: 'persona conocida por la institución', en: 'known to the institution' },
  court_order: { es: 'orden judicial', en: 'court order' },
  sealed_electronic: {
    es: 'entrega electrónica a la institución',
    en: 'electronic delivery to the institution',
  },
} as const satisfies Record<string, BilingualText>
export type IdentityCheck = keyof typeof identityChecks

export const routes = {
  corinto: { es: 'Corinto', en: 'Corinto' },
  agua_caliente: { es: 'Agua Caliente', en: 'Agua Caliente' },
  el_florido: { es: 'El Florido', en: 'El Florido' },
  air_san_pedro_sula: { es: 'Aéreo, San Pedro Sula', en: 'By air, San Pedro Sula' },
  air_tegucigalpa: { es: 'Aéreo, Tegucigalpa', en: 'By air, Tegucigalpa' },
  air_guatemala: { es: 'Aéreo, Guatemala', en: 'By air, Guatemala' },
  other: { es: 'Otra ruta', en: 'Other route' },
} as const satisfies Record<string, BilingualText>
export type Route = keyof typeof routes

export const transports = {
  bus: { es: 'autobús', en: 'bus' },
  official_vehicle: { es: 'vehículo oficial', en: 'official vehicle' },
  air: { es: 'avión', en: 'aircraft' },
  foot: { es: 'a pie', en: 'on foot' },
  other: { es: 'otro', en: 'other' },
} as const satisfies Record<string, BilingualText>
export type Transport = keyof typeof transports
