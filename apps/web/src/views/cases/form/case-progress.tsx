import { Check } from 'lucide-react'
import type { FormStep, FormStepKey } from '../../../viewmodel/cases/form-steps.ts'
import { useWords } from '../../ui/hooks.ts'

/** Where one is in a form, and what is complete; every step can be gone to. */
export function CaseProgress(props: {
  steps: readonly FormStep[]
  current: FormStepKey
  onGo(step: FormStepKey): void
}) {
  const words = useWords()
  const at = props.steps.findIndex((one) => one.key === props.current)
  return (
    <nav className="case-progress" aria-label={words.caseForm.steps.label}>
      <p className="case-progress-where" data-testid="case-progress">
        {words.caseForm.steps.of(at + 1, props.steps.length)} <b>{words.caseForm.steps[props.current]}</b>
      </p>
      <ol>
        {props.steps.map((step, index) => (
          <li key={step.key} data-done={step.done}>
            <button
              type="button"
              data-testid={`case-step-${step.key}`}
              aria-current={step.key === props.current ? 'step' : undefined}
              onClick={() => props.onGo(step.key)}
            >
              <span className="case-progress-mark" aria-hidden="true">
                {step.done && step.key !== 'send' ? <Check /> : index + 1}
              </span>
              <span className="case-progress-name">{words.caseForm.steps[step.key]}</span>
              {step.done && step.key !== 'send' && (
                <span className="visually-hidden">, {words.caseForm.steps.complete}</span>
              )}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  )
}
