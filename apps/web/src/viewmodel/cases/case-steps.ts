import {
  type CaseLink,
  type CaseState,
  type CaseStep,
  type CaseStepDraft,
  type DeliveryCapacity,
  type DocumentType,
  documentTypes,
  finalStatuses,
  type GroupCounts,
  groupCountKeys,
  type IdentityCheck,
  momentOf,
  type Priority,
  type Reason,
  reasons,
  type StepField,
  type StepRule,
  stepsOf,
} from '@enlace/coordination'

/** What was filled in on the sheet of a step. */
export interface StepFields {
  reason?: Reason
  documentType?: DocumentType
  file?: File
  deliveredTo?: DeliveryCapacity
  identityCheck?: IdentityCheck
  authority?: string
  /** encrypted, in the note of the step */
  counts?: Partial<GroupCounts>
  to?: string
  assignee?: string
  /** YYYY-MM-DDTHH:mm, time of Honduras and Guatemala */
  deadline?: string
  priority?: Priority
  link?: CaseLink
}

/** The step without its document, which is uploaded first; or which fields still have to be filled in. */
export function stepDraft(
  step: CaseStep,
  rule: StepRule,
  fields: StepFields,
  now: number,
): { draft: CaseStepDraft } | { missing: StepField[] } {
  const draft: CaseStepDraft = { step }
  const missing: StepField[] = []
  for (const need of rule.needs ?? []) if (!fill(need)) missing.push(need)
  return missing.length > 0 ? { missing } : { draft }

  function fill(need: StepField): boolean {
    switch (need) {
      case 'reason':
        draft.reason = fields.reason
        return fields.reason !== undefined
      case 'document':
        return fields.file !== undefined && fields.documentType !== undefined
      case 'delivered':
        if (!fields.deliveredTo || !fields.identityCheck) return false
        draft.delivered = { to: fields.deliveredTo, identity_check: fields.identityCheck }
        return true
      case 'authority':
        draft.authority = fields.authority
        return Boolean(fields.authority)
      case 'to':
        draft.to = fields.to
        return Boolean(fields.to)
      case 'assignee':
        draft.assignee = fields.assignee
        return Boolean(fields.assignee)
      case 'deadline': {
        const at = momentOf(fields.deadline ?? '')
        if (at === undefined || at <= now) return false
        draft.deadline = at
        return true
      }
      case 'priority':
        draft.priority = fields.priority
        return fields.priority !== undefined
      case 'link':
        draft.link = fields.link
        return fields.link !== undefined
    }
  }
}

/** Steps that say how many people there were: to the people of the channel, in an encrypted note, not to servers. */
export const countsPeople = (step: CaseStep): boolean => step === 'receive'

/** An acknowledgement is one touch. A step that carries data, asks for people's number or ends something is confirmed in a sheet. */
export const asksMore = (step: CaseStep, rule: StepRule | undefined): boolean =>
  (rule?.needs?.length ?? 0) > 0 || countsPeople(step) || finalStatuses.has(rule?.to as never)

/** All counts, once each is a number. */
export function countsOf(fields: StepFields): GroupCounts | undefined {
  const { counts } = fields
  return groupCountKeys.every((key) => isCount(counts?.[key])) ? (counts as GroupCounts) : undefined
}

const isCount = (value: number | undefined) =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value <= 10_000

const reasonsByStep: Partial<Record<CaseStep, readonly Reason[]>> = {
  reject: [
    'not_competent',
    'not_found',
    'incomplete',
    'identity_doubt',
    'no_consent',
    'no_capacity',
    'legal_impediment',
    'duplicate',
    'other',
  ],
  ask_information: [
    'data_missing',
    'document_missing',
    'fee_or_stamp_missing',
    'identity_doubt',
    'waiting_for_court',
    'waiting_for_family',
    'waiting_for_other_institution',
    'other',
  ],
  revoke: ['no_longer_needed', 'sent_by_mistake', 'fulfilled', 'duplicate', 'person_left', 'other'],
  reopen: ['new_information', 'sent_by_mistake', 'rights_at_risk', 'agreed', 'other'],
  set_deadline: [
    'agreed',
    'workload',
    'waiting_for_court',
    'waiting_for_family',
    'waiting_for_other_institution',
    'rights_at_risk',
    'new_information',
    'other',
  ],
  offer_transfer: ['not_competent', 'no_capacity', 'workload', 'agreed', 'other'],
  reject_transfer: ['not_competent', 'no_capacity', 'workload', 'other'],
}

export const reasonsFor = (step: CaseStep): readonly Reason[] =>
  reasonsByStep[step] ?? (Object.keys(reasons) as Reason[])

/** The document a step most often carries. */
export function usualDocument(step: CaseStep, kind: CaseState['kind']): DocumentType {
  switch (step) {
    case 'issue':
      if (kind === 'travel_document') return 'travel_document'
      return kind === 'nationality_verification' ? 'nationality_record' : 'birth_certificate'
    case 'protect':
      return 'protection_measure'
    case 'begin_follow_up':
      return 'follow_up_report'
    case 'order_return':
      return 'court_order'
    case 'document':
      return 'travel_document'
    case 'hand_over':
      return 'handover_record'
    case 'reunify':
      return 'reunification_record'
    default:
      return 'other'
  }
}

export const documentTypeOf = (value: string): DocumentType =>
  Object.hasOwn(documentTypes, value) ? (value as DocumentType) : 'other'

const rare: ReadonlySet<CaseStep> = new Set([
  'revoke',
  'assign',
  'follow',
  'set_priority',
  'set_deadline',
  'add_link',
  'remove_link',
  'mark_duplicate',
  'unmark_duplicate',
  'offer_transfer',
  'withdraw_transfer',
])

/** The next steps come first; those seldom needed go behind "more". */
export function arrangeSteps(kind: CaseState['kind'], possible: readonly CaseStep[]) {
  const rules = stepsOf(kind)
  const front = possible.filter((step) => !rare.has(step))
  const isForward = (step: CaseStep) =>
    (rules.get(step)?.to !== undefined && !['reject', 'reopen', 'ask_information'].includes(step)) ||
    step === 'acknowledge' ||
    step === 'accept_transfer'
  return {
    forward: front.filter(isForward),
    beside: front.filter((step) => !isForward(step)),
    more: possible.filter((step) => rare.has(step)),
  }
}
