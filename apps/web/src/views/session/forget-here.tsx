import { lazy, Suspense, useState } from 'react'
import { loadAllWords } from '../../words/language.ts'
import { useApp } from '../ui/hooks.ts'

/** Its words are not among those of the sign-in page. */
const ForgetDialog = lazy(async () => (await Promise.all([import('./forget-dialog.tsx'), loadAllWords()]))[0])

/** Deletes what a session left here; asked first where messages wait in it, or may, that are nowhere else. */
export function ForgetHere(props: { label: string; quiet?: boolean }) {
  const { app } = useApp()
  const [asking, setAsking] = useState<{ count: number | undefined } | undefined>(undefined)
  return (
    <>
      <button
        type="button"
        className={props.quiet ? 'button quiet' : 'button'}
        data-testid="forget-here"
        onClick={async () => {
          const count = await import('../../viewmodel/session/unsent.ts')
            .then(({ unsentHere }) => unsentHere())
            .catch(() => undefined)
          if (count === 0) await app.forget()
          else setAsking({ count })
        }}
      >
        {props.label}
      </button>
      {asking && (
        <Suspense>
          <ForgetDialog count={asking.count} onClose={() => setAsking(undefined)} />
        </Suspense>
      )}
    </>
  )
}
