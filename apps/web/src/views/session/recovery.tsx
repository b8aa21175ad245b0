import { Fingerprint, KeyRound, MailOpen, ShieldAlert } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { failureOf } from '../../lib/failure.ts'
import { isCancelled } from '../../lib/webauthn.ts'
import type { Proof } from '../../viewmodel/session/with-proof.ts'
import { dayWithin } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { EnvelopeAskDialog } from './envelope-ask.tsx'
import { KeyDialog } from './keep-key.tsx'
import type { ProofProblem } from './problem-text.ts'
import { ProofForm } from './proof.tsx'
import { RestartBanner, RestartDialog } from './restart.tsx'
import { VerifyDialog } from './verify.tsx'

/** Shows a key made while signing in, once. */
export function FirstKey() {
  const { session } = useShell()
  const key = useStore(session.encryption.firstKey)
  // The dialog stays until it is closed: it may be kept meanwhile, and says so.
  const [shown, setShown] = useState<string | undefined>(undefined)
  if (key !== undefined && key !== shown) setShown(key)
  if (shown === undefined) return null
  return (
    <KeyDialog
      key={shown}
      recoveryKey={shown}
      onClose={() => {
        session.encryption.firstKey.set(undefined)
        setShown(undefined)
      }}
    />
  )
}

const FIRM_AFTER_MS = 3 * 86_400_000
const FIRM_AFTER_TIMES = 3
const isFirm = ({ since, later }: { since?: number | undefined; later: number }, now: number) =>
  later >= FIRM_AFTER_TIMES || (since !== undefined && since < now - FIRM_AFTER_MS)

/** When it was put off for long: once at each start, in the middle of the page. */
export function FirmReminder() {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(session.encryption.state)
  const firstKey = useStore(session.encryption.firstKey)
  const keeping = useStore(session.encryption.keeping)
  const [step, setStep] = useState<'wait' | 'key' | 'over'>('wait')
  if (step === 'key') return <NewKeyDialog onClose={() => setStep('over')} />
  if (step === 'over' || state !== 'unsaved' || firstKey || !isFirm(keeping, Date.now())) return null
  return (
    <Dialog title={words.recovery.firmTitle} onClose={() => setStep('over')} testId="recovery-firm">
      <p>
        {words.recovery.firmText(
          keeping.since === undefined ? '' : dayWithin(keeping.since, language, words),
        )}
      </p>
      <div className="row-actions end">
        <button type="button" className="button" onClick={() => setStep('over')}>
          {words.recovery.laterToday}
        </button>
        <button
          type="button"
          className="button primary"
          data-testid="recovery-firm-save"
          onClick={() => setStep('key')}
        >
          {words.recovery.keepNow}
        </button>
      </div>
    </Dialog>
  )
}

/** What is left to do for this device's safety, above the channels until it is done. */
export function SecurityBanner() {
  const { session } = useShell()
  const words = useWords()
  const state = useStore(session.encryption.state)
  const restart = useStore(session.restart.state)
  const { since, later } = useStore(session.encryption.keeping)
  const language = useLanguage()
  const [open, setOpen] = useState<'new' | 'enter' | undefined>(undefined)
  const firm = state === 'unsaved' && isFirm({ since, later }, Date.now())
  const kept = useStore(session.envelope.kept)
  const pending = state === 'unsaved' && kept !== undefined && !kept.enough && kept.madeTs > (since ?? 0)
  // The dialog keeps its place in the tree: confirming changes the state while it is open.
  return (
    <>
      {restart.step !== 'none' && <RestartBanner state={restart} onOpen={() => setOpen('enter')} />}
      {restart.step === 'none' && state !== 'ready' && state !== 'preparing' && (
        <div
          className={`banner banner-security ${firm ? 'firm' : ''}`}
          role={firm ? 'alert' : 'status'}
          data-testid="security-banner"
          data-state={state}
          data-firm={firm}
        >
          <ShieldAlert aria-hidden="true" />
          <span>
            {pending
              ? words.envelope.pending(kept.kept.length)
              : state === 'unsaved'
                ? since === undefined
                  ? words.recovery.reminder
                  : words.recovery.reminderSince(dayWithin(since, language, words))
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
      {state === 'ready' && <RenewNotice />}
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

/** The coordination has changed: the parts are to be given out anew. */
function RenewNotice() {
  const { session } = useShell()
  const words = useWords()
  const people = usePeople()
  const news = useStore(session.envelope.news)
  const [step, setStep] = useState<'asked' | 'new' | undefined>(undefined)
  const close = () => setStep(undefined)
  if (step === 'new') return <NewKeyDialog first="envelope" onClose={close} />
  if (!news) return null
  const names = (persons: readonly string[]) => persons.map((one) => people.person(one).name).join(', ')
  return (
    <>
      <div className="banner banner-security" role="status" data-testid="envelope-renew-banner">
        <MailOpen aria-hidden="true" />
        <span>{words.envelope.renewBanner}</span>
        <button
          type="button"
          className="button"
          data-testid="envelope-renew-open"
          onClick={() => setStep('asked')}
        >
          {words.envelope.see}
        </button>
      </div>
      {step === 'asked' && (
        <Dialog title={words.envelope.renewTitle} onClose={close} testId="envelope-renew">
          {news.left.length > 0 && <p>{words.envelope.left(names(news.left))}</p>}
          {news.came.length > 0 && <p>{words.envelope.came(names(news.came))}</p>}
          {news.changed.length > 0 && <p>{words.envelope.changed(names(news.changed))}</p>}
          <p>{words.envelope.renewText}</p>
          <div className="row-actions end">
            <button type="button" className="button" onClick={close}>
              {words.cancel}
            </button>
            <button
              type="button"
              className="button primary"
              data-testid="envelope-renew-go"
              onClick={() => setStep('new')}
            >
              {words.envelope.renew}
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}

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
