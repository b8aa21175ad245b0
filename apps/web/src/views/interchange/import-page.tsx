import '../../styles/interchange/interchange.css'
import { ArrowLeft, CheckCircle2 } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { createImport } from '../../viewmodel/interchange/import.ts'
import type { ImportModel, ImportState } from '../../viewmodel/interchange/types.ts'
import { failureText } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem } from '../ui/parts.tsx'
import { ChooseStep } from './choose-step.tsx'
import { ColumnsStep } from './columns-step.tsx'
import { FaultsStep } from './faults-step.tsx'
import { PreviewStep } from './preview-step.tsx'

/** A list of services into the directory, in four steps. Nothing is there before the last. */
export default function ImportPage() {
  const { session } = useShell()
  const model = useModel(() => createImport(session), [session])
  return model ? <Page model={model} /> : null
}

const order = ['choose', 'columns', 'faults', 'preview'] as const

function Page({ model }: { model: ImportModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  const { step, busy, failure, restored } = state
  const at = order.indexOf(step as 'choose')
  const heading = useRef<HTMLHeadingElement>(null)
  const shown = useRef(step)
  useEffect(() => {
    // Whoever goes by keyboard or ear begins where the new step begins.
    if (shown.current !== step) heading.current?.focus()
    shown.current = step
  }, [step])
  return (
    <section className="page interchange" data-testid="import-page" data-step={step} data-busy={busy ?? ''}>
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.interchange.importTitle}</h2>
      </header>
      <div className="page-scroll case-scroll">
        {at >= 0 && (
          <div className="wizard-steps">
            <h3 ref={heading} tabIndex={-1}>
              {words.interchange.stepOf(at + 1, order.length, words.interchange.steps[at]!)}
            </h3>
            <div className="wizard-bar" aria-hidden="true">
              {order.map((each, number) => (
                <span key={each} className={number <= at ? 'done' : ''} />
              ))}
            </div>
          </div>
        )}
        {restored && step !== 'choose' && step !== 'sent' && (
          <p className="muted" data-testid="import-restored">
            {words.interchange.restored}
          </p>
        )}
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        {step === 'choose' && <ChooseStep model={model} state={state} />}
        {step === 'columns' && <ColumnsStep model={model} state={state} />}
        {step === 'faults' && <FaultsStep model={model} state={state} />}
        {step === 'preview' && <PreviewStep model={model} state={state} />}
        {step === 'sent' && <Sent model={model} state={state} />}
        <Busy state={state} />
      </div>
    </section>
  )
}

function Busy({ state }: { state: ImportState }) {
  const words = useWords()
  const { busy, progress } = state
  const text = !busy
    ? ''
    : busy === 'checking' && progress && progress.of > 1
      ? words.interchange.checkingOf(progress.done, progress.of)
      : words.interchange[busy]
  return (
    <div className={busy ? 'wizard-busy' : 'visually-hidden'} role="status" data-testid="import-busy">
      {busy && <span className="spinner" aria-hidden="true" />}
      <span>{text}</span>
      {busy === 'checking' && progress && progress.of > 1 && (
        <progress value={progress.done} max={progress.of} aria-hidden="true" />
      )}
    </div>
  )
}

function Sent({ model, state }: { model: ImportModel; state: ImportState }) {
  const { router } = useShell()
  const words = useWords()
  const name = useInstitutionName()
  const nameOf = (key: string) =>
    state.plan?.institutions.find((each) => each.institution === key)?.name ?? name(key)
  const sent = Object.entries(state.sent)
  return (
    <div data-testid="import-sent">
      <Blank icon={<CheckCircle2 />} title={words.interchange.sentTitle}>
        <button type="button" className="button primary" data-testid="import-again" onClick={model.discard}>
          {words.interchange.another}
        </button>
      </Blank>
      <ul className="plain-list wizard-list">
        {sent.map(([key, kind]) => (
          <li key={key} className="card" data-testid="import-sent-to" data-key={key} data-kind={kind}>
            <p>
              {kind === 'draft'
                ? words.interchange.sentDraft(nameOf(key))
                : words.interchange.sentSuggestion(nameOf(key))}
            </p>
            <button
              type="button"
              className="button small"
              onClick={() => router.go({ page: 'directory-entry', key })}
            >
              {words.interchange.toEntry(nameOf(key))}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
