import { Flag } from 'lucide-react'
import { useEffect } from 'react'
import { createReportNews } from '../../viewmodel/reports/reports.ts'
import type { ReportNews as News } from '../../viewmodel/reports/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { useWho } from './parts.tsx'

/** Above everything: what waits at a coordinator's desk; before everything else: a warning that the person has not read. */
export default function ReportNews({ here }: { here: boolean }) {
  const { session } = useShell()
  const model = useModel(() => createReportNews(session), [session])
  if (!model) return null
  return (
    <>
      <DeskBanner model={model} here={here} />
      <Warning model={model} />
    </>
  )
}

function DeskBanner({ model, here }: { model: News; here: boolean }) {
  const { router } = useShell()
  const words = useWords()
  const count = useStore(model.desk)
  // What was done on the page is known when it is left.
  useEffect(() => {
    if (!here) model.refresh()
  }, [model, here])
  if (count === 0 || here) return null
  return (
    <div className="banner banner-quiet" role="status" data-testid="reports-banner">
      <Flag aria-hidden="true" />
      <span>{words.reports.banner(count)}</span>
      <button
        type="button"
        className="button"
        data-testid="reports-open"
        onClick={() => router.go({ page: 'office', part: 'reports' })}
      >
        {words.reports.open}
      </button>
    </div>
  )
}

function Warning({ model }: { model: News }) {
  const words = useWords()
  const language = useLanguage()
  const who = useWho()
  const [first] = useStore(model.warnings)
  const { busy, failure, run } = useTask()
  if (!first) return null
  const own = words.reports.warning
  return (
    <Dialog key={first.id} title={own.title} testId="warning">
      <p className="muted">{own.from(who(first.by), dateTime(first.ts, language, words))}</p>
      <blockquote data-testid="warning-reason">{first.reason}</blockquote>
      <p>{own.hint}</p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="warning-read"
          disabled={busy}
          onClick={() => void run(() => model.acknowledge(first.id))}
        >
          {own.read}
        </button>
      </div>
    </Dialog>
  )
}
