/** Families of case: what all kinds of one family have in common. A new family is one entry here and its steps in `case-steps.ts`. */
import type { BilingualText } from '@enlace/directory/text'
import type { InstitutionKind } from '@enlace/directory/words'

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

export interface CaseFamilyEntry {
  /** begins a reference: `DOC-2026-000123` */
  prefix: string
  label: BilingualText
  /** columns of a board, in order; a case has the first one when its event is sent */
  statuses: readonly CaseStatus[]
  /** reaching it means that what was asked for is there; its time is the one that targets are measured by */
  fulfilledBy: CaseStatus
  /** whether fulfilling it puts something into somebody's hands, which the measures count as delivered */
  delivers: boolean
  /** kinds of institution that most often answer, the most usual first */
  answeredBy: readonly InstitutionKind[]
  /** whoever opens it may keep it */
  ownInstitutionMayAnswer: boolean
  /** the owner may offer it to another institution */
  canBeTransferred: boolean
  /** in every status the owner still owes an acknowledgement until it is given; otherwise only in `sent` */
  acknowledgedInAnyStatus: boolean
  /** what the time to fulfil it counts from */
  deadlineFrom: 'sent' | 'arrival'
  priority: { adult: Priority; minor: Priority }
}

export const caseFamilies = {
  documentation: {
    prefix: 'DOC',
    label: { es: 'Documentación', en: 'Documentation' },
    statuses: [
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
    fulfilledBy: 'delivered',
    delivers: true,
    answeredBy: ['civil_registry', 'consular'],
    ownInstitutionMayAnswer: false,
    canBeTransferred: true,
    acknowledgedInAnyStatus: false,
    deadlineFrom: 'sent',
    // A certificate for a child is urgent.
    priority: { adult: 'medium', minor: 'high' },
  },
  return: {
    prefix: 'RET',
    label: { es: 'Retorno', en: 'Return' },
    statuses: ['sent', 'acknowledged', 'arrived', 'received', 'closed', 'revoked'],
    fulfilledBy: 'received',
    delivers: true,
    answeredBy: ['reception', 'migration', 'child_protection'],
    ownInstitutionMayAnswer: false,
    // It is addressed to several institutions at once.
    canBeTransferred: false,
    acknowledgedInAnyStatus: false,
    deadlineFrom: 'arrival',
    priority: { adult: 'medium', minor: 'medium' },
  },
  child: {
    prefix: 'NNA',
    label: { es: 'Niñez y adolescencia', en: 'Children' },
    statuses: [
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
    fulfilledBy: 'reunified',
    delivers: true,
    answeredBy: ['child_protection', 'judicial', 'consular'],
    ownInstitutionMayAnswer: true,
    canBeTransferred: true,
    acknowledgedInAnyStatus: true,
    deadlineFrom: 'sent',
    priority: { adult: 'high', minor: 'high' },
  },
  referral: {
    prefix: 'REF',
    label: { es: 'Referencia', en: 'Referral' },
    statuses: ['sent', 'acknowledged', 'accepted', 'in_process', 'done', 'closed', 'rejected', 'revoked'],
    fulfilledBy: 'done',
    delivers: true,
    answeredBy: ['ngo', 'health', 'child_protection', 'reception'],
    ownInstitutionMayAnswer: false,
    canBeTransferred: true,
    acknowledgedInAnyStatus: false,
    deadlineFrom: 'sent',
    priority: { adult: 'medium', minor: 'medium' },
  },
  transfer: {
    prefix: 'TRF',
    label: { es: 'Transferencia', en: 'Transfer' },
    statuses: ['sent', 'acknowledged', 'accepted', 'closed', 'rejected', 'revoked'],
    fulfilledBy: 'accepted',
    delivers: false,
    answeredBy: ['child_protection', 'consular', 'ngo'],
    ownInstitutionMayAnswer: false,
    // It is itself the change of owner.
    canBeTransferred: false,
    acknowledgedInAnyStatus: false,
    deadlineFrom: 'sent',
    priority: { adult: 'medium', minor: 'medium' },
  },
} as const satisfies Record<string, CaseFamilyEntry>

export type CaseFamily = keyof typeof caseFamilies
export const caseFamilyKeys = Object.keys(caseFamilies) as [CaseFamily, ...CaseFamily[]]
