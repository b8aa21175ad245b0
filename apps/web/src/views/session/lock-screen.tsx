import { KeyRound, Lock } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import '../../styles/index.css'
import { localpartOf } from '../../lib/user-id.ts'
import type { UnlockProblem } from '../../viewmodel/session/device-lock.ts'
import type { AppState } from '../../viewmodel/session/types.ts'
import { type LostHere, losesNothing, lostHere } from '../../viewmodel/session/unsent.ts'
import type { Words } from '../../words/types.ts'
import { useApp, useTitle, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { LoseUnsent } from './lose-unsent.tsx'
import { LanguageSwitch } from './sign-in.tsx'

/** Before what is kept here of a person: their PIN or passkey, or a place for somebody else. */
export default function LockScreen(props: { state: Extract<AppState, { phase: 'locked' }> }) {
  const { app } = useApp()
  const words = useWords()
  const { userId, lock } = props.state
  const field = useRef<HTMLInputElement>(null)
  // The page is this one question.
  useEffect(() => void field.current?.focus(), [])
  const [pin, setPin] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<UnlockProblem | undefined>(undefined)
  /** What would be lost by it. */
  const [forgetting, setForgetting] = useState<LostHere | undefined>(undefined)
  const loses = forgetting !== undefined && !losesNothing(forgetting)
  const [lose, setLose] = useState(false)
  useTitle(`${words.lock.lockedTitle} · Enlace`)

  async function give(given: { pin: string } | { passkey: true }) {
    setBusy(true)
    setProblem(undefined)
    setProblem(await app.unlock(given))
    setBusy(false)
    setPin('')
  }
  return (
    <main className="sign-in" data-testid="locked">
      <div className="sign-in-brand">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Enlace</h1>
      </div>
      <form
        className="card sign-in-card"
        noValidate
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          if (pin.trim() !== '') void give({ pin })
        }}
      >
        <h2>
          <Lock aria-hidden="true" /> {words.lock.lockedTitle}
        </h2>
        <p data-testid="locked-who">
          <b>{localpartOf(userId)}</b>
        </p>
        {lock.passkey && (
          <button
            type="button"
            className="button big"
            data-testid="unlock-passkey"
            disabled={busy}
            onClick={() => void give({ passkey: true })}
          >
            <KeyRound aria-hidden="true" />
            {words.lock.usePasskey}
          </button>
        )}
        <label className="field">
          <span>{words.lock.pin}</span>
          <input
            ref={field}
            data-testid="unlock-pin"
            type="password"
            // A keyboard with letters: it may be a phrase.
            autoComplete="off"
            value={pin}
            onChange={(event) => setPin(event.target.value)}
            enterKeyHint="go"
          />
        </label>
        {problem && <Problem>{problemText(problem, words)}</Problem>}
        <button
          type="submit"
          className="button primary big"
          data-testid="unlock"
          disabled={busy || pin.trim() === ''}
        >
          {busy ? words.lock.opening : words.lock.unlock}
        </button>
        <div className="row-actions">
          <button
            type="button"
            className="button quiet"
            data-testid="other-person"
            onClick={() => void app.changePerson()}
          >
            {words.lock.otherPerson}
          </button>
          <button
            type="button"
            className="button quiet"
            data-testid="forgot-pin"
            onClick={async () => {
              setLose(false)
              setForgetting(await lostHere())
            }}
          >
            {words.lock.forgot}
          </button>
        </div>
      </form>
      <footer className="sign-in-foot">
        <LanguageSwitch />
      </footer>
      {forgetting && (
        <Dialog
          title={words.lock.forgotTitle}
          onClose={() => setForgetting(undefined)}
          testId="forgot-dialog"
        >
          <p>{words.lock.forgotHint}</p>
          {loses && (
            <LoseUnsent {...forgetting} hint={words.unsent.lockedHint} lose={lose} setLose={setLose} />
          )}
          <div className="row-actions">
            <button
              type="button"
              className="button danger"
              data-testid="forgot-confirm"
              disabled={loses && !lose}
              onClick={() => void app.forget()}
            >
              {words.lock.forgotConfirm}
            </button>
          </div>
        </Dialog>
      )}
    </main>
  )
}

function problemText(problem: UnlockProblem, words: Words): string {
  switch (problem.kind) {
    case 'wrong':
      return words.lock.wrong(problem.left)
    case 'wait':
      return words.lock.wait(Math.max(1, Math.ceil((problem.untilTs - Date.now()) / 1000)))
    case 'lost':
      return words.lock.lost
    case 'cancelled':
      return words.lock.cancelled
  }
}
