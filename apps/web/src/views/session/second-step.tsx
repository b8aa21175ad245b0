import { KeyRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { GivenFactor } from '../../viewmodel/session/factors.ts'
import type { SecondStep, SignInNext, SignInProblem } from '../../viewmodel/session/types.ts'
import { useApp, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { CodeField, givenCode } from './factor-gate.tsx'

/** After the right password: a code, a code from the paper, or a passkey. */
export function SecondStepCard(props: { step: SecondStep; onBack(problem?: SignInProblem): void }) {
  const { app } = useApp()
  const words = useWords()
  const [step, setStep] = useState(props.step)
  const [value, setValue] = useState('')
  const [paper, setPaper] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const codes = step.methods.some((method) => method !== 'passkey')

  async function give(given: GivenFactor) {
    setBusy(true)
    setProblem(undefined)
    const next: SignInNext = await app.secondStep(step, given)
    setBusy(false)
    setValue('')
    if (next === undefined) return
    if (typeof next === 'object' && 'step' in next) {
      setStep(next.step)
      setProblem(words.factors[next.step.problem ?? 'wrong'])
    } else if (typeof next === 'object' && 'waitSeconds' in next)
      setProblem(words.signIn.too_many(next.waitSeconds))
    else if (next === 'cancelled') setProblem(words.factors.cancelled)
    else if (next === 'offline') setProblem(words.signIn.offline)
    else props.onBack(next)
  }

  return (
    <form
      className="card sign-in-card"
      data-testid="second-step"
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        void give(
          codes && value.trim() !== ''
            ? givenCode(value, paper || !step.methods.includes('totp'))
            : { passkey: true },
        )
      }}
    >
      <h2>{words.factors.stepTitle}</h2>
      <p>{words.factors.stepHint}</p>
      {step.methods.includes('passkey') && (
        <button
          type="button"
          className="button big"
          data-testid="second-step-passkey"
          disabled={busy}
          onClick={() => void give({ passkey: true })}
        >
          <KeyRound aria-hidden="true" />
          {words.factors.usePasskey}
        </button>
      )}
      <CodeField
        methods={step.methods}
        paper={paper}
        value={value}
        onChange={setValue}
        onPaper={setPaper}
        autoFocus
      />
      {problem && <Problem>{problem}</Problem>}
      {codes && (
        <button
          type="submit"
          className="button primary big"
          data-testid="second-step-submit"
          disabled={busy || value.trim() === ''}
        >
          {busy ? words.signIn.working : words.factors.stepSubmit}
        </button>
      )}
      <button
        type="button"
        className="button quiet"
        data-testid="second-step-back"
        onClick={() => props.onBack()}
      >
        {words.factors.stepBack}
      </button>
      <p className="muted">{words.factors.lost}</p>
    </form>
  )
}
