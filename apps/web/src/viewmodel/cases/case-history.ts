import type { Escalation } from '@enlace/coordination'
import {
  type AppliedCaseStep,
  type CaseState,
  deliveryCapacities,
  documentTypes,
  type GroupCounts,
  groupCountKeys,
  identityChecks,
  priorities,
  type RefusedCaseStep,
  reasons,
  stepsOf,
} from '@enlace/coordination'
import type { EventView } from '../../model/timeline/types.ts'
import { moment } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'
import { documentTypeOf } from './case-steps.ts'

/** What happened to a case, in order; refused steps stand where they were tried. */
export type HistoryEntry =
  | { kind: 'opened'; key: string; at: number; sender: string }
  | { kind: 'step'; key: string; at: number; sender: string; step: AppliedCaseStep }
  | { kind: 'refused'; key: string; at: number; sender: string; refused: RefusedCaseStep }
  | { kind: 'waiting'; key: string; at: number; sender: string }
  | { kind: 'escalation'; key: string; at: number; sender: string; escalation: Escalation }

export function historyOf(state: CaseState, escalations: Iterable<Escalation>): HistoryEntry[] {
  const steps: HistoryEntry[] = [
    { kind: 'opened', key: state.id, at: state.openedAt, sender: state.openedBy },
    // Applied steps keep the order they were applied in, also where a clock is off.
    ...state.history.map((step) => ({
      kind: 'step' as const,
      key: step.eventId,
      at: step.at,
      sender: step.sender,
      step,
    })),
  ]
  const others: HistoryEntry[] = [
    ...state.refused.map((refused) => ({
      kind: 'refused' as const,
      key: refused.eventId,
      at: refused.at,
      sender: refused.sender,
      refused,
    })),
    ...state.waiting.map((one) => ({
      kind: 'waiting' as const,
      key: one.eventId,
      at: one.at,
      sender: one.sender,
    })),
    ...[...escalations]
      .filter((one) => one.aboutEventId === state.id)
      .map((escalation) => ({
        kind: 'escalation' as const,
        key: escalation.id,
        at: escalation.raisedAt,
        sender: escalation.raisedBy,
        escalation,
      })),
  ]
  for (const one of others) {
    const at = steps.findIndex((before, index) => index > 0 && before.at > one.at)
    if (at < 0) steps.push(one)
    else steps.splice(at, 0, one)
  }
  return steps
}

/** Looks up names: an institution's by its key, a person's by their user id. */
export interface Names {
  institution(key: string): string
  person(userId: string): string
}

export const stepName = (
  kind: CaseState['kind'],
  step: AppliedCaseStep['step'],
  language: Language,
): string => stepsOf(kind).get(step)?.label[language] ?? step

/** What a step says besides its name. */
export function stepLines(step: AppliedCaseStep, names: Names, words: Words, language: Language): string[] {
  const { content } = step
  const { page } = words.cases
  const lines: string[] = []
  if (content.reason) lines.push(page.reason(reasons[content.reason][language]))
  if (content.authority) lines.push(page.authority(names.institution(content.authority)))
  if (content.document)
    lines.push(page.document(documentTypes[documentTypeOf(content.document.type)][language]))
  if (content.delivered)
    lines.push(
      page.delivered(
        deliveryCapacities[content.delivered.to][language],
        identityChecks[content.delivered.identity_check][language],
      ),
    )
  if (content.to) lines.push(page.to(names.institution(content.to)))
  if (content.assignee) lines.push(page.to(names.person(content.assignee)))
  if (content.deadline !== undefined) lines.push(page.newDeadline(moment(content.deadline, language)))
  if (content.priority) lines.push(page.newPriority(priorities[content.priority][language]))
  if (content.link) lines.push(page.link(content.link.reference))
  return lines
}

export function countLine(counts: GroupCounts, words: Words): string {
  return groupCountKeys.map((key) => `${words.cases.page[key]}: ${counts[key]}`).join(' · ')
}

export function refusalLine(
  refused: RefusedCaseStep,
  kind: CaseState['kind'],
  words: Words,
  language: Language,
): string {
  const why = words.cases.page.refusedReason[refused.reason]
  return refused.step ? `${stepName(kind, refused.step, language)}. ${why}` : why
}

/** The text of a note or the name of an attachment. */
export function noteText(note: EventView, words: Words): string {
  const { body } = note
  if (note.redacted || !body) return words.message.deleted
  if (body.type === 'text') return body.text
  if ('name' in body) return body.name
  if (body.type === 'unencrypted') return words.message.unencrypted(1)
  return body.type === 'undecryptable' ? words.message.undecryptable[body.reason] : words.message.unsupported
}
