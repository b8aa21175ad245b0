import {
  type CaseState,
  type CaseStep,
  familyOf,
  groupCountKeys,
  groupCounts,
  type StepField,
  stepsOf,
} from '@enlace/coordination'
import { useRef, useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import { countLine } from '../../viewmodel/cases/case-history.ts'
import {
  countsOf,
  countsPeople,
  type StepFields,
  stepDraft,
  usualDocument,
} from '../../viewmodel/cases/case-steps.ts'
import type { CaseModel, CaseView } from '../../viewmodel/cases/types.ts'
import { failureText } from '../../words/format.ts'
import { useLabel, useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { CountFields, Need } from './step-needs.tsx'

/** One step of a case: what it must carry, and a note if there is more to say. Closing it by mistake loses nothing that was sent. */
export function StepSheet(props: {
  model: CaseModel
  state: CaseState
  /** the form, where this device can read it */
  details?: CaseView['details']
  step: CaseStep
  onDone(step: CaseStep): void
  onClose(): void
}) {
  const { model, state, step } = props
  const { session } = useShell()
  const words = useWords()
  const label = useLabel()
  const language = useLanguage()
  const me = useStore(session.me)
  const own = me?.institution?.key
  const rule = stepsOf(state.kind).get(step)
  const [fields, setFields] = useState<StepFields>(() => ({
    documentType: usualDocument(step, state.kind),
    ...(own ? { authority: own } : {}),
    priority: state.priority,
  }))
  const [note, setNote] = useState('')
  const [missing, setMissing] = useState<readonly StepField[]>([])
  const [progress, setProgress] = useState<number | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const [confirmed, setConfirmed] = useState(false)
  const [uncounted, setUncounted] = useState(false)
  // Sending the same sheet again counts once; a changed sheet is a new attempt.
  const attempt = useRef(crypto.randomUUID())
  if (!rule) return null
  const needs = rule.needs ?? []
  // Each step of a child's case names the competent authority, and may always carry its document.
  const mayCarryDocument =
    familyOf(state.kind) === 'child' && needs.includes('authority') && !needs.includes('document')
  const counts = countsPeople(step)
  const announced = props.details && groupCounts(props.details.values)
  const differs =
    counts && announced !== undefined && groupCountKeys.some((key) => fields.counts?.[key] !== announced[key])
  const change = (more: StepFields) => {
    attempt.current = crypto.randomUUID()
    setFields((now) => ({ ...now, ...more }))
    setMissing([])
    setUncounted(false)
    setConfirmed(false)
  }

  async function confirm() {
    const made = stepDraft(step, rule!, fields, Date.now())
    if ('missing' in made) {
      setMissing(made.missing)
      return
    }
    const received = counts ? countsOf(fields) : undefined
    if (counts && !received) {
      setUncounted(true)
      return
    }
    if (differs && !confirmed) {
      setConfirmed(true)
      return
    }
    // How many there were is for people, not for servers: it goes where notes go, encrypted.
    const counted = received && `${words.cases.page.received}: ${countLine(received, words)}`
    const said = [counted, note.trim()].filter(Boolean).join('\n')
    setBusy(true)
    setFailure(undefined)
    const problem = await model.take(
      {
        draft: made.draft,
        ...((needs.includes('document') || mayCarryDocument) && fields.file
          ? { file: { blob: fields.file, type: fields.documentType ?? 'other' } }
          : {}),
        ...(said ? { note: said } : {}),
      },
      attempt.current,
      setProgress,
    )
    setBusy(false)
    setProgress(undefined)
    if (problem) setFailure(problem)
    else props.onDone(step)
  }

  return (
    <Dialog title={label(rule.label)} onClose={props.onClose} testId="step-sheet">
      {needs.map((need) => (
        <Need
          key={need}
          need={need}
          step={step}
          state={state}
          fields={fields}
          wrong={missing.includes(need)}
          onChange={change}
        />
      ))}
      {counts && <CountFields announced={announced} fields={fields} wrong={uncounted} onChange={change} />}
      {mayCarryDocument && (
        <Need
          need="document"
          optional
          step={step}
          state={state}
          fields={fields}
          wrong={false}
          onChange={change}
        />
      )}
      <label className="field">
        <span>
          {words.cases.sheet.note} <span className="muted">({words.cases.form.optional})</span>
        </span>
        <textarea
          data-testid="step-note"
          rows={2}
          maxLength={4_000}
          value={note}
          onChange={(event) => {
            attempt.current = crypto.randomUUID()
            setNote(event.target.value)
          }}
        />
        <small>{words.cases.sheet.noteHint}</small>
      </label>
      {(missing.length > 0 || uncounted) && <Problem>{words.cases.sheet.missing}</Problem>}
      {confirmed && <Problem>{words.cases.sheet.countsDiffer}</Problem>}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {progress !== undefined && (
        <p role="status">
          <progress max={1} value={progress} aria-hidden="true" />{' '}
          {words.cases.sheet.uploading(Math.round(progress * 100))}
        </p>
      )}
      <div className="row-actions">
        <button
          type="button"
          className={`button ${step === 'revoke' || step === 'reject' ? 'danger' : 'primary'}`}
          data-testid="step-confirm"
          disabled={busy}
          onClick={() => void confirm()}
        >
          {busy ? words.cases.sheet.working : label(rule.label)}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
