import { useEffect, useState } from 'react'
import { failureOf } from '../../lib/failure.ts'
import type { AskingState } from '../../viewmodel/session/types.ts'
import { failureText, moment } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { SpokenCode } from '../ui/spoken-code.tsx'

/** A device that has lost everything asks two coordinators to open the envelope. */
export function EnvelopeAskDialog(props: { onClose(): void; onBack(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(session.envelope.asking)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (['over', 'done'].includes(session.envelope.asking.get().step) && attempt === 0) return
    setProblem(undefined)
    session.envelope.ask().catch((error) => setProblem(failureText(failureOf(error), language, words)))
  }, [session, attempt, language, words])
  return (
    <Dialog title={words.envelope.askTitle} onClose={props.onClose} testId="envelope-ask">
      {problem ? (
        <Problem
          action={
            <button type="button" className="button" onClick={props.onBack}>
              {words.back}
            </button>
          }
        >
          {problem}
        </Problem>
      ) : (
        <Steps state={state} {...props} onAgain={() => setAttempt(attempt + 1)} />
      )}
    </Dialog>
  )
}

function Steps(props: { state: AskingState; onClose(): void; onBack(): void; onAgain(): void }) {
  const words = useWords()
  const { state } = props
  switch (state.step) {
    case 'none':
      return <Spinner label={words.loading} />
    case 'opening':
      return <Spinner label={words.envelope.opening} />
    case 'waiting':
      return <Waiting state={state} onClose={props.onClose} />
    case 'over':
      return (
        <>
          <Problem>{words.envelope.over[state.why]}</Problem>
          <div className="row-actions">
            <button type="button" className="button" data-testid="envelope-again" onClick={props.onAgain}>
              {words.envelope.again}
            </button>
            <button type="button" className="button" onClick={props.onBack}>
              {words.back}
            </button>
          </div>
        </>
      )
    case 'done':
      return (
        <>
          <p role="status" data-testid="envelope-done">
            {words.envelope.done}
          </p>
          <div className="row-actions end">
            <button
              type="button"
              className="button primary"
              data-testid="envelope-close"
              onClick={props.onClose}
            >
              {words.close}
            </button>
          </div>
        </>
      )
  }
}

function Waiting(props: { state: Extract<AskingState, { step: 'waiting' }>; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { state } = props
  const names = (persons: readonly string[]) => persons.map((one) => people.person(one).name).join(', ')
  return (
    <div className="restart">
      <p>{words.envelope.askText}</p>
      <SpokenCode code={state.code} testId="envelope-code" />
      {state.coordinators.length > 0 && (
        <p>
          {words.envelope.askWho} <b>{names(state.coordinators)}</b>.
        </p>
      )}
      <p className="note">{words.envelope.askWarning}</p>
      {state.altered.length > 0 && (
        <div data-testid="envelope-altered">
          <Problem>{words.envelope.altered(names(state.altered))}</Problem>
        </div>
      )}
      {state.strangers.length > 0 && <Problem>{words.envelope.strangers(names(state.strangers))}</Problem>}
      {state.rosterUnknown && <Problem>{words.envelope.rosterUnknown}</Problem>}
      <p role="status" data-testid="envelope-released" data-released={state.released.length}>
        {words.envelope.released(state.released.length)}
      </p>
      <p className="muted">{words.envelope.until(moment(state.expiresTs, language))}</p>
      <div className="row-actions">
        <button type="button" className="button" onClick={props.onClose}>
          {words.close}
        </button>
        <button
          type="button"
          className="button quiet"
          data-testid="envelope-withdraw"
          onClick={() => {
            void session.envelope.withdraw()
            props.onClose()
          }}
        >
          {words.envelope.giveUp}
        </button>
      </div>
    </div>
  )
}
