import { Fingerprint } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Asker, Proof } from '../../viewmodel/session/with-proof.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { useFactorGate } from './factor-gate.tsx'
import { type ProofProblem, problemText } from './problem-text.ts'

export interface ProofStep {
  /** Goes into the form, before its buttons: password and second step, or the passkey, and what was wrong. */
  fields: ReactNode
  /** Whether the form can be sent. */
  ready: boolean
  busy: boolean
  /** Gives the second step where one is needed, then acts. @returns whether it was done */
  run(act: (proof: Proof) => Promise<ProofProblem | undefined>): Promise<boolean>
}

/**
 * Shows again that it is this person, wherever something asks for it: the password with the second step, or a passkey alone.
 * Who has no password is asked for the passkey only.
 */
export function useProof(
  asker: Asker,
  options: { label?: string; testId?: string; known?: string | undefined } = {},
): ProofStep {
  const words = useWords()
  const language = useLanguage()
  const gate = useFactorGate(asker)
  const [password, setPassword] = useState(options.known ?? '')
  const [chosen, setChosen] = useState<'password' | 'passkey' | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const canPasskey = gate.methods.includes('passkey') && 'PublicKeyCredential' in globalThis
  const way = chosen ?? (gate.hasPassword || !canPasskey ? 'password' : 'passkey')

  async function attempt(
    act: (proof: Proof) => Promise<ProofProblem | undefined>,
  ): Promise<string | undefined> {
    try {
      const refused = way === 'password' ? await gate.give() : undefined
      if (refused !== undefined) return refused
      const outcome = await act(way === 'passkey' ? { passkey: true } : { password })
      return outcome === undefined ? undefined : problemText(outcome, language, words)
    } catch {
      return words.failure.offline
    }
  }

  const typed = options.known === undefined && (
    <label className="field">
      <span>{options.label ?? words.factors.confirmPassword}</span>
      <input
        type="password"
        data-testid={options.testId ?? 'confirm-password'}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="current-password"
      />
    </label>
  )
  return {
    ready: !busy && (way === 'passkey' || password !== ''),
    busy,
    async run(act) {
      setBusy(true)
      setProblem(undefined)
      const failed = await attempt(act)
      setBusy(false)
      setProblem(failed)
      return failed === undefined
    },
    fields: (
      <>
        {way === 'passkey' ? (
          <p className="note" role="status" data-testid="proof-passkey-chosen">
            <Fingerprint aria-hidden="true" /> {words.factors.proofPasskey}
          </p>
        ) : (
          <>
            {typed}
            {gate.field}
          </>
        )}
        {canPasskey && gate.hasPassword && options.known === undefined && (
          <button
            type="button"
            className="button quiet"
            data-testid={way === 'passkey' ? 'proof-password' : 'proof-passkey'}
            onClick={() => {
              setProblem(undefined)
              setChosen(way === 'passkey' ? 'password' : 'passkey')
            }}
          >
            {way === 'passkey' ? words.factors.proofWithPassword : words.factors.proofWithPasskey}
          </button>
        )}
        {problem !== undefined && <Problem>{problem}</Problem>}
      </>
    ),
  }
}

/** A form that asks for it before it acts. */
export function ProofForm(props: {
  asker: Asker
  submit: string
  submitTestId?: string
  danger?: boolean
  ready?: boolean
  label?: string
  testId?: string
  known?: string | undefined
  back?: string
  children?: ReactNode
  onBack(): void
  act(proof: Proof): Promise<ProofProblem | undefined>
}) {
  const words = useWords()
  const proof = useProof(props.asker, {
    known: props.known,
    ...(props.label === undefined ? {} : { label: props.label }),
    ...(props.testId === undefined ? {} : { testId: props.testId }),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void proof.run(props.act)
      }}
    >
      {props.children}
      {proof.fields}
      <div className="row-actions">
        <button
          type="submit"
          className={`button ${props.danger ? 'danger' : 'primary'}`}
          data-testid={props.submitTestId ?? 'confirm-submit'}
          disabled={!proof.ready || props.ready === false}
        >
          {proof.busy ? words.factors.proofWorking : props.submit}
        </button>
        <button type="button" className="button" onClick={props.onBack}>
          {props.back ?? words.cancel}
        </button>
      </div>
    </form>
  )
}
