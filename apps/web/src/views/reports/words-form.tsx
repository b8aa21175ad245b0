import { type FormEvent, useState } from 'react'
import type { Asker, Proof, ProofOutcome } from '../../viewmodel/session/with-proof.ts'
import { failureText } from '../../words/format.ts'
import { ProofForm } from '../session/proof.tsx'
import { useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** Some words, and what is done with them. */
export function WordsForm(props: {
  label: string
  hint?: string
  submit: string
  testId: string
  max: number
  danger?: boolean
  onSubmit(words: string): Promise<void>
  onCancel(): void
}) {
  const words = useWords()
  const language = useLanguage()
  const [text, setText] = useState('')
  const { busy, failure, run } = useTask()
  function submit(event: FormEvent) {
    event.preventDefault()
    void run(() => props.onSubmit(text.trim()))
  }
  return (
    <form onSubmit={submit}>
      <label className="field">
        <span>{props.label}</span>
        <textarea
          data-testid={`${props.testId}-words`}
          rows={3}
          maxLength={props.max}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {props.hint && <small>{props.hint}</small>}
      </label>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="submit"
          className={`button ${props.danger ? 'danger' : 'primary'}`}
          data-testid={`${props.testId}-submit`}
          disabled={busy || text.trim().length < 3}
        >
          {props.submit}
        </button>
        <button type="button" className="button" onClick={props.onCancel}>
          {words.cancel}
        </button>
      </div>
    </form>
  )
}

/** As above, for what only somebody does who shows again that it is them. */
export function ProvedWordsForm(props: {
  asker: Asker
  label: string
  hint?: string
  submit: string
  testId: string
  max: number
  act(words: string, proof: Proof): Promise<ProofOutcome>
  onCancel(): void
}) {
  const [text, setText] = useState('')
  return (
    <ProofForm
      asker={props.asker}
      submit={props.submit}
      submitTestId={`${props.testId}-submit`}
      danger
      ready={text.trim().length >= 3}
      onBack={props.onCancel}
      act={(proof) => props.act(text.trim(), proof)}
    >
      <label className="field">
        <span>{props.label}</span>
        <textarea
          data-testid={`${props.testId}-words`}
          rows={3}
          maxLength={props.max}
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {props.hint && <small>{props.hint}</small>}
      </label>
    </ProofForm>
  )
}
