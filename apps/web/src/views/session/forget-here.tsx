import { lazy, Suspense, useState } from 'react'
import { loadAllWords } from '../../words/language.ts'
import { useApp } from '../ui/hooks.ts'

/** Its words are not among those of the sign-in page. */
const ForgetDialog = lazy(async () => (await Promise.all([import('./forget-dialog.tsx'), loadAllWords()]))[0])

/** Deletes what a session left here; asked first where something of it is, or may be, nowhere else. */
export function ForgetHere(props: { label: string; quiet?: boolean }) {
  const { app } = useApp()
  const [asking, setAsking] = useState<{ count: number | undefined; keyKept: boolean } | undefined>(undefined)
  return (
    <>
      <button
        type="button"
        className={props.quiet ? 'button quiet' : 'button'}
        data-testid="forget-here"
        onClick={async () => {
          const lost = await import('../../viewmodel/session/unsent.ts')
            .then(({ lostHere }) => lostHere())
            .catch(() => ({ count: undefined, keyKept: false }))
          if (lost.count === 0 && lost.keyKept) await app.forget()
          else setAsking(lost)
        }}
      >
        {props.label}
      </button>
      {asking && (
        <Suspense>
          <ForgetDialog {...asking} onClose={() => setAsking(undefined)} />
        </Suspense>
      )}
    </>
  )
}
