/** Steps of cases: who may take which one from where, and what it must carry. */
import type { BilingualText } from '@enlace/directory/text'
import {
  type CaseFamily,
  type CaseStatus,
  caseFamilies,
  caseFamilyKeys,
  finalStatuses,
} from './case-families.ts'
import { type CaseKind, familyOf } from './case-kinds.ts'

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

const open = (family: CaseFamily): CaseStatus[] =>
  caseFamilies[family].statuses.filter((status) => !finalStatuses.has(status))
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
    follow: {
      from,
      by: ['requesting'],
      needs: ['assignee'],
      label: { es: 'Nombrar quién da seguimiento', en: 'Name who follows it up' },
    },
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

function rulesOf(family: CaseFamily): ReadonlyMap<string, StepRule> {
  const offers = caseFamilies[family].canBeTransferred
  const common = Object.entries(commonSteps(family)).filter(([name]) => offers || !name.endsWith('_transfer'))
  return new Map<string, StepRule>([...Object.entries(familySteps[family]), ...common])
}

const rules = new Map(caseFamilyKeys.map((family) => [family, rulesOf(family)]))

export const stepsOf = (kind: CaseKind): ReadonlyMap<string, StepRule> => rules.get(familyOf(kind))!

export const caseStepKeys = [...new Set([...rules.values()].flatMap((steps) => [...steps.keys()]))] as [
  CaseStep,
  ...CaseStep[],
]

const labels = new Map(
  [...rules.values()].flatMap((steps) => [...steps].map(([name, rule]) => [name, rule.label])),
)

/** What a step is called, whatever the kind of case; one this version does not know is shown by its key. */
export const stepLabel = (step: string): BilingualText => labels.get(step) ?? { es: step, en: step }
