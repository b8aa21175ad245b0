import { type ReactNode, useState } from 'react'
import type { Asker, Proof } from '../../viewmodel/session/with-proof.ts'
import { useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import type { ProofProblem } from './problem-text.ts'
import { ProofForm } from './proof.tsx'

/** Asks whoever it is to show that it is them, then does it. */
export function Confirm(props: {
  asker: Asker
  title: string
  hint?: string
  submit: string
  danger?: boolean
  password?: string | undefined
  children?: ReactNode
  onClose(): void
  act(proof: Proof): Promise<ProofProblem | undefined>
}) {
  const { asker, submit, danger = false, password, onClose, act } = props
  return (
    <Dialog title={props.title} onClose={onClose} testId="confirm-dialog">
      <ProofForm {...{ asker, submit, danger, act }} known={password} onBack={onClose}>
        {props.hint && <p>{props.hint}</p>}
        {props.children}
      </ProofForm>
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
