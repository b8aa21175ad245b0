import { type CaseKind, caseKinds, personText } from '@enlace/coordination'
import { Pencil } from 'lucide-react'
import type { FormStepKey } from '../../../viewmodel/cases/form-steps.ts'
import type { CaseDraft } from '../../../viewmodel/cases/types.ts'
import { useLabel, useWords } from '../../ui/hooks.ts'

/** What is about to be sent, in three lines, each with the way back to it. */
export function CaseReview(props: {
  draft: CaseDraft
  kind: CaseKind
  names: readonly string[]
  onGo(step: FormStepKey): void
}) {
  const words = useWords()
  const label = useLabel()
  const { draft, kind } = props
  const person = personText(kind, draft.values)
  const lines: [FormStepKey, string | undefined][] = [
    ['kind', label(caseKinds[kind].label)],
    ['institution', props.names.join(', ') || undefined],
    ...(person ? [['person', label(person)] as [FormStepKey, string]] : []),
  ]
  return (
    <dl className="case-review" data-testid="case-review">
      {lines.map(([step, text]) => (
        <div key={step}>
          <dt>{words.caseForm.steps[step]}</dt>
          <dd dir="auto">{text ?? words.caseForm.missing}</dd>
          <dd>
            <button type="button" className="button small" onClick={() => props.onGo(step)}>
              <Pencil aria-hidden="true" />
              {words.caseForm.change}
              <span className="visually-hidden">: {words.caseForm.steps[step]}</span>
            </button>
          </dd>
        </div>
      ))}
    </dl>
  )
}
