import { ShieldAlert } from 'lucide-react'
import { useState } from 'react'
import { endOtherDevices } from '../../viewmodel/session/devices.ts'
import { failureText, moment } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'

/** Something happened to this account elsewhere: the person says whether it was them. */
export function OwnNewsNotice() {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const news = useStore(session.ownIdentity.news)
  const [ending, setEnding] = useState(false)
  if (ending)
    return (
      <EndOthers
        onClose={() => {
          setEnding(false)
          void session.ownIdentity.itWasMe()
        }}
      />
    )
  if (!news) return null
  const buttons = (
    <>
      <button
        type="button"
        className="button"
        data-testid="own-mine"
        onClick={() => void session.ownIdentity.itWasMe()}
      >
        {words.ownIdentity.mine}
      </button>
      <button
        type="button"
        className="button danger"
        data-testid="own-not-mine"
        onClick={() => setEnding(true)}
      >
        {words.ownIdentity.notMine}
      </button>
    </>
  )
  if (news.kind === 'device')
    return (
      <div className="banner" role="alert" data-testid="own-device">
        <ShieldAlert aria-hidden="true" />
        <span>{words.ownIdentity.newDevice(news.name)}</span>
        {buttons}
      </div>
    )
  return (
    // Not to be waved away: whoever closes it without an answer is asked again.
    <Dialog title={words.ownIdentity.title} onClose={() => undefined} testId="own-reset">
      <p>{words.ownIdentity.text(moment(news.since, language))}</p>
      <div className="row-actions">{buttons}</div>
    </Dialog>
  )
}

function EndOthers(props: { onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [ended, setEnded] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)

  async function end(): Promise<void> {
    setBusy(true)
    const failed = await endOtherDevices(session, password)
    setBusy(false)
    if (failed === undefined) setEnded(true)
    else
      setProblem(
        failed === 'wrong_password' ? words.signIn.wrong_password : failureText(failed, language, words),
      )
  }

  return (
    <Dialog title={words.ownIdentity.endTitle} onClose={props.onClose} testId="own-end">
      {ended ? (
        <p role="status">{words.ownIdentity.ended}</p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void end()
          }}
        >
          <p>{words.ownIdentity.endHint}</p>
          {problem && <Problem>{problem}</Problem>}
          <label className="field">
            <span>{words.signIn.password}</span>
            <input
              type="password"
              className="input"
              autoComplete="current-password"
              data-testid="own-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          <div className="row-actions">
            <button
              type="submit"
              className="button danger"
              data-testid="own-end-confirm"
              disabled={busy || password === ''}
            >
              {words.ownIdentity.end}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
