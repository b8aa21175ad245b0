import { ShieldAlert } from 'lucide-react'
import { useState } from 'react'
import { changePassword } from '../../viewmodel/session/devices.ts'
import { failureText, moment } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { ProofForm } from './proof.tsx'

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
  const { told, ended } = props.stopped
  const [next, setNext] = useState('')
  const [changed, setChanged] = useState(false)

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
        <ProofForm
          asker={session}
          label={words.ownIdentity.password}
          testId="own-password"
          submit={words.ownIdentity.end}
          submitTestId="own-end-confirm"
          danger
          ready={next.length >= 12}
          back={words.ownIdentity.later}
          onBack={props.onClose}
          act={async (proof) => {
            const failed = await changePassword(session, proof, next)
            if (failed === undefined) setChanged(true)
            return failed
          }}
        >
          <p>{words.ownIdentity.endHint}</p>
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
        </ProofForm>
      )}
    </Dialog>
  )
}
