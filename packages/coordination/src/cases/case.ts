/**
 * The state of a case from its events: the same on every node and client, whatever order they arrived in. A step that
 * its rule does not allow is listed as refused, with the reason, and changes nothing.
 */

import { afterOf, causalOrder, distinct, type TimelineEvent } from '../causal-order.ts'
import {
  type Actor,
  type CaseContent,
  type CaseLink,
  type CaseUpdateContent,
  caseContentSchema,
  caseEventType,
  caseUpdateContentSchema,
  caseUpdateEventType,
  withoutRetired,
} from './case-events.ts'
import { type CaseStatus, finalStatuses, type Priority } from './case-families.ts'
import { type CaseKind, firstStatus } from './case-kinds.ts'
import { type CaseStep, type Party, type StepRule, stepsOf } from './case-steps.ts'
import { stageTargets } from './case-targets.ts'

export type CaseRefusalReason =
  | 'malformed' // not of the event type's form; also what a redacted event looks like
  | 'not_believed' // the sender's server does not host the institution it speaks for
  | 'illegal_step' // not from this status
  | 'not_a_party' // the institution has no say in this step
  | 'missing_field'
  | 'unexpected_field' // a deadline in a step that may not move it
  | 'already_done' // the same was said before: an institution acknowledges once
  | 'no_offer' // there is no transfer to answer

export interface RefusedCaseStep {
  eventId: string
  sender: string
  at: number
  reason: CaseRefusalReason
  by?: Actor
  step?: CaseStep
  /** the status in which the step was not possible */
  status: CaseStatus
}

/** A step that was applied. `at`: milliseconds since the Unix epoch, as the sender's server claims. */
export interface AppliedCaseStep {
  eventId: string
  sender: string
  at: number
  by: Actor
  step: CaseStep
  from: CaseStatus
  to: CaseStatus
  content: CaseUpdateContent
}

/** Times at which a case first reached a status; what measures are computed from. */
export type CaseTimes = Partial<Record<CaseStatus, number>>

export interface CaseState {
  id: string
  roomId: string
  reference: string
  kind: CaseKind
  status: CaseStatus
  priority: Priority
  requesting: string
  /** the institution responsible now; never nobody */
  owner: string
  /** whom a transfer is offered to and who has not answered */
  offered?: { to: string; at: number; eventId: string }
  /** return notices: each institution it is addressed to, and when it acknowledged */
  receiving: { institution: string; acknowledgedAt?: number }[]
  openedBy: string
  openedAt: number
  acknowledgeBy: number
  deadline: number
  assignee?: string
  /** who follows it up for the institution that asks, where it is not who opened it */
  follower?: string
  links: CaseLink[]
  duplicateOf?: CaseLink
  delivered?: CaseUpdateContent['delivered']
  documents: { type: string; eventId: string; by: string; at: number; authority?: string }[]
  times: CaseTimes
  /** the newest steps; what the next one names as `after` */
  heads: string[]
  history: AppliedCaseStep[]
  refused: RefusedCaseStep[]
  /** steps that wait for one that has not arrived */
  waiting: { eventId: string; sender: string; at: number }[]
}

export interface CaseReduction {
  cases: Map<string, CaseState>
  /** case events that open no case, and steps of no case among the events */
  refused: { eventId: string; sender: string; at: number; reason: CaseRefusalReason | 'unknown_case' }[]
}

/** Whether the sender's server may speak for the institution (judged when the event arrived). Undefined: not known, believed. */
export type Believe = (event: TimelineEvent, institution: string) => boolean | undefined

/** @param believe what the federation list says; without it every server is believed */
export function reduceCases(events: Iterable<TimelineEvent>, believe?: Believe): CaseReduction {
  const cases = new Map<string, CaseState>()
  const refused: CaseReduction['refused'] = []
  const roots: TimelineEvent[] = []
  const steps = new Map<string, TimelineEvent[]>()
  const rest: TimelineEvent[] = []
  for (const event of distinct(events).values()) {
    if (event.type === caseEventType) roots.push(event)
    else if (event.type === caseUpdateEventType) {
      const target = targetOf(event)
      if (target === undefined) rest.push(event)
      else {
        const list = steps.get(target)
        if (list) list.push(event)
        else steps.set(target, [event])
      }
    }
  }
  // A redacted step names no case any more; those that follow it still find it where they name it.
  const voids = new Map(rest.map((event) => [event.event_id, event]))
  for (const list of steps.values()) {
    const named = new Set(list.flatMap((event) => afterOf(event.content)))
    for (const id of named) if (voids.has(id)) list.push(voids.get(id)!)
  }
  for (const root of roots) {
    const state = reduceCase(root, steps.get(root.event_id) ?? [], believe)
    if (typeof state === 'string') refused.push({ ...stamp(root), reason: state })
    else cases.set(root.event_id, state)
    steps.delete(root.event_id)
  }
  for (const event of rest) refused.push({ ...stamp(event), reason: 'malformed' })
  for (const orphans of steps.values())
    for (const event of orphans) refused.push({ ...stamp(event), reason: 'unknown_case' })
  refused.sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1))
  return { cases, refused }
}

/**
 * One case.
 *
 * @param root the `org.enlace.case` event
 * @param steps its `org.enlace.case.update` events, distinct; others are ignored
 * @returns the state, or why the event opens no case
 */
export function reduceCase(
  root: TimelineEvent,
  steps: Iterable<TimelineEvent>,
  believe?: Believe,
): CaseState | 'malformed' | 'not_believed' {
  const parsed = caseContentSchema.safeParse(withoutRetired(root.content))
  if (!parsed.success || root.room_id === undefined) return 'malformed'
  if (believe?.(root, parsed.data.by.institution) === false) return 'not_believed'
  const state = opened(root, root.room_id, parsed.data)
  const own: TimelineEvent[] = []
  for (const event of steps)
    if (event.type === caseUpdateEventType && (event.room_id ?? root.room_id) === root.room_id)
      own.push(event)
  const { ordered, waiting, heads } = causalOrder(root.event_id, own)
  for (const event of ordered) applyCaseStep(state, event, believe)
  state.heads = heads
  state.waiting = waiting.map(stamp)
  return state
}

function opened(root: TimelineEvent, roomId: string, content: CaseContent): CaseState {
  const status = firstStatus(content.kind)
  return {
    id: root.event_id,
    roomId,
    reference: content.reference,
    kind: content.kind,
    status,
    priority: content.priority,
    requesting: content.requesting,
    // Who transfers stays responsible until the other accepts.
    owner: content.kind === 'transfer' ? content.requesting : content.responsible,
    ...(content.kind === 'transfer'
      ? { offered: { to: content.responsible, at: root.origin_server_ts, eventId: root.event_id } }
      : {}),
    receiving: (content.receiving ?? []).map((institution) => ({ institution })),
    openedBy: root.sender,
    openedAt: root.origin_server_ts,
    acknowledgeBy: content.acknowledge_by,
    deadline: content.deadline,
    links: content.links ?? [],
    documents: [],
    times: { sent: root.origin_server_ts, [status]: root.origin_server_ts },
    heads: [root.event_id],
    history: [],
    refused: [],
    waiting: [],
  }
}

/** Applies or refuses one event. Exported for callers that hold a state and receive its next step in order. */
export function applyCaseStep(state: CaseState, event: TimelineEvent, believe?: Believe): void {
  const parsed = caseUpdateContentSchema.safeParse(withoutRetired(event.content))
  if (!parsed.success) {
    state.refused.push({ ...stamp(event), reason: 'malformed', status: state.status })
    return
  }
  const content = parsed.data
  const reason =
    believe?.(event, content.by.institution) === false ? 'not_believed' : refusalOf(state, content)
  if (reason) {
    state.refused.push({ ...stamp(event), reason, by: content.by, step: content.step, status: state.status })
    return
  }
  const from = state.status
  const rule = stepsOf(state.kind).get(content.step)!
  const at = event.origin_server_ts
  if (rule.to === 'back') state.status = statusBeforeEnd(state)
  else if (rule.to) state.status = rule.to
  const stage = stageTargets[content.step]
  if (stage) state.deadline = at + stage.minutes * 60_000
  if (content.document)
    state.documents.push({
      type: content.document.type,
      eventId: content.document.event_id,
      by: content.by.institution,
      at,
      ...(content.authority ? { authority: content.authority } : {}),
    })
  effect(state, content, event)
  state.times[state.status] ??= at
  state.history.push({
    eventId: event.event_id,
    sender: event.sender,
    at,
    by: content.by,
    step: content.step,
    from,
    to: state.status,
    content,
  })
}

/** What a step changes besides status, deadline and documents. */
function effect(state: CaseState, content: CaseUpdateContent, event: TimelineEvent): void {
  const { institution } = content.by
  switch (content.step) {
    case 'acknowledge': {
      const own = state.receiving.find((one) => one.institution === institution)
      if (own) own.acknowledgedAt = event.origin_server_ts
      if (!state.receiving.every((one) => one.acknowledgedAt !== undefined)) return
      state.times.acknowledged ??= event.origin_server_ts
      if (state.receiving.length > 0 && state.status === 'sent') state.status = 'acknowledged'
      return
    }
    case 'accept':
      if (state.kind === 'transfer') takeOver(state, institution)
      return
    case 'deliver':
      state.delivered = content.delivered
      return
    case 'set_deadline':
      state.deadline = content.deadline!
      return
    case 'assign':
      state.assignee = content.assignee
      return
    case 'follow':
      state.follower = content.assignee
      return
    case 'set_priority':
      state.priority = content.priority!
      return
    case 'add_link':
      if (!state.links.some((link) => sameLink(link, content.link!))) state.links.push(content.link!)
      return
    case 'remove_link':
      state.links = state.links.filter((link) => !sameLink(link, content.link!))
      return
    case 'mark_duplicate':
      state.duplicateOf = content.link
      return
    case 'unmark_duplicate':
      delete state.duplicateOf
      return
    case 'offer_transfer':
      state.offered = { to: content.to!, at: event.origin_server_ts, eventId: event.event_id }
      return
    case 'accept_transfer':
      takeOver(state, institution)
      return
    case 'reject_transfer':
    case 'withdraw_transfer':
      delete state.offered
      return
  }
}

function takeOver(state: CaseState, institution: string): void {
  state.owner = institution
  delete state.offered
  delete state.assignee
}

const sameLink = (a: CaseLink, b: CaseLink) => a.rel === b.rel && a.event_id === b.event_id

function statusBeforeEnd(state: CaseState): CaseStatus {
  for (let at = state.history.length - 1; at >= 0; at--) {
    const { from } = state.history[at]!
    if (!finalStatuses.has(from)) return from
  }
  return firstStatus(state.kind)
}

/** Why a step is not possible now; undefined: it is. What nodes ask before sending, and clients before offering it. */
export function refusalOf(
  state: CaseState,
  content: Omit<CaseUpdateContent, 'm.relates_to' | 'after'>,
): CaseRefusalReason | undefined {
  const rule: StepRule | undefined = stepsOf(state.kind).get(content.step)
  if (!rule?.from.includes(state.status)) return 'illegal_step'
  if (content.deadline !== undefined && content.step !== 'set_deadline') return 'unexpected_field'
  if (answersOffer.has(content.step) && !state.offered) return 'no_offer'
  if (!rule.by.some((party) => isParty(state, party, content.by, content.authority))) return 'not_a_party'
  for (const field of rule.needs ?? []) if (content[field] === undefined) return 'missing_field'
  if (content.step === 'acknowledge') {
    const own = state.receiving.find((one) => one.institution === content.by.institution)
    if (own ? own.acknowledgedAt !== undefined : state.times.acknowledged !== undefined) return 'already_done'
  }
  if (content.step === 'offer_transfer' && content.to === state.owner) return 'already_done'
  if (content.step === 'remove_link' && !state.links.some((link) => sameLink(link, content.link!)))
    return 'already_done'
  return undefined
}

const answersOffer: ReadonlySet<CaseStep> = new Set([
  'accept_transfer',
  'reject_transfer',
  'withdraw_transfer',
])

function isParty(state: CaseState, party: Party, by: Actor, authority: string | undefined): boolean {
  const { institution } = by
  switch (party) {
    case 'requesting':
      return institution === state.requesting
    case 'owner':
      return institution === state.owner
    case 'receiving':
      return state.receiving.some((one) => one.institution === institution)
    case 'recipient':
      return state.offered?.to === institution
    case 'authority':
      return authority === institution
    case 'coordination':
      return by.role !== 'staff' && (institution === state.requesting || institution === state.owner)
  }
}

/** Steps somebody of this institution and role may take now, in the order of their table. */
export function possibleSteps(state: CaseState, by: Actor): CaseStep[] {
  const out: CaseStep[] = []
  for (const [name, rule] of stepsOf(state.kind)) {
    const step = name as CaseStep
    const needs = new Set(rule.needs)
    // Fields that are asked for after the step is chosen are taken as given.
    const draft = Object.fromEntries([...needs].map((field) => [field, given[field]]))
    const reason = refusalOf(state, {
      ...(draft as Partial<CaseUpdateContent>),
      ...(needs.has('authority') ? { authority: by.institution } : {}),
      step,
      by,
    })
    if (
      reason === undefined ||
      (step === 'remove_link' && state.links.length > 0 && reason === 'already_done')
    )
      out.push(step)
  }
  return out
}

const given = {
  reason: 'other',
  document: { type: 'other', event_id: '$' },
  delivered: { to: 'holder', identity_check: 'identity_document' },
  to: 'xx-x',
  assignee: '@:',
  deadline: 0,
  priority: 'high',
  link: { rel: 'about', event_id: '$', room_id: '!', reference: 'DOC-2000-000000' },
  authority: 'xx-x',
} as const

function targetOf(event: TimelineEvent): string | undefined {
  const relation = (event.content as { 'm.relates_to'?: { event_id?: unknown } } | null)?.['m.relates_to']
  return typeof relation?.event_id === 'string' ? relation.event_id : undefined
}

const stamp = (event: TimelineEvent) => ({
  eventId: event.event_id,
  sender: event.sender,
  at: event.origin_server_ts,
})
