import { lazy, Suspense, useState } from 'react'
import { loadAllWords } from '../../words/language.ts'
import { useApp } from '../ui/hooks.ts'

/** Its words are not among those of the sign-in page. */
const ForgetDialog = lazy(async () => (await Promise.all([import('./forget-dialog.tsx'), loadAllWords()]))[0])

/** Deletes what a session left here; asked first where messages wait in it that are nowhere else. */
export function ForgetHere(props: { label: string; quiet?: boolean }) {
  const { app } = useApp()
  const [count, setCount] = useState(0)
  return (
    <>
      <button
        type="button"
        className={props.quiet ? 'button quiet' : 'button'}
        data-testid="forget-here"
        onClick={async () => {
          // What cannot be counted cannot be sent from here either.
          const found = await import('../../viewmodel/session/unsent.ts')
            .then(({ unsentHere }) => unsentHere())
            .catch(() => 0)
          if (found === 0) await app.forget()
          else setCount(found)
        }}
      >
        {props.label}
      </button>
      {count > 0 && (
        <Suspense>
          <ForgetDialog count={count} onClose={() => setCount(0)} />
        </Suspense>
      )}
    </>
  )
}
