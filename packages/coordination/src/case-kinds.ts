/** Kinds of case, their states and steps: who may take which step from where, and what it must carry. */
import type { BilingualText } from '@enlace/directory/words'

export const caseFamilies = {
  documentation: { prefix: 'DOC', label: { es: 'Documentación', en: 'Documentation' } },
  return: { prefix: 'RET', label: { es: 'Retorno', en: 'Return' } },
  child: { prefix: 'NNA', label: { es: 'Niñez y adolescencia', en: 'Children' } },
  referral: { prefix: 'REF', label: { es: 'Referencia', en: 'Referral' } },
  transfer: { prefix: 'TRF', label: { es: 'Transferencia', en: 'Transfer' } },
} as const satisfies Record<string, { prefix: string; label: BilingualText }>

export type CaseFamily = keyof typeof caseFamilies

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

/** Status words of TAXONOMY. `draft` exists on the author's device alone: nothing of it is sent. */
export const caseStatuses = {
  draft: { es: 'borrador', en: 'draft' },
  sent: { es: 'enviada', en: 'sent' },
  acknowledged: { es: 'recibida', en: 'acknowledged' },
  accepted: { es: 'aceptada', en: 'accepted' },
  rejected: { es: 'rechazada', en: 'rejected' },
  in_process: { es: 'en trámite', en: 'in process' },
  awaiting_information: { es: 'información faltante', en: 'awaiting information' },
  issued: { es: 'emitida', en: 'issued' },
  delivered: { es: 'entregada', en: 'delivered' },
  done: { es: 'concluida', en: 'done' },
  closed: { es: 'cerrada', en: 'closed' },
  revoked: { es: 'anulada', en: 'revoked' },
  arrived: { es: 'llegó el grupo', en: 'arrived' },
  received: { es: 'recibido', en: 'received' },
  identified: { es: 'identificado', en: 'identified' },
  in_protective_care: { es: 'bajo protección', en: 'in protective care' },
  before_court: { es: 'presentado al juzgado', en: 'before the court' },
  return_ordered: { es: 'retorno ordenado', en: 'return ordered' },
  documented: { es: 'documentado', en: 'documented' },
  transfer_arranged: { es: 'traslado coordinado', en: 'transfer arranged' },
  handed_over: { es: 'entregado a autoridad receptora', en: 'handed over' },
  reunified: { es: 'reunificado', en: 'reunified' },
  follow_up: { es: 'seguimiento', en: 'follow-up' },
} as const satisfies Record<string, BilingualText>

export type CaseStatus = keyof typeof caseStatuses

/** Order of the columns of a board, per family. */
export const statusOrder: Record<CaseFamily, readonly CaseStatus[]> = {
  documentation: [
    'sent',
    'acknowledged',
    'accepted',
    'in_process',
    'awaiting_information',
    'issued',
    'delivered',
    'closed',
    'rejected',
    'revoked',
  ],
  return: ['sent', 'acknowledged', 'arrived', 'received', 'closed', 'revoked'],
  child: [
    'identified',
    'in_protective_care',
    'before_court',
    'return_ordered',
    'documented',
    'transfer_arranged',
    'handed_over',
    'reunified',
    'follow_up',
    'closed',
    'revoked',
  ],
  referral: ['sent', 'acknowledged', 'accepted', 'in_process', 'done', 'closed', 'rejected', 'revoked'],
  transfer: ['sent', 'acknowledged', 'accepted', 'closed', 'rejected', 'revoked'],
}

/** The status a case has when its event is sent. */
export const firstStatus = (kind: CaseKind): CaseStatus =>
  familyOf(kind) === 'child' ? 'identified' : 'sent'

/** Nothing is waited for in these. `rejected` waits for the requester: to close it, or to open it again. */
export const finalStatuses: ReadonlySet<CaseStatus> = new Set(['closed', 'revoked', 'rejected'])
/** What was asked for is there: the deadline no longer runs. */
export const fulfilledStatuses: ReadonlySet<CaseStatus> = new Set([
  'delivered',
  'done',
  'received',
  'reunified',
  'follow_up',
  'closed',
  'revoked',
  'rejected',
])

export const priorities = {
  high: { es: 'alta', en: 'high' },
  medium: { es: 'media', en: 'medium' },
  low: { es: 'baja', en: 'low' },
} as const satisfies Record<string, BilingualText>
export type Priority = keyof typeof priorities

/** A certificate for a child is urgent by default, and so is a child. */
export function defaultPriority(kind: CaseKind, minor: boolean): Priority {
  if (familyOf(kind) === 'child') return 'high'
  if (familyOf(kind) === 'documentation' && minor) return 'high'
  return 'medium'
}

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

/**
 * Who takes a step. `requesting`: the institution that opened the case; `owner`: the one responsible now; `receiving`:
 * those a return notice is addressed to; `recipient`: the one a transfer was offered to; `authority`: the competent
 * authority the step itself names; `coordination`: a coordinator or official of the requesting institution or the owner.
 */
export type Party = 'requesting' | 'owner' | 'receiving' | 'recipient' | 'authority' | 'coordination'

export type StepField =
  | 'reason'
  | 'document'
  | 'delivered'
  | 'authority'
  | 'counts'
  | 'to'
  | 'assignee'
  | 'deadline'
  | 'priority'
  | 'link'

export interface StepRule {
  from: readonly CaseStatus[]
  /** Absent: the status stays. `back`: the one before the case was ended. */
  to?: CaseStatus | 'back'
  by: readonly Party[]
  needs?: readonly StepField[]
  label: BilingualText
}

const open = (family: CaseFamily) => statusOrder[family].filter((status) => !finalStatuses.has(status))
const both = ['requesting', 'owner'] as const

const revoke = (family: CaseFamily): StepRule => ({
  from: open(family),
  to: 'revoked',
  by: ['requesting'],
  needs: ['reason'],
  label: { es: 'Anular', en: 'Revoke' },
})
const reopen: StepRule = {
  from: ['closed', 'rejected', 'revoked'],
  to: 'back',
  by: both,
  needs: ['reason'],
  label: { es: 'Reabrir', en: 'Reopen' },
}
const acknowledge: StepRule = {
  from: ['sent'],
  to: 'acknowledged',
  by: ['owner'],
  label: { es: 'Acusar recibo', en: 'Acknowledge' },
}
const accept: StepRule = {
  from: ['acknowledged'],
  to: 'accepted',
  by: ['owner'],
  label: { es: 'Aceptar', en: 'Accept' },
}
const reject: StepRule = {
  from: ['acknowledged', 'accepted', 'in_process', 'awaiting_information'],
  to: 'rejected',
  by: ['owner'],
  needs: ['reason'],
  label: { es: 'Rechazar', en: 'Reject' },
}
const start: StepRule = {
  from: ['accepted'],
  to: 'in_process',
  by: ['owner'],
  label: { es: 'Iniciar trámite', en: 'Start' },
}
const child = (from: CaseStatus, to: CaseStatus, es: string, en: string, ...more: StepField[]): StepRule => ({
  from: [from],
  to,
  by: ['requesting', 'owner', 'authority'],
  needs: ['authority', ...more],
  label: { es, en },
})

const familySteps = {
  documentation: {
    acknowledge,
    accept,
    reject,
    start,
    ask_information: {
      from: ['accepted', 'in_process'],
      to: 'awaiting_information',
      by: ['owner'],
      needs: ['reason'],
      label: { es: 'Pedir información', en: 'Ask for information' },
    },
    give_information: {
      from: ['awaiting_information'],
      to: 'in_process',
      by: both,
      label: { es: 'Información entregada', en: 'Information given' },
    },
    issue: {
      from: ['in_process'],
      to: 'issued',
      by: ['owner'],
      needs: ['document'],
      label: { es: 'Emitir documento', en: 'Issue the document' },
    },
    deliver: {
      from: ['issued'],
      to: 'delivered',
      by: both,
      needs: ['delivered'],
      label: { es: 'Registrar entrega', en: 'Record delivery' },
    },
    close: {
      from: ['delivered', 'rejected'],
      to: 'closed',
      by: both,
      label: { es: 'Cerrar', en: 'Close' },
    },
    revoke: revoke('documentation'),
    reopen,
  },
  return: {
    acknowledge: {
      from: ['sent', 'acknowledged', 'arrived'],
      by: ['receiving'],
      label: { es: 'Acusar recibo', en: 'Acknowledge' },
    },
    arrive: {
      from: ['sent', 'acknowledged'],
      to: 'arrived',
      by: ['requesting', 'receiving'],
      label: { es: 'Llegó el grupo', en: 'The group arrived' },
    },
    receive: {
      from: ['arrived'],
      to: 'received',
      by: ['receiving'],
      needs: ['counts'],
      label: { es: 'Registrar recibidos', en: 'Record who was received' },
    },
    close: {
      from: ['received'],
      to: 'closed',
      by: ['requesting', 'receiving'],
      label: { es: 'Cerrar', en: 'Close' },
    },
    revoke: revoke('return'),
    reopen,
  },
  child: {
    acknowledge: {
      from: open('child'),
      by: ['owner'],
      label: { es: 'Acusar recibo', en: 'Acknowledge' },
    },
    protect: child('identified', 'in_protective_care', 'Poner bajo protección', 'Place in protective care'),
    present_to_court: child(
      'in_protective_care',
      'before_court',
      'Presentar al juzgado',
      'Present to the court',
    ),
    order_return: child(
      'before_court',
      'return_ordered',
      'Ordenar el retorno',
      'Order the return',
      'document',
    ),
    document: child('return_ordered', 'documented', 'Documentado', 'Documented', 'document'),
    arrange_transfer: child(
      'documented',
      'transfer_arranged',
      'Coordinar el traslado',
      'Arrange the transfer',
    ),
    hand_over: child(
      'transfer_arranged',
      'handed_over',
      'Entregar a la autoridad receptora',
      'Hand over',
      'document',
    ),
    reunify: child('handed_over', 'reunified', 'Reunificar', 'Reunify', 'document'),
    begin_follow_up: child('reunified', 'follow_up', 'Iniciar seguimiento', 'Begin follow-up'),
    close: { from: ['reunified', 'follow_up'], to: 'closed', by: both, label: { es: 'Cerrar', en: 'Close' } },
    revoke: revoke('child'),
    reopen,
  },
  referral: {
    acknowledge,
    accept,
    reject: { ...reject, from: ['acknowledged', 'accepted', 'in_process'] },
    start,
    complete: { from: ['in_process'], to: 'done', by: ['owner'], label: { es: 'Concluir', en: 'Complete' } },
    close: { from: ['done', 'rejected'], to: 'closed', by: both, label: { es: 'Cerrar', en: 'Close' } },
    revoke: revoke('referral'),
    reopen,
  },
  transfer: {
    acknowledge: { ...acknowledge, by: ['recipient'] },
    accept: { ...accept, by: ['recipient'] },
    reject: { ...reject, from: ['acknowledged'], by: ['recipient'] },
    close: {
      from: ['accepted', 'rejected'],
      to: 'closed',
      by: ['requesting', 'owner'],
      label: { es: 'Cerrar', en: 'Close' },
    },
    revoke: { ...revoke('transfer'), from: ['sent', 'acknowledged'] },
    reopen: { ...reopen, from: ['rejected', 'revoked'] },
  },
} as const satisfies Record<CaseFamily, Record<string, StepRule>>

/** Steps every kind of case has; none of them changes the status. */
function commonSteps(family: CaseFamily) {
  const from = open(family)
  return {
    assign: { from, by: ['owner'], needs: ['assignee'], label: { es: 'Asignar', en: 'Assign' } },
    set_priority: {
      from,
      by: both,
      needs: ['priority'],
      label: { es: 'Cambiar prioridad', en: 'Change priority' },
    },
    set_deadline: {
      from,
      by: ['coordination'],
      needs: ['deadline', 'reason'],
      label: { es: 'Cambiar plazo', en: 'Change deadline' },
    },
    add_link: { from, by: both, needs: ['link'], label: { es: 'Vincular caso', en: 'Link a case' } },
    remove_link: { from, by: both, needs: ['link'], label: { es: 'Quitar vínculo', en: 'Remove link' } },
    mark_duplicate: {
      from,
      by: both,
      needs: ['link'],
      label: { es: 'Posible duplicado', en: 'Possible duplicate' },
    },
    unmark_duplicate: { from, by: both, label: { es: 'No es duplicado', en: 'Not a duplicate' } },
    add_document: {
      from,
      by: ['requesting', 'owner', 'receiving', 'authority'],
      needs: ['document'],
      label: { es: 'Adjuntar documento', en: 'Attach a document' },
    },
    offer_transfer: {
      from,
      by: ['owner'],
      needs: ['to', 'reason'],
      label: { es: 'Ofrecer transferencia', en: 'Offer a transfer' },
    },
    accept_transfer: {
      from,
      by: ['recipient'],
      label: { es: 'Aceptar transferencia', en: 'Accept the transfer' },
    },
    reject_transfer: {
      from,
      by: ['recipient'],
      needs: ['reason'],
      label: { es: 'Rechazar transferencia', en: 'Reject the transfer' },
    },
    withdraw_transfer: {
      from,
      by: ['owner'],
      label: { es: 'Retirar transferencia', en: 'Withdraw the transfer' },
    },
  } as const satisfies Record<string, StepRule>
}

type FamilyStep = { [F in CaseFamily]: keyof (typeof familySteps)[F] }[CaseFamily]
export type CaseStep = FamilyStep | keyof ReturnType<typeof commonSteps>

function table(family: CaseFamily): ReadonlyMap<string, StepRule> {
  // A transfer is itself the change of owner, and a return notice has several: neither is offered on.
  const fixed = family === 'transfer' || family === 'return'
  const common = Object.entries(commonSteps(family)).filter(([name]) => !fixed || !name.endsWith('_transfer'))
  return new Map<string, StepRule>([...Object.entries(familySteps[family]), ...common])
}

const tables: Record<CaseFamily, ReadonlyMap<string, StepRule>> = {
  documentation: table('documentation'),
  return: table('return'),
  child: table('child'),
  referral: table('referral'),
  transfer: table('transfer'),
}

export const stepsOf = (kind: CaseKind): ReadonlyMap<string, StepRule> => tables[familyOf(kind)]

export const caseStepKeys = [...new Set(Object.values(tables).flatMap((table) => [...table.keys()]))] as [
  CaseStep,
  ...CaseStep[],
]
