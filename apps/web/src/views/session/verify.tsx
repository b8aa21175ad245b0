import { useEffect, useState } from 'react'
import type { Verification } from '../../viewmodel/session/types.ts'
import { askOtherDevices, watchRequests } from '../../viewmodel/session/verification.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'

/** This device asks the others. */
export function VerifyDialog(props: { onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const [verification, setVerification] = useState<Verification | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let made: Verification | undefined
    let current = true
    askOtherDevices(session.client).then(
      (value) => {
        made = value
        if (current) setVerification(value)
        else void value.cancel()
      },
      () => current && setFailed(true),
    )
    return () => {
      current = false
      void made?.cancel()
    }
  }, [session])
  return (
    <Dialog title={words.verify.title} onClose={props.onClose} testId="verify-dialog">
      {failed ? (
        <Problem>{words.failure.offline}</Problem>
      ) : verification ? (
        <Steps verification={verification} onClose={props.onClose} />
      ) : (
        <Spinner label={words.loading} />
      )}
    </Dialog>
  )
}

/** Another device of this person asks this one. */
export function IncomingVerification() {
  const { session } = useShell()
  const words = useWords()
  const [verification, setVerification] = useState<Verification | undefined>(undefined)
  useEffect(() => watchRequests(session.client, setVerification), [session])
  if (!verification) return null
  const close = () => {
    void verification.cancel()
    setVerification(undefined)
  }
  return (
    <Dialog title={words.verify.incoming} onClose={close} testId="verify-dialog">
      <Steps verification={verification} onClose={close} />
    </Dialog>
  )
}

function Steps(props: { verification: Verification; onClose(): void }) {
  const words = useWords()
  const { verification } = props
  const state = useStore(verification.state)
  switch (state.step) {
    case 'incoming':
      return (
        <>
          <p>{words.verify.incomingHint}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              data-testid="verify-accept"
              onClick={() => void verification.accept()}
            >
              {words.verify.accept}
            </button>
            <button type="button" className="button" onClick={props.onClose}>
              {words.cancel}
            </button>
          </div>
        </>
      )
    case 'waiting':
      return <Spinner label={words.verify.waiting} />
    case 'compare':
      return (
        <>
          <p>{words.verify.compare}</p>
          <ol className="emoji">
            {state.emoji.map(([symbol, name], index) => (
              <li key={`${index}-${name}`}>
                <span aria-hidden="true">{symbol}</span>
                <small>{name}</small>
              </li>
            ))}
          </ol>
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              data-testid="verify-match"
              onClick={() => void verification.answer(true)}
            >
              {words.verify.match}
            </button>
            <button type="button" className="button danger" onClick={() => void verification.answer(false)}>
              {words.verify.mismatch}
            </button>
          </div>
        </>
      )
    case 'other':
      return <Spinner label={words.verify.other} />
    case 'done':
    case 'cancelled':
      return (
        <>
          <p role="status">{words.verify[state.step]}</p>
          <div className="row-actions end">
            <button
              type="button"
              className="button primary"
              data-testid="verify-close"
              onClick={props.onClose}
            >
              {words.close}
            </button>
          </div>
        </>
      )
  }
}
