import { MailOpen, ShieldAlert } from 'lucide-react'
import { useState } from 'react'
import { dayWithin } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Dialog } from '../ui/parts.tsx'
import { RestartBanner } from './restart-banner.tsx'

const KeyDialog = lazyPage(async () => ({ default: (await import('./keep-key.tsx')).KeyDialog }), 'quiet')
const NewKeyDialog = lazyPage(
  async () => ({ default: (await import('./key-dialogs.tsx')).NewKeyDialog }),
  'dialog',
)
const EnterKeyDialog = lazyPage(
  async () => ({ default: (await import('./key-dialogs.tsx')).EnterKeyDialog }),
  'dialog',
)

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
  // There will be a key to keep in a moment, and it is shown then.
  const isMaking = useStore(session.encryption.completing)
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
      {restart.step === 'none' && state !== 'ready' && state !== 'preparing' && !isMaking && (
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
