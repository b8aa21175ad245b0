import { Fingerprint, KeyRound, MailOpen } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { failureOf } from '../../lib/failure.ts'
import { isCancelled } from '../../lib/webauthn.ts'
import type { Proof } from '../../viewmodel/session/with-proof.ts'
import { useShell, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { EnvelopeAskDialog } from './envelope-ask.tsx'
import { KeyDialog } from './keep-key.tsx'
import type { ProofProblem } from './problem-text.ts'
import { ProofForm } from './proof.tsx'
import { RestartDialog } from './restart.tsx'
import { VerifyDialog } from './verify.tsx'

/** Makes a key, then shows it. */
export function NewKeyDialog(props: { first?: 'envelope'; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const [key, setKey] = useState<string | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let current = true
    setFailed(false)
    session.encryption.newRecoveryKey().then(
      (made) => current && setKey(made),
      () => current && setFailed(true),
    )
    return () => {
      current = false
    }
  }, [session, attempt])
  if (key) return <KeyDialog recoveryKey={key} first={props.first} onClose={props.onClose} />
  return (
    <Dialog title={words.settings.recovery} onClose={props.onClose}>
      {failed ? (
        <Problem
          action={
            <button type="button" className="button" onClick={() => setAttempt(attempt + 1)}>
              {words.retry}
            </button>
          }
        >
          {words.recovery.makeFailed}
        </Problem>
      ) : (
        <Spinner label={words.recovery.making} />
      )}
    </Dialog>
  )
}

/** A new device: the key, another device, or a new beginning. */
export function EnterKeyDialog(props: { onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const [key, setKey] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [mode, setMode] = useState<'key' | 'again' | 'device' | 'done' | 'wait' | 'envelope'>(() =>
    session.restart.state.get().step !== 'none'
      ? 'wait'
      : session.envelope.asking.get().step === 'none'
        ? 'key'
        : 'envelope',
  )
  const [envelope, setEnvelope] = useState(false)
  const [passkey, setPasskey] = useState(false)
  useEffect(() => {
    let current = true
    session.encryption.hasPasskey().then(
      (has) => current && setPasskey(has),
      () => undefined,
    )
    session.envelope.exists().then(
      (has) => current && setEnvelope(has),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [session])

  async function attempt(
    action: () => Promise<'ok' | 'malformed' | 'wrong_key' | 'cancelled'>,
    onRefused: string,
    onWrong: string = words.recovery.wrong_key,
  ) {
    setBusy(true)
    setProblem(undefined)
    try {
      const outcome = await action()
      if (outcome === 'ok') setMode('done')
      else if (outcome !== 'cancelled')
        setProblem(outcome === 'wrong_key' ? onWrong : words.recovery[outcome])
    } catch (error) {
      const refused =
        error instanceof Error &&
        'httpStatus' in error &&
        (error.httpStatus === 401 || error.httpStatus === 403)
      setProblem(refused ? onRefused : words.failure.offline)
    } finally {
      setBusy(false)
    }
  }
  const submitKey = (event: FormEvent) => {
    event.preventDefault()
    void attempt(() => session.encryption.recover(key), words.failure.refused)
  }
  async function again(proof: Proof): Promise<ProofProblem | undefined> {
    try {
      await session.restart.begin(proof)
      setMode('wait')
      return undefined
    } catch (error) {
      if (isCancelled(error)) return 'cancelled'
      const wrong = error instanceof Error && 'httpStatus' in error && error.httpStatus === 401
      return wrong ? ('passkey' in proof ? 'wrong_passkey' : 'wrong_password') : failureOf(error)
    }
  }

  if (mode === 'wait') return <RestartDialog onClose={props.onClose} onAgain={() => setMode('again')} />
  if (mode === 'envelope') return <EnvelopeAskDialog onClose={props.onClose} onBack={() => setMode('key')} />
  if (mode === 'device') return <VerifyDialog onClose={props.onClose} />
  if (mode === 'done') {
    return (
      <Dialog title={words.recovery.enterTitle} onClose={props.onClose}>
        <p role="status">{words.recovery.done}</p>
        <div className="row-actions end">
          <button type="button" className="button primary" onClick={props.onClose}>
            {words.close}
          </button>
        </div>
      </Dialog>
    )
  }
  if (mode === 'again') {
    return (
      <Dialog title={words.recovery.startAgain} onClose={props.onClose}>
        <ProofForm
          asker={session}
          label={words.recovery.startAgainPassword}
          testId="recovery-again-password"
          submit={words.recovery.startAgain}
          submitTestId="recovery-again-submit"
          danger
          back={words.back}
          onBack={() => setMode('key')}
          act={again}
        >
          <p>{words.recovery.startAgainHint}</p>
        </ProofForm>
      </Dialog>
    )
  }
  return (
    <Dialog title={words.recovery.enterTitle} onClose={props.onClose} testId="recovery-enter">
      <form onSubmit={submitKey}>
        <p>{words.recovery.enterText}</p>
        <label className="field">
          <span>{words.recovery.enterLabel}</span>
          <textarea
            rows={3}
            className="mono"
            data-testid="recovery-input"
            value={key}
            onChange={(event) => setKey(event.target.value)}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
          />
        </label>
        {problem && <Problem>{problem}</Problem>}
        <button
          type="submit"
          className="button primary big"
          data-testid="recovery-submit"
          disabled={busy || key.trim() === ''}
        >
          <KeyRound aria-hidden="true" />
          {busy ? words.recovery.working : words.recovery.enterSubmit}
        </button>
      </form>
      <h2>{words.recovery.noKey}</h2>
      <div className="row-actions">
        {passkey && (
          <button
            type="button"
            className="button"
            data-testid="recovery-passkey"
            disabled={busy}
            onClick={() =>
              void attempt(
                () => session.encryption.recoverWithPasskey(),
                words.failure.refused,
                words.recovery.passkeyWrong,
              )
            }
          >
            <Fingerprint aria-hidden="true" />
            {words.recovery.withPasskey}
          </button>
        )}
        {envelope && (
          <button
            type="button"
            className="button"
            data-testid="recovery-envelope"
            disabled={busy}
            onClick={() => setMode('envelope')}
          >
            <MailOpen aria-hidden="true" />
            {words.envelope.askWith}
          </button>
        )}
        <button
          type="button"
          className="button"
          data-testid="recovery-other-device"
          onClick={() => setMode('device')}
        >
          {words.recovery.otherDevice}
        </button>
        <button
          type="button"
          className="button quiet"
          data-testid="recovery-again"
          onClick={() => setMode('again')}
        >
          {words.recovery.startAgain}
        </button>
      </div>
    </Dialog>
  )
}
