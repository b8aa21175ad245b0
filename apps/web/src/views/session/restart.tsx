import { useEffect } from 'react'
import type { RestartState } from '../../viewmodel/session/types.ts'
import { moment } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { SpokenCode } from '../ui/spoken-code.tsx'

/** Waiting for somebody to confirm: the code to read to them, or how it ended. */
export function RestartDialog(props: { onClose(): void; onAgain(): void }) {
  const { session } = useShell()
  const words = useWords()
  const state = useStore(session.restart.state)
  const newKey = useStore(session.encryption.firstKey)
  const { onClose } = props
  // The new recovery key takes over: one thing at a time.
  const over = state.step === 'none' && newKey !== undefined
  useEffect(() => {
    if (over) onClose()
  }, [over, onClose])
  const title = state.step === 'waiting' ? words.restart.waitTitle : words.restart.title
  return (
    <Dialog title={title} onClose={props.onClose} testId="restart">
      <Steps state={state} {...props} />
    </Dialog>
  )
}

function Steps(props: { state: RestartState; onClose(): void; onAgain(): void }) {
  const { session } = useShell()
  const words = useWords()
  const { state } = props
  switch (state.step) {
    case 'waiting':
      return <Waiting state={state} onClose={props.onClose} />
    case 'finishing':
      return <Spinner label={words.restart.finishing} />
    case 'over':
      return (
        <>
          <Problem>{words.restart.over[state.why]}</Problem>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="restart-again"
              onClick={() => {
                void session.restart.cancel()
                props.onAgain()
              }}
            >
              {words.restart.tryAgain}
            </button>
            <button type="button" className="button" onClick={props.onClose}>
              {words.close}
            </button>
          </div>
        </>
      )
    case 'none':
      return (
        <>
          <p role="status" data-testid="restart-done">
            {words.recovery.restarted}
          </p>
          <div className="row-actions end">
            <button type="button" className="button primary" onClick={props.onClose}>
              {words.close}
            </button>
          </div>
        </>
      )
  }
}

function Waiting(props: { state: Extract<RestartState, { step: 'waiting' }>; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { state } = props
  return (
    <div className="restart">
      <p>{words.restart[state.by]}</p>
      <SpokenCode code={state.code} testId="restart-code" />
      {state.coordinators.length > 0 && (
        <p>
          {words.restart.who} <b>{state.coordinators.map((one) => people.person(one).name).join(', ')}</b>.
        </p>
      )}
      <p className="note">{words.restart.warning}</p>
      <p className="restart-wait">
        <Spinner label={words.restart.wait} />
      </p>
      {state.expiresTs > 0 && (
        <p className="muted">{words.restart.until(moment(state.expiresTs, language))}</p>
      )}
      <div className="row-actions">
        <button type="button" className="button" onClick={props.onClose}>
          {words.close}
        </button>
        <button
          type="button"
          className="button quiet"
          data-testid="restart-cancel"
          onClick={() => {
            void session.restart.cancel()
            props.onClose()
          }}
        >
          {words.restart.giveUp}
        </button>
      </div>
    </div>
  )
}
