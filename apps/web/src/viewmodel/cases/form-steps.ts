import { askedFields, type CaseKind, checkForm, type FormSection } from '@enlace/coordination'
import type { CaseDraft } from '../../model/cases/records.ts'

/** The steps a case is filled in by. What is asked of a kind decides which there are. */
export type FormStepKey = 'kind' | 'institution' | 'person' | 'request' | 'send'

export interface FormStep {
  key: FormStepKey
  sections: readonly FormSection[]
  /** nothing is missing in it */
  done: boolean
}

const sectionsOf: Readonly<Record<'person' | 'request' | 'send', readonly FormSection[]>> = {
  person: ['person', 'family'],
  request: ['group', 'situation', 'record', 'request'],
  send: ['consent'],
}

export function formSteps(
  draft: Pick<CaseDraft, 'kind' | 'institutions' | 'values'>,
  now: number,
): FormStep[] {
  const { kind, values } = draft
  const steps: FormStep[] = [
    { key: 'kind', sections: [], done: kind !== undefined },
    { key: 'institution', sections: [], done: draft.institutions.length > 0 },
  ]
  if (!kind) return steps
  const asked = askedFields(kind, values)
  const wrong = new Set(checkForm(kind, values, now).map((one) => one.field))
  for (const key of ['person', 'request', 'send'] as const) {
    const its = asked.filter((field) => sectionsOf[key].includes(field.section))
    // The last one is where it is looked over and sent, whatever it asks.
    if (its.length > 0 || key === 'send')
      steps.push({ key, sections: sectionsOf[key], done: its.every((field) => !wrong.has(field.key)) })
  }
  return steps
}

/** Where to go on: the first step that lacks something, else the last. */
export const firstOpen = (steps: readonly FormStep[]): FormStepKey =>
  steps.find((one) => !one.done)?.key ?? steps.at(-1)!.key

/** Where a field is asked; `institution` is one too. */
export function stepOfField(
  kind: CaseKind | undefined,
  field: string,
  values: CaseDraft['values'],
): FormStepKey {
  if (field === 'institution' || !kind) return field === 'institution' ? 'institution' : 'kind'
  const section = askedFields(kind, values).find((one) => one.key === field)?.section
  const found = Object.entries(sectionsOf).find(([, sections]) => section && sections.includes(section))
  return (found?.[0] as FormStepKey | undefined) ?? 'send'
}
