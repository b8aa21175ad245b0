import { Lock, LockOpen } from 'lucide-react'
import { type FormEvent, useCallback, useEffect, useState } from 'react'
import {
  type Lock as DeviceLock,
  deviceLocks,
  lockAfter,
  lockWith,
  pinProblem,
  readDeviceLock,
  unlockForGood,
} from '../../viewmodel/session/device-lock.ts'
import { lockRule, withinRule } from '../../viewmodel/session/lock-rule.ts'
import { Select } from '../ui/choice.tsx'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { useLockDemand } from './use-lock-demand.ts'

const IDLE_CHOICES = [1, 3, 5, 10, 15, 30, 60] as const

/** For computers that several people use: a PIN before what is kept here. */
export function LockCard() {
  const { app, session } = useShell()
  const words = useWords()
  const [lock, setLock] = useState<DeviceLock | 'none' | undefined>(undefined)
  const [setting, setSetting] = useState(false)
  const [note, setNote] = useState<string | undefined>(undefined)
  const locked = useStore(deviceLocks)
  const read = useCallback(() => {
    readDeviceLock(session.userId).then(
      (found) => setLock(found ?? 'none'),
      () => setLock('none'),
    )
  }, [session])
  useEffect(read, [read, locked])
  const rule = useStore(lockRule)
  const demand = useLockDemand()
  if (lock === undefined) return null
  const longest = rule.idle_minutes ?? 60
  const choices = [...new Set([...IDLE_CHOICES.filter((one) => one <= longest), longest])]
  return (
    <section className="card" data-testid="lock-card">
      <h2>{words.lock.title}</h2>
      <p className="muted">{words.lock.hint}</p>
      {lock === 'none' ? (
        <p>{app.keepsNothing() ? words.lock.nothingKept : words.lock.fromBefore}</p>
      ) : (
        <>
          <div className="setting">
            {lock.locked ? <Lock aria-hidden="true" /> : <LockOpen aria-hidden="true" />}
            <p data-testid="lock-state">
              {lock.locked ? words.lock.on(withinRule(lock.idleMinutes, rule)) : words.lock.off}
              {lock.passkey && <span className="muted"> {words.lock.withPasskey}</span>}
              {lock.locked && (
                <>
                  <br />
                  <span className="muted">{words.lock.whileLocked}</span>
                </>
              )}
            </p>
          </div>
          {lock.locked && (
            <Select
              label={words.lock.idle}
              testId="lock-idle"
              value={String(withinRule(lock.idleMinutes, rule))}
              onChange={(value) => {
                void lockAfter(session.userId, Number(value)).then(read)
              }}
              choices={choices.map((minutes) => ({
                value: String(minutes),
                label: words.lock.minutes(minutes),
              }))}
            />
          )}
          {(rule.idle_minutes !== null || demand !== 'none') && (
            <p className="muted" data-testid="lock-by-rule">
              {demand !== 'none' && words.lockRule.demanded}{' '}
              {rule.idle_minutes !== null && words.lockRule.atMost(rule.idle_minutes)}
            </p>
          )}
          {note && (
            <p className="note" role="status">
              {note}
            </p>
          )}
          <div className="row-actions">
            {lock.locked && (
              <>
                <button
                  type="button"
                  className="button primary"
                  data-testid="lock-now"
                  onClick={() => void app.lock()}
                >
                  {words.lock.now}
                </button>
                <button
                  type="button"
                  className="button"
                  data-testid="change-person"
                  onClick={() => void app.changePerson()}
                >
                  {words.lock.changePerson}
                </button>
              </>
            )}
            <button
              type="button"
              className={`button ${lock.locked ? '' : 'primary'}`}
              data-testid="lock-set"
              onClick={() => setSetting(true)}
            >
              {lock.locked ? words.lock.change : words.lock.set}
            </button>
            {lock.locked && demand === 'none' && (
              <button
                type="button"
                className="button quiet"
                data-testid="lock-remove"
                onClick={() => {
                  void unlockForGood(session.userId).then(() => {
                    setNote(words.lock.removed)
                    read()
                  })
                }}
              >
                {words.lock.remove}
              </button>
            )}
          </div>
        </>
      )}
      {setting && (
        <PinDialog
          userId={session.userId}
          onClose={(said) => {
            setSetting(false)
            setNote(said)
            read()
          }}
        />
      )}
    </section>
  )
}

/** @param props.demanded by the institution: it cannot be put off */
export function PinDialog(props: { userId: string; demanded?: boolean; onClose(said?: string): void }) {
  const words = useWords()
  const [pin, setPin] = useState('')
  const [again, setAgain] = useState('')
  const [passkey, setPasskey] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)

  async function save(event: FormEvent) {
    event.preventDefault()
    const wrong = pinProblem(pin)
    if (wrong) return setProblem(words.lock[wrong])
    if (pin !== again) return setProblem(words.lock.differ)
    setBusy(true)
    setProblem(undefined)
    const outcome = await lockWith(props.userId, pin, { passkey }).catch(() => 'failed' as const)
    setBusy(false)
    if (outcome === 'failed') setProblem(words.lock.failed)
    else if (outcome === 'cancelled') setProblem(words.lock.cancelled)
    else props.onClose(outcome === 'no-passkey' ? words.lock.noPasskey : words.lock.done)
  }
  return (
    <Dialog
      title={words.lock.setTitle}
      {...(props.demanded ? {} : { onClose: () => props.onClose() })}
      testId="pin-dialog"
    >
      <form noValidate onSubmit={(event) => void save(event)}>
        {props.demanded && <p className="note">{words.lockRule.demanded}</p>}
        <p>{words.lock.setHint}</p>
        <label className="field">
          <span>{words.lock.pin}</span>
          <input
            data-testid="pin-new"
            type="password"
            autoComplete="off"
            value={pin}
            onChange={(event) => setPin(event.target.value)}
          />
        </label>
        <label className="field">
          <span>{words.lock.again}</span>
          <input
            data-testid="pin-again"
            type="password"
            autoComplete="off"
            value={again}
            onChange={(event) => setAgain(event.target.value)}
          />
        </label>
        {'PublicKeyCredential' in globalThis && (
          <label className="check-line">
            <input
              type="checkbox"
              data-testid="pin-passkey"
              checked={passkey}
              onChange={(event) => setPasskey(event.target.checked)}
            />
            <span>{words.lock.passkey}</span>
          </label>
        )}
        {problem && <Problem>{problem}</Problem>}
        <div className="row-actions">
          <button type="submit" className="button primary" data-testid="pin-save" disabled={busy}>
            {words.lock.save}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
