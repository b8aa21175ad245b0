import { ShieldAlert } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { changePassword } from '../../viewmodel/session/devices.ts'
import { failureText, moment } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { problemText, useFactorGate } from './factor-gate.tsx'

/** What "it was not me" has done already. */
type Stopped = { told: number; ended: number }

/** Something happened to this account elsewhere, or is about to: the person says whether it was them. */
export function OwnNewsNotice() {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const news = useStore(session.ownIdentity.news)
  const { busy, failure, run } = useTask()
  const [stopped, setStopped] = useState<Stopped | undefined>(undefined)
  if (stopped)
    return (
      <AfterNotMe
        stopped={stopped}
        onClose={() => {
          setStopped(undefined)
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
        disabled={busy}
        onClick={() => void session.ownIdentity.itWasMe()}
      >
        {words.ownIdentity.mine}
      </button>
      <button
        type="button"
        className="button danger"
        data-testid="own-not-mine"
        disabled={busy}
        onClick={() => void run(async () => setStopped(await session.ownIdentity.itWasNotMe()))}
      >
        {words.ownIdentity.notMine}
      </button>
    </>
  )
  if (news.kind === 'device')
    return (
      <div className="banner" role="alert" data-testid="own-device">
        <ShieldAlert aria-hidden="true" />
        <span>
          {words.ownIdentity.newDevice(news.name)}
          {failure && ` ${failureText(failure, language, words)}`}
        </span>
        {buttons}
      </div>
    )
  const when = moment(news.since, language)
  return (
    // Not to be waved away: whoever closes it without an answer is asked again.
    <Dialog
      title={news.kind === 'asked' ? words.ownIdentity.askedTitle : words.ownIdentity.title}
      testId={news.kind === 'asked' ? 'own-asked' : 'own-reset'}
    >
      <p>{news.kind === 'asked' ? words.ownIdentity.asked(news.name, when) : words.ownIdentity.text(when)}</p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">{buttons}</div>
    </Dialog>
  )
}

/** It was stopped as far as it can be; whoever did it still knows the password. */
function AfterNotMe(props: { stopped: Stopped; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { told, ended } = props.stopped
  const [password, setPassword] = useState('')
  const [next, setNext] = useState('')
  const [busy, setBusy] = useState(false)
  const [changed, setChanged] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const gate = useFactorGate(session)

  async function change(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    const refused = await gate.give()
    const failed = refused === undefined ? await changePassword(session, password, next) : undefined
    setBusy(false)
    if (refused !== undefined) setProblem(refused)
    else if (failed === undefined) setChanged(true)
    else setProblem(problemText(failed, language, words))
  }

  return (
    <Dialog title={words.ownIdentity.endTitle} onClose={props.onClose} testId="own-end">
      <p className="note" role="status" data-testid="own-stopped">
        {ended > 0 ? words.ownIdentity.stopped(told) : words.ownIdentity.reported(told)}
      </p>
      {changed ? (
        <>
          <p role="status" data-testid="own-ended">
            {words.ownIdentity.ended}
          </p>
          <div className="row-actions end">
            <button type="button" className="button primary" onClick={props.onClose}>
              {words.close}
            </button>
          </div>
        </>
      ) : (
        <form onSubmit={(event) => void change(event)}>
          <p>{words.ownIdentity.endHint}</p>
          <label className="field">
            <span>{words.ownIdentity.password}</span>
            <input
              type="password"
              autoComplete="current-password"
              data-testid="own-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          <label className="field">
            <span>{words.ownIdentity.newPassword}</span>
            <input
              type="password"
              autoComplete="new-password"
              data-testid="own-new-password"
              value={next}
              onChange={(event) => setNext(event.target.value)}
            />
            <small>{words.ownIdentity.newPasswordHint}</small>
          </label>
          {gate.field}
          {problem !== undefined && <Problem>{problem}</Problem>}
          <div className="row-actions">
            <button
              type="submit"
              className="button danger"
              data-testid="own-end-confirm"
              disabled={busy || password === '' || next.length < 12}
            >
              {words.ownIdentity.end}
            </button>
            <button type="button" className="button" onClick={props.onClose}>
              {words.ownIdentity.later}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
