import { LogOut } from 'lucide-react'
import { useEffect, useState } from 'react'
import { KNOWN_WITHIN_MS, lossByEnding, mustType } from '../../viewmodel/session/sign-out-rule.ts'
import { useApp, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { NewKeyDialog } from './key-dialogs.tsx'
import { UnsentMessages, useUnsent } from './unsent-messages.tsx'

/** Ends the session here, once it is known that nothing is lost by it, or the person says so. */
export function SignOut() {
  const { app } = useApp()
  const { session } = useShell()
  const words = useWords()
  const security = useStore(session.encryption.state)
  const [asking, setAsking] = useState(false)
  const [saving, setSaving] = useState(false)
  const [busy, setBusy] = useState(false)
  const kept = useStore(session.encryption.kept)
  const connection = useStore(session.connection)
  const [others, setOthers] = useState<number | undefined>(undefined)
  const [late, setLate] = useState(false)
  const [typed, setTyped] = useState('')
  const unsent = useUnsent()
  const unanswered = late || connection === 'offline'
  const loss = lossByEnding({ state: security, kept, others, unanswered })
  const refuses = mustType(loss)
  function ask() {
    setOthers(undefined)
    setLate(false)
    setTyped('')
    unsent.setLose(false)
    setAsking(true)
  }
  useEffect(() => {
    if (!asking) return
    setLate(false)
    // Without a network both answer from what the last sync brought, or not at all.
    let current = true
    void session.encryption.askKept().catch(() => undefined)
    void session.history.ownDevices().then(
      (count) => current && setOthers(count),
      () => undefined,
    )
    const timer = setTimeout(() => setLate(true), KNOWN_WITHIN_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [session, asking, connection])
  return (
    <section className="card">
      <button type="button" className="button danger-outline big" data-testid="sign-out" onClick={ask}>
        <LogOut aria-hidden="true" />
        {words.settings.signOut}
      </button>
      {asking && (
        <Dialog title={words.settings.signOutTitle} onClose={() => setAsking(false)}>
          {(loss === 'nothing' || loss === 'maybe') && <p>{words.settings.signOutHint}</p>}
          {loss === 'asking' && (
            <p className="note" role="status" data-testid="sign-out-asking">
              {words.keyLoss.asking}
            </p>
          )}
          <UnsentMessages unsent={unsent} />
          {loss === 'unknown' && <Problem>{words.keyLoss.unknown}</Problem>}
          {loss === 'history' && <Problem>{words.settings.lastDevice}</Problem>}
          {loss === 'maybe' && <Problem>{words.settings.signOutUnsaved}</Problem>}
          {refuses && (
            <label className="field">
              <span>{words.settings.loseLabel(words.settings.loseWords)}</span>
              <input
                data-testid="sign-out-lose"
                value={typed}
                autoComplete="off"
                onChange={(event) => setTyped(event.target.value)}
              />
            </label>
          )}
          <div className="row-actions">
            {kept === false && security === 'unsaved' && (
              <button
                type="button"
                className="button primary"
                onClick={() => {
                  setAsking(false)
                  setSaving(true)
                }}
              >
                {words.settings.saveFirst}
              </button>
            )}
            <button
              type="button"
              className="button danger"
              data-testid="sign-out-confirm"
              disabled={
                busy ||
                !unsent.settled ||
                loss === 'asking' ||
                (refuses && typed.trim().toLowerCase() !== words.settings.loseWords)
              }
              onClick={() => {
                setBusy(true)
                void app.signOut()
              }}
            >
              {words.settings.signOut}
            </button>
            <button type="button" className="button" onClick={() => setAsking(false)}>
              {words.cancel}
            </button>
          </div>
        </Dialog>
      )}
      {saving && <NewKeyDialog onClose={() => setSaving(false)} />}
    </section>
  )
}
