import { type FormEvent, type ReactNode, useState } from 'react'
import type { Asked } from '../../viewmodel/session/factors.ts'
import type { Asker, PasswordOutcome } from '../../viewmodel/session/with-password.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { problemText, useFactorGate } from './factor-gate.tsx'

type Problems = Exclude<PasswordOutcome, undefined> | Extract<Asked<unknown>, { problem: unknown }>['problem']

/** Asks for the password, and for the second step where there is one, then does it. */
export function Confirm(props: {
  asker: Asker
  title: string
  hint?: string
  submit: string
  danger?: boolean
  password?: string | undefined
  children?: ReactNode
  onClose(): void
  act(password: string): Promise<Problems | undefined>
}) {
  const words = useWords()
  const language = useLanguage()
  const gate = useFactorGate(props.asker)
  const [password, setPassword] = useState(props.password ?? '')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    const refused = await gate.give()
    const outcome = refused === undefined ? await props.act(password) : undefined
    setBusy(false)
    setProblem(refused ?? (outcome ? problemText(outcome, language, words) : undefined))
  }
  return (
    <Dialog title={props.title} onClose={props.onClose} testId="confirm-dialog">
      <form onSubmit={(event) => void submit(event)}>
        {props.hint && <p>{props.hint}</p>}
        {props.children}
        {props.password === undefined && (
          <label className="field">
            <span>{words.factors.confirmPassword}</span>
            <input
              type="password"
              data-testid="confirm-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              autoComplete="current-password"
            />
          </label>
        )}
        {gate.field}
        {problem && <Problem>{problem}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className={`button ${props.danger ? 'danger' : 'primary'}`}
            data-testid="confirm-submit"
            disabled={busy || password === ''}
          >
            {props.submit}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export function NameDialog(props: {
  title: string
  label: string
  name: string
  onClose(): void
  save(name: string): Promise<void>
}) {
  const words = useWords()
  const [name, setName] = useState(props.name)
  const [failed, setFailed] = useState(false)
  return (
    <Dialog title={props.title} onClose={props.onClose} testId="name-dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setFailed(false)
          props.save(name.trim()).catch(() => setFailed(true))
        }}
      >
        <label className="field">
          <span>{props.label}</span>
          <input
            data-testid="name-input"
            value={name}
            maxLength={60}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        {failed && <Problem>{words.failure.offline}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="name-save"
            disabled={name.trim() === ''}
          >
            {words.factors.save}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
