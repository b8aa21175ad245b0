import { useEffect, useRef, useState } from 'react'
import type { Verification } from '../../viewmodel/session/types.ts'
import {
  askNewDevice,
  askOtherDevices,
  askPerson,
  watchDevices,
} from '../../viewmodel/session/verification.ts'
import { pictureName } from '../../words/pictures.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'

/** This device asks the others. */
export function VerifyDialog(props: { onClose(): void }) {
  const { session } = useShell()
  return <OwnDeviceDialog ask={() => askOtherDevices(session.client)} onClose={props.onClose} />
}

/** This device asks one that it has just let in. */
export function VerifyNewDeviceDialog(props: { deviceId: string; onClose(done: boolean): void }) {
  const { session } = useShell()
  return <OwnDeviceDialog ask={() => askNewDevice(session.client, props.deviceId)} onClose={props.onClose} />
}

function OwnDeviceDialog(props: { ask(): Promise<Verification>; onClose(done: boolean): void }) {
  const words = useWords()
  const [verification, setVerification] = useState<Verification | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  // Asked once, when it opens.
  const ask = useRef(props.ask)
  useEffect(() => {
    let made: Verification | undefined
    let current = true
    ask.current().then(
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
  }, [])
  const close = () => props.onClose(verification?.state.get().step === 'done')
  return (
    <Dialog title={words.verify.title} onClose={close} testId="verify-dialog">
      {failed ? (
        <Problem>{words.failure.offline}</Problem>
      ) : verification ? (
        <Steps verification={verification} onClose={close} />
      ) : (
        <Spinner label={words.loading} />
      )}
    </Dialog>
  )
}

/** This person asks another one. */
export function VerifyPersonDialog(props: { userId: string; name: string; onClose(): void }) {
  const { userId, name } = props
  const { session } = useShell()
  const words = useWords()
  const [verification, setVerification] = useState<Verification | 'impossible' | undefined>(undefined)
  useEffect(() => {
    let made: Verification | undefined
    let current = true
    let asking = false
    let again = false
    async function ask(): Promise<void> {
      if (made) return
      again = asking
      if (asking) return
      asking = true
      made = await askPerson(session.client, userId).catch(() => undefined)
      asking = false
      if (!current) return void made?.cancel()
      setVerification(made ?? 'impossible')
      if (again) void ask()
    }
    // Their device may be confirmed only a moment after their new identity was heard of.
    const unwatch = watchDevices(session.client, userId, () => void ask())
    void ask()
    return () => {
      current = false
      unwatch()
      void made?.cancel()
    }
  }, [session, userId])
  return (
    <Dialog title={words.verifyPerson.title(name)} onClose={props.onClose} testId="verify-dialog">
      {verification === 'impossible' ? (
        <Problem>{words.verifyPerson.impossible}</Problem>
      ) : verification ? (
        <Steps verification={verification} person={name} onClose={props.onClose} />
      ) : (
        <Spinner label={words.loading} />
      )}
    </Dialog>
  )
}

/** Another device of this person, or another person, asks this one. */
export function IncomingDialog(props: {
  verification: Verification
  from?: string | undefined
  onClose(): void
}) {
  const words = useWords()
  const people = usePeople()
  const { verification, from, onClose } = props
  const person = from === undefined ? undefined : people.person(from).title
  return (
    <Dialog
      title={person === undefined ? words.verify.incoming : words.verifyPerson.incoming(person)}
      onClose={onClose}
      testId="verify-dialog"
    >
      <Steps verification={verification} person={person} onClose={onClose} />
    </Dialog>
  )
}

/** @param person whom it is compared with; undefined: another device of one's own */
function Steps(props: { verification: Verification; person?: string | undefined; onClose(): void }) {
  const words = useWords()
  const language = useLanguage()
  const { verification, person } = props
  const state = useStore(verification.state)
  switch (state.step) {
    case 'incoming':
      return (
        <>
          <p>{person === undefined ? words.verify.incomingHint : words.verifyPerson.incomingHint}</p>
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
      return (
        <Spinner label={person === undefined ? words.verify.waiting : words.verifyPerson.waiting(person)} />
      )
    case 'compare':
      return (
        <>
          <p>{person === undefined ? words.verify.compare : words.verifyPerson.compare}</p>
          <ol className="emoji">
            {state.emoji.map(([symbol, name], index) => (
              <li key={`${index}-${name}`}>
                <span aria-hidden="true">{symbol}</span>
                <small>{pictureName(name, language)}</small>
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
          <p role="status">
            {person !== undefined && state.step === 'done'
              ? words.verifyPerson.done
              : words.verify[state.step]}
          </p>
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
