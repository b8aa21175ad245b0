import { lazy, Suspense, useState } from 'react'
import { totalOf, type WaitingCounts } from '../../lib/waiting.ts'
import { loadAllWords } from '../../words/language.ts'
import { useApp } from '../ui/hooks.ts'

/** Its words are not among those of the sign-in page. */
const ForgetDialog = lazy(async () => (await Promise.all([import('./forget-dialog.tsx'), loadAllWords()]))[0])

/** Deletes what a session left here; asked first where something waits in it, or may, that is nowhere else. */
export function ForgetHere(props: { label: string; quiet?: boolean }) {
  const { app } = useApp()
  const [asking, setAsking] = useState<{ counts: WaitingCounts | undefined } | undefined>(undefined)
  return (
    <>
      <button
        type="button"
        className={props.quiet ? 'button quiet' : 'button'}
        data-testid="forget-here"
        onClick={async () => {
          const counts = await import('../../viewmodel/session/unsent.ts')
            .then(({ unsentHere }) => unsentHere())
            .catch(() => undefined)
          if (counts && totalOf(counts) === 0) await app.forget()
          else setAsking({ counts })
        }}
      >
        {props.label}
      </button>
      {asking && (
        <Suspense>
          <ForgetDialog counts={asking.counts} onClose={() => setAsking(undefined)} />
        </Suspense>
      )}
    </>
  )
}
