import { LogOut } from 'lucide-react'
import { useState } from 'react'
import { useApp, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { NewKeyDialog } from './key-dialogs.tsx'
import { UnsentMessages, useUnsent } from './unsent-messages.tsx'

/** Ends the session here, once nothing is lost by it that the person does not know of. */
export function SignOut() {
  const { app } = useApp()
  const { session } = useShell()
  const words = useWords()
  const security = useStore(session.encryption.state)
  const [asking, setAsking] = useState(false)
  const [saving, setSaving] = useState(false)
  const [busy, setBusy] = useState(false)
  const [last, setLast] = useState(true)
  const [typed, setTyped] = useState('')
  const unsent = useUnsent()
  const refuses = security === 'unsaved' && last
  function ask() {
    // Until it is known, this may be the last one.
    setLast(true)
    setTyped('')
    unsent.setLose(false)
    setAsking(true)
    if (security === 'unsaved')
      void session.history.ownDevices().then(
        (others) => setLast(others === 0),
        () => undefined,
      )
  }
  return (
    <section className="card">
      <button type="button" className="button danger-outline big" data-testid="sign-out" onClick={ask}>
        <LogOut aria-hidden="true" />
        {words.settings.signOut}
      </button>
      {asking && (
        <Dialog title={words.settings.signOutTitle} onClose={() => setAsking(false)}>
          {!refuses && <p>{words.settings.signOutHint}</p>}
          <UnsentMessages unsent={unsent} />
          {security === 'unsaved' && (
            <Problem>{refuses ? words.settings.lastDevice : words.settings.signOutUnsaved}</Problem>
          )}
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
            {security === 'unsaved' && (
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
