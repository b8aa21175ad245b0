import { createOwnWarnings } from '../../viewmodel/reports/reports.ts'
import type { OwnWarnings } from '../../viewmodel/reports/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { useWho } from './parts.tsx'

/** A warning stands before everything else until the person says that they have read it. */
export default function WarningDialog() {
  const { session } = useShell()
  const model = useModel(() => createOwnWarnings(session), [session])
  return model ? <Waiting model={model} /> : null
}

function Waiting({ model }: { model: OwnWarnings }) {
  const words = useWords()
  const language = useLanguage()
  const who = useWho()
  const [first] = useStore(model.waiting)
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
