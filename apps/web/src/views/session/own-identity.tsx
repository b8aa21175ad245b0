import { ShieldAlert } from 'lucide-react'
import { useState } from 'react'
import { failureText, moment } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Dialog, Problem } from '../ui/parts.tsx'
import type { Stopped } from './after-not-me.tsx'

const AfterNotMe = lazyPage(
  async () => ({ default: (await import('./after-not-me.tsx')).AfterNotMe }),
  'dialog',
)

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
