import { Download, KeyRound, Printer, ShieldAlert } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { failureOf } from '../../lib/failure.ts'
import { saveFile } from '../../lib/save-file.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { CopyButton, Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { useFactorGate } from './factor-gate.tsx'
import { RestartBanner, RestartDialog } from './restart.tsx'
import { VerifyDialog } from './verify.tsx'

/** Shows a key made while signing in, once. */
export function FirstKey() {
  const { session } = useShell()
  const key = useStore(session.encryption.firstKey)
  if (!key) return null
  return <KeyDialog recoveryKey={key} onClose={() => session.encryption.firstKey.set(undefined)} />
}

/** What is left to do for this device's safety, above the channels until it is done. */
export function SecurityBanner() {
  const { session } = useShell()
  const words = useWords()
  const state = useStore(session.encryption.state)
  const restart = useStore(session.restart.state)
  const [open, setOpen] = useState<'new' | 'enter' | undefined>(undefined)
  // The dialog keeps its place in the tree: confirming changes the state while it is open.
  return (
    <>
      {restart.step !== 'none' && <RestartBanner state={restart} onOpen={() => setOpen('enter')} />}
      {restart.step === 'none' && state !== 'ready' && state !== 'preparing' && (
        <div
          className="banner banner-security"
          role="status"
          data-testid="security-banner"
          data-state={state}
        >
          <ShieldAlert aria-hidden="true" />
          <span>
            {state === 'unsaved'
              ? words.recovery.reminder
              : state === 'unconfirmed'
                ? words.recovery.unconfirmedBanner
                : words.recovery.failedBanner}
          </span>
          {state === 'failed' ? (
            <button type="button" className="button" onClick={() => void session.encryption.prepare()}>
              {words.retry}
            </button>
          ) : (
            <button
              type="button"
              className="button"
              data-testid={state === 'unsaved' ? 'recovery-save' : 'recovery-confirm'}
              onClick={() => setOpen(state === 'unsaved' ? 'new' : 'enter')}
            >
              {state === 'unsaved' ? words.recovery.reminderAction : words.recovery.confirm}
            </button>
          )}
        </div>
      )}
      {open && <Opened kind={open} onClose={() => setOpen(undefined)} />}
    </>
  )
}

function Opened(props: { kind: 'new' | 'enter'; onClose(): void }) {
  return props.kind === 'new' ? (
    <NewKeyDialog onClose={props.onClose} />
  ) : (
    <EnterKeyDialog onClose={props.onClose} />
  )
}

/** Makes a key, then shows it. */
export function NewKeyDialog(props: { onClose(): void }) {
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
  if (key) return <KeyDialog recoveryKey={key} onClose={props.onClose} />
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

function KeyDialog(props: { recoveryKey: string; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)
  const sheet = [
    words.recovery.fileHead,
    words.recovery.fileAccount(session.userId),
    '',
    props.recoveryKey,
    '',
    words.recovery.fileHint,
  ].join('\r\n')

  function download() {
    saveFile(new Blob([`\ufeff${sheet}\r\n`], { type: 'text/plain;charset=utf-8' }), words.recovery.file)
  }

  async function saved() {
    setBusy(true)
    setFailed(false)
    try {
      await session.encryption.confirmSaved()
      props.onClose()
    } catch {
      setFailed(true)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog title={words.recovery.title} onClose={props.onClose} testId="recovery-dialog">
      <p>{words.recovery.text}</p>
      <div className="printable">
        <p className="only-print">{words.recovery.fileHead}</p>
        <p className="only-print">{words.recovery.fileAccount(session.userId)}</p>
        <code className="recovery-key" data-testid="recovery-key">
          {props.recoveryKey}
        </code>
        <p className="only-print">{words.recovery.fileHint}</p>
      </div>
      <div className="row-actions">
        <CopyButton text={props.recoveryKey} testId="recovery-copy" />
        <button type="button" className="button" data-testid="recovery-download" onClick={download}>
          <Download aria-hidden="true" />
          {words.recovery.download}
        </button>
        <button type="button" className="button" onClick={() => window.print()}>
          <Printer aria-hidden="true" />
          {words.recovery.print}
        </button>
      </div>
      {failed && <Problem>{words.failure.offline}</Problem>}
      <div className="row-actions end">
        <button type="button" className="button" data-testid="recovery-later" onClick={props.onClose}>
          {words.recovery.later}
        </button>
        <button
          type="button"
          className="button primary"
          data-testid="recovery-saved"
          disabled={busy}
          onClick={() => void saved()}
        >
          {words.recovery.saved}
        </button>
      </div>
    </Dialog>
  )
}

/** A new device: the key, another device, or a new beginning. */
export function EnterKeyDialog(props: { onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [key, setKey] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [mode, setMode] = useState<'key' | 'again' | 'device' | 'done' | 'wait'>(() =>
    session.restart.state.get().step === 'none' ? 'key' : 'wait',
  )
  const [password, setPassword] = useState('')
  const gate = useFactorGate(session)

  async function attempt(action: () => Promise<'ok' | 'malformed' | 'wrong_key'>, onRefused: string) {
    setBusy(true)
    setProblem(undefined)
    try {
      const outcome = await action()
      if (outcome === 'ok') setMode('done')
      else setProblem(words.recovery[outcome])
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
  async function submitAgain(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      const refused = await gate.give()
      if (refused !== undefined) {
        setProblem(refused)
        return
      }
      await session.restart.begin(password)
      setMode('wait')
    } catch (error) {
      const wrong = error instanceof Error && 'httpStatus' in error && error.httpStatus === 401
      setProblem(wrong ? words.passwordWrong : failureText(failureOf(error), language, words))
    } finally {
      setBusy(false)
    }
  }

  if (mode === 'wait') return <RestartDialog onClose={props.onClose} onAgain={() => setMode('again')} />
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
        <form onSubmit={submitAgain}>
          <p>{words.recovery.startAgainHint}</p>
          <label className="field">
            <span>{words.recovery.startAgainPassword}</span>
            <input
              type="password"
              data-testid="recovery-again-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              autoComplete="current-password"
            />
          </label>
          {gate.field}
          {problem && <Problem>{problem}</Problem>}
          <div className="row-actions">
            <button
              type="submit"
              className="button danger"
              data-testid="recovery-again-submit"
              disabled={busy || password === ''}
            >
              {busy ? words.recovery.working : words.recovery.startAgain}
            </button>
            <button type="button" className="button" onClick={() => setMode('key')}>
              {words.back}
            </button>
          </div>
        </form>
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
