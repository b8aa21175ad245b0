import { ShieldAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { readFactors } from '../../viewmodel/session/factors.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'

/** Reminds whoever must have a second factor and has none yet, until when. */
export default function FactorPrompt(props: { here: boolean }) {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [deadline, setDeadline] = useState<number | undefined>(undefined)
  const { here } = props
  // Looked at again when the person leaves the page on which it is added.
  useEffect(() => {
    if (here) return
    readFactors(session).then(
      (found) => setDeadline(found?.must && found.methods.length === 0 ? found.deadline_ts : undefined),
      () => undefined,
    )
  }, [session, here])
  if (deadline === undefined || here) return null
  return (
    <div className="banner" role="status" data-testid="factor-prompt">
      <ShieldAlert aria-hidden="true" />
      <span>{words.factors.due(dateTime(deadline, language, words))}</span>
      <button type="button" className="button" onClick={() => router.go({ page: 'settings' })}>
        {words.factors.dueAction}
      </button>
    </div>
  )
}
